// Changes that pay only where several ops make them at once.
//
//   %2 = arith.addf %rows, %columns     rows
//   %3 = math.tanh %2                   rows, and its user needs columns
//
// Each alone is as well off by rows; both by columns save a move.
#include "Decider.h"

#include "llvm/ADT/SetVector.h"
#include <map>

using namespace moe::propagate;

// Ops that are decided anew for one change, at most.
static constexpr int kReach = 64;

llvm::SmallVector<int, 8> Decider::openNeighbours(int op) const {
  llvm::SmallVector<int, 8> neighbours;
  auto add = [&](int other) {
    if (isOpen[other] && isDecided[other] &&
        !llvm::is_contained(neighbours, other))
      neighbours.push_back(other);
  };
  for (const Port &port : graph.ops[op].operands)
    add(graph.tensors[port.tensor].producer);
  for (const Port &result : graph.ops[op].results)
    llvm::for_each(graph.tensors[result.tensor].users, add);
  return neighbours;
}

// Bytes that a rank receives of what the ops take and give, each counted once.
double Decider::bytesAround(llvm::ArrayRef<int> ops) const {
  llvm::SetVector<int> tensors;
  double bytes = 0;
  for (int op : ops) {
    bytes += exchangedBytes(graph.ops[op], state[op].assignment, graph);
    for (const Port &port : graph.ops[op].operands)
      tensors.insert(port.tensor);
    for (const Port &result : graph.ops[op].results)
      tensors.insert(result.tensor);
  }
  for (int tensor : tensors)
    if (int op = graph.tensors[tensor].producer; isDecided[op])
      for (const Port &result : graph.ops[op].results)
        if (result.tensor == tensor)
          bytes += resultBytes(op, result, state[op].assignment);
  return bytes;
}

// Gives the op another assignment, lets its neighbours, theirs and at last the
// op itself decide anew, and keeps what comes of it if it moves fewer bytes.
bool Decider::settleFrom(int op, Assignment choice) {
  std::map<int, OpDecision> before;
  llvm::SetVector<int> waiting;
  auto set = [&](int at, OpDecision decision) {
    before.try_emplace(at, state[at]);
    if (decision.assignment != state[at].assignment)
      for (int neighbour : openNeighbours(at))
        waiting.insert(neighbour);
    state[at] = std::move(decision);
  };
  OpDecision tried = state[op];
  tried.assignment = std::move(choice);
  set(op, std::move(tried));
  waiting.insert(op);
  for (int left = kReach; left && !waiting.empty(); --left) {
    int next = waiting.front();
    waiting.erase(waiting.begin());
    set(next, decideOp(next));
  }
  auto ops = llvm::to_vector<16>(llvm::make_first_range(before));
  double now = bytesAround(ops);
  std::map<int, OpDecision> after;
  for (auto &[at, decision] : before) {
    after[at] = std::move(state[at]);
    state[at] = std::move(decision);
  }
  if (!Cost::less(now, bytesAround(ops)))
    return false;
  for (auto &[at, decision] : after)
    state[at] = std::move(decision);
  return true;
}

// From each op that has a contested axis and moves data: what would be if the
// axis went to the factor that lost it.
void Decider::settleTogether() {
  for (int op = 0, count = graph.ops.size(); op < count; ++op) {
    if (!isOpen[op] || graph.ops[op].pin ||
        costOf(op, state[op].assignment).bytes == 0)
      continue;
    for (const Contest &contest : llvm::to_vector<4>(state[op].contests))
      if (settleFrom(op, contest.losing))
        break;
  }
}
