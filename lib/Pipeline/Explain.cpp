#include "moe/Pipeline/Explain.h"

#include "moe/IR/Location.h"
#include "moe/IR/Moe.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace moe;
using spmd::CollectiveKind;
using spmd::CollectiveOpInterface;

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

// Elements of `to`'s block on `rank` that `from`'s block on it lacks.
static int64_t lackedElements(const moert::Layout &from,
                              const moert::Layout &to, int64_t rank) {
  int64_t needed = 1, held = 1;
  for (size_t dim = 0; dim < from.shape.size(); ++dim) {
    moert::Range want = to.range(dim, rank), have = from.range(dim, rank);
    needed *= want.size();
    held *= moert::Range{std::max(want.begin, have.begin),
                         std::min(want.end, have.end)}
                .size();
  }
  return needed - held;
}

static int64_t groupSize(const moert::Layout &from, const moert::Layout &to) {
  int64_t size = 1;
  for (const moert::Digit &digit : from.unreduced)
    if (llvm::find(to.unreduced, digit) == to.unreduced.end())
      size *= digit.size;
  return size;
}

static int64_t receivedElements(CollectiveKind kind, const moert::Layout &from,
                                const moert::Layout &to, int64_t rank) {
  int64_t group = groupSize(from, to);
  if (kind == CollectiveKind::AllReduce)
    return 2 * to.heldElements(rank) * (group - 1) / group;
  if (kind == CollectiveKind::ReduceScatter)
    return to.heldElements(rank) * (group - 1);
  return lackedElements(from, to, rank);
}

static int64_t worstBytes(CollectiveOpInterface op, spmd::MeshOp mesh) {
  RankedTensorType global = op.getGlobalType();
  moert::Layout from = layoutOf(op.getSource(), global.getShape(), mesh);
  moert::Layout to = layoutOf(op.getTarget(), global.getShape(), mesh);
  int64_t ranks = mesh.getRanks(), worst = 0;
  constexpr int64_t kSamples = 64;
  int64_t samples = std::min(ranks, kSamples);
  for (int64_t sample = 0; sample < samples; ++sample)
    worst = std::max(worst,
                     receivedElements(op.getCollectiveKind(), from, to,
                                      sample * (ranks - 1) /
                                          std::max<int64_t>(samples - 1, 1)));
  unsigned bits = global.getElementType().getIntOrFloatBitWidth();
  return worst * std::max(1u, bits / 8);
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

static SmallVector<spmd::AxisRefAttr> axesOf(spmd::ShardingAttr sharding) {
  SmallVector<spmd::AxisRefAttr> axes;
  for (spmd::DimShardingAttr dim : sharding.getDims())
    llvm::append_range(axes, dim.getAxes());
  llvm::append_range(axes, sharding.getUnreduced());
  return axes;
}

// Axes whose role differs between the two shardings.
static std::vector<std::string> movedAxes(spmd::ShardingAttr from,
                                          spmd::ShardingAttr to) {
  auto roleOf = [](spmd::ShardingAttr sharding, StringRef name) {
    for (auto [index, dim] : llvm::enumerate(sharding.getDims()))
      for (spmd::AxisRefAttr axis : dim.getAxes())
        if (axis.getName() == name)
          return static_cast<int64_t>(index);
    for (spmd::AxisRefAttr axis : sharding.getUnreduced())
      if (axis.getName() == name)
        return int64_t(-2);
    return int64_t(-1);
  };
  std::vector<std::string> names;
  for (spmd::ShardingAttr side : {from, to})
    for (spmd::AxisRefAttr axis : axesOf(side)) {
      std::string name = axis.getName().str();
      if (!llvm::is_contained(names, name) &&
          (!axis.isWhole() || roleOf(from, name) != roleOf(to, name)))
        names.push_back(name);
    }
  return names;
}

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

static CollectiveReport report(CollectiveOpInterface op, func::FuncOp func) {
  CollectiveReport entry;
  Value input = op->getOperand(0);
  spmd::MeshOp mesh = spmd::lookupMesh(op, op.getSource().getMesh());
  entry.function = func.getSymName().str();
  entry.kind = spmd::stringifyCollectiveKind(op.getCollectiveKind()).str();
  entry.op = input.getDefiningOp()
                 ? input.getDefiningOp()->getName().getStringRef().str()
                 : "argument";
  entry.location = describeLocation(
      input.getDefiningOp() ? input.getDefiningOp()->getLoc() : op->getLoc());
  entry.axes = movedAxes(op.getSource(), op.getTarget());
  entry.from = describeSharding(op.getSource());
  entry.to = describeSharding(op.getTarget());
  entry.tensor = printed(op.getGlobalType());
  if (auto reason = op->getAttrOfType<StringAttr>("reason"))
    entry.reason = reason.str();
  entry.bytes = worstBytes(op, mesh);
  return entry;
}

std::vector<CollectiveReport> moe::explainCollectives(ModuleOp module) {
  std::vector<CollectiveReport> reports;
  module.walk([&](CollectiveOpInterface op) {
    if (op.getCollectiveKind() != CollectiveKind::Slice)
      reports.push_back(report(op, op->getParentOfType<func::FuncOp>()));
  });
  return reports;
}

void moe::printExplanation(const std::vector<CollectiveReport> &reports,
                           llvm::raw_ostream &os) {
  int64_t total = 0;
  for (const CollectiveReport &entry : reports) {
    os << entry.location << ": " << entry.op << " in @" << entry.function
       << "\n"
       << "  " << entry.kind << " over " << llvm::join(entry.axes, ", ") << ", "
       << entry.bytes << " bytes received per rank\n"
       << "  " << entry.tensor << " " << entry.from << " -> " << entry.to
       << "\n";
    if (!entry.reason.empty())
      os << "  because " << entry.reason << "\n";
    total += entry.bytes;
  }
  os << reports.size() << " collectives, " << total
     << " bytes received per rank\n";
}

void moe::printExplanationJson(const std::vector<CollectiveReport> &reports,
                               llvm::raw_ostream &os) {
  llvm::json::OStream json(os, 2);
  json.array([&] {
    for (const CollectiveReport &entry : reports)
      json.object([&] {
        json.attribute("function", entry.function);
        json.attribute("kind", entry.kind);
        json.attribute("op", entry.op);
        json.attribute("location", entry.location);
        json.attributeArray("axes", [&] {
          for (const std::string &axis : entry.axes)
            json.value(axis);
        });
        json.attribute("from", entry.from);
        json.attribute("to", entry.to);
        json.attribute("tensor", entry.tensor);
        json.attribute("reason", entry.reason);
        json.attribute("bytes", entry.bytes);
      });
  });
  os << "\n";
}
