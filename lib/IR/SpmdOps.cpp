// The spmd dialect and the verifiers of its ops.
#include "moe/IR/Spmd.h"

#include "EnumFormat.h"
#include "moe/IR/ControlFlow.h"
#include "moe/IR/Inlining.h"
#include "moe/IR/Manual.h"
#include "moe/IR/WrittenRule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spmd;

namespace spmd {
// Defined in SpmdAttrs.cpp.
ParseResult parseBareDim(OpAsmParser &parser, DimShardingAttr &dim);
void printBareDim(OpAsmPrinter &printer, Operation *, DimShardingAttr dim);
ParseResult parseBareDims(OpAsmParser &parser, ArrayAttr &dims);
void printBareDims(OpAsmPrinter &printer, Operation *, ArrayAttr dims);
ParseResult parseMeshAxes(OpAsmParser &parser, ArrayAttr &axes);
void printMeshAxes(OpAsmPrinter &printer, Operation *, ArrayAttr axes);
ParseResult parseLinks(OpAsmParser &parser, ArrayAttr &links);
void printLinks(OpAsmPrinter &printer, Operation *, ArrayAttr links);
} // namespace spmd

#include "dialects/Spmd/SpmdEnums.cpp.inc"

#include "dialects/Spmd/SpmdDialect.cpp.inc"

#include "dialects/Spmd/SpmdInterfaces.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Spmd/SpmdTypes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdOps.cpp.inc"

void SpmdDialect::initialize() {
  addInterfaces<spmd::AlwaysInline>();
  registerAttributes();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Spmd/SpmdTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Spmd/SpmdOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Spmd/SpmdManual.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Attributes on foreign ops
//===----------------------------------------------------------------------===//

static LogicalResult verifyAttached(Operation *op, Attribute attr, Type type,
                                    const Twine &where) {
  auto sharding = dyn_cast<ShardingAttr>(attr);
  if (!sharding)
    return op->emitOpError()
           << where << ": expected #spmd.sharding, got " << attr;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return op->emitOpError()
           << where << ": only tensors have shardings, got " << type;
  return verifySharding(sharding, tensor, lookupMesh(op, sharding.getMesh()),
                        where.str(), [&] { return op->emitOpError(); });
}

static LogicalResult verifyGlobal(Operation *op, Attribute attr) {
  auto type = dyn_cast<TypeAttr>(attr);
  if (type && isa<RankedTensorType>(type.getValue()))
    return success();
  return op->emitOpError() << kGlobalAttrName
                           << " must be a ranked tensor type, got " << attr;
}

LogicalResult SpmdDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  if (attr.getName() == kRuleAttrName)
    return verifyWrittenRule(op, attr.getValue());
  if (attr.getName() != getShardingsAttrName())
    return op->emitOpError() << "unknown attribute " << attr.getName();
  auto list = dyn_cast<ArrayAttr>(attr.getValue());
  SmallVector<Type, 4> types = flowTypesOf(op);
  unsigned results = op->getNumResults();
  if (!list || list.size() != types.size()) {
    InFlightDiagnostic diag =
        op->emitOpError()
        << "spmd.shardings needs one sharding for each of the " << results
        << " results";
    if (types.size() > results)
      diag << " and of the " << types.size() - results << " operands";
    return diag;
  }
  for (auto [index, sharding, type] : llvm::enumerate(list, types)) {
    bool isResult = index < results;
    std::string where = isResult ? "result " : "operand ";
    where += std::to_string(isResult ? index : index - results);
    if (failed(verifyAttached(op, sharding, type, where)))
      return failure();
  }
  return success();
}

// An attribute on argument or result (`side`) number `index` of a function,
// which has `type`. MLIR asks for those of functions alone.
static LogicalResult verifySignature(Operation *op, NamedAttribute attr,
                                     Type type, unsigned index,
                                     StringRef side) {
  if (attr.getName() == kGlobalAttrName)
    return verifyGlobal(op, attr.getValue());
  if (attr.getName() != SpmdDialect::getShardingAttrName())
    return op->emitOpError()
           << "unknown " << side << " attribute " << attr.getName();
  return verifyAttached(op, attr.getValue(), type, side + " " + Twine(index));
}

