// A run that follows the choices of another run of the same program.
//
// Where a sum was split its last bits differ, and with them a choice between
// scores that all but tie; from there on the two runs compute different things.
// So the reference takes over the other run's choices, after judging each:
// where it would have chosen otherwise, the two scores must tie within the
// tolerance, else that is an error. All other numbers can then be compared.
//
//   FailureOr<Replay> replay = Replay::create(entry, choices);
//   interpreter.run(entry, inputs, &*replay);
//   llvm::outs() << replay->summary();
#pragma once

#include "moe/Interpret/Inputs.h"

namespace moe::interpret {

class Evaluation;

/// What became of the choices of one op.
struct ChoiceSite {
  std::string op, location; // moe.top_k, model.mlir:9:12
  /// How many choices it makes, and how many of them differed and tied.
  int64_t choices = 0, ties = 0;
};

class Replay {
public:
  /// Follows `choices`, tensors by the names of findRoutingChoices(entry).
  /// Emits an error and fails where one is missing.
  static mlir::FailureOr<Replay> create(mlir::func::FuncOp entry,
                                        const NamedTensors &choices);

  /// Where `op` chooses, makes the results in `evaluation` those of the other
  /// run's choices. Emits an error that names index, both choices and both
  /// scores, and fails, where they differ by more than
  ///
  ///   toleranceOf(type of the scores) * greatest magnitude of the scores,
  ///
  /// with bf16's tolerance where the scores come from bf16 values. The scores
  /// of a comparison are its operands; those of a top_k or a gate the ones that
  /// were chosen, so that a mask of -1e30 does not make everything tie; those
  /// of a sort the keys; those of a balanced assignment the sums over the
  /// tokens that were assigned otherwise; those of a cast the operand and the
  /// nearest number with the other result.
  mlir::LogicalResult follow(mlir::Operation *op, Evaluation &evaluation);

  /// In program order.
  llvm::SmallVector<ChoiceSite> getSites() const;

  /// One line: "routing equal: all 512 choices", or "3 routing choices tie (of
  /// 512): moe.top_k at model.mlir:9:12 (3)"; empty where nothing is chosen.
  std::string summary() const;

private:
  struct Site {
    ChoiceSite result;
    /// The other run's values, by number of the op's result.
    llvm::SmallVector<std::pair<unsigned, Tensor>, 2> choices;
    double tolerance = 0;
  };
  llvm::MapVector<mlir::Operation *, Site> sites;
};

/// Reads the choices of `entry` from a file, such as one that writeResults made
/// of a program that returns them. Errors name the file, the choice and both
/// types.
mlir::FailureOr<NamedTensors> readChoices(llvm::StringRef path,
                                          mlir::func::FuncOp entry);

} // namespace moe::interpret
