// The safetensors format: 8 bytes of length, a JSON object, one block of data.
#include "runtime/core/Error.h"
#include "runtime/core/Formats.h"
#include "runtime/core/Json.h"

#include <algorithm>

namespace moert {

using nlohmann::json;

// The format's own limit: a longer header only wastes its reader's memory.
static constexpr uint64_t kLongestHeader = 100000000;

namespace {
struct ElementType {
  const char *name;
  uint64_t bytes;
  std::optional<DType> dtype;
};
} // namespace

// U8 is raw bytes: MLIR's i8 has no sign.
static const ElementType kElementTypes[] = {
    {"F32", 4, DType::F32},      {"BF16", 2, DType::BF16},
    {"F64", 8, DType::F64},      {"BOOL", 1, DType::I1},
    {"I8", 1, DType::I8},        {"U8", 1, DType::I8},
    {"I32", 4, DType::I32},      {"I64", 8, DType::I64},
    {"F16", 2, std::nullopt},    {"I16", 2, std::nullopt},
    {"U16", 2, std::nullopt},    {"U32", 4, std::nullopt},
    {"U64", 8, std::nullopt},    {"F8_E4M3", 1, std::nullopt},
    {"F8_E5M2", 1, std::nullopt}};

//===-- Reading -----------------------------------------------------------===//

static std::string readHeader(const InputFile &file) {
  unsigned char raw[8];
  if (file.size() < sizeof raw)
    throw Error(text("'", file.path(), "' is truncated: ", file.size(),
                     " bytes are too few for a safetensors header"));
  file.read(0, raw, sizeof raw);
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;)
    length = length << 8 | raw[i];
  uint64_t longest = std::min(kLongestHeader, file.size() - 8);
  if (length > longest)
    throw Error(text("'", file.path(), "' has a safetensors header of ", length,
                     " bytes; ", longest, " are the most possible"));
  std::string header(length, '\0');
  file.read(8, header.data(), length);
  if (header.empty() || header[0] != '{')
    throw Error(text("'", file.path(),
                     "' is not a safetensors file: its header is no object"));
  return header;
}

static const ElementType *findElementType(const std::string &name) {
  for (const ElementType &type : kElementTypes)
    if (name == type.name)
      return &type;
  return nullptr;
}

static uint64_t takeOffset(const json &value, const std::string &where) {
  if (!value.is_number_unsigned())
    throw Error(text(where, " has a size or offset that is no whole number"));
  return value.get<uint64_t>();
}

static std::vector<int64_t> takeShape(const json &value,
                                      const std::string &where) {
  if (!value.is_array() || value.size() > 32)
    throw Error(text(where, " has no valid 'shape'"));
  std::vector<int64_t> shape;
  for (const json &size : value) {
    uint64_t wide = takeOffset(size, where);
    if (wide > uint64_t{INT64_MAX})
      throw Error(text(where, " has a size of ", wide));
    shape.push_back(static_cast<int64_t>(wide));
  }
  return shape;
}

static StoredTensor takeTensor(const std::string &name, const json &value,
                               const std::string &path, uint64_t dataBytes) {
  std::string where = text("tensor '", name, "' of '", path, "'");
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value["dtype"].is_string() || !value.contains("shape") ||
      !value.contains("data_offsets") || !value["data_offsets"].is_array() ||
      value["data_offsets"].size() != 2)
    throw Error(text(where, " is malformed; it must have 'dtype', 'shape' and "
                            "'data_offsets'"));
  std::string typeName = value["dtype"].get<std::string>();
  const ElementType *type = findElementType(typeName);
  if (!type)
    throw Error(text(where, " has the unknown element type '", typeName, "'"));
  uint64_t begin = takeOffset(value["data_offsets"][0], where);
  uint64_t end = takeOffset(value["data_offsets"][1], where);
  if (begin > end || end > dataBytes)
    throw Error(text(where, " lies at bytes ", begin, " to ", end,
                     ", but only ", dataBytes,
                     " are there: the file is truncated or damaged"));
  StoredTensor stored{name,     type->dtype,
                      typeName, takeShape(value["shape"], where),
                      begin,    end - begin};
  auto size = static_cast<int64_t>(type->bytes);
  auto wanted = static_cast<uint64_t>(elementCount(stored.shape, size) * size);
  if (wanted != stored.bytes)
    throw Error(text(where, " takes ", wanted, " bytes as ", typeName,
                     shapeText(stored.shape), ", its offsets give it ",
                     stored.bytes));
  return stored;
}

