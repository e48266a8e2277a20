// Whether a program still computes the same when it is partitioned.
#pragma once

#include "moe/Interpret/Inputs.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <functional>

namespace moe::fuzz {

/// What went wrong with a program, and where.
struct Failure {
  /// "parse", the name of a stage of the pipeline, or how it was run.
  std::string stage;
  /// The first error.
  std::string message;

  /// Equal for programs that fail in the same way: numbers and names do not
  /// count.
  std::string kind() const;
};

/// Checks programs against the interpreter, all in this process.
///
/// Behind each stage up to Optimize the program is run at its rank count and
/// compared with the global one: bit for bit in exact numbers, and in floats
/// within the tolerance of Compare.h where the program chooses nothing by
/// floats (RoutingChoices.h). What only rounding (Rounding.h) or a folded
/// constant (Folding.h) explains is no failure. A crash or a program that takes
/// more than half a minute is one like others.
class Checker {
public:
  Checker();

  /// Called with each program once it is propagated and once it is
  /// partitioned.
  std::function<void(moe::Stage, mlir::ModuleOp)> onStage;

  /// `seed` chooses the inputs.
  std::optional<Failure> check(const std::string &text, uint64_t seed);
  std::optional<Failure> check(mlir::ModuleOp global, uint64_t seed);

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text);
  mlir::MLIRContext &getContext() { return *context; }

private:
  struct Expected;

  void renew();
  bool checkStages(mlir::ModuleOp global, uint64_t seed);
  bool isRight(const Expected &expected, mlir::ModuleOp candidate);
  bool isRounding(const Expected &expected, mlir::func::FuncOp candidate);
  bool isFolding(const Expected &expected, mlir::func::FuncOp candidate);
  mlir::PassManager &passesOf(moe::Stage stage);

  std::unique_ptr<mlir::MLIRContext> context;
  std::vector<std::unique_ptr<mlir::PassManager>> passes;
  std::string stage, errors;
};

} // namespace moe::fuzz
