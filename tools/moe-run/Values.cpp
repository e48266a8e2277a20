#include "tools/moe-run/Values.h"

#include "runtime/core/Block.h"
#include "runtime/core/Error.h"
#include "tools/moe-run/Together.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

namespace moerun {

using namespace moert;

//===-- Buffers -----------------------------------------------------------===//

std::vector<const void *> Values::constPointers() const {
  std::vector<const void *> all;
  for (const Tensor &tensor : tensors)
    all.push_back(tensor.data());
  return all;
}

std::vector<void *> Values::pointers() {
  std::vector<void *> all;
  for (Tensor &tensor : tensors)
    all.push_back(tensor.data());
  return all;
}

int64_t Values::bytes() const {
  int64_t sum = 0;
  for (const Tensor &tensor : tensors)
    sum += static_cast<int64_t>(tensor.bytes());
  return sum;
}

bool poisons() {
  const char *value = std::getenv("MOE_POISON");
  return value && *value == '1';
}

Values allocate(const std::vector<Parameter> &parameters) {
  Values values;
  for (const Parameter &parameter : parameters) {
    Tensor tensor(parameter.dtype, parameter.layout.localShape());
    if (poisons())
      std::memset(tensor.data(), 0xff, tensor.bytes());
    values.tensors.push_back(std::move(tensor));
  }
  return values;
}

static std::string describe(DType dtype, const std::vector<int64_t> &shape) {
  return nameOf(dtype) + shapeText(shape);
}

static std::string describe(const Parameter &parameter) {
  return describe(parameter.dtype, parameter.layout.shape);
}

//===-- Assembling --------------------------------------------------------===//

Tensor assemble(Communicator &comm, const Parameter &parameter,
                const Tensor &local) {
  const Layout &layout = parameter.layout;
  std::string mine;
  if (lowestHolder(layout, comm.rank()) == comm.rank())
    mine.assign(static_cast<const char *>(local.data()), local.bytes());
  std::vector<std::string> blocks = comm.gather(mine);
  if (comm.rank() != 0)
    return Tensor();
  Tensor whole(parameter.dtype, layout.shape);
  auto size = static_cast<int64_t>(sizeOf(parameter.dtype));
  for (int64_t rank = 0; rank < comm.size(); ++rank)
    if (lowestHolder(layout, rank) == rank)
      copyBlockIn(layout, rank, size, blocks[static_cast<size_t>(rank)].data(),
                  whole.data());
  return whole;
}

std::vector<NamedTensor> assembleAll(Communicator &comm,
                                     const std::vector<Parameter> &parameters,
                                     const Values &values) {
  std::vector<NamedTensor> all;
  for (size_t i = 0; i < parameters.size(); ++i)
    all.push_back(
        {parameters[i].name, assemble(comm, parameters[i], values.tensors[i])});
  return all;
}

// To another layout by way of the whole tensor: for set-up only.
static void redistribute(Communicator &comm, const Parameter &from,
                         const Tensor &source, const Parameter &to,
                         Tensor &target) {
  Tensor whole = assemble(comm, from, source);
  std::string bytes(static_cast<const char *>(whole.data()), whole.bytes());
  comm.broadcast(bytes);
  copyBlockOut(to.layout, comm.rank(), static_cast<int64_t>(sizeOf(to.dtype)),
               bytes.data(), target.data());
}

//===-- Arguments ---------------------------------------------------------===//

ArgumentMaker::ArgumentMaker(Context &context, const Options &options)
    : context_(context), options_(options) {}

const TensorFile &ArgumentMaker::open(const std::string &path) {
  std::unique_ptr<TensorFile> &file = files_[path];
  if (!file)
    file = std::make_unique<TensorFile>(path);
  return *file;
}

// What the user said of the argument's integers.
static std::string outOfBound(const Parameter &parameter) {
  return parameter.bound == 0
             ? std::string()
             : text(", its moe.bound allows 0 to ", parameter.bound - 1);
}

// Throws at the first element of this rank's block that `isWrong`.
template <typename T, typename IsWrong, typename Describe>
static void checkElements(const Parameter &parameter, const std::string &path,
                          int64_t rank, const Tensor &local, IsWrong isWrong,
                          Describe describe) {
  const T *elements = local.as<T>();
  forEachRun(parameter.layout, rank, [&](const Run &run) {
    for (int64_t i = 0; i < run.count; ++i)
      if (T element = elements[run.local + i]; isWrong(element))
        throw Error(text(
            "argument '", parameter.name, "' is ", describe(element), " at ",
            shapeText(indexOf(parameter.layout.shape, run.global + i)), " in '",
            path, "'", outOfBound(parameter)));
  });
}

// A NaN would spread through every sum and tell nothing of where it came from;
// an index out of its bound is cut or dropped by whatever reads it.
static void checkNumbers(const Parameter &parameter, const std::string &path,
                         int64_t rank, const Tensor &local) {
  auto nan = [](auto) { return "NaN"; };
  auto value = [](auto element) { return static_cast<int64_t>(element); };
  auto isOut = [bound = parameter.bound](auto element) {
    return element < 0 || static_cast<int64_t>(element) >= bound;
  };
  auto check = [&](auto zero, auto isWrong, auto describe) {
    checkElements<decltype(zero)>(parameter, path, rank, local, isWrong,
                                  describe);
  };
  auto isNan = [](auto element) { return std::isnan(element); };
  switch (parameter.dtype) {
  case DType::F32:
    return check(float(), isNan, nan);
  case DType::F64:
    return check(double(), isNan, nan);
  case DType::BF16:
    return check(
        uint16_t(), [](uint16_t bits) { return std::isnan(fromBF16(bits)); },
        nan);
  default:
    break;
  }
  if (parameter.bound == 0)
    return;
  switch (parameter.dtype) {
  case DType::I32:
    return check(int32_t(), isOut, value);
  case DType::I64:
    return check(int64_t(), isOut, value);
  default: // I8 and I1
    return check(int8_t(), isOut, value);
  }
}

void ArgumentMaker::read(const Entry &entry, const Parameter &parameter,
                         const std::string &path, const std::string &name,
                         Tensor &local) {
  const TensorFile &file = open(path);
  const StoredTensor &stored = file.get(name);
  if (stored.dtype != parameter.dtype || stored.shape != parameter.layout.shape)
    throw Error(
        text("argument '", parameter.name, "' of entry '", entry.name, "' is ",
             describe(parameter), ", '", path, "' holds ",
             stored.dtype ? nameOf(*stored.dtype) : stored.storedType.c_str(),
             shapeText(stored.shape)));
  int rank = context_.rank();
  file.readBlock(stored, parameter.layout, rank, local);
  checkNumbers(parameter, path, rank, local);
}

bool ArgumentMaker::readInput(const Entry &entry, const Parameter &parameter,
                              Tensor &local) {
  for (const auto &[name, path] : options_.inputs)
    if (name == parameter.name) {
      read(entry, parameter, path, name, local);
      return true;
    }
  if (options_.params.empty() || !open(options_.params).find(parameter.name))
    return false;
  read(entry, parameter, options_.params, parameter.name, local);
  return true;
}

bool ArgumentMaker::setSeed(const Parameter &parameter, Tensor &local) {
  if (parameter.name != "seed" || !parameter.layout.shape.empty())
    return false;
  if (parameter.dtype == DType::I64) {
    local.as<int64_t>()[0] = options_.seed;
    return true;
  }
  if (parameter.dtype != DType::I32)
    return false;
  if (options_.seed != static_cast<int32_t>(options_.seed))
    throw Error(text("--seed ", options_.seed,
                     " does not fit the argument 'seed', which is i32[]"));
  local.as<int32_t>()[0] = static_cast<int32_t>(options_.seed);
  return true;
}

static void checkInputNames(const Entry &entry, const Options &options) {
  std::set<std::string> seen;
  for (const auto &[name, path] : options.inputs) {
    std::string names;
    bool known = false;
    for (const Parameter &argument : entry.arguments) {
      known |= argument.name == name;
      names += (names.empty() ? "" : ", ") + argument.name;
    }
    if (!known)
      throw Error(text("--input names '", name, "', but entry '", entry.name,
                       "' has the arguments ",
                       names.empty() ? "(none)" : names));
    if (!seen.insert(name).second)
      throw Error(text("--input names '", name, "' twice"));
  }
}

Values ArgumentMaker::make(const Entry &entry) {
  Values values = allocate(entry.arguments);
  std::vector<size_t> missing;
  together(context_.comm(), [&] {
    if (entry.name == options_.entry)
      checkInputNames(entry, options_);
    for (size_t i = 0; i < entry.arguments.size(); ++i)
      if (!readInput(entry, entry.arguments[i], values.tensors[i]) &&
          !setSeed(entry.arguments[i], values.tensors[i]))
        missing.push_back(i);
  });
  if (!missing.empty())
    takeFromInit(entry, missing, values);
  return values;
}

// Which result of `init` is argument `wanted`.
static size_t matchResult(const Entry *init, const Entry &entry,
                          const Parameter &wanted) {
  for (size_t i = 0; init && i < init->results.size(); ++i) {
    const Parameter &made = init->results[i];
    if (made.name != wanted.name)
      continue;
    if (describe(made) != describe(wanted))
      throw Error(text("argument '", wanted.name, "' of entry '", entry.name,
                       "' is ", describe(wanted), ", entry 'init' makes ",
                       describe(made)));
    return i;
  }
  throw Error(text("argument '", wanted.name, "' of entry '", entry.name, "' (",
                   describe(wanted), ") has no value; give --input ",
                   wanted.name, "=FILE or --params FILE"));
}

void ArgumentMaker::takeFromInit(const Entry &entry,
                                 const std::vector<size_t> &missing,
                                 Values &values) {
  bool useInit = entry.name != "init" && options_.params.empty();
  const Entry *init =
      useInit ? context_.program().manifest().find("init") : nullptr;
  std::map<size_t, size_t> results;
  together(context_.comm(), [&] {
    for (size_t i : missing)
      results[i] = matchResult(init, entry, entry.arguments[i]);
  });
  Values arguments = make(*init);
  Values made = allocate(init->results);
  context_.comm().watch(true);
  context_.run(*init, arguments.constPointers(), made.pointers());
  context_.comm().watch(false);
  for (auto [i, result] : results) {
    const Parameter &from = init->results[result], &to = entry.arguments[i];
    if (from.layout == to.layout)
      values.tensors[i] = std::move(made.tensors[result]);
    else
      redistribute(context_.comm(), from, made.tensors[result], to,
                   values.tensors[i]);
  }
}

} // namespace moerun
