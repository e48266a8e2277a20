// A program compiled and loaded in this process, for tests: one rank, matmuls
// by their definition, collectives by copying.
#pragma once

#include "runtime/core/DType.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace moe::test {

/// A buffer of elements as the program sees them.
struct Data {
  moert::DType dtype = moert::DType::F32;
  std::vector<char> bytes;

  static Data f32(std::vector<float> values);
  static Data f64(std::vector<double> values);
  static Data bf16(std::vector<float> values);
  static Data i32(std::vector<int32_t> values);
  static Data i64(std::vector<int64_t> values);
  static Data i1(std::vector<bool> values);
  /// Any element type as doubles.
  std::vector<double> values() const;
};

class LoweredProgram {
public:
  /// Compiles `text`, MLIR; prints diagnostics and aborts the test's process
  /// when that fails.
  explicit LoweredProgram(const std::string &text);
  ~LoweredProgram();

  /// Runs `entry`. The arena and the results hold garbage before; bytes behind
  /// the arena are checked to be untouched.
  std::vector<Data> run(const std::string &entry,
                        const std::vector<Data> &arguments);
  /// Calls the runtime saw in the last run.
  int matmulCalls() const;
  int collectiveCalls() const;
  /// What moert_rank says.
  void setRank(int rank);
  const std::string &manifest() const;
  const std::string &code() const;

private:
  struct State;
  std::unique_ptr<State> state;
};

/// `body` as the body of a function of the given signature, run once.
///
///   runOp("%r = arith.addf %a, %a : tensor<2xf32>", "%a: tensor<2xf32>",
///         "tensor<2xf32>", {Data::f32({1, 2})})
std::vector<Data> runOps(const std::string &body, const std::string &arguments,
                         const std::string &results,
                         const std::string &returned,
                         const std::vector<Data> &inputs);

} // namespace moe::test
