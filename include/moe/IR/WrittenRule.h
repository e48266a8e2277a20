// How an op shards, read from wherever it says so: from its interface, or, for
// ops that this compiler knows nothing of, from an attribute that a user wrote.
//
//   %2 = arith.remf %0, %1 {spmd.rule = "ij,ij->ij"} : tensor<7x6xf32>
//   %3 = "my.dot"(%0, %v) {spmd.rule = "ij,j->i"} : ...      sums over j
//   %4 = "my.top"(%0) {spmd.rule = "ij->i max"} : ...        maximum over j
//   %5 = "my.sort"(%0) {spmd.rule = "i.->i."} : ...          rows must be whole
//
// One letter is one factor: dimensions with the same letter are cut together. A
// letter that no result has is reduced, by sum or by the kind that is written
// behind; a dot is a dimension that must be whole. An operand that is no tensor
// has no letters.
//
// The attribute is a promise: on blocks of its operands the op computes the
// block of its results, whatever the sizes.
#pragma once

#include "moe/IR/ShardingRule.h"

#include "mlir/IR/Operation.h"

namespace spmd {

/// Attribute of an op without a rule of its own.
inline constexpr llvm::StringLiteral kRuleAttrName = "spmd.rule";

/// The rule of `op`; nothing when it has none.
std::optional<ShardingRule> ruleOf(mlir::Operation *op);

/// Checks the attribute on `op`: an op without regions and without a rule of
/// its own, letters for each dimension, one size for each letter.
mlir::LogicalResult verifyWrittenRule(mlir::Operation *op,
                                      mlir::Attribute attr);

} // namespace spmd
