#include "moe/Propagate/SplitSums.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/STLExtras.h"

using namespace moe::propagate;

namespace {

/// The search for one atom.
class Splits {
public:
  Splits(const Graph &graph, llvm::ArrayRef<Assignment> assignments, int atom)
      : graph(graph), assignments(assignments), atom(atom),
        couldBeWhole(graph.ops.size()), feedsSum(graph.ops.size()) {}

  /// Ops that had better not use the atom.
  std::vector<int> find();

private:
  bool isCutLast(int op) const;
  bool canBeWhole(int op) const;
  bool isSum(int op) const;
  bool yieldsCut(int tensor) const;
  double savedBytes(int op) const;
  double addedWork(int op) const;

  const Graph &graph;
  llvm::ArrayRef<Assignment> assignments;
  int atom;
  std::vector<bool> couldBeWhole, feedsSum;
};

Assignment without(Assignment assignment, int atom) {
  for (AxisList &axes : assignment)
    llvm::erase(axes, atom);
  return assignment;
}

// Whether the op uses the atom, and only as the last of a list: without it
// blocks are then unions of what they were.
bool Splits::isCutLast(int op) const {
  bool uses = false;
  for (const AxisList &axes : assignments[op]) {
    if (!contains(axes, atom))
      continue;
    if (axes.back() != atom)
      return false;
    uses = true;
  }
  return uses;
}

// Whether the tensor is cut, or partial, over the atom.
bool Splits::yieldsCut(int tensor) const {
  int producer = graph.tensors[tensor].producer;
  for (const Port &result : graph.ops[producer].results)
    if (result.tensor == tensor)
      return yieldOf(graph.ops[producer], result, assignments[producer])
          .uses(atom);
  return false;
}

bool Splits::canBeWhole(int op) const {
  const OpNode &node = graph.ops[op];
  return !node.pin && !node.isArgument && isCutLast(op) &&
         llvm::all_of(node.operands, [&](const Port &port) {
           return !yieldsCut(port.tensor) ||
                  couldBeWhole[graph.tensors[port.tensor].producer];
         });
}

bool Splits::isSum(int op) const {
  for (auto [factor, axes] : llvm::zip(graph.ops[op].factors, assignments[op]))
    if (factor.kind == spmd::FactorKind::Reduction && contains(axes, atom))
      return true;
  return false;
}

// What reducing the op's results takes now, less what it takes without.
double Splits::savedBytes(int op) const {
  double saved = 0;
  for (const Port &result : graph.ops[op].results) {
    const TensorNode &tensor = graph.tensors[result.tensor];
    llvm::SmallVector<Placement, 4> needs;
    for (int user : tensor.users)
      for (const Port &port : graph.ops[user].operands)
        if (Placement need = needOf(port, assignments[user]);
            port.tensor == result.tensor && !llvm::is_contained(needs, need))
          needs.push_back(need);
    auto bytes = [&](const Assignment &assignment) {
      return planFanOut(yieldOf(graph.ops[op], result, assignment), needs,
                        tensor.shape, graph.atoms)
          .bytes;
    };
    saved += bytes(assignments[op]) - bytes(without(assignments[op], atom));
  }
  return saved;
}

// Elements that a rank computes more: those of the op's largest tensor or, of a
// contraction, its products.
double Splits::addedWork(int op) const {
  const OpNode &node = graph.ops[op];
  Assignment whole = without(assignments[op], atom);
  double most = 1, cut = 1;
  for (const spmd::Factor &factor : node.factors)
    most *= factor.size;
  for (const AxisList &axes : whole)
    cut *= graph.atoms.sizeOf(axes);
  auto count = [&](const Port &port) {
    const TensorShape &shape = graph.tensors[port.tensor].shape;
    most = std::max(most, shape.bytes() / shape.elementBytes);
  };
  llvm::for_each(node.operands, count);
  llvm::for_each(node.results, count);
  return most / cut * (1 - 1.0 / graph.atoms.sizeOf(atom));
}

std::vector<int> Splits::find() {
  int count = graph.ops.size();
  for (int op = 0; op < count; ++op)
    couldBeWhole[op] = canBeWhole(op);
  // Sums, and what they need whole; those that share it stand or fall together.
  llvm::EquivalenceClasses<int> groups;
  for (int op = count; op-- > 0;) {
    if (!couldBeWhole[op] || !(feedsSum[op] || isSum(op)))
      continue;
    feedsSum[op] = true;
    groups.insert(op);
    for (const Port &port : graph.ops[op].operands)
      if (int producer = graph.tensors[port.tensor].producer;
          couldBeWhole[producer] && yieldsCut(port.tensor)) {
        feedsSum[producer] = true;
        groups.unionSets(op, producer);
      }
  }
  std::map<int, std::pair<double, double>> totals; // bytes, work
  for (int op = 0; op < count; ++op)
    if (feedsSum[op]) {
      auto &[bytes, work] = totals[groups.getLeaderValue(op)];
      bytes += isSum(op) ? savedBytes(op) : 0;
      work += addedWork(op);
    }
  std::vector<int> found;
  for (int op = 0; op < count; ++op)
    if (feedsSum[op]) {
      auto [bytes, work] = totals[groups.getLeaderValue(op)];
      if (work <= kElementsPerByte * bytes)
        found.push_back(op);
    }
  return found;
}

} // namespace

std::map<int, Assignment>
moe::propagate::findNeedlessSplits(const Graph &graph,
                                   std::vector<Assignment> assignments) {
  std::map<int, Assignment> better;
  // Parts of an axis from the minor end, where lists can lose them.
  for (int atom = graph.atoms.size(); atom-- > 0;)
    for (int op : Splits(graph, assignments, atom).find())
      better[op] = assignments[op] = without(assignments[op], atom);
  return better;
}
