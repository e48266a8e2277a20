// Compiled programs of one rank beside memcpy of the bytes that they read and
// write: how far a kernel is from the memory it lives in. One thread.
//
//   program-bench softmax.moe gelu.moe --benchmark_filter=softmax
//
// A name is FILE/run or FILE/memcpy; bytes are those of arguments and results.
#include "bench/Case.h"

#include <cstring>

using namespace moert;

namespace {

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

void add(Case &program) {
  benchmark::RegisterBenchmark((program.name() + "/run").c_str(), runProgram,
                               std::ref(program));
  benchmark::RegisterBenchmark((program.name() + "/memcpy").c_str(), runCopy,
                               std::cref(program));
}

} // namespace

int main(int argc, char **argv) { return runCases(argc, argv, add); }
