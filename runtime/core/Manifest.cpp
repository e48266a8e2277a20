#include "runtime/core/Manifest.h"

#include "runtime/core/Error.h"
#include "runtime/core/Json.h"
#include "runtime/core/Tensor.h"

namespace moert {

using nlohmann::json;

static constexpr int64_t kFormat = 2;

//===-- Fields ------------------------------------------------------------===//

namespace {
/// A JSON object that knows where it stands, for messages.
class Object {
public:
  Object(const json &value, std::string where)
      : value_(value), where_(std::move(where)) {
    if (!value_.is_object())
      fail("", "an object");
  }

  const json *find(const char *key) const {
    auto found = value_.find(key);
    return found == value_.end() ? nullptr : &*found;
  }
  const json &get(const char *key) const {
    if (const json *value = find(key))
      return *value;
    throw Error(text("the manifest lacks '", where_, key, "'"));
  }
  std::string string(const char *key) const {
    if (!get(key).is_string())
      fail(key, "a string");
    return get(key).get<std::string>();
  }
  std::string optionalString(const char *key) const {
    return find(key) ? string(key) : std::string();
  }
  int64_t integer(const char *key, int64_t least) const {
    return toInteger(get(key), key, least);
  }
  int64_t optionalInteger(const char *key, int64_t least,
                          int64_t otherwise) const {
    return find(key) ? integer(key, least) : otherwise;
  }
  std::vector<int64_t> integers(const char *key, int64_t least) const {
    std::vector<int64_t> values;
    for (const json &value : array(key))
      values.push_back(toInteger(value, key, least));
    return values;
  }
  std::vector<Digit> digits(const char *key) const {
    return toDigits(array(key), key);
  }
  const json &array(const char *key) const {
    if (!get(key).is_array())
      fail(key, "an array");
    return get(key);
  }
  Object object(const char *key) const {
    return Object(get(key), where_ + key + ".");
  }
  std::vector<Object> objects(const char *key) const {
    std::vector<Object> items;
    for (const json &item : array(key))
      items.emplace_back(item, text(where_, key, "[", items.size(), "]."));
    return items;
  }
  std::vector<Digit> toDigits(const json &list, const char *key) const {
    std::vector<Digit> digits;
    if (!list.is_array())
      fail(key, "an array");
    for (const json &pair : list) {
      if (!pair.is_array() || pair.size() != 2)
        fail(key, "pairs of size and stride");
      digits.push_back(
          {toInteger(pair[0], key, 1), toInteger(pair[1], key, 1)});
    }
    return digits;
  }
  DType dtype(const char *key) const { return parseDType(string(key)); }
  [[noreturn]] void fail(const char *key, const std::string &wanted) const {
    throw Error(text("'", where_, key, "' of the manifest must be ", wanted));
  }
  const std::string &where() const { return where_; }

private:
  int64_t toInteger(const json &value, const char *key, int64_t least) const {
    bool fits = value.is_number_integer() &&
                !(value.is_number_unsigned() &&
                  value.get<uint64_t>() > uint64_t{INT64_MAX});
    if (!fits || value.get<int64_t>() < least)
      fail(key, text("a whole number from ", least));
    return value.get<int64_t>();
  }

