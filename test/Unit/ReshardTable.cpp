// Every ordered pair of layouts of small meshes through the compiler: a line of
// figures for each mesh and shape, for docs/resharding.py.
//
//   reshard-table
//
// A pair is a function that reshards its argument (or the partial sums that it
// made of it), partitioned by spmd-partition. It is right where the interpreter
// gives the numbers of the function before, bit for bit in exact mode, and
// where the runtime's lists of the emitted collectives, executed on numbers
// that all differ, leave each rank what the definition of the target says.
// Bytes, buffers and floors are counted in ReshardExhaustive.h.
#include "ReshardPlanner.h"
#include "ShardingEnumeration.h"

#include "moe/IR/Spmd.h"
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Partition/Passes.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cstdio>

using namespace exhaustive;
using namespace mlir;
using moert::Digit;
using moert::Layout;

namespace {

struct Mesh {
  std::string name, text;
  std::vector<std::string> axes; // or parts of axes
  std::vector<Digit> digits;     // of `axes`
};

const std::vector<Mesh> kMeshes = {
    {"2x2", "[\"x\"=2, \"y\"=2]", {"\"x\"", "\"y\""}, {{2, 2}, {2, 1}}},
    {"2x4", "[\"x\"=2, \"y\"=4]", {"\"x\"", "\"y\""}, {{2, 4}, {4, 1}}},
    {"3x2", "[\"x\"=3, \"y\"=2]", {"\"x\"", "\"y\""}, {{3, 2}, {2, 1}}},
    {"2x2x2",
     "[\"x\"=2, \"y\"=2, \"z\"=2]",
     {"\"x\"", "\"y\"", "\"z\""},
     {{2, 4}, {2, 2}, {2, 1}}},
    {"6", "[\"x\"=6]", {"\"x\""}, {{6, 1}}},
    {"6 in parts 2, 3",
     "[\"x\"=6]",
     {"\"x\":(1)2", "\"x\":(2)3"},
     {{2, 3}, {3, 1}}},
    {"4x2, 4 in parts 2, 2",
     "[\"x\"=4, \"y\"=2]",
     {"\"x\":(1)2", "\"x\":(2)2", "\"y\""},
     {{2, 4}, {2, 2}, {2, 1}}}};

// Those of the programs, and so many that no buffer is small beside a chunk.
constexpr int64_t kElementBytes = 4, kLargeElementBytes = 1 << 20;

/// Where a pair begins: a layout, and the axes over which it is partial.
struct Source {
  std::string sharding, partial;
};

/// One line of the table.
struct Row {
  int pairs = 0, right = 0;
  double received = 0, floor = 0; // bytes, of all pairs
  double worst = 0;               // received / floor
  int whole = 0; // pairs with a whole tensor on the way, at neither end
  int steps = 0; // that communicate, most of a pair
  /// The planner's, for large elements: bytes received in all, and the most
  /// that a step needs beyond source and target, in what is allowed.
  double largeReceived = 0, largeBeyond = 0;
};

/// All layouts, for the elements of the programs and for large ones.
struct Worlds {
  World small, large;
  Planner planner; // for large ones
};

class Table {
public:
  Table() : context_(registry()) {
    context_.loadAllAvailableDialects();
    // A pair that is wrong is counted, not told.
    context_.getDiagEngine().registerHandler([](Diagnostic &) {});
  }

  Row count(const Mesh &mesh, const std::vector<int64_t> &shape, bool partial);

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    moe::registerEverything(registry);
    moe::interpret::registerEvaluations(registry);
    return registry;
  }
  void countFrom(const Mesh &mesh, Worlds &worlds,
                 const std::vector<int64_t> &shape, const Source &source,
                 Row &row);

  MLIRContext context_;
};

