#include "moe/Pipeline/Explain.h"

#include "moe/IR/Location.h"
#include "moe/IR/Moe.h"
#include "runtime/core/Received.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace moe;
using spmd::CollectiveKind;
using spmd::CollectiveOpInterface;

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

// The ranks that a report looks at: all of a small machine, else evenly spread
// ones with the first and the last among them.
static constexpr int64_t kSampledRanks = 64;

static int64_t
worstBytes(spmd::MeshOp mesh, RankedTensorType type,
           llvm::function_ref<int64_t(int64_t)> receivedElements) {
  int64_t ranks = mesh.getRanks(), worst = 0;
  int64_t samples = std::min(ranks, kSampledRanks);
  int64_t gaps = std::max<int64_t>(samples - 1, 1);
  for (int64_t sample = 0; sample < samples; ++sample)
    worst = std::max(worst, receivedElements(sample * (ranks - 1) / gaps));
  unsigned bits = type.getElementType().getIntOrFloatBitWidth();
  return worst * std::max(1u, bits / 8);
}

static int64_t worstBytes(CollectiveOpInterface op, spmd::MeshOp mesh) {
  RankedTensorType global = op.getGlobalType();
  moert::Layout from = layoutOf(op.getSource(), global.getShape(), mesh);
  moert::Layout to = layoutOf(op.getTarget(), global.getShape(), mesh);
  return worstBytes(mesh, global, [&](int64_t rank) {
    return moert::receivedElements(from, to, mesh.getRanks(), rank);
  });
}

