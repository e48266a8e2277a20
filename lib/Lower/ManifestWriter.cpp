#include "ManifestWriter.h"
#include "moe/IR/Location.h"
#include "moe/IR/RoutingChoices.h"
#include "moe/Lower/Passes.h"

#include "llvm/Support/Path.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using llvm::json::Array;
using llvm::json::Object;
using Json = llvm::json::Value;

// llvm::json keeps a StringRef as a reference: all strings are copied here.
ManifestWriter::ManifestWriter(ModuleOp module) : module(module) {
  auto meshes = module.getOps<spmd::MeshOp>();
  if (!meshes.empty())
    mesh = *meshes.begin();
}

static std::string dtypeName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << getElementTypeOrSelf(type);
  return name;
}

static Json numbers(ArrayRef<int64_t> list) { return Array(list); }

static Json digits(ArrayRef<moert::Digit> list) {
  Array array;
  for (const moert::Digit &digit : list)
    array.push_back(Array{digit.size, digit.stride});
  return array;
}

Json ManifestWriter::layout(spmd::ShardingAttr sharding,
                            RankedTensorType global) const {
  moert::Layout layout;
  layout.shape = global.getShape().vec();
  layout.dims.resize(global.getRank());
  if (sharding)
    layout = spmd::layoutOf(sharding, global.getShape(), mesh);
  Array dims;
  for (const auto &dim : layout.dims)
    dims.push_back(digits(dim));
  return Object{{"shape", numbers(layout.shape)},
                {"dims", std::move(dims)},
                {"unreduced", digits(layout.unreduced)}};
}

Json ManifestWriter::parameter(DictionaryAttr attributes, Type type,
                               std::string fallback) const {
  auto get = [&](StringRef name) {
    return attributes ? attributes.get(name) : Attribute();
  };
  auto sharding = dyn_cast_or_null<spmd::ShardingAttr>(
      get(spmd::SpmdDialect::getShardingAttrName()));
  if (auto global = dyn_cast_or_null<TypeAttr>(get("spmd.global")))
    type = global.getValue();
  else
    sharding = {};
  auto name = dyn_cast_or_null<StringAttr>(get(kNameAttr));
  Object written{{"name", name ? name.str() : std::move(fallback)},
                 {"dtype", dtypeName(type)},
                 {"layout", layout(sharding, cast<RankedTensorType>(type))},
                 {"constant", get(kParameterAttr) != nullptr}};
  auto bound = dyn_cast_or_null<IntegerAttr>(get(kBoundAttr));
  if (bound && bound.getInt() > 0 && getElementTypeOrSelf(type).isInteger())
    written["bound"] = bound.getInt();
  if (get(kChoiceAttr))
    written["choice"] = true;
  return written;
}

void ManifestWriter::addEntry(func::FuncOp function,
                              const HostProgram &program) {
  Array arguments, results;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    arguments.push_back(
        parameter(function.getArgAttrDict(i), type, "arg" + std::to_string(i)));
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    results.push_back(parameter(function.getResultAttrDict(i), type,
                                "result" + std::to_string(i)));
  entries.push_back(Object{{"name", program.name},
                           {"symbol", program.symbol()},
                           {"arena_bytes", program.arenaBytes},
                           {"arena_lower_bound", program.arenaLowerBound},
                           {"arguments", std::move(arguments)},
                           {"results", std::move(results)}});
}