// `sharding` in the digits of `mesh`, where "x" is "x":(1)2, "x":(2)2.
size_t indexOf(const World &world, const Mesh &mesh,
               spmd::ShardingAttr sharding, ArrayRef<int64_t> shape,
               spmd::MeshOp op) {
  Layout layout = spmd::layoutOf(sharding, shape, op);
  auto split = [&](std::vector<Digit> &digits) {
    std::vector<Digit> parts;
    for (const Digit &digit : digits)
      for (const Digit &part : mesh.digits)
        if (part.stride >= digit.stride &&
            part.stride < digit.stride * digit.size)
          parts.push_back(part);
    digits = parts;
  };
  llvm::for_each(layout.dims, split);
  split(layout.unreduced);
  return world.find(layout);
}

/// Layouts that a function's value goes through by the emitted collectives;
/// empty where one is not what it claims to be.
std::vector<size_t> chainOf(func::FuncOp func, size_t from, const Mesh &mesh,
                            const World &world, ArrayRef<int64_t> shape,
                            spmd::MeshOp op) {
  std::vector<size_t> chain = {from};
  bool isChain = true;
  func.walk([&](spmd::CollectiveOpInterface collective) {
    size_t source = indexOf(world, mesh, collective.getSource(), shape, op),
           target = indexOf(world, mesh, collective.getTarget(), shape, op);
    Edge edge = world.edge(source, target);
    spmd::CollectiveKind kind = collective.getCollectiveKind();
    isChain &=
        source == chain.back() && edge != Edge::None &&
        (edge == Edge::Slice) == (kind == spmd::CollectiveKind::Slice) &&
        (edge == Edge::ReduceScatter) ==
            (kind == spmd::CollectiveKind::ReduceScatter) &&
        (edge == Edge::AllReduce) == (kind == spmd::CollectiveKind::AllReduce);
    chain.push_back(target);
  });
  return isChain ? chain : std::vector<size_t>{};
}

void countChain(const World &world, const std::vector<size_t> &chain,
                Row &row) {
  size_t from = chain.front(), to = chain.back();
  double received = 0;
  int steps = 0;
  bool isWhole = false;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const Count &count = world.count(chain[i], chain[i + 1]);
    received += count.received;
    steps += count.messages > 0;
    isWhole |= world.isWhole(chain[i + 1]);
  }
  // Partial values have no floor of their own: the best of all ways counts.
  bool isPartial = !world.layouts()[from].unreduced.empty();
  double floor =
      isPartial ? world.leastTime(from, to) : world.floorBytes(from, to);
  row.received += received;
  row.floor += floor;
  if (received > 0)
    row.worst = std::max(row.worst, received / floor);
  row.whole += isWhole && !world.isWhole(from) && !world.isWhole(to);
  row.steps = std::max(row.steps, steps);
}

// Whether the planner's steps lead there; counted for large elements.
bool countLarge(const World &world, Planner &planner, size_t from, size_t to,
                Row &row) {
  size_t current = from;
  for (const moe::reshard::SearchStep &step :
       planner.plan(world.layouts()[from], world.layouts()[to]).steps) {
    size_t next = world.find(planner.layout(step.target, world.machine()));
    const Count &count = world.count(current, next);
    double chunk = moe::reshard::kChunkBytes;
    double beyond = world.bufferBytes(current) + world.bufferBytes(next) +
                    std::min(2 * count.received, chunk) -
                    world.bufferBytes(from) - world.bufferBytes(to);
    row.largeReceived += count.received;
    row.largeBeyond =
        std::max(row.largeBeyond, beyond / std::max(chunk, count.largest));
    current = next;
  }
  return current == to;
}

