// What each collective claims about its two layouts, checked.
#include "moe/IR/Spmd.h"

using namespace mlir;
using namespace spmd;

using Digits = std::vector<moert::Digit>;

// Digits of `digits` behind the common beginning with `other`.
static void appendBehindCommon(const Digits &digits, const Digits &other,
                               Digits &out) {
  size_t common = 0;
  while (common < digits.size() && common < other.size() &&
         digits[common] == other[common])
    ++common;
  out.insert(out.end(), digits.begin() + common, digits.end());
}

static bool sameSet(const Digits &a, const Digits &b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

// The digits that dimensions lose and gain at their minor ends.
static std::pair<Digits, Digits> movedDigits(const moert::Layout &from,
                                             const moert::Layout &to) {
  Digits lost, gained;
  for (size_t dim = 0; dim < from.dims.size(); ++dim) {
    appendBehindCommon(from.dims[dim], to.dims[dim], lost);
    appendBehindCommon(to.dims[dim], from.dims[dim], gained);
  }
  return {lost, gained};
}

std::optional<CollectiveKind> spmd::classifyMove(const moert::Layout &from,
                                                 const moert::Layout &to) {
  auto [lost, gained] = movedDigits(from, to);
  if (lost.empty() && gained.empty())
    return std::nullopt;
  if (lost.empty())
    return CollectiveKind::Slice;
  if (gained.empty())
    return CollectiveKind::AllGather;
  bool keepsBlocks = true;
  for (size_t dim = 0; dim < from.dims.size(); ++dim)
    keepsBlocks &= from.blocks(dim) == to.blocks(dim);
  if (keepsBlocks)
    return CollectiveKind::Permute;
  return sameSet(lost, gained) ? CollectiveKind::AllToAll
                               : CollectiveKind::Exchange;
}

// Empty when the claim holds, else what it demands.
static StringRef violatedClaim(CollectiveKind kind, const moert::Layout &from,
                               const moert::Layout &to) {
  auto [lost, gained] = movedDigits(from, to);
  bool sameUnreduced = sameSet(from.unreduced, to.unreduced);
  switch (kind) {
  case CollectiveKind::AllGather:
    return gained.empty() && sameUnreduced
               ? ""
               : "each dimension of the target to be a prefix of the source's";
  case CollectiveKind::Slice:
    return lost.empty() && sameUnreduced
               ? ""
               : "each dimension of the source to be a prefix of the target's";
  case CollectiveKind::AllToAll:
    return sameSet(lost, gained) && sameUnreduced
               ? ""
               : "the axes removed from dimensions to be those added to others";
  case CollectiveKind::Permute:
    for (size_t dim = 0; dim < from.dims.size(); ++dim)
      if (from.blocks(dim) != to.blocks(dim))
        return "every dimension to keep its number of blocks";
    return sameUnreduced ? "" : "unreduced axes to stay";
  case CollectiveKind::Exchange:
    return sameUnreduced ? "" : "unreduced axes to stay";
  case CollectiveKind::AllReduce:
    return lost.empty() && gained.empty() &&
                   to.unreduced.size() < from.unreduced.size()
               ? ""
               : "the target to be the source with fewer unreduced axes";
  case CollectiveKind::ReduceScatter: {
    bool isReduced = false, cutsAll = true;
    for (const moert::Digit &digit : from.unreduced)
      if (!llvm::is_contained(to.unreduced, digit)) {
        isReduced = true;
        cutsAll &= llvm::is_contained(gained, digit);
      }
    return lost.empty() && isReduced && cutsAll
               ? ""
               : "the unreduced axes removed to be among the axes added to "
                 "dimensions";
  }
  }
  llvm_unreachable("all kinds are listed");
}

template <typename OpTy>
static LogicalResult verifyCollective(OpTy op, RankedTensorType localOut) {
  auto global = dyn_cast<RankedTensorType>(op.getGlobal());
  if (!global)
    return op.emitOpError()
           << "global type must be a ranked tensor, got " << op.getGlobal();
  MeshOp mesh = lookupMesh(op, op.getFrom().getMesh());
  MeshOp targetMesh = lookupMesh(op, op.getTo().getMesh());
  auto emit = [&] { return op.emitOpError(); };
  if (failed(verifySharding(op.getFrom(), global, mesh, "source", emit)) ||
      failed(verifySharding(op.getTo(), global, targetMesh, "target", emit)))
    return failure();
  auto checkLocal = [&](StringRef name, RankedTensorType have,
                        RankedTensorType want) -> LogicalResult {
    if (have == want)
      return success();
    return op.emitOpError()
           << name << " has type " << have << ", its sharding of " << global
           << " gives " << want;
  };
  if (failed(checkLocal("input",
                        cast<RankedTensorType>(op.getInput().getType()),
                        localType(global, op.getFrom(), mesh))) ||
      failed(checkLocal("result", localOut,
                        localType(global, op.getTo(), targetMesh))))
    return failure();
  moert::Layout from = layoutOf(op.getFrom(), global.getShape(), mesh),
                to = layoutOf(op.getTo(), global.getShape(), targetMesh);
  // An axis and all of its parts are the same claim.
  if (mesh.getRanks() == targetMesh.getRanks())
    cutAlike(from, to, mesh.getRanks());
  StringRef claim = violatedClaim(op.getCollectiveKind(), from, to);
  if (!claim.empty())
    return op.emitOpError() << "needs " << claim << ", got " << op.getFrom()
                            << " to " << op.getTo();
  return success();
}

#define SPMD_COLLECTIVE(OP, KIND)                                              \
  LogicalResult OP::verify() {                                                 \
    return verifyCollective(*this, cast<RankedTensorType>(getType()));         \
  }                                                                            \
  ShardingAttr OP::getSource() { return getFrom(); }                           \
  ShardingAttr OP::getTarget() { return getTo(); }                             \
  RankedTensorType OP::getGlobalType() {                                       \
    return cast<RankedTensorType>(getGlobal());                                \
  }                                                                            \
  CollectiveKind OP::getCollectiveKind() { return CollectiveKind::KIND; }

SPMD_COLLECTIVE(AllGatherOp, AllGather)
SPMD_COLLECTIVE(SliceOp, Slice)
SPMD_COLLECTIVE(AllToAllOp, AllToAll)
SPMD_COLLECTIVE(PermuteOp, Permute)
SPMD_COLLECTIVE(ExchangeOp, Exchange)
SPMD_COLLECTIVE(AllReduceOp, AllReduce)
SPMD_COLLECTIVE(ReduceScatterOp, ReduceScatter)
#undef SPMD_COLLECTIVE

LogicalResult StartOp::verify() {
  return verifyCollective(*this, cast<PendingType>(getType()).getTensor());
}
ShardingAttr StartOp::getSource() { return getFrom(); }
ShardingAttr StartOp::getTarget() { return getTo(); }
RankedTensorType StartOp::getGlobalType() {
  return cast<RankedTensorType>(getGlobal());
}
CollectiveKind StartOp::getCollectiveKind() { return getKind(); }

LogicalResult DoneOp::verify() {
  auto tensor = cast<PendingType>(getPending().getType()).getTensor();
  if (tensor != getType())
    return emitOpError() << "result has type " << getType()
                         << ", the pending collective yields " << tensor;
  return success();
}

template <typename OpTy>
static Operation *make(OpBuilder &builder, Location loc, Type type, Value input,
                       ShardingAttr from, ShardingAttr to,
                       RankedTensorType global, StringAttr reason) {
  return OpTy::create(builder, loc, type, input, from, to,
                      TypeAttr::get(global), reason);
}

Operation *spmd::createCollective(OpBuilder &builder, Location loc,
                                  CollectiveKind kind, Value input,
                                  ShardingAttr from, ShardingAttr to,
                                  RankedTensorType global, StringAttr reason,
                                  MeshOp mesh) {
  // In the order of CollectiveKind.
  static constexpr decltype(&make<AllGatherOp>) makers[] = {
      make<AllGatherOp>, make<ReduceScatterOp>, make<AllReduceOp>,
      make<AllToAllOp>,  make<PermuteOp>,       make<spmd::SliceOp>,
      make<ExchangeOp>};
  return makers[static_cast<int>(kind)](builder, loc,
                                        localType(global, to, mesh), input,
                                        from, to, global, reason);
}

//===----------------------------------------------------------------------===//
// Reindex
//===----------------------------------------------------------------------===//

moert::IndexMap ReindexOp::getIndexMap() {
  moert::IndexMap map;
  if (ArrayAttr dims = getMapAttr())
    for (auto dim : dims.getAsRange<DimMapAttr>())
      map.dims.push_back(dim.getMap());
  return map;
}

moert::Layout ReindexOp::getSourceLayout() {
  return layoutOf(getFrom(), getSourceType().getShape(),
                  lookupMesh(*this, getFrom().getMesh()));
}

moert::Layout ReindexOp::getTargetLayout() {
  return layoutOf(getTo(), getTargetType().getShape(),
                  lookupMesh(*this, getTo().getMesh()));
}

// Empty when the map leads from one type to the other, else what it demands.
static std::string violatedMap(const moert::IndexMap &map,
                               RankedTensorType source,
                               RankedTensorType target) {
  try {
    map.check(source.getShape().vec(), target.getShape().vec());
  } catch (const std::exception &error) {
    return error.what();
  }
  return "";
}

LogicalResult ReindexOp::verify() {
  auto source = dyn_cast<RankedTensorType>(getSourceGlobal());
  auto target = dyn_cast<RankedTensorType>(getGlobal());
  if (!source || !target)
    return emitOpError() << "global types must be ranked tensors, got "
                         << getSourceGlobal() << " and " << getGlobal();
  auto emit = [&] { return emitOpError(); };
  MeshOp mesh = lookupMesh(*this, getFrom().getMesh());
  MeshOp targetMesh = lookupMesh(*this, getTo().getMesh());
  if (failed(verifySharding(getFrom(), source, mesh, "source", emit)) ||
      failed(verifySharding(getTo(), target, targetMesh, "target", emit)))
    return failure();
  if (!getFrom().getUnreduced().empty() || !getTo().getUnreduced().empty())
    return emitOpError() << "moves whole values, not partial ones; reduce "
                         << (getFrom().getUnreduced().empty() ? "the target"
                                                              : "the source")
                         << " first";
  if (source.getElementType() != target.getElementType())
    return emitOpError() << "changes elements from " << source.getElementType()
                         << " to " << target.getElementType();
  moert::IndexMap map = getIndexMap();
  std::string violated = violatedMap(map, source, target);
  if (!violated.empty())
    return emitOpError() << violated;
  auto check = [&](StringRef name, Type have,
                   RankedTensorType want) -> LogicalResult {
    if (have == want)
      return success();
    return emitOpError() << name << " has type " << have
                         << ", its sharding gives " << want;
  };
  auto result = RankedTensorType::get(map.targetLocalShape(getTargetLayout()),
                                      target.getElementType());
  if (failed(check("input", getInput().getType(),
                   localType(source, getFrom(), mesh))) ||
      failed(check("result", getType(), result)))
    return failure();
  return getInto()
             ? check("the value to write into", getInto().getType(), result)
             : success();
}
