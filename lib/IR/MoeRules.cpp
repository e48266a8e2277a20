// How each op of the moe dialect shards.
#include "moe/IR/Moe.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ShardingRule;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

// Every dimension of `value` its own pass-through factor.
static DimFactors addFactors(ShardingRule &rule, ArrayRef<int64_t> shape) {
  DimFactors dims;
  for (int64_t size : shape)
    dims.push_back(rule.addFactor(size));
  return dims;
}

// Elementwise but for `dim`, whose elements meet: it must be whole.
static ShardingRule alongDimRule(Value input, int64_t dim, unsigned results) {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(input));
  dims[dim] = kNoFactor;
  rule.operands.push_back(dims);
  rule.results.assign(results, dims);
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

ShardingRule CumsumOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), 1);
}
ShardingRule SoftmaxOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), 1);
}
ShardingRule LogSoftmaxOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), 1);
}
ShardingRule TopKOp::getShardingRule() {
  return alongDimRule(getInput(), getDim(), 2);
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

// Dimensions that survive a reshape whole pass through; those that merge or
// split must be whole.
ShardingRule ReshapeOp::getShardingRule() {
  ArrayRef<int64_t> from = shapeOf(getInput()), to = shapeOf(getResult());
  ShardingRule rule;
  rule.operands.push_back(ShardingRule::whole(from.size()));
  rule.results.push_back(ShardingRule::whole(to.size()));
  // Two dimensions are the same when equal in size with equal products before
  // them.
  size_t i = 0, j = 0;
  int64_t before = 1, beforeResult = 1;
  while (i < from.size() && j < to.size()) {
    if (before == beforeResult && from[i] == to[j] && from[i] != 1) {
      int factor = rule.addFactor(from[i]);
      rule.operands[0][i] = rule.results[0][j] = factor;
      before *= from[i++];
      beforeResult *= to[j++];
    } else if (before * from[i] <= beforeResult * to[j]) {
      before *= from[i++];
    } else {
      beforeResult *= to[j++];
    }
  }
  return rule;
}

// Dimensions that change their size must be whole, the others pass through.
static ShardingRule resizingRule(Value input, Value result) {
  ShardingRule rule;
  ArrayRef<int64_t> from = shapeOf(input), to = shapeOf(result);
  DimFactors dims = addFactors(rule, from);
  for (size_t dim = 0; dim < from.size(); ++dim)
    if (from[dim] != to[dim])
      dims[dim] = kNoFactor;
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

ShardingRule SliceOp::getShardingRule() {
  return resizingRule(getInput(), getResult());
}
ShardingRule PadOp::getShardingRule() {
  return resizingRule(getInput(), getResult());
}

ShardingRule ConcatenateOp::getShardingRule() {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(getResult()));
  dims[getDim()] = kNoFactor;
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

// table [B.., N, R..], indices [B.., I..] -> [B.., I.., R..]; N must be whole.
ShardingRule GatherOp::getShardingRule() {
  ShardingRule rule;
  int64_t batch = getBatchDims();
  DimFactors indices = addFactors(rule, shapeOf(getIndices()));
  DimFactors rest = addFactors(rule, shapeOf(getTable()).drop_front(batch + 1));
  DimFactors table(indices.begin(), indices.begin() + batch), result(indices);
  table.push_back(kNoFactor);
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
// only.
ShardingRule DispatchOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getResult());
  int expert = rule.addFactor(shape[0]), group = rule.addFactor(shape[1]),
      model = rule.addFactor(shape[3]);
  rule.operands.assign({{group, kNoFactor, model},
                        {group, kNoFactor, kNoFactor},
                        {group, kNoFactor, kNoFactor}});
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