void Table::countFrom(const Mesh &mesh, Worlds &worlds,
                      const std::vector<int64_t> &shape, const Source &source,
                      Row &row) {
  const World &world = worlds.small;
  std::vector<std::string> targets =
      enumerateShardings(mesh.axes, shape.size());
  std::string text = "spmd.mesh @mesh " + mesh.text + "\n";
  for (size_t i = 0; i < targets.size(); ++i) {
    std::string name = "f" + std::to_string(i);
    text += source.partial.empty()
                ? reshardFunction(name, tensorText(shape, "f32"),
                                  source.sharding, targets[i])
                : reduceFunction(name, shape, source.partial, source.sharding,
                                 targets[i]);
  }
  auto reference = parseSourceString<ModuleOp>(text, &context_);
  OwningOpRef<ModuleOp> candidate = reference->clone();
  PassManager manager(&context_, ModuleOp::getOperationName());
  manager.addPass(moe::createSpmdPartition());
  manager.addPass(moe::createSpmdVerifyPartitioned());
  bool isPartitioned = succeeded(manager.run(*candidate));

  spmd::MeshOp op = *reference->getOps<spmd::MeshOp>().begin();
  auto index = [&](const std::string &sharding) {
    auto attribute =
        parseAttribute("#spmd.sharding<@mesh, " + sharding + ">", &context_);
    return indexOf(world, mesh, cast<spmd::ShardingAttr>(attribute), shape, op);
  };
  size_t from =
      index(source.partial.empty() ? source.sharding
                                   : source.sharding + ", unreduced = sum{" +
                                         source.partial + "}");
  for (size_t i = 0; i < targets.size(); ++i) {
    size_t to = index(targets[i]);
    if (from == to)
      continue;
    ++row.pairs;
    if (!isPartitioned)
      continue;
    std::string name = "f" + std::to_string(i);
    auto func = candidate->lookupSymbol<func::FuncOp>(name);
    std::vector<size_t> chain = chainOf(func, from, mesh, world, shape, op);
    if (chain.empty() || chain.back() != to)
      continue;
    countChain(world, chain, row);
    row.right +=
        countLarge(worlds.large, worlds.planner, from, to, row) &&
        world.wrongnessOf(chain).empty() &&
        succeeded(moe::interpret::compareExecutions(
            *reference, *candidate, name, moe::interpret::Mode::Exact, 1));
  }
}

Row Table::count(const Mesh &mesh, const std::vector<int64_t> &shape,
                 bool partial) {
  // Bytes are time: a wire of one byte a ns without latency.
  Machine machine{mesh.name,
                  mesh.digits,
                  std::vector<size_t>(mesh.digits.size()),
                  {{0, 1}}};
  Worlds worlds{{machine, shape, kElementBytes, partial},
                {machine, shape, kLargeElementBytes, partial},
                {machine, shape, kLargeElementBytes}};
  Row row;
  for (uint32_t set = 0; set < 1u << mesh.axes.size(); ++set) {
    if ((set != 0) != partial)
      continue;
    std::vector<std::string> others;
    std::string reduced;
    for (size_t i = 0; i < mesh.axes.size(); ++i)
      if (set >> i & 1)
        reduced += (reduced.empty() ? "" : ", ") + mesh.axes[i];
      else
        others.push_back(mesh.axes[i]);
    for (const std::string &from : enumerateShardings(others, shape.size()))
      countFrom(mesh, worlds, shape, {from, reduced}, row);
  }
  return row;
}

void print(Table &table, const Mesh &mesh, const std::vector<int64_t> &shape,
           bool partial) {
  Row row = table.count(mesh, shape, partial);
  std::string sizes;
  for (int64_t size : shape)
    sizes += (sizes.empty() ? "" : "x") + std::to_string(size);
  std::printf("%s\t%s\t%s\t%d\t%d\t%.0f\t%.0f\t%.4f\t%d\t%d\t%.0f\t%.4f\n",
              mesh.name.c_str(), sizes.c_str(), partial ? "partial" : "plain",
              row.pairs, row.right, row.received, row.floor, row.worst,
              row.whole, row.steps, row.largeReceived, row.largeBeyond);
  std::fflush(stdout);
}

} // namespace

int main() {
  Table table;
  for (bool partial : {false, true})
    for (const Mesh &mesh : kMeshes) {
      int64_t ranks = 1;
      for (const Digit &digit : mesh.digits)
        ranks *= digit.size;
      std::vector<std::vector<int64_t>> shapes = {
          {ranks, ranks}, {ranks + 1, ranks - 1}, {2, 3}};
      if (ranks == 4) {
        shapes.push_back({4, 4, 4});
        shapes.push_back({3, 2, 3});
      }
      for (const std::vector<int64_t> &shape : shapes)
        print(table, mesh, shape, partial);
    }
}
