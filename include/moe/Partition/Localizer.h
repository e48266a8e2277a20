// What an op may ask while it turns from global to local shapes.
#pragma once

#include "mlir/IR/IRMapping.h"
#include "moe/IR/Moe.h"

namespace spmd {

/// Knows, for the values of one global function, their local counterparts and
/// layouts. Made by Partition; ops use it through LocalizeOpInterface.
class Localizer {
public:
  Localizer(mlir::OpBuilder &builder, MeshOp mesh)
      : builder(builder), mesh(mesh) {}

  /// The local value that stands for `global`.
  mlir::Value local(mlir::Value global) const { return values.lookup(global); }
  void map(mlir::Value global, mlir::Value local) { values.map(global, local); }

  /// The type of the local buffer of `global`.
  mlir::RankedTensorType localType(mlir::Value global) const;
  /// Whether dimension `dim` of `global` is cut into more than one block.
  bool isCut(mlir::Value global, int64_t dim) const;
  /// First global index of this rank's block of a dimension, as an i32 scalar.
  mlir::Value blockOffset(mlir::Location loc, mlir::Value global, int64_t dim);
  /// The same as a tensor of `type` (any shape, integer elements).
  mlir::Value blockOffset(mlir::Location loc, mlir::Value global, int64_t dim,
                          mlir::RankedTensorType type);

  mlir::OpBuilder &builder;
  MeshOp mesh;

private:
  mlir::IRMapping values;
};

/// Attaches LocalizeOpInterface to the ops whose result depends on where their
/// block lies.
void registerLocalizeModels(mlir::DialectRegistry &registry);

} // namespace spmd
