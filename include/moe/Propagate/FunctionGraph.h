// A function as the graph that Propagate decides on, and the way back.
//
// *Derived* values are not in the graph: masks made of one-hots, comparisons
// and products, iotas, constants, broadcasts, widening casts. They are cheaper
// to make again than to move, so each user makes them in the layout it needs,
// and what counts is the small values they are made of, their *index form*:
//
//   %hot  = moe.one_hot %expert      [G,S] -> [G,S,E]
//   %mask = moe.einsum "gse,gsc->gsec" %hot, %slot_hot
//     index form of %mask: %expert (dims to 0 1) and %slot (dims to 0 1)
//
// An op that uses %mask therefore has ports for %expert and %slot instead. A
// value is derived when its op maps each element from elements of its operands
// (no factor is reduced, no dimension must be whole) and the bytes of its index
// form are fewer than its own.
//
// Control flow: each value that goes through scf.for, scf.if or scf.while
// (ControlFlow.h) is a node of its own, the identity from all places that it
// comes from to all values that it is. A loop is a cycle in the graph. So is
// what goes into a called function and comes out of it: caller and callees are
// one graph, in which each function is called once (spmd-specialize-calls). A
// manual region is pinned on all sides and not looked into: each operand is a
// node that needs it, each result a node that has it.
#pragma once

#include "moe/IR/ControlFlow.h"
#include "moe/IR/Manual.h"
#include "moe/IR/Spmd.h"
#include "moe/Propagate/Decide.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace moe::propagate {

/// A value that a derived value is made of: its tensor, and for each dimension
/// of it the dimension of the derived value that it becomes.
struct IndexLeaf {
  int tensor = 0;
  llvm::SmallVector<int, 4> dims;
  friend bool operator==(const IndexLeaf &a, const IndexLeaf &b) {
    return a.tensor == b.tensor && a.dims == b.dims;
  }
};

class FunctionGraph {
public:
  explicit FunctionGraph(mlir::func::FuncOp func) : func(func) {}

  /// Reads the function. Fails with an error where a value cannot be
  /// distributed: an op without a sharding rule, a shape that is not static,
  /// shardings on several meshes, parts of axes that do not nest, no mesh.
  mlir::LogicalResult build();

  const Graph &getGraph() const { return graph; }

  /// Whether users of `value` make it themselves.
  bool isDerived(mlir::Value value) const { return !tensorOf.count(value); }
  int tensorFor(mlir::Value value) const { return tensorOf.lookup(value); }
  /// The graph's node for an op that is not derived; its own numbers for
  /// arguments and returned values.
  int nodeFor(mlir::Operation *op) const { return nodeOf.lookup(op); }
  int nodeForReturn(unsigned index) const { return returnNodes[index]; }
  /// The node of what goes through control flow; `value` is any of its values.
  int nodeForFlow(mlir::Value value) const {
    return graph.tensors[tensorFor(value)].producer;
  }

  /// The attribute for a placement.
  spmd::ShardingAttr shardingFor(const Placement &placement) const;
  /// `{"data", "expert"}`
  std::string describe(const AxisList &axes) const;
  /// `the annotation at model.mlir:9:8`; empty for kNoOrigin.
  llvm::StringRef describeOrigin(int origin) const {
    return origin == kNoOrigin ? llvm::StringRef() : origins[origin];
  }
  /// `moe.einsum at model.mlir:9:8`, `argument 2`, `result 0`.
  std::string describeNode(int node) const { return nodeNames[node]; }
  /// Where they were written.
  mlir::Location locationOfOrigin(int origin) const {
    return originLocations[origin];
  }
  mlir::Location locationOfNode(int node) const { return nodeLocations[node]; }

private:
  mlir::LogicalResult findMesh();
  mlir::LogicalResult splitAxes();
  mlir::LogicalResult addArguments();
  mlir::LogicalResult addBlock(mlir::Block &block);
  mlir::LogicalResult addOp(mlir::Operation *op);
  mlir::LogicalResult addControlFlow(mlir::Operation *op);
  mlir::LogicalResult addManual(spmd::ManualOp op);
  mlir::LogicalResult checkFlows(mlir::Operation *op,
                                 llvm::ArrayRef<spmd::Flow> flows);
  void openFlow(mlir::Operation *op, unsigned index, const spmd::Flow &flow);
  void addReturn(mlir::func::ReturnOp op);
  bool addDerived(mlir::Operation *op, const spmd::ShardingRule &rule);
  llvm::SmallVector<Port, 2> portsOf(mlir::Value operand,
                                     llvm::ArrayRef<spmd::FactorList>) const;
  Pin pinFor(spmd::ShardingAttr sharding, std::string origin,
             mlir::Location loc);
  void addNode(OpNode node, std::string name, mlir::Location loc);
  llvm::SmallVector<IndexLeaf, 4> leavesOf(mlir::Value value) const;

  mlir::func::FuncOp func;
  spmd::MeshOp mesh;
  mlir::FlatSymbolRefAttr meshName;
  Graph graph;
  llvm::DenseMap<mlir::Value, int> tensorOf;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<IndexLeaf, 4>> indexForm;
  llvm::DenseMap<mlir::Operation *, int> nodeOf;
  llvm::SmallVector<int, 4> returnNodes;
  /// The function and those that it calls.
  llvm::SetVector<mlir::func::FuncOp> functions;
  std::vector<std::string> origins, nodeNames;
  std::vector<mlir::Location> originLocations, nodeLocations;
};

} // namespace moe::propagate