// Overlaps would let a small file stand for any amount of data, holes would
// hide bytes that no reader sees.
static void checkContiguous(std::vector<StoredTensor> tensors,
                            const std::string &path, uint64_t dataBytes) {
  std::sort(tensors.begin(), tensors.end(),
            [](const StoredTensor &a, const StoredTensor &b) {
              return std::make_pair(a.offset, a.bytes) <
                     std::make_pair(b.offset, b.bytes);
            });
  uint64_t next = 0;
  for (const StoredTensor &stored : tensors) {
    if (stored.offset != next)
      throw Error(text("tensor '", stored.name, "' of '", path,
                       "' begins at byte ", stored.offset, " of the data, ",
                       stored.offset < next
                           ? "inside of the tensor that ends at "
                           : "after a hole from ",
                       next));
    next += stored.bytes;
  }
  if (next != dataBytes)
    throw Error(text("'", path, "' has ", dataBytes,
                     " bytes of data, its tensors ", "take ", next));
}

static void checkMetadata(const json &value, const std::string &path) {
  bool strings = value.is_object();
  if (strings)
    for (const auto &item : value.items())
      strings &= item.value().is_string();
  if (!strings)
    throw Error(
        text("'__metadata__' of '", path, "' must map names to strings only"));
}

std::vector<StoredTensor> scanSafetensors(const InputFile &file) {
  std::string header = readHeader(file);
  uint64_t dataStart = 8 + header.size();
  uint64_t dataBytes = file.size() - dataStart;
  json root = parseJson(header, text("the header of '", file.path(), "'"), 4);
  std::vector<StoredTensor> tensors;
  for (const auto &item : root.items()) {
    if (item.key() == "__metadata__")
      checkMetadata(item.value(), file.path());
    else
      tensors.push_back(
          takeTensor(item.key(), item.value(), file.path(), dataBytes));
  }
  checkContiguous(tensors, file.path(), dataBytes);
  for (StoredTensor &stored : tensors)
    stored.offset += dataStart;
  return tensors;
}

//===-- Writing -----------------------------------------------------------===//

static const char *nameIn(DType dtype) {
  for (const ElementType &type : kElementTypes)
    if (type.dtype == dtype)
      return type.name;
  return "?";
}

void writeSafetensors(OutputFile &file,
                      const std::vector<TensorView> &tensors) {
  // Wider elements first, as the format's own writer does: data stays aligned.
  std::vector<const TensorView *> order;
  for (size_t size : {8, 4, 2, 1})
    for (const TensorView &tensor : tensors)
      if (sizeOf(tensor.dtype) == size)
        order.push_back(&tensor);
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  uint64_t next = 0;
  for (const TensorView *tensor : order) {
    uint64_t end = next + bytesOf(*tensor);
    root[tensor->name] = {{"dtype", nameIn(tensor->dtype)},
                          {"shape", tensor->shape},
                          {"data_offsets", {next, end}}};
    next = end;
  }
  std::string header =
      root.dump(-1, ' ', false, json::error_handler_t::replace);
  header.append((8 - header.size() % 8) % 8, ' ');
  uint64_t length = header.size();
  std::string prefix;
  for (size_t i = 0; i < 8; ++i)
    prefix += static_cast<char>(length >> (8 * i) & 255);
  file.write(prefix + header);
  for (const TensorView *tensor : order)
    file.write(tensor->data, bytesOf(*tensor));
}

} // namespace moert