void ManifestWriter::addKernel(StringRef symbol, StringRef op, int64_t calls) {
  kernels.push_back(
      Object{{"symbol", symbol.str()}, {"op", op.str()}, {"calls", calls}});
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

static StringRef primitiveOf(spmd::CollectiveKind kind) {
  switch (kind) {
  case spmd::CollectiveKind::AllReduce:
    return "all_reduce";
  case spmd::CollectiveKind::ReduceScatter:
    return "reduce_scatter";
  default:
    return "exchange";
  }
}

// What people read of a collective.
static void describe(Object &site, StringRef entry, Operation *op) {
  Operation *producer = op->getOperand(0).getDefiningOp();
  auto reason = op->getAttrOfType<StringAttr>("reason");
  site["entry"] = entry.str();
  site["op"] = producer ? describeName(producer) : "argument";
  site["location"] =
      describeLocation(producer ? producer->getLoc() : op->getLoc());
  site["reason"] = reason ? reason.str() : "";
}

int32_t ManifestWriter::addCollective(StringRef entry,
                                      spmd::CollectiveOpInterface op) {
  spmd::ShardingAttr from = op.getSource(), to = op.getTarget();
  StringRef primitive = primitiveOf(op.getCollectiveKind());
  bool reduces = primitive != "exchange";
  int32_t site = collectiveSites.size();
  Object object{
      {"site", site},
      {"primitive", primitive.str()},
      {"kind", spmd::stringifyCollectiveKind(op.getCollectiveKind()).str()},
      {"dtype", dtypeName(op.getGlobalType())},
      {"source", layout(from, op.getGlobalType())},
      {"target", layout(to, op.getGlobalType())},
      {"reduction",
       reduces ? spmd::stringifyReductionKind(from.getReduction()).str() : ""},
      {"axes", Array(spmd::movedAxes(from, to, mesh))}};
  describe(object, entry, op);
  collectiveSites.push_back(std::move(object));
  return site;
}

int32_t ManifestWriter::addReindex(StringRef entry, spmd::ReindexOp op) {
  Array map;
  for (const moert::DimMap &dim : op.getIndexMap().dims)
    map.push_back(Array{dim.source, dim.sourceStep, dim.target, dim.targetStep,
                        dim.size, dim.advance, dim.reach});
  int32_t site = collectiveSites.size();
  Object object{{"site", site},
                {"primitive", "exchange"},
                {"kind", "reindex"},
                {"dtype", dtypeName(op.getSourceType())},
                {"source", layout(op.getFrom(), op.getSourceType())},
                {"target", layout(op.getTo(), op.getTargetType())},
                {"map", std::move(map)},
                {"reduction", ""},
                {"axes", Array(spmd::cuttingAxes(op.getFrom(), op.getTo()))}};
  describe(object, entry, op);
  collectiveSites.push_back(std::move(object));
  return site;
}

int32_t ManifestWriter::addMatmul(StringRef entry, EinsumOp op,
                                  const Contraction &contraction,
                                  int64_t bArgument) {
  int32_t site = matmulSites.size();
  std::string input = dtypeName(op.getInputs()[0].getType());
  matmulSites.push_back(
      Object{{"site", site},
             {"entry", entry.str()},
             {"a_dtype", input},
             {"b_dtype", input},
             {"c_dtype", dtypeName(op.getType())},
             {"batch", numbers(contraction.batch)},
             {"m", contraction.m},
             {"n", contraction.n},
             {"k", contraction.k},
             {"a_strides", numbers(contraction.aStrides)},
             {"b_strides", numbers(contraction.bStrides)},
             {"c_strides", numbers(contraction.cStrides)},
             {"b_argument", bArgument},
             {"op", ("moe.einsum \"" + op.getEquation() + "\"").str()},
             {"location", describeLocation(op.getLoc())}});
  if (contraction.rows)
    (*matmulSites.back().getAsObject())["rows"] = contraction.rows;
  return site;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

static std::string programName(ModuleOp module) {
  std::string name = "program";
  module.getLoc()->walk([&](Location location) {
    auto file = dyn_cast<FileLineColLoc>(location);
    if (!file)
      return WalkResult::advance();
    name = llvm::sys::path::filename(file.getFilename().getValue()).str();
    return WalkResult::interrupt();
  });
  return name;
}

std::string ManifestWriter::str(moert::Isa isa) const {
  Array axes;
  int64_t ranks = 1;
  if (mesh) {
    ranks = spmd::MeshOp(mesh).getRanks();
    for (auto axis :
         spmd::MeshOp(mesh).getAxes().getAsRange<spmd::MeshAxisAttr>())
      axes.push_back(
          Object{{"axis", axis.getName().str()},
                 {"size", axis.getSize()},
                 {"stride", spmd::MeshOp(mesh).getAxisStride(axis.getName())}});
  }
  Object root{{"format", 2},
              {"program", programName(module)},
              {"ranks", ranks},
              {"mesh", std::move(axes)},
              {"target", "cpu"},
              {"isa", moert::nameOf(isa)},
              {"entries", Array(entries)},
              {"collectives", Array(collectiveSites)},
              {"matmuls", Array(matmulSites)},
              {"kernels", Array(kernels)}};
  std::string text;
  llvm::raw_string_ostream(text) << Json(std::move(root));
  return text;
}
