// What an op may ask while it turns from global to local shapes.
#pragma once

#include "mlir/IR/IRMapping.h"
#include "moe/IR/Moe.h"
#include "moe/Partition/ReshardPlan.h"

namespace spmd {

/// Knows, for the values of one global function, their local counterparts and
/// layouts. Made by Partition; ops use it through LocalizeOpInterface.
class Localizer {
public:
  Localizer(mlir::OpBuilder &builder, ReshardPlanner &planner, MeshOp mesh)
      : builder(builder), mesh(mesh), planner(planner) {}

  /// The local value that stands for `global`.
  mlir::Value local(mlir::Value global) const { return values.lookup(global); }
  void map(mlir::Value global, mlir::Value local) { values.map(global, local); }
  /// The same for an operand of the op that is being localized, with the
  /// padding of summed dimensions neutral to the sum: what the op must take.
  /// One value may be several operands, each with another dimension summed.
  mlir::Value local(mlir::OpOperand &operand) const {
    return operands[operand.getOperandNumber()];
  }
  void setOperands(llvm::ArrayRef<mlir::Value> locals) {
    operands.assign(locals.begin(), locals.end());
  }

  /// The type of the local buffer of `global`.
  mlir::RankedTensorType localType(mlir::Value global) const;
  /// Whether dimension `dim` of `global` is cut into more than one block.
  bool isCut(mlir::Value global, int64_t dim) const;
  /// First global index of this rank's block of a dimension, as an i32 scalar.
  mlir::Value blockOffset(mlir::Location loc, mlir::Value global, int64_t dim);
  /// The same as a tensor of `type` (any shape, integer elements).
  mlir::Value blockOffset(mlir::Location loc, mlir::Value global, int64_t dim,
                          mlir::RankedTensorType type);

  /// Which of the ranks along `axes`, major to minor, this one is, as an i32
  /// scalar.
  mlir::Value rankAlong(mlir::Location loc, mlir::FlatSymbolRefAttr mesh,
                        llvm::ArrayRef<AxisRefAttr> axes);

  /// `local`, the block of a tensor of type `global` in layout `from`, brought
  /// to layout `to` by the collectives of a reshard. Fails, with a message in
  /// `error`, where the planner does.
  mlir::FailureOr<mlir::Value> reshard(mlir::Location loc, mlir::Value local,
                                       ShardingAttr from, ShardingAttr to,
                                       mlir::RankedTensorType global,
                                       mlir::StringAttr reason,
                                       std::string &error);
  /// The same between layouts of which every plan is legal.
  mlir::Value reshard(mlir::Location loc, mlir::Value local, ShardingAttr from,
                      ShardingAttr to, mlir::RankedTensorType global,
                      mlir::StringAttr reason);
  /// One collective, as it is.
  mlir::Value collective(mlir::Location loc, CollectiveKind kind,
                         mlir::Value local, ShardingAttr from, ShardingAttr to,
                         mlir::RankedTensorType global,
                         mlir::StringAttr reason);
  /// The block of the tensor of type `target` in layout `to` whose elements are
  /// those of the source that `map` says (row-major ones without), written into
  /// `into` where there is one.
  mlir::Value reindex(mlir::Location loc, mlir::Value local, ShardingAttr from,
                      mlir::RankedTensorType source, ShardingAttr to,
                      mlir::RankedTensorType target,
                      llvm::ArrayRef<DimMapAttr> map, mlir::Value into,
                      mlir::StringAttr reason);
  /// What reindex() makes: the type of such a block.
  mlir::RankedTensorType reindexedType(ShardingAttr to,
                                       mlir::RankedTensorType target,
                                       llvm::ArrayRef<DimMapAttr> map) const;
  /// `local`, a block of `global` or of other elements laid out like it, with
  /// the padding of `dims` neutral to `kind`; itself where their blocks are
  /// even.
  mlir::Value masked(mlir::Location loc, mlir::Value local, mlir::Value global,
                     ReductionKind kind, llvm::ArrayRef<int64_t> dims);
  /// Why an op exchanges data itself: it and the dimension that is cut.
  mlir::StringAttr reasonOf(mlir::Operation *op, int64_t dim,
                            ShardingAttr sharding);

  /// Axes of the manual regions that the ops stand in: ranks that differ in
  /// them have values that have nothing to do with each other.
  llvm::SmallVector<AxisRefAttr> manual;

  mlir::OpBuilder &builder;
  MeshOp mesh;
  int64_t collectives = 0, masks = 0; // that were made

private:
  // Values of manual regions as blocks of one tensor, with a dimension in front
  // that the manual axes cut to one element for each rank; themselves outside.
  int64_t regions() const;
  mlir::RankedTensorType amongRegions(mlir::RankedTensorType type,
                                      int64_t size) const;
  ShardingAttr amongRegions(ShardingAttr sharding) const;
  mlir::Value enter(mlir::Location loc, mlir::Value local);
  mlir::Value leave(mlir::Location loc, mlir::Value local);

  ReshardPlanner &planner;
  mlir::IRMapping values;
  llvm::SmallVector<mlir::Value> operands;
};

/// Attaches LocalizeOpInterface to the ops whose result depends on where their
/// block lies, to those that move elements along a dimension, and to those that
/// combine elements along one.
void registerLocalizeModels(mlir::DialectRegistry &registry);

} // namespace spmd
