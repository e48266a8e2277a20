#include "LoweredProgram.h"

#include "moe/IR/Moe.h"
#include "moe/Lower/Artifact.h"
#include "runtime/abi/moert.h"
#include "runtime/core/Manifest.h"
#include "runtime/core/Tensor.h"

#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace moe::test;
using moert::DType;

//===-- Data --------------------------------------------------------------===//

template <typename T>
static Data pack(DType dtype, const std::vector<T> &from) {
  Data data{dtype, std::vector<char>(from.size() * sizeof(T))};
  if (!from.empty())
    std::memcpy(data.bytes.data(), from.data(), data.bytes.size());
  return data;
}

Data Data::f32(std::vector<float> values) { return pack(DType::F32, values); }
Data Data::f64(std::vector<double> values) { return pack(DType::F64, values); }
Data Data::i32(std::vector<int32_t> values) { return pack(DType::I32, values); }
Data Data::i64(std::vector<int64_t> values) { return pack(DType::I64, values); }
Data Data::bf16(std::vector<float> values) {
  std::vector<uint16_t> bits;
  for (float value : values)
    bits.push_back(moert::toBF16(value));
  return pack(DType::BF16, bits);
}
Data Data::i1(std::vector<bool> values) {
  return pack(DType::I1, std::vector<char>(values.begin(), values.end()));
}

static double valueAt(DType dtype, const char *at) {
  auto as = [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (dtype) {
  case DType::F32:
    return as(float());
  case DType::F64:
    return as(double());
  case DType::BF16:
    return moert::fromBF16(as(uint16_t()));
  case DType::I1:
  case DType::I8:
    return as(int8_t());
  case DType::I32:
    return as(int32_t());
  case DType::I64:
    return static_cast<double>(as(int64_t()));
  }
  return 0;
}

std::vector<double> Data::values() const {
  std::vector<double> list;
  size_t size = moert::sizeOf(dtype);
  for (size_t at = 0; at + size <= bytes.size(); at += size)
    list.push_back(valueAt(dtype, &bytes[at]));
  return list;
}

//===-- The runtime's functions -------------------------------------------===//

struct moert_context {
  const moert::Manifest *manifest;
  int rank = 0;
  int matmuls = 0;
  int collectives = 0;
};

namespace {

// c = a x b for all indices of the batch, in f64.
void multiply(const moert::MatmulSite &site, const char *a, const char *b,
              char *c) {
  int64_t batches = 1;
  for (int64_t size : site.batch)
    batches *= size;
  size_t rank = site.batch.size();
  for (int64_t batch = 0; batch < batches; ++batch) {
    int64_t rest = batch, at[3] = {0, 0, 0};
    for (size_t dim = rank; dim-- > 0;) {
      int64_t i = rest % site.batch[dim];
      rest /= site.batch[dim];
      at[0] += i * site.aStrides[dim];
      at[1] += i * site.bStrides[dim];
      at[2] += i * site.cStrides[dim];
    }
    for (int64_t m = 0; m < site.m; ++m)
      for (int64_t n = 0; n < site.n; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < site.k; ++k) {
          int64_t i =
              at[0] + m * site.aStrides[rank] + k * site.aStrides[rank + 1];
          int64_t j =
              at[1] + k * site.bStrides[rank] + n * site.bStrides[rank + 1];
          sum += valueAt(site.aType, a + i * moert::sizeOf(site.aType)) *
                 valueAt(site.bType, b + j * moert::sizeOf(site.bType));
        }
        int64_t to =
            at[2] + m * site.cStrides[rank] + n * site.cStrides[rank + 1];
        auto result = static_cast<float>(sum);
        uint16_t bits = moert::toBF16(result);
        if (site.cType == DType::BF16)
          std::memcpy(c + to * 2, &bits, 2);
        else
          std::memcpy(c + to * 4, &result, 4);
      }
  }
}

void copyBlock(moert_context *context, int32_t site, const void *source,
               void *target) {
  const moert::CollectiveSite &entry = context->manifest->collectives.at(site);
  ++context->collectives;
  std::memcpy(target, source,
              entry.target.localElements() * moert::sizeOf(entry.dtype));
}

} // namespace

