// The program as Propagate's algorithms see it: tensors, ops with factors, and
// what users pinned. Plain values; made from a function by FunctionGraph.
#pragma once

#include "moe/Propagate/Traffic.h"

namespace moe::propagate {

/// Marks a list or pin that no annotation is behind.
inline constexpr int kNoOrigin = -1;

/// One use or definition of a tensor by an op: which factors each dimension
/// carries (none: it must be whole).
struct Port {
  int tensor = 0;
  spmd::DimFactors factors;
};

/// What a user wrote about a value: the op that carries it (an argument, an
/// annotation, a function result) keeps its factors at these axes.
struct Pin {
  llvm::SmallVector<AxisList, 4> dims; // by factor
  llvm::SmallVector<bool, 4> open;     // may be extended behind what is written
  llvm::SmallVector<int, 4> priority;
  AxisList closed; // may not be used: replicated and unreduced axes
  AxisList unreduced;
  spmd::ReductionKind reduction = spmd::ReductionKind::Sum;
  int origin = kNoOrigin;
};

/// How sure a claim is that has passed an op: those that passed elementwise ops
/// only come first.
enum class OpClass { Elementwise, Contraction, Other };

/// An op. An argument of the function without a pin may have any layout for
/// free.
struct OpNode {
  llvm::SmallVector<spmd::Factor, 8> factors;
  llvm::SmallVector<Port, 4> operands;
  llvm::SmallVector<Port, 2> results;
  std::optional<Pin> pin;
  OpClass opClass = OpClass::Other;
  bool isArgument = false;

  bool isFree() const { return isArgument && !pin; }
};

struct TensorNode {
  TensorShape shape;
  int producer = 0;
  llvm::SmallVector<int, 4> users; // ops, each once
};

struct Graph {
  AtomTable atoms;
  std::vector<TensorNode> tensors;
  std::vector<OpNode> ops; // producers before users, but around loops

  /// Adds a tensor that `producer` will define.
  int addTensor(TensorShape shape, int producer);
  /// Adds an op whose tensors exist, and notes it as their user.
  int addOp(OpNode op);
  /// Adds an operand to an op that is there: what comes around a loop.
  void addOperand(int op, Port port);
  /// Notes anew where each tensor comes from and who uses it.
  void noteUsers();
};

/// Axes of each factor of an op.
using Assignment = llvm::SmallVector<AxisList, 8>;

/// The layout in which an op with `assignment` needs or yields what `port`
/// carries; results are unreduced over the axes of reduction factors.
Placement needOf(const Port &port, const Assignment &assignment);
Placement yieldOf(const OpNode &op, const Port &result,
                  const Assignment &assignment);

/// The factor that `atom` cuts; spmd::kNoFactor where there is none.
int holderOf(const Assignment &assignment, int atom);

/// Bytes that a rank receives inside the op: along Joint factors, and where
/// blocks of merged or split dimensions are not the same elements.
double exchangedBytes(const OpNode &node, const Assignment &assignment,
                      const Graph &graph);

} // namespace moe::propagate
