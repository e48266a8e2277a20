// Writes decisions into the function: shardings on every value, and a reshard
// wherever a value is needed in another layout than the one it has.
//
// A value that several users need in one other layout is resharded once; a
// partial value is reduced once, whoever uses it. Derived values are made again
// in each layout that users need (see FunctionGraph.h), so none of them is ever
// resharded.
#pragma once

#include "moe/Propagate/Resharding.h"

namespace moe::propagate {

class Materializer {
public:
  Materializer(mlir::func::FuncOp func, const FunctionGraph &graph,
               const Decisions &decisions)
      : func(func), graph(graph), decisions(decisions),
        builder(func.getContext()) {}

  /// Rewrites the function. Fails with an error where an annotation wants
  /// partial values (unreduced) that its producer does not make.
  mlir::LogicalResult run();

  std::vector<Resharding> reshardings; // that were inserted

private:
  mlir::LogicalResult placeBlock(mlir::Block &block);
  mlir::LogicalResult placeOp(mlir::Operation *op);
  mlir::LogicalResult placeControlFlow(mlir::Operation *op);
  mlir::LogicalResult placePinned(mlir::Operation *op);
  mlir::LogicalResult placeManual(spmd::ManualOp op);
  /// The layout in which a node that yields nothing, but carries a pin, has a
  /// value.
  Placement pinnedNeed(int node) const;
  mlir::LogicalResult placeAnnotate(spmd::AnnotateOp op);
  mlir::LogicalResult placeReturn(mlir::func::ReturnOp op);
  void placeArguments();
  void sinkArgumentReshards();

  /// `value` of the original function in layout `need` for `node`; null after
  /// an error.
  mlir::Value obtain(mlir::Value value, const Placement &need, int node);
  mlir::Value makeDerived(mlir::OpResult value, const Placement &need,
                          int node);
  mlir::Value makeReshard(mlir::Value base, int tensor, const Placement &from,
                          const Placement &to, int node);
  mlir::LogicalResult checkReduction(mlir::Location loc, const Placement &have,
                                     const Placement &need, int node) const;

  Placement placementOf(int tensor) const;
  llvm::SmallVector<Placement, 4> needsOf(int tensor) const;
  std::string reasonFor(int tensor, const Placement &from, const Placement &to,
                        int node) const;
  std::string describeSide(int node, llvm::StringRef verb, int tensor,
                           const Placement &placement) const;
  std::string describeContest(int node) const;

  mlir::func::FuncOp func;
  const FunctionGraph &graph;
  const Decisions &decisions;
  mlir::OpBuilder builder;
  /// The value that stands for an original one now, where it is another.
  llvm::DenseMap<mlir::Value, mlir::Value> current;
  /// What has been made of an original value, by layout.
  llvm::DenseMap<std::pair<mlir::Value, mlir::Attribute>, mlir::Value> made;
  llvm::SmallVector<spmd::ReshardOp> argumentReshards;
  /// Originals that others stand for now, users behind what they use.
  llvm::SmallVector<mlir::Operation *> replaced;
};

} // namespace moe::propagate
