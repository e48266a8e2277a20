// How each op of the moe dialect shards.
#include "RuleParts.h"

#include <numeric>

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ShardingRule;

// Elementwise but for `dim`, along which ranks exchange a few elements.
static ShardingRule alongDimRule(Value input, int64_t dim, int64_t fromEach,
                                 int64_t atMost) {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(input));
  rule.factors[dims[dim].only()].makeJoint(fromEach, atMost);
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

ShardingRule EinsumOp::getShardingRule() {
  ShardingRule rule;
  llvm::DenseMap<char, int> factorOf;
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    DimFactors dims;
    for (auto [letter, size] :
         llvm::zip(getInputLetters(index), shapeOf(input))) {
      auto [entry, isNew] = factorOf.try_emplace(letter, 0);
      if (isNew)
        entry->second = rule.addFactor(size, getResultLetters().contains(letter)
                                                 ? FactorKind::PassThrough
                                                 : FactorKind::Reduction);
      dims.push_back(entry->second);
    }
    rule.operands.push_back(dims);
  }
  DimFactors dims;
  for (char letter : getResultLetters())
    dims.push_back(factorOf.lookup(letter));
  rule.results.push_back(dims);
  return rule;
}

ShardingRule ReduceOp::getShardingRule() {
  ShardingRule rule;
  DimFactors from, to;
  for (auto [index, size] : llvm::enumerate(shapeOf(getInput()))) {
    bool isReduced = llvm::is_contained(getDims(), static_cast<int64_t>(index));
    from.push_back(rule.addFactor(
        size, isReduced ? FactorKind::Reduction : FactorKind::PassThrough,
        getKind()));
    if (!isReduced)
      to.push_back(from.back());
  }
  rule.operands.push_back(from);
  rule.results.push_back(to);
  return rule;
}

// A rank needs what each of the blocks before its own gives.
template <typename OpTy> static ShardingRule scanRule(OpTy op) {
  int64_t size = shapeOf(op.getInput())[op.getDim()];
  return alongDimRule(op.getInput(), op.getDim(), /*fromEach=*/1,
                      /*atMost=*/size);
}
ShardingRule CumsumOp::getShardingRule() { return scanRule(*this); }
ShardingRule CumprodOp::getShardingRule() { return scanRule(*this); }
ShardingRule CummaxOp::getShardingRule() { return scanRule(*this); }
ShardingRule CumminOp::getShardingRule() { return scanRule(*this); }

// The greatest element and the sum are all-reduced: twice two elements.
ShardingRule SoftmaxOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), /*fromEach=*/2, /*atMost=*/4);
}
ShardingRule LogSoftmaxOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), /*fromEach=*/2, /*atMost=*/4);
}

// Each rank's k largest and their indices meet on every rank.
ShardingRule TopKOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getInput());
  DimFactors dims = addFactors(rule, shape);
  rule.factors[dims[getDim()].only()].makeJoint(2 * getK(), shape[getDim()]);
  rule.operands.push_back(dims);
  dims[getDim()] = kNoFactor;
  rule.results.assign(2, dims);
  return rule;
}
ShardingRule StopGradientOp::getShardingRule() {
  return spmd::elementwiseRule(shapeOf(getInput()), 1, 1);
}

ShardingRule BroadcastOp::getShardingRule() {
  ShardingRule rule;
  DimFactors to = addFactors(rule, shapeOf(getResult())), from;
  for (int64_t dim : getDims())
    from.push_back(to[dim]);
  rule.operands.push_back(from);
  rule.results.push_back(to);
  return rule;
}

ShardingRule TransposeOp::getShardingRule() {
  ShardingRule rule;
  DimFactors from = addFactors(rule, shapeOf(getInput())), to;
  for (int64_t dim : getPermutation())
    to.push_back(from[dim]);
  rule.operands.push_back(from);
  rule.results.push_back(to);
  return rule;
}

// The dimensions of a group become those of the other side: both run through
// the same elements in the same order. A common divisor of what is left of two
// dimensions is a factor of both. Where there is none, as of the 3 and 4 of
// [3, 4] -> [4, 3], blocks share most elements and an exchange moves the
// others; what is behind them must be whole.
static void addGroup(ShardingRule &rule, ArrayRef<int64_t> from,
                     ArrayRef<int64_t> to, const moert::DimGroup &group) {
  int64_t i = group.source.begin - 1, j = group.target.begin - 1;
  int64_t here = 1, there = 1; // what is left of dimensions i and j
  while (true) {
    while (here == 1 && i + 1 < group.source.end)
      here = from[++i];
    while (there == 1 && j + 1 < group.target.end)
      there = to[++j];
    if (here <= 1 || there <= 1)
      return;
    int64_t common = std::gcd(here, there);
    int factor = rule.addFactor(common > 1 ? common : here);
    rule.operands[0][i].push_back(factor);
    rule.results[0][j].push_back(factor);
    if (common == 1) {
      int64_t lines = llvm::divideCeil(here, there);
      return rule.factors[factor].makeJoint(lines, lines);
    }
    here /= common;
    there /= common;
  }
}

