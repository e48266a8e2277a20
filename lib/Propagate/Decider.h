// The search behind decide(): what it knows of each op and the steps it takes,
// in their order. Decide.cpp decides op by op, SettleTogether.cpp what ops gain
// by changing at once, TakePieces.cpp works on pieces of partial values.
#pragma once

#include "moe/Propagate/Decide.h"

#include "llvm/ADT/STLExtras.h"

namespace moe::propagate {

/// Costs in the order in which they count.
struct Cost {
  double bytes = 0;        // received by a rank
  double partialBytes = 0; // held in partial results
  double ranks = 1;        // that share the work
  double operandBytes = 0; // of `bytes`, those that move operands

  static bool less(double a, double b) { return a < b - 1e-9 * std::max(a, b); }
  /// Negative when this is better, 0 at a tie.
  int compare(const Cost &other) const {
    if (less(bytes, other.bytes) || less(other.bytes, bytes))
      return less(bytes, other.bytes) ? -1 : 1;
    if (partialBytes != other.partialBytes)
      return partialBytes < other.partialBytes ? -1 : 1;
    if (ranks != other.ranks)
      return ranks > other.ranks ? -1 : 1;
    if (less(operandBytes, other.operandBytes) ||
        less(other.operandBytes, operandBytes))
      return less(operandBytes, other.operandBytes) ? -1 : 1;
    return 0;
  }
};

class Decider {
public:
  explicit Decider(const Graph &graph) : graph(graph) {}
  Decisions run();

private:
  // The steps, in their order.
  void findOpenOps();
  void sweep();
  void settleTogether();
  void declineNeedlessSplits();
  Decisions conclude();
  void takePieces(Decisions &decisions);
  void placeArgument(int op, OpDecision &decision,
                     const std::vector<OpDecision> &all) const;

  // One op, with all others as they are.
  OpDecision decideOp(int op) const;
  llvm::SmallVector<ClaimSet, 8> supportedClaims(int op) const;
  void addSupport(int op, const Port &port, const Placement &placement,
                  llvm::SmallVectorImpl<ClaimSet> &claims) const;
  void addSupport(int op, int factor, const AxisList &axes,
                  ClaimSet &claims) const;
  bool isPreferred(int op, const Assignment &a, const Cost &costA,
                   const Assignment &b, const Cost &costB) const;
  void findContests(const Candidates &candidates,
                    llvm::ArrayRef<Assignment> choices,
                    llvm::ArrayRef<Cost> costs, size_t best,
                    OpDecision &decision) const;
  llvm::SmallVector<Assignment, 4> piecesOf(int op,
                                            const Decisions &decisions) const;

  // What moves.
  llvm::SmallVector<Placement, 4> decidedNeeds(int tensor) const;
  double operandBytes(const Port &port, const Placement &need) const;
  double resultBytes(int op, const Port &result,
                     const Assignment &assignment) const;
  Cost costOf(int op, const Assignment &assignment) const;

  // Several ops.
  bool sweepLevel(llvm::ArrayRef<int> ops);
  llvm::SmallVector<int, 8> openNeighbours(int op) const;
  double bytesAround(llvm::ArrayRef<int> ops) const;
  bool settleFrom(int op, Assignment choice);

  const Graph &graph;
  /// What reaches an op, and what does without passing a contest.
  OpClaims all, firm;
  std::vector<bool> isOpen, isDecided;
  std::vector<OpDecision> state;
  int sweeps = 0;
};

} // namespace moe::propagate