extern "C" {
__attribute__((visibility("default"))) void
moert_matmul(moert_context *context, int32_t site, const void *a, const void *b,
             void *c) {
  ++context->matmuls;
  multiply(context->manifest->matmuls.at(site), static_cast<const char *>(a),
           static_cast<const char *>(b), static_cast<char *>(c));
}
__attribute__((visibility("default"))) void
moert_collective(moert_context *context, int32_t site, const void *source,
                 void *target) {
  copyBlock(context, site, source, target);
}
// What is started is only there when it is done, and must not change before.
static std::vector<std::pair<int32_t, std::pair<const void *, void *>>>
    underWay;
__attribute__((visibility("default"))) void
moert_collective_start(moert_context *context, int32_t site, const void *source,
                       void *target) {
  underWay.push_back({site, {source, target}});
}
__attribute__((visibility("default"))) void
moert_collective_done(moert_context *context, int32_t site) {
  ASSERT_FALSE(underWay.empty());
  ASSERT_EQ(underWay.front().first, site);
  copyBlock(context, site, underWay.front().second.first,
            underWay.front().second.second);
  underWay.erase(underWay.begin());
}
__attribute__((visibility("default"))) int32_t
moert_rank(const moert_context *context) {
  return context->rank;
}
__attribute__((visibility("default"))) int32_t
moert_failed(const moert_context *) {
  return 0;
}
}

//===-- Loading -----------------------------------------------------------===//

struct LoweredProgram::State {
  std::string text, code;
  moert::Manifest manifest;
  // Kept open: the loader knows a library by its path, which holds the number.
  int file = -1;
  void *library = nullptr;
  moert_context context{};
};

static void *load(int file, const std::string &code) {
  if (write(file, code.data(), code.size()) !=
      static_cast<ssize_t>(code.size()))
    return nullptr;
  std::string path = "/proc/self/fd/" + std::to_string(file);
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fprintf(stderr, "%s\n", dlerror());
  return library;
}

LoweredProgram::LoweredProgram(const std::string &text)
    : state(std::make_unique<State>()) {
  mlir::DialectRegistry registry;
  moe::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::FailureOr<moe::CompiledProgram> program;
  if (module)
    program = moe::compileProgram(*module, {});
  if (failed(program))
    abort();
  state->text = program->manifest;
  state->code = program->code;
  state->manifest = moert::parseManifest(program->manifest);
  state->context.manifest = &state->manifest;
  state->file = memfd_create("moe-program", 0);
  state->library = load(state->file, program->code);
  if (!state->library)
    abort();
}

LoweredProgram::~LoweredProgram() {
  dlclose(state->library);
  close(state->file);
}

int LoweredProgram::matmulCalls() const { return state->context.matmuls; }
int LoweredProgram::collectiveCalls() const {
  return state->context.collectives;
}
void LoweredProgram::setRank(int rank) { state->context.rank = rank; }
const std::string &LoweredProgram::manifest() const { return state->text; }
const std::string &LoweredProgram::code() const { return state->code; }

std::vector<Data> LoweredProgram::run(const std::string &name,
                                      const std::vector<Data> &arguments) {
  const moert::Entry &entry = state->manifest.get(name);
  auto function = reinterpret_cast<moert_entry>(
      dlsym(state->library, entry.symbol.c_str()));
  EXPECT_NE(function, nullptr);
  constexpr size_t kGuard = 256;
  std::vector<char> memory(entry.arenaBytes + 64 + kGuard, char(0xCB));
  auto begin = reinterpret_cast<uintptr_t>(memory.data());
  char *arena = memory.data() + (64 - begin % 64) % 64;

  std::vector<const void *> inputs;
  for (const Data &argument : arguments)
    inputs.push_back(argument.bytes.data());
  EXPECT_EQ(inputs.size(), entry.arguments.size());
  std::vector<Data> results;
  std::vector<void *> outputs;
  for (const moert::Parameter &result : entry.results)
    results.push_back(
        {result.dtype, std::vector<char>(result.layout.localElements() *
                                             moert::sizeOf(result.dtype),
                                         char(0xCB))});
  for (Data &result : results)
    outputs.push_back(result.bytes.data());
  state->context.matmuls = state->context.collectives = 0;
  function(&state->context, arena, inputs.data(), outputs.data());
  for (size_t i = 0; i < kGuard - 64; ++i)
    EXPECT_EQ(arena[entry.arenaBytes + i], char(0xCB)) << "behind the arena";
  return results;
}

std::vector<Data> moe::test::runOps(const std::string &body,
                                    const std::string &arguments,
                                    const std::string &results,
                                    const std::string &returned,
                                    const std::vector<Data> &inputs) {
  LoweredProgram program("func.func @f(" + arguments + ") -> (" + results +
                         ") {\n" + body + "\nreturn " + returned + " : " +
                         results + "\n}\n");
  return program.run("f", inputs);
}
