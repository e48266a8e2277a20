// A compiled program of one rank, ready to be timed.
#pragma once

#include "runtime/core/Context.h"
#include "runtime/core/File.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

namespace moert {

/// Fills floats with [-1, 1), integers with [0, bound); the same every time.
inline void fillRandom(Tensor &tensor, int64_t bound = 0) {
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

/// A program with buffers for the arguments and results of its first entry.
class Case {
public:
  /// Throws Error where `file` is no program of one rank for this host.
  Case(const std::string &file, Communicator &comm)
      : name_(std::filesystem::path(file).stem()),
        context_(Program::load(readWholeFile(file, uint64_t{1} << 30), file),
                 comm),
        entry_(manifest().entries.at(0)) {
    for (const Parameter &parameter : entry_.arguments)
      fillRandom(
          arguments_.emplace_back(parameter.dtype, parameter.layout.shape),
          parameter.bound);
    for (const Parameter &parameter : entry_.results)
      results_.emplace_back(parameter.dtype, parameter.layout.shape);
    for (Tensor &tensor : arguments_)
      from_.push_back(tensor.data());
    for (Tensor &tensor : results_)
      to_.push_back(tensor.data());
  }

  const std::string &name() const { return name_; }
  const Manifest &manifest() const { return context_.program().manifest(); }
  /// What computes the program's first matmul; after a run.
  std::string kernel() const { return context_.matmulKernel(0); }
  void run() { context_.run(entry_, from_, to_); }

  /// Of arguments and results together.
  size_t bytes() const {
    size_t sum = 0;
    for (const std::vector<Tensor> *tensors : {&arguments_, &results_})
      for (const Tensor &tensor : *tensors)
        sum += tensor.bytes();
    return sum;
  }

private:
  std::string name_;
  Context context_;
  const Entry &entry_;
  std::vector<Tensor> arguments_, results_;
  std::vector<const void *> from_;
  std::vector<void *> to_;
};

/// Lets `add` register benchmarks of each program of the command line, and runs
/// them as a job of one rank. The exit code of main.
template <typename Add> int runCases(int argc, char **argv, Add add) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> files(argv + 1, argv + argc);
  try {
    return runLocal(1, CommOptions(), [&](Communicator &comm) {
      std::vector<std::unique_ptr<Case>> cases;
      for (const std::string &file : files)
        add(*cases.emplace_back(std::make_unique<Case>(file, comm)));
      benchmark::RunSpecifiedBenchmarks();
      return 0;
    });
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

} // namespace moert