static int64_t worstBytes(spmd::ReindexOp op, spmd::MeshOp mesh) {
  return worstBytes(mesh, op.getSourceType(), [&](int64_t rank) {
    return moert::receivedElements(op.getSourceLayout(), op.getTargetLayout(),
                                   op.getIndexMap(), rank);
  });
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

template <typename T> static std::string printed(T value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

// "[{"data"}, {}]": the part of a sharding that people read.
static std::string describeSharding(spmd::ShardingAttr sharding) {
  std::string text = printed(sharding);
  size_t begin = text.find('['), end = text.rfind('>');
  return text.substr(begin, end - begin);
}

// How often a loop runs its body; 0 where that is not known.
static int64_t turnsOf(scf::ForOp loop) {
  std::optional<int64_t> first = getConstantIntValue(loop.getLowerBound()),
                         end = getConstantIntValue(loop.getUpperBound()),
                         step = getConstantIntValue(loop.getStep());
  if (!first || !end || !step || *step <= 0)
    return 0;
  return llvm::divideCeil(std::max<int64_t>(*end - *first, 0), *step);
}

// How often `op` runs when an entry runs: by the loops around it, and by the
// calls of the function that it stands in.
static int64_t timesOf(Operation *op) {
  int64_t times = 1;
  Operation *around = op->getParentOp();
  for (; !isa<func::FuncOp>(around); around = around->getParentOp())
    if (auto loop = dyn_cast<scf::ForOp>(around))
      times *= turnsOf(loop);
    else if (isa<scf::WhileOp>(around))
      times = 0;
  auto function = cast<func::FuncOp>(around);
  if (!function.isPrivate())
    return times;
  int64_t calls = 0;
  function->getParentOfType<ModuleOp>().walk([&](func::CallOp call) {
    if (call.getCallee() == function.getSymName())
      calls += timesOf(call);
  });
  return times * calls;
}

// What a report says of every op that moves data.
static CollectiveReport report(Operation *op, spmd::MeshOp mesh,
                               spmd::ShardingAttr from, spmd::ShardingAttr to) {
  CollectiveReport entry;
  Operation *producer = op->getOperand(0).getDefiningOp();
  entry.function = op->getParentOfType<func::FuncOp>().getSymName().str();
  entry.op = producer ? describeName(producer) : "argument";
  entry.location =
      describeLocation(producer ? producer->getLoc() : op->getLoc());
  entry.from = describeSharding(from);
  entry.to = describeSharding(to);
  if (auto reason = op->getAttrOfType<StringAttr>("reason"))
    entry.reason = reason.str();
  entry.ranks = mesh.getRanks();
  entry.times = timesOf(op);
  return entry;
}

static CollectiveReport report(CollectiveOpInterface op) {
  spmd::MeshOp mesh = spmd::lookupMesh(op, op.getSource().getMesh());
  CollectiveReport entry = report(op, mesh, op.getSource(), op.getTarget());
  entry.kind = spmd::stringifyCollectiveKind(op.getCollectiveKind()).str();
  entry.axes = spmd::movedAxes(op.getSource(), op.getTarget(), mesh);
  entry.tensor = printed(op.getGlobalType());
  entry.bytes = worstBytes(op, mesh);
  return entry;
}

static CollectiveReport report(spmd::ReindexOp op) {
  spmd::MeshOp mesh = spmd::lookupMesh(op, op.getFrom().getMesh());
  CollectiveReport entry = report(op, mesh, op.getFrom(), op.getTo());
  entry.kind = "reindex";
  entry.axes = spmd::cuttingAxes(op.getFrom(), op.getTo());
  entry.tensor = printed(op.getSourceType());
  if (op.getSourceType() != op.getTargetType())
    entry.tensor += " to " + printed(op.getTargetType());
  entry.bytes = worstBytes(op, mesh);
  return entry;
}

// Combined collectives join the reasons of theirs.
static std::vector<ReshardReport>
reshardsOf(StringRef reason, const PropagationReport &propagation) {
  std::vector<ReshardReport> found;
  for (const auto &[key, reshard] : propagation.reshards)
    if (reason.contains(key))
      found.push_back(reshard);
  return found;
}

std::vector<CollectiveReport>
moe::explainCollectives(ModuleOp module, const PropagationReport &propagation) {
  std::vector<CollectiveReport> reports;
  module.walk([&](Operation *op) {
    if (auto reindex = dyn_cast<spmd::ReindexOp>(op))
      reports.push_back(report(reindex));
    auto collective = dyn_cast<CollectiveOpInterface>(op);
    if (collective && collective.getCollectiveKind() != CollectiveKind::Slice)
      reports.push_back(report(collective));
  });
  for (CollectiveReport &entry : reports)
    entry.reshards = reshardsOf(entry.reason, propagation);
  return reports;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printReshard(const ReshardReport &reshard, llvm::raw_ostream &os) {
  os << "  rule: " << reshard.rule << "\n";
  if (reshard.alternative.empty())
    return;
  os << "  or: " << reshard.alternative << "; a rank then receives "
     << reshard.alternativeBytes << " bytes in the whole function, now "
     << reshard.functionBytes << "\n";
}

static std::string describeTimes(const CollectiveReport &entry) {
  if (entry.times == 1)
    return "";
  return entry.times ? ", " + std::to_string(entry.times) + " times"
                     : ", each turn";
}

static void printCollective(const CollectiveReport &entry,
                            llvm::raw_ostream &os) {
  os << entry.location << ": " << entry.op << " in @" << entry.function << "\n"
     << "  " << entry.kind << " over " << llvm::join(entry.axes, ", ") << ", "
     << entry.bytes << " bytes received per rank" << describeTimes(entry)
     << "\n"
     << "  " << entry.tensor << " " << entry.from << " -> " << entry.to << "\n";
  if (!entry.reason.empty())
    os << "  because " << entry.reason << "\n";
  for (const ReshardReport &reshard : entry.reshards)
    printReshard(reshard, os);
}

static void printValue(const ValueReport &value, llvm::raw_ostream &os) {
  os << "@" << value.function << ": " << value.value << ": dimension "
     << value.dim << " over " << value.axes;
  if (value.annotation.empty())
    os << ", as its users take it";
  else
    os << " by " << value.annotation << ": " << llvm::join(value.chain, " -> ");
  os << "\n";
}

void moe::printExplanation(const std::vector<CollectiveReport> &reports,
                           const PropagationReport &propagation,
                           llvm::raw_ostream &os) {
  int64_t total = 0, eachTurn = 0, ranks = 0;
  for (const CollectiveReport &entry : reports) {
    printCollective(entry, os);
    (entry.times ? total : eachTurn) +=
        std::max<int64_t>(entry.times, 1) * entry.bytes;
    ranks = std::max(ranks, entry.ranks);
  }
  for (const ValueReport &value : propagation.values)
    printValue(value, os);
  os << reports.size() << " collectives, " << total
     << " bytes received per rank";
  if (eachTurn)
    os << ", and " << eachTurn << " in turns of loops without a number of them";
  os << "\n";
  if (ranks > kSampledRanks)
    os << "bytes are those of the worst of " << kSampledRanks
       << " ranks, evenly spread over the " << ranks << "\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void writeList(llvm::json::OStream &json, StringRef name,
                      const std::vector<std::string> &list) {
  json.attributeArray(name, [&] {
    for (const std::string &text : list)
      json.value(text);
  });
}

static void writeEnd(llvm::json::OStream &json, StringRef name,
                     const EndReport &end) {
  json.attributeObject(name, [&] {
    json.attribute("node", end.node);
    writeList(json, "annotations", end.annotations);
  });
}

static void writeReshard(llvm::json::OStream &json,
                         const ReshardReport &reshard) {
  json.object([&] {
    writeEnd(json, "made", reshard.made);
    writeEnd(json, "needed", reshard.needed);
    json.attribute("rule", reshard.rule);
    json.attribute("alternative", reshard.alternative);
    json.attribute("alternativeBytes", reshard.alternativeBytes);
    json.attribute("functionBytes", reshard.functionBytes);
  });
}

static void writeCollective(llvm::json::OStream &json,
                            const CollectiveReport &entry) {
  json.object([&] {
    json.attribute("function", entry.function);
    json.attribute("kind", entry.kind);
    json.attribute("op", entry.op);
    json.attribute("location", entry.location);
    writeList(json, "axes", entry.axes);
    json.attribute("from", entry.from);
    json.attribute("to", entry.to);
    json.attribute("tensor", entry.tensor);
    json.attribute("reason", entry.reason);
    json.attribute("bytes", entry.bytes);
    json.attribute("times", entry.times);
    json.attribute("ranks", entry.ranks);
    json.attributeArray("reshards", [&] {
      for (const ReshardReport &reshard : entry.reshards)
        writeReshard(json, reshard);
    });
  });
}

static void writeValue(llvm::json::OStream &json, const ValueReport &value) {
  json.object([&] {
    json.attribute("function", value.function);
    json.attribute("value", value.value);
    json.attribute("dim", value.dim);
    json.attribute("axes", value.axes);
    json.attribute("annotation", value.annotation);
    writeList(json, "chain", value.chain);
  });
}

void moe::printExplanationJson(const std::vector<CollectiveReport> &reports,
                               const PropagationReport &propagation,
                               llvm::raw_ostream &os) {
  llvm::json::OStream json(os, 2);
  json.object([&] {
    json.attributeArray("collectives", [&] {
      for (const CollectiveReport &entry : reports)
        writeCollective(json, entry);
    });
    json.attributeArray("values", [&] {
      for (const ValueReport &value : propagation.values)
        writeValue(json, value);
    });
  });
  os << "\n";
}
