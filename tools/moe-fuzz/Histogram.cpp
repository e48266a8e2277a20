#include "tools/moe-fuzz/Histogram.h"

#include "moe/IR/Moe.h"
#include "moe/IR/Spmd.h"

#include "llvm/Support/Format.h"

using namespace mlir;

namespace moe::fuzz {

static constexpr StringRef kCutNames[kCuts] = {
    "whole",    "even",         "uneven",   "sparse",
    "sub-axis", "several axes", "unreduced"};

// How the dimension is cut; one that is cut may be so in several ways.
static SmallVector<Cut, 3> cutsOf(spmd::ShardingAttr sharding, unsigned dim,
                                  int64_t size, spmd::MeshOp mesh) {
  ArrayRef<spmd::AxisRefAttr> axes = sharding.getDims()[dim].getAxes();
  int64_t blocks = 1;
  for (const moert::Digit &digit : spmd::digitsOf(axes, mesh))
    blocks *= digit.size;
  if (blocks == 1)
    return {Cut::Whole};
  SmallVector<Cut, 3> cuts = {size < blocks   ? Cut::Sparse
                              : size % blocks ? Cut::Uneven
                                              : Cut::Even};
  if (llvm::any_of(axes, [](auto axis) { return !axis.isWhole(); }))
    cuts.push_back(Cut::SubAxis);
  if (axes.size() > 1)
    cuts.push_back(Cut::SeveralAxes);
  return cuts;
}

void Histogram::addDim(const Row &row, Value value, unsigned dim, bool isCut,
                       Seen &seen) {
  spmd::ShardingAttr sharding = spmd::getSharding(value);
  if (!sharding)
    return;
  spmd::MeshOp mesh = spmd::lookupMesh(value.getParentRegion()->getParentOp(),
                                       sharding.getMesh());
  int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dim);
  rows[row].isCut |= isCut;
  for (Cut cut : cutsOf(sharding, dim, size, mesh)) {
    seen.insert({row, cut});
    if (cut == Cut::Even || cut == Cut::Uneven || cut == Cut::Sparse)
      ++cutDims;
    if (cut == Cut::Uneven || cut == Cut::Sparse)
      ++unevenDims;
  }
}

void Histogram::addOp(Operation *op, Seen &seen) {
  auto ruled = dyn_cast<spmd::ShardingRuleOpInterface>(op);
  if (!ruled || isa<spmd::ReshardOp>(op))
    return;
  ++ops;
  spmd::ShardingRule rule = ruled.getShardingRule();
  std::string name = op->getName().getStringRef().str();
  std::set<int> inResults;
  auto add = [&](StringRef side, unsigned index, Value value,
                 ArrayRef<spmd::FactorList> dims, bool isOperand) {
    for (auto [dim, factors] : llvm::enumerate(dims)) {
      bool isSeen = llvm::all_of(
          factors, [&](int factor) { return inResults.count(factor); });
      if (isOperand && !factors.empty() && isSeen)
        continue;
      // Few tensors have more.
      std::string where = side.str() + " " + std::to_string(index) +
                          (dim < 3 ? " dim " + std::to_string(dim) : " dim 3+");
      addDim({name, where}, value, dim, !factors.empty(), seen);
    }
  };
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    if (isa<RankedTensorType>(result.getType())) {
      add("result", index, result, rule.results[index], false);
      for (const spmd::FactorList &factors : rule.results[index])
        inResults.insert(factors.begin(), factors.end());
      spmd::ShardingAttr sharding = spmd::getSharding(result);
      Row row = {name, "result " + std::to_string(index)};
      for (const spmd::Factor &factor : rule.factors)
        if (factor.kind == spmd::FactorKind::Reduction)
          rows[row].isCut = true;
      if (sharding && !sharding.getUnreduced().empty())
        seen.insert({row, Cut::Unreduced});
    }
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    if (isa<RankedTensorType>(operand.getType()))
      add("operand", index, operand, rule.operands[index], true);
}

void Histogram::addPropagated(ModuleOp module) {
  ++cases;
  Seen seen;
  module.walk([&](Operation *op) { addOp(op, seen); });
  for (const auto &[row, cut] : seen)
    ++rows[row].cases[static_cast<size_t>(cut)];
}

void Histogram::addPartitioned(ModuleOp module) {
  bool found = false;
  module.walk([&](spmd::CollectiveOpInterface op) {
    found |= op.getCollectiveKind() != spmd::CollectiveKind::Slice;
  });
  withCollectives += found;
}

static int64_t percentOf(int64_t part, int64_t whole) {
  return whole ? part * 100 / whole : 0;
}

std::string Histogram::summary() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "collectives in " << percentOf(withCollectives, cases)
     << " % of cases, "
     << llvm::format("%.1f", cases ? double(ops) / double(cases) : 0.0)
     << " ops a case, " << percentOf(unevenDims, cutDims)
     << " % of cut dimensions uneven";
  return text;
}

void Histogram::print(llvm::raw_ostream &os, int64_t least) const {
  os << llvm::format("%-34s", "cases with");
  for (StringRef name : kCutNames)
    os << llvm::format("%13s", name.data());
  os << "\n";
  std::string few, whole;
  int64_t cells = 0, fewCells = 0;
  for (const auto &[row, counts] : rows) {
    bool isValue = !StringRef(row.second).contains("dim");
    if (isValue && !counts.isCut)
      continue;
    std::string label = row.first + " " + row.second;
    os << llvm::format("%-34s", label.c_str());
    for (size_t cut = 0; cut < kCuts; ++cut) {
      bool isOfValue = cut == static_cast<size_t>(Cut::Unreduced);
      bool isAllowed = isOfValue == isValue && (counts.isCut || cut == 0);
      if (!isAllowed) {
        os << llvm::format("%13s", "-");
        continue;
      }
      os << llvm::format("%13lld", static_cast<long long>(counts.cases[cut]));
      ++cells;
      if (counts.cases[cut] < least && ++fewCells)
        few += "  " + label + ", " + kCutNames[cut].str() + ": " +
               std::to_string(counts.cases[cut]) + "\n";
    }
    os << "\n";
    if (!isValue && !counts.isCut)
      whole += "  " + label + "\n";
  }
  os << fewCells << " of " << cells << " cells below " << least << " cases\n"
     << few;
  if (!whole.empty())
    os << "kept whole by their rules\n" << whole;
}

} // namespace moe::fuzz
