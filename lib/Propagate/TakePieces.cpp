// Work on pieces where values are added up.
#include "Decider.h"

using namespace moe::propagate;

// The ways to work on pieces where values are added up over an axis; each cuts
// one more factor that passes through over it. The only user of partial values
// may take pieces of their sums. An op that splits a sum may take the terms of
// its piece in place of its part of all sums, if not more than one operand
// moves for it: tokens and weights would both travel to share the work of a
// product.
llvm::SmallVector<Assignment, 4>
Decider::piecesOf(int op, const Decisions &decisions) const {
  const OpNode &node = graph.ops[op];
  const Assignment &current = state[op].assignment;
  llvm::SmallVector<Assignment, 4> choices;
  auto add = [&](Assignment choice, int factor, int atom) {
    choice[factor].push_back(atom);
    if (node.factors[factor].kind == spmd::FactorKind::PassThrough &&
        node.factors[factor].size >= graph.atoms.sizeOf(choice[factor]) &&
        llvm::count_if(node.operands, [&](const Port &port) {
          return operandBytes(port, needOf(port, choice)) >
                 operandBytes(port, needOf(port, current));
        }) <= 1)
      choices.push_back(std::move(choice));
  };
  for (const Port &port : node.operands) {
    if (graph.tensors[port.tensor].users.size() != 1)
      continue;
    for (int atom : placementOf(graph, decisions, port.tensor).unreduced)
      for (const spmd::FactorList &factors : port.factors)
        for (int factor : factors)
          if (holderOf(current, atom) == spmd::kNoFactor)
            add(current, factor, atom);
  }
  int factors = current.size();
  for (int sum = 0; sum < factors; ++sum) {
    if (current[sum].empty() ||
        node.factors[sum].kind != spmd::FactorKind::Reduction)
      continue;
    Assignment rest = current;
    int atom = rest[sum].pop_back_val();
    for (int factor = 0; factor < factors; ++factor)
      add(rest, factor, atom);
  }
  return choices;
}

// Takes pieces where that moves fewer bytes, though what is made of them is
// gathered: slots, partial over model, are taken in pieces on their way back to
// tokens, of which there are half as many. Nobody claims such cuts, and they go
// no further.
void Decider::takePieces(Decisions &decisions) {
  state = decisions.ops;
  for (auto [op, node] : llvm::enumerate(graph.ops)) {
    // What nobody here uses is as annotations have it. Elementwise results are
    // no smaller than what they are made of.
    if (node.pin || node.isArgument || node.opClass == OpClass::Elementwise ||
        llvm::any_of(node.results, [&](const Port &result) {
          return graph.tensors[result.tensor].users.empty();
        }))
      continue;
    Assignment &current = state[op].assignment;
    for (bool isBetter = true; isBetter;) {
      isBetter = false;
      double least = costOf(op, current).bytes;
      for (Assignment &choice : piecesOf(op, decisions))
        if (double bytes = costOf(op, choice).bytes; Cost::less(bytes, least)) {
          least = bytes;
          current = std::move(choice);
          isBetter = true;
        }
    }
    OpDecision &decision = decisions.ops[op];
    for (int atom = 0, atoms = graph.atoms.size(); atom < atoms; ++atom)
      if (holderOf(current, atom) != holderOf(decision.assignment, atom))
        decision.pieces.push_back(atom);
    decision.assignment = current;
  }
}
