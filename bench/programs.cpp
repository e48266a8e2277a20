// Compiled programs of one rank beside memcpy of the bytes that they read and
// write: how far a kernel is from the memory it lives in. One thread.
//
//   program-bench softmax.moe gelu.moe --benchmark_filter=softmax
//
// A name is FILE/run or FILE/memcpy; bytes are those of arguments and results.
#include "runtime/core/Context.h"
#include "runtime/core/File.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

using namespace moert;

namespace {

/// A program with buffers for the arguments and results of its first entry.
class Case {
public:
  Case(const std::string &file, Communicator &comm)
      : context_(Program::load(readWholeFile(file, uint64_t{1} << 30), file),
                 comm),
        entry_(context_.program().manifest().entries.at(0)) {
    for (const Parameter &parameter : entry_.arguments)
      fill(arguments_.emplace_back(parameter.dtype, parameter.layout.shape),
           parameter.bound);
    for (const Parameter &parameter : entry_.results)
      results_.emplace_back(parameter.dtype, parameter.layout.shape);
    for (Tensor &tensor : arguments_)
      from_.push_back(tensor.data());
    for (Tensor &tensor : results_)
      to_.push_back(tensor.data());
  }

  void run() { context_.run(entry_, from_, to_); }

  size_t bytes() const {
    size_t sum = 0;
    for (const Tensor &tensor : arguments_)
      sum += tensor.bytes();
    for (const Tensor &tensor : results_)
      sum += tensor.bytes();
    return sum;
  }

private:
  // Floats in [-1, 1), integers in [0, bound).
  static void fill(Tensor &tensor, int64_t bound) {
    uint32_t seed = 1;
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      seed = seed * 1664525u + 1013904223u;
      float value = static_cast<float>(static_cast<int32_t>(seed)) * 0x1p-31f;
      if (tensor.dtype() == DType::BF16)
        tensor.as<uint16_t>()[i] = toBF16(value);
      else if (tensor.dtype() == DType::F32)
        tensor.as<float>()[i] = value;
      else if (tensor.dtype() == DType::I32 && bound)
        tensor.as<int32_t>()[i] = static_cast<int32_t>((seed >> 8) % bound);
    }
  }

  Context context_;
  const Entry &entry_;
  std::vector<Tensor> arguments_, results_;
  std::vector<const void *> from_;
  std::vector<void *> to_;
};

void runProgram(benchmark::State &state, Case &program) {
  for (auto _ : state)
    program.run();
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(program.bytes()));
}

// Reads half of the bytes and writes the other half.
void runCopy(benchmark::State &state, const Case &program) {
  size_t half = program.bytes() / 2;
  Buffer from(half), to(half);
  std::memset(from.data(), 1, half);
  std::memset(to.data(), 1, half);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), half);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(2 * half));
}

int measure(Communicator &comm, const std::vector<std::string> &files) {
  std::vector<std::unique_ptr<Case>> cases;
  for (const std::string &file : files) {
    Case &program = *cases.emplace_back(std::make_unique<Case>(file, comm));
    std::string name = std::filesystem::path(file).stem();
    benchmark::RegisterBenchmark((name + "/run").c_str(), runProgram,
                                 std::ref(program));
    benchmark::RegisterBenchmark((name + "/memcpy").c_str(), runCopy,
                                 std::cref(program));
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> files(argv + 1, argv + argc);
  try {
    return runLocal(1, CommOptions(),
                    [&](Communicator &comm) { return measure(comm, files); });
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
