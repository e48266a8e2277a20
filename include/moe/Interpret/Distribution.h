// Global tensors and their blocks on ranks, by the definition of a layout and
// by nothing else: the check of every other way of moving data.
//
//   RankTensors blocks = distributor.scatter(tensor, layout, kind);
//   FailureOr<Tensor> same = distributor.gather(blocks, {layout, kind}, ...);
#pragma once

#include "moe/IR/Enums.h"
#include "moe/Interpret/Mix.h"
#include "moe/Interpret/Tensor.h"

#include "runtime/core/IndexMap.h"
#include "runtime/core/Layout.h"

#include "mlir/IR/Diagnostics.h"

namespace moe::interpret {

/// The local tensors of one value, one for each rank.
using RankTensors = llvm::SmallVector<Tensor, 1>;

/// Where the blocks of a tensor are, and how partial values become one.
struct Placement {
  moert::Layout layout;
  spmd::ReductionKind reduction = spmd::ReductionKind::Sum;
};

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Moves tensors between one global form and R local ones.
class Distributor {
public:
  /// `seed` chooses the random bits of padding.
  Distributor(Mode mode, int64_t ranks, uint64_t seed)
      : mode(mode), ranks(ranks), poisonKey(mix(~seed)) {}

  /// The blocks of `global` under `to`. Padding holds NaN (random residues in
  /// exact mode, random integers). Of ranks that hold partial values the first
  /// gets the tensor and the others the neutral element.
  RankTensors scatter(const Tensor &global, const Placement &to);

  /// The tensor whose blocks are `locals`, with partial values reduced in rank
  /// order. An error names the ranks and the global index where two holders of
  /// an element differ in any bit (NaN equals NaN).
  mlir::FailureOr<Tensor> gather(llvm::ArrayRef<Tensor> locals,
                                 const Placement &from, EmitError emitError);

  /// `locals` in layout `from` brought to layout `to`: what every collective
  /// does. Unreduced digits of `from` that `to` does not have are reduced.
  mlir::FailureOr<RankTensors> redistribute(llvm::ArrayRef<Tensor> locals,
                                            const Placement &from,
                                            const Placement &to,
                                            EmitError emitError);

  /// `locals` of a tensor in layout `from` as the blocks of another in layout
  /// `to`, whose elements are those that `map` says; the others are those of
  /// `into`, or padding where that is empty.
  mlir::FailureOr<RankTensors>
  reindex(llvm::ArrayRef<Tensor> locals, const moert::Layout &from,
          const moert::Layout &to, const moert::IndexMap &map,
          llvm::ArrayRef<Tensor> into, EmitError emitError);

private:
  Tensor scatterTo(const Tensor &global, const moert::Layout &to, int64_t rank);
  mlir::FailureOr<Tensor> gatherFor(int64_t rank, llvm::ArrayRef<Tensor> locals,
                                    const Placement &from,
                                    llvm::ArrayRef<moert::Digit> kept,
                                    EmitError emitError);
  Tensor reducedBlock(llvm::ArrayRef<Tensor> locals, const Placement &from,
                      llvm::ArrayRef<moert::Digit> reduced, int64_t leader);
  void poison(Tensor &tensor);

  Mode mode;
  int64_t ranks;
  uint64_t poisonKey;
  uint64_t poisoned = 0;
};

/// Whether element `position` is the same in both, bit for bit; NaN equals NaN.
bool sameElement(const Tensor &a, int64_t positionA, const Tensor &b,
                 int64_t positionB, Mode mode);

} // namespace moe::interpret