ShardingRule ReshapeOp::getShardingRule() {
  ArrayRef<int64_t> from = shapeOf(getInput()), to = shapeOf(getResult());
  ShardingRule rule;
  rule.operands.push_back(ShardingRule::whole(from.size()));
  rule.results.push_back(ShardingRule::whole(to.size()));
  for (const moert::DimGroup &group :
       moert::groupsOf(moert::IndexMap(), from.vec(), to.vec()))
    addGroup(rule, from, to, group);
  return rule;
}

// Dimensions that change pass through by a Joint factor, of which about
// `moved(dim)` elements cross from block to block; the others pass through.
static ShardingRule resizingRule(Value input, Value result,
                                 llvm::function_ref<int64_t(int64_t)> moved) {
  ShardingRule rule;
  ArrayRef<int64_t> from = shapeOf(input), to = shapeOf(result);
  DimFactors dims = addFactors(rule, from);
  for (size_t dim = 0; dim < from.size(); ++dim)
    if (from[dim] != to[dim]) {
      int64_t most = std::min(moved(dim), std::min(from[dim], to[dim]));
      rule.factors[dims[dim].only()].makeJoint(most, most);
    }
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

ShardingRule SliceOp::getShardingRule() {
  return resizingRule(getInput(), getResult(), [&](int64_t dim) {
    return shapeOf(getInput())[dim] - shapeOf(getResult())[dim];
  });
}
ShardingRule PadOp::getShardingRule() {
  return resizingRule(getInput(), getResult(), [&](int64_t dim) {
    return shapeOf(getResult())[dim] - shapeOf(getInput())[dim];
  });
}

ShardingRule ConcatenateOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getResult());
  DimFactors dims = addFactors(rule, shape);
  int64_t half = shape[getDim()] / 2;
  if (getInputs().size() > 1)
    rule.factors[dims[getDim()].only()].makeJoint(half, half);
  rule.operands.assign(getInputs().size(), dims);
  rule.results.push_back(dims);
  return rule;
}

ShardingRule IotaOp::getShardingRule() {
  return spmd::elementwiseRule(shapeOf(getResult()), 0, 1);
}

ShardingRule RandomOp::getShardingRule() {
  ShardingRule rule = spmd::elementwiseRule(shapeOf(getResult()), 0, 1);
  rule.operands.assign(getNumOperands(), DimFactors());
  return rule;
}

ShardingRule OneHotOp::getShardingRule() {
  ShardingRule rule;
  DimFactors to = addFactors(rule, shapeOf(getResult()));
  rule.operands.push_back(DimFactors(to.begin(), to.end() - 1));
  rule.results.push_back(to);
  return rule;
}

// table [B.., N, R..], indices [B.., I..] -> [B.., I.., R..]. A rank with some
// of the rows gathers those and has zeros for the others: a sum over N.
ShardingRule GatherOp::getShardingRule() {
  ShardingRule rule;
  int64_t batch = getBatchDims();
  DimFactors indices = addFactors(rule, shapeOf(getIndices()));
  DimFactors rest = addFactors(rule, shapeOf(getTable()).drop_front(batch + 1));
  DimFactors table(indices.begin(), indices.begin() + batch), result(indices);
  table.push_back(
      rule.addFactor(shapeOf(getTable())[batch], FactorKind::Reduction));
  table.append(rest);
  result.append(rest);
  rule.operands = {table, indices};
  rule.results.push_back(result);
  return rule;
}

// Choices of one group compete for slots: groups pass through, the rest is
// whole.
ShardingRule GatingOp::getShardingRule() {
  ShardingRule rule;
  int group = rule.addFactor(shapeOf(getGates())[0]);
  rule.operands.push_back({group, kNoFactor, kNoFactor});
  if (getRandom())
    rule.operands.push_back({group, kNoFactor});
  rule.results.assign(3, {group, kNoFactor, kNoFactor});
  return rule;
}

// Expert and slot are made of index values, so cutting them costs an offset
// only; a rank with some of the tokens adds up what it has.
ShardingRule DispatchOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getResult());
  int expert = rule.addFactor(shape[0]), group = rule.addFactor(shape[1]),
      model = rule.addFactor(shape[3]),
      token = rule.addFactor(shapeOf(getTokens())[1], FactorKind::Reduction);
  rule.operands.assign({{group, token, model},
                        {group, token, kNoFactor},
                        {group, token, kNoFactor}});
  rule.results.push_back({expert, group, kNoFactor, model});
  return rule;
}

// A rank that holds some experts adds up what it has: a sum over experts.
ShardingRule CombineOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getSlots());
  int expert = rule.addFactor(shape[0], FactorKind::Reduction),
      group = rule.addFactor(shape[1]), model = rule.addFactor(shape[3]),
      token = rule.addFactor(shapeOf(getResult())[1]);
  rule.operands.assign({{expert, group, kNoFactor, model},
                        {group, token, kNoFactor},
                        {group, token, kNoFactor},
                        {group, token, kNoFactor}});
  rule.results.push_back({group, token, model});
  return rule;
}
