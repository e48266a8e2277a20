#include "moe/IR/WrittenRule.h"

#include "moe/IR/Manual.h"

#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace spmd;

namespace {

/// Reads the text of a rule for one op.
class RuleReader {
public:
  RuleReader(Operation *op, StringRef text) : op(op), text(text) {}

  /// The rule, or the first reason why it is none in `error`.
  std::optional<ShardingRule> read(std::string &error);

private:
  bool readSide(StringRef side, TypeRange types, StringRef what,
                SmallVectorImpl<DimFactors> &values);
  bool readValue(StringRef letters, Type type, const std::string &where,
                 DimFactors &factors);
  bool readReduction(StringRef kind);
  bool fail(const Twine &reason) {
    error = ("\"" + text + "\": " + reason).str();
    return false;
  }

  Operation *op;
  StringRef text;
  ShardingRule rule;
  std::map<char, int> factorOf;
  std::string error;
};

bool RuleReader::readValue(StringRef letters, Type type,
                           const std::string &where, DimFactors &factors) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  int64_t rank = tensor ? tensor.getRank() : 0;
  if (static_cast<int64_t>(letters.size()) != rank)
    return fail(where + " has " + Twine(rank) + " dimensions, the rule gives " +
                Twine(letters.size()) + " letters");
  for (auto [dim, letter] : llvm::enumerate(letters)) {
    if (letter == '.') {
      factors.push_back(kNoFactor);
      continue;
    }
    if (!llvm::isAlpha(letter))
      return fail("'" + Twine(letter) + "' is neither a letter nor a dot");
    int64_t size = tensor.getDimSize(dim);
    auto [place, isNew] = factorOf.try_emplace(letter, 0);
    if (isNew)
      place->second = rule.addFactor(size);
    int64_t other = rule.factors[place->second].size;
    if (other != size)
      return fail("letter '" + Twine(letter) + "' has size " + Twine(size) +
                  " in " + where + " and size " + Twine(other) + " before");
    if (carries(factors, place->second))
      return fail("letter '" + Twine(letter) + "' stands twice in " + where);
    factors.push_back(place->second);
  }
  return true;
}

bool RuleReader::readSide(StringRef side, TypeRange types, StringRef what,
                          SmallVectorImpl<DimFactors> &values) {
  SmallVector<StringRef> parts;
  side.split(parts, ',');
  if (types.empty() && side.empty())
    parts.clear();
  if (parts.size() != types.size())
    return fail("gives " + Twine(parts.size()) + " " + what + "s, the op has " +
                Twine(types.size()));
  for (auto [index, part, type] : llvm::enumerate(parts, types))
    if (!readValue(part, type, (what + " " + Twine(index)).str(),
                   values.emplace_back()))
      return false;
  return true;
}

// Letters that no result has are reduced.
bool RuleReader::readReduction(StringRef word) {
  std::optional<ReductionKind> kind =
      word.empty() ? ReductionKind::Sum : symbolizeReductionKind(word);
  if (!kind)
    return fail("'" + Twine(word) +
                "' is no reduction; known are sum, prod, "
                "max, min, and, or");
  bool reduces = false;
  for (auto [index, factor] : llvm::enumerate(rule.factors)) {
    if (llvm::any_of(rule.results, [&, i = index](const DimFactors &dims) {
          return carries(dims, i);
        }))
      continue;
    factor.kind = FactorKind::Reduction;
    factor.reduction = *kind;
    reduces = true;
  }
  if (!word.empty() && !reduces)
    return fail("nothing is reduced by " + Twine(word) +
                ": all letters are in the results");
  return true;
}

std::optional<ShardingRule> RuleReader::read(std::string &reason) {
  auto [letters, kind] = text.split(' ');
  auto [operands, results] = letters.split("->");
  bool isRead =
      letters.contains("->") || fail("has no arrow, as in \"ij,jk->ik\"");
  isRead =
      isRead &&
      readSide(operands, op->getOperandTypes(), "operand", rule.operands) &&
      readSide(results, op->getResultTypes(), "result", rule.results) &&
      readReduction(kind);
  if (isRead)
    return rule;
  reason = error;
  return std::nullopt;
}

} // namespace

std::optional<ShardingRule> spmd::ruleOf(Operation *op) {
  if (auto sharded = dyn_cast<ShardingRuleOpInterface>(op))
    return sharded.getShardingRule();
  if (std::optional<ShardingRule> rule = ruleInRegion(op))
    return rule;
  auto text = op->getAttrOfType<StringAttr>(kRuleAttrName);
  std::string error;
  return text ? RuleReader(op, text).read(error) : std::nullopt;
}

LogicalResult spmd::verifyWrittenRule(Operation *op, Attribute attr) {
  auto text = dyn_cast<StringAttr>(attr);
  if (!text)
    return op->emitOpError()
           << kRuleAttrName << " must be a string, got " << attr;
  if (isa<ShardingRuleOpInterface>(op))
    return op->emitOpError() << "has a rule of its own, so " << kRuleAttrName
                             << " cannot give it another";
  if (op->getNumRegions())
    return op->emitOpError()
           << "has regions, of which " << kRuleAttrName << " can say nothing";
  std::string error;
  if (RuleReader(op, text).read(error))
    return success();
  return op->emitOpError() << kRuleAttrName << " " << error;
}