LogicalResult SpmdDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                    unsigned index,
                                                    NamedAttribute attr) {
  Type type = cast<FunctionOpInterface>(op).getArgumentTypes()[index];
  return verifySignature(op, attr, type, index, "argument");
}

LogicalResult SpmdDialect::verifyRegionResultAttribute(Operation *op, unsigned,
                                                       unsigned index,
                                                       NamedAttribute attr) {
  Type type = cast<FunctionOpInterface>(op).getResultTypes()[index];
  return verifySignature(op, attr, type, index, "result");
}

//===----------------------------------------------------------------------===//
// Mesh
//===----------------------------------------------------------------------===//

static LogicalResult verifyTopology(MeshOp op) {
  if (!op.getTopology())
    return success();
  llvm::StringSet<> named;
  for (auto link : op.getTopology()->getAsRange<LinkAttr>()) {
    if (!op.getAxisSize(link.getAxis()))
      return op.emitOpError()
             << "topology names axis \"" << link.getAxis()
             << "\", which the mesh does not have; its axes are "
             << op.describeAxes();
    if (!named.insert(link.getAxis()).second)
      return op.emitOpError()
             << "topology names axis \"" << link.getAxis() << "\" twice";
    if (link.getLatency() < 0)
      return op.emitOpError()
             << "latency of axis \"" << link.getAxis()
             << "\" must not be negative, got " << link.getLatency() << " ns";
    if (link.getBandwidth() < 1)
      return op.emitOpError() << "bandwidth of axis \"" << link.getAxis()
                              << "\" must be positive, got "
                              << link.getBandwidth() << " bytes a microsecond";
  }
  return success();
}

LogicalResult MeshOp::verify() {
  constexpr int64_t kMaxRanks = INT32_MAX;
  llvm::StringSet<> names;
  int64_t ranks = 1;
  for (auto axis : getAxes().getAsRange<MeshAxisAttr>()) {
    if (!names.insert(axis.getName()).second)
      return emitOpError() << "axis \"" << axis.getName()
                           << "\" is declared twice";
    if (axis.getSize() < 1)
      return emitOpError() << "size of axis \"" << axis.getName()
                           << "\" must be positive, got " << axis.getSize();
    // In quotients, because the product of the sizes may overflow.
    if (axis.getSize() > kMaxRanks / ranks)
      return emitOpError() << "has more than " << kMaxRanks
                           << " ranks, the axes are " << describeAxes();
    ranks *= axis.getSize();
  }
  if (!getOrder())
    return verifyTopology(*this);
  if (getOrder()->size() != names.size())
    return emitOpError() << "order has " << getOrder()->size()
                         << " axes, the mesh has " << names.size();
  for (auto name : getOrder()->getAsValueRange<StringAttr>())
    if (!names.erase(name))
      return emitOpError() << "order must name each axis once; \"" << name
                           << "\" is repeated or not an axis";
  return verifyTopology(*this);
}

std::optional<int64_t> MeshOp::getAxisSize(StringRef name) {
  for (auto axis : getAxes().getAsRange<MeshAxisAttr>())
    if (axis.getName() == name)
      return axis.getSize();
  return std::nullopt;
}

int64_t MeshOp::getAxisStride(StringRef name) {
  SmallVector<StringRef> order;
  if (getOrder())
    llvm::append_range(order, getOrder()->getAsValueRange<StringAttr>());
  else
    for (auto axis : getAxes().getAsRange<MeshAxisAttr>())
      order.push_back(axis.getName());
  int64_t stride = 1;
  for (StringRef axis : llvm::reverse(order)) {
    if (axis == name)
      break;
    stride *= *getAxisSize(axis);
  }
  return stride;
}

std::string MeshOp::describeAxes() {
  std::string text;
  for (auto axis : getAxes().getAsRange<MeshAxisAttr>())
    text += (text.empty() ? "\"" : ", \"") + axis.getName().str() +
            "\"=" + std::to_string(axis.getSize());
  return text;
}

int64_t MeshOp::getRanks() {
  int64_t ranks = 1;
  for (auto axis : getAxes().getAsRange<MeshAxisAttr>())
    ranks *= axis.getSize();
  return ranks;
}

//===----------------------------------------------------------------------===//
// Annotations
//===----------------------------------------------------------------------===//