  const json &value_;
  std::string where_;
};
} // namespace

//===-- Parts -------------------------------------------------------------===//

static void checkDigits(const std::vector<Digit> &digits, int64_t ranks,
                        const Object &object) {
  for (const Digit &digit : digits) {
    int64_t reach = 0;
    if (__builtin_mul_overflow(digit.size, digit.stride, &reach) ||
        ranks % reach != 0)
      throw Error(text("'", object.where(), "' of the manifest has the digit (",
                       digit.size, ",", digit.stride, "), which does not fit ",
                       ranks, " ranks"));
  }
}

static Layout parseLayout(const Object &object, int64_t ranks) {
  Layout layout;
  layout.shape = object.integers("shape", 0);
  elementCount(layout.shape, 8);
  for (const json &digits : object.array("dims"))
    layout.dims.push_back(object.toDigits(digits, "dims"));
  if (object.find("unreduced"))
    layout.unreduced = object.digits("unreduced");
  if (layout.dims.size() != layout.shape.size())
    throw Error(text("'", object.where(), "' of the manifest has ",
                     layout.shape.size(), " sizes and ", layout.dims.size(),
                     " lists of digits"));
  for (const std::vector<Digit> &digits : layout.dims)
    checkDigits(digits, ranks, object);
  checkDigits(layout.unreduced, ranks, object);
  return layout;
}

static Parameter parseParameter(const Object &object, int64_t ranks) {
  Parameter parameter;
  parameter.name = object.string("name");
  parameter.dtype = object.dtype("dtype");
  parameter.layout = parseLayout(object.object("layout"), ranks);
  if (const json *constant = object.find("constant"))
    parameter.constant = constant->is_boolean() && constant->get<bool>();
  if (object.find("bound"))
    parameter.bound = object.integer("bound", 1);
  if (const json *choice = object.find("choice"))
    parameter.choice = choice->is_boolean() && choice->get<bool>();
  if (!parameter.layout.unreduced.empty())
    throw Error(text("'", object.where(), "' of the manifest is unreduced"));
  return parameter;
}

static Entry parseEntry(const Object &object, int64_t ranks) {
  Entry entry;
  entry.name = object.string("name");
  entry.symbol = object.string("symbol");
  entry.arenaBytes = object.integer("arena_bytes", 0);
  for (const Object &argument : object.objects("arguments"))
    entry.arguments.push_back(parseParameter(argument, ranks));
  for (const Object &result : object.objects("results"))
    entry.results.push_back(parseParameter(result, ranks));
  return entry;
}

// A list of [source, step, target, step, size, advance, reach].
static IndexMap parseMap(const Object &object) {
  IndexMap map;
  for (const json &entry : object.array("map")) {
    if (!entry.is_array() || entry.size() != 7 ||
        !std::all_of(entry.begin(), entry.end(), [](const json &number) {
          return number.is_number_integer();
        }))
      throw Error(
          text("'", object.where(),
               "' of the manifest has a map whose entries are not seven "
               "numbers"));
    auto n = entry.get<std::vector<int64_t>>();
    map.dims.push_back({n[0], n[1], n[2], n[3], n[4], n[5], n[6]});
  }
  return map;
}

static CollectiveSite parseCollective(const Object &object, int64_t ranks) {
  CollectiveSite site;
  site.site = static_cast<int32_t>(object.integer("site", 0));
  site.entry = object.string("entry");
  site.primitive = parsePrimitive(object.string("primitive"));
  site.kind = object.optionalString("kind");
  site.dtype = object.dtype("dtype");
  site.source = parseLayout(object.object("source"), ranks);
  site.target = parseLayout(object.object("target"), ranks);
  if (object.find("map"))
    site.map = parseMap(object);
  site.reduction = parseReduction(object.optionalString("reduction"));
  if (object.find("axes"))
    for (const json &axis : object.array("axes"))
      site.axes.push_back(axis.is_string() ? axis.get<std::string>() : "");
  if (object.find("group"))
    site.group = object.digits("group");
  checkDigits(site.group, ranks, object);
  site.op = object.optionalString("op");
  site.location = object.optionalString("location");
  site.reason = object.optionalString("reason");
  return site;
}

static void checkStrides(const MatmulSite &site, const Object &object) {
  for (const auto *strides : {&site.aStrides, &site.bStrides, &site.cStrides})
    if (strides->size() != site.batch.size() + 2)
      throw Error(text("'", object.where(), "' of the manifest has ",
                       strides->size(), " strides for ", site.batch.size() + 2,
                       " dimensions"));
}

static void checkRows(const MatmulSite &site, const Object &object) {
  if (!site.rows)
    return;
  int64_t blocks = site.batch.empty() ? 0 : site.batch.back();
  if (site.m < 1 || site.m > site.rows ||
      blocks != (site.rows - 1) / site.m + 1)
    throw Error(text("'", object.where(), "' of the manifest has ", blocks,
                     " blocks of ", site.m, " rows for ", site.rows, " rows"));
  if (site.bStrides[site.batch.size() - 1])
    throw Error(text("'", object.where(),
                     "' of the manifest has another b for each block of rows"));
}

static MatmulSite parseMatmul(const Object &object) {
  MatmulSite site;
  site.site = static_cast<int32_t>(object.integer("site", 0));
  site.entry = object.string("entry");
  site.aType = object.dtype("a_dtype");
  site.bType = object.dtype("b_dtype");
  site.cType = object.dtype("c_dtype");
  site.batch = object.integers("batch", 0);
  site.m = object.integer("m", 0);
  site.n = object.integer("n", 0);
  site.k = object.integer("k", 0);
  site.aStrides = object.integers("a_strides", 0);
  site.bStrides = object.integers("b_strides", 0);
  site.cStrides = object.integers("c_strides", 0);
  site.rows = object.optionalInteger("rows", 0, 0);
  site.bArgument = object.optionalInteger("b_argument", -1, -1);
  site.op = object.optionalString("op");
  site.location = object.optionalString("location");
  checkStrides(site, object);
  checkRows(site, object);
  return site;
}

//===-- The whole ---------------------------------------------------------===//

static void checkMatmul(const Manifest &manifest, const MatmulSite &site) {
  const Entry &entry = manifest.get(site.entry);
  auto arguments = static_cast<int64_t>(entry.arguments.size());
  if (site.bArgument >= arguments)
    throw Error(text("matmul ", site.site, " of the manifest packs argument ",
                     site.bArgument, " of '", entry.name, "', which has ",
                     arguments));
}

template <typename Site>
static void checkNumber(const std::vector<Site> &sites, const char *what) {
  for (size_t i = 0; i < sites.size(); ++i)
    if (sites[i].site != static_cast<int32_t>(i))
      throw Error(text(what, " ", i, " of the manifest calls itself site ",
                       sites[i].site));
}

static void check(const Manifest &manifest) {
  checkNumber(manifest.collectives, "collective");
  checkNumber(manifest.matmuls, "matmul");
  for (const MatmulSite &site : manifest.matmuls)
    checkMatmul(manifest, site);
  int64_t product = 1;
  for (const MeshAxis &axis : manifest.mesh)
    product *= axis.digit.size;
  if (product != manifest.ranks)
    throw Error(text("the manifest has ", manifest.ranks,
                     " ranks, but its mesh ", manifest.meshText(), " has ",
                     product));
}

Manifest parseManifest(const std::string &source) {
  json value = parseJson(source, "the manifest");
  Object root(value, "");
  if (root.integer("format", 0) != kFormat)
    throw Error(text("the manifest has format ", root.integer("format", 0),
                     ", this runtime reads ", kFormat,
                     "; compile the model again"));
  Manifest manifest;
  manifest.program = root.string("program");
  manifest.ranks = root.integer("ranks", 1);
  for (const Object &axis : root.objects("mesh"))
    manifest.mesh.push_back(
        {axis.string("axis"),
         {axis.integer("size", 1), axis.integer("stride", 1)}});
  manifest.target = root.string("target");
  manifest.isa = parseIsa(root.string("isa"));
  for (const Object &entry : root.objects("entries"))
    manifest.entries.push_back(parseEntry(entry, manifest.ranks));
  for (const Object &site : root.objects("collectives"))
    manifest.collectives.push_back(parseCollective(site, manifest.ranks));
  for (const Object &site : root.objects("matmuls"))
    manifest.matmuls.push_back(parseMatmul(site));
  check(manifest);
  return manifest;
}

const Entry *Manifest::find(const std::string &name) const {
  for (const Entry &entry : entries)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

const Entry &Manifest::get(const std::string &name) const {
  if (const Entry *entry = find(name))
    return *entry;
  std::string names;
  for (const Entry &entry : entries)
    names += (names.empty() ? "" : ", ") + entry.name;
  throw Error(text("program '", program, "' has no entry '", name, "'; it has ",
                   names.empty() ? "none" : names));
}

std::string Manifest::meshText() const {
  std::string joined;
  for (const MeshAxis &axis : mesh)
    joined += text(joined.empty() ? "" : ",", axis.name, "=", axis.digit.size);
  return joined;
}

} // namespace moert