template <typename OpTy> static LogicalResult verifyAnnotation(OpTy op) {
  ShardingAttr sharding = op.getSharding();
  return verifySharding(sharding, cast<RankedTensorType>(op.getType()),
                        lookupMesh(op, sharding.getMesh()), "result",
                        [&] { return op.emitOpError(); });
}

LogicalResult AnnotateOp::verify() { return verifyAnnotation(*this); }
LogicalResult ReshardOp::verify() { return verifyAnnotation(*this); }
LogicalResult ReplicateOp::verify() { return verifyAnnotation(*this); }
LogicalResult ShardOp::verify() { return verifyAnnotation(*this); }

LogicalResult SplitOp::verify() {
  int64_t rank = cast<RankedTensorType>(getType()).getRank();
  if (getDim() >= static_cast<uint64_t>(rank))
    return emitOpError() << "dim must be in [0, " << rank << "), got "
                         << static_cast<int64_t>(getDim());
  return verifyAnnotation(*this);
}

ShardingAttr SplitOp::getSharding() {
  int64_t rank = cast<RankedTensorType>(getType()).getRank();
  SmallVector<DimShardingAttr> dims(
      rank, DimShardingAttr::get(getContext(), {}, /*isOpen=*/true, 0));
  dims[getDim()] = getAxes();
  return ShardingAttr::get(getContext(), getMeshAttr(), dims, {}, {},
                           ReductionKind::Sum);
}

ShardingAttr ReplicateOp::getSharding() {
  return ShardingAttr::getReplicated(
      getMeshAttr(), cast<RankedTensorType>(getType()).getRank());
}

ShardingAttr ShardOp::getSharding() {
  SmallVector<DimShardingAttr> dims(getDims().getAsRange<DimShardingAttr>());
  return ShardingAttr::get(getContext(), getMeshAttr(), dims, {}, {},
                           ReductionKind::Sum);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

// Whether `sharding` is legal for the tensor type that `global` must be.
template <typename OpTy> static LogicalResult verifyBlock(OpTy op) {
  auto type = dyn_cast<RankedTensorType>(op.getGlobal());
  if (!type || !type.hasStaticShape())
    return op.emitOpError()
           << "global type must be a tensor of static shape, got "
           << op.getGlobal();
  ShardingAttr sharding = op.getSharding();
  return verifySharding(sharding, type, lookupMesh(op, sharding.getMesh()),
                        "block", [&] { return op.emitOpError(); });
}

template <typename OpTy> static LogicalResult verifyDim(OpTy op, int64_t dim) {
  int64_t rank = cast<RankedTensorType>(op.getGlobal()).getRank();
  if (dim >= 0 && dim < rank)
    return success();
  return op.emitOpError() << "dimension must be in [0, " << rank << "), got "
                          << dim;
}

LogicalResult BlockOffsetOp::verify() {
  if (failed(verifyBlock(*this)))
    return failure();
  return verifyDim(*this, static_cast<int64_t>(getDim()));
}

LogicalResult MaskOp::verify() {
  if (failed(verifyBlock(*this)))
    return failure();
  SmallVector<int64_t> seen;
  for (int64_t dim : getDims()) {
    if (failed(verifyDim(*this, dim)))
      return failure();
    if (llvm::is_contained(seen, dim))
      return emitOpError() << "names dimension " << dim << " twice";
    seen.push_back(dim);
  }
  Type local = localType(cast<RankedTensorType>(getGlobal()), getSharding(),
                         lookupMesh(*this, getSharding().getMesh()));
  if (getInput().getType() == local)
    return success();
  return emitOpError() << "operand has type " << getInput().getType()
                       << ", its sharding of " << getGlobal() << " gives "
                       << local;
}

static ShardingRule identityRule(Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return elementwiseRule(type.getShape(), 1, 1);
}
ShardingRule AnnotateOp::getShardingRule() { return identityRule(*this); }
ShardingRule ReshardOp::getShardingRule() { return identityRule(*this); }

ShardingRule spmd::elementwiseRule(ArrayRef<int64_t> shape, unsigned operands,
                                   unsigned results) {
  ShardingRule rule;
  DimFactors dims;
  for (int64_t size : shape)
    dims.push_back(rule.addFactor(size));
  rule.operands.assign(operands, dims);
  rule.results.assign(results, dims);
  return rule;
}
