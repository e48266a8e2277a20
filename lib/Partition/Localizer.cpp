#include "moe/Partition/Localizer.h"

#include "moe/IR/Location.h"
#include "moe/Partition/ReshardPlan.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace spmd;

RankedTensorType Localizer::localType(Value global) const {
  return spmd::localType(cast<RankedTensorType>(global.getType()),
                         getSharding(global), mesh);
}

bool Localizer::isCut(Value global, int64_t dim) const {
  return !digitsOf(getSharding(global).getDims()[dim].getAxes(), mesh).empty();
}

Value Localizer::blockOffset(Location loc, Value global, int64_t dim) {
  auto scalar = RankedTensorType::get({}, builder.getI32Type());
  return BlockOffsetOp::create(builder, loc, scalar, dim, getSharding(global),
                               global.getType());
}

Value Localizer::blockOffset(Location loc, Value global, int64_t dim,
                             RankedTensorType type) {
  auto scalar = RankedTensorType::get({}, type.getElementType());
  Value offset = BlockOffsetOp::create(builder, loc, scalar, dim,
                                       getSharding(global), global.getType());
  return moe::BroadcastOp::create(builder, loc, type, offset,
                                  ArrayRef<int64_t>());
}

//===----------------------------------------------------------------------===//
// Exchanges
//===----------------------------------------------------------------------===//

int64_t Localizer::regions() const {
  int64_t ranks = 1;
  for (const moert::Digit &digit : digitsOf(manual, mesh))
    ranks *= digit.size;
  return ranks;
}

RankedTensorType Localizer::amongRegions(RankedTensorType type,
                                         int64_t size) const {
  SmallVector<int64_t> shape(type.getShape());
  if (!manual.empty())
    shape.insert(shape.begin(), size);
  return type.clone(shape);
}

ShardingAttr Localizer::amongRegions(ShardingAttr sharding) const {
  SmallVector<DimShardingAttr> dims(sharding.getDims());
  if (!manual.empty())
    dims.insert(dims.begin(),
                DimShardingAttr::get(builder.getContext(), manual,
                                     /*isOpen=*/false, /*priority=*/0));
  return ShardingAttr::get(builder.getContext(), sharding.getMesh(), dims, {},
                           sharding.getUnreduced(), sharding.getReduction());
}

Value Localizer::enter(Location loc, Value local) {
  if (manual.empty() || !local)
    return local;
  auto type = cast<RankedTensorType>(local.getType());
  return moe::ReshapeOp::create(builder, loc, amongRegions(type, /*size=*/1),
                                local);
}

Value Localizer::leave(Location loc, Value local) {
  if (manual.empty())
    return local;
  auto type = cast<RankedTensorType>(local.getType());
  return moe::ReshapeOp::create(
      builder, loc, type.clone(type.getShape().drop_front()), local);
}

Value Localizer::collective(Location loc, CollectiveKind kind, Value local,
                            ShardingAttr from, ShardingAttr to,
                            RankedTensorType global, StringAttr reason) {
  collectives += kind != CollectiveKind::Slice;
  Operation *made = createCollective(
      builder, loc, kind, enter(loc, local), amongRegions(from),
      amongRegions(to), amongRegions(global, regions()), reason, mesh);
  return leave(loc, made->getResult(0));
}

FailureOr<Value> Localizer::reshard(Location loc, Value local,
                                    ShardingAttr from, ShardingAttr to,
                                    RankedTensorType global, StringAttr reason,
                                    std::string &error) {
  RankedTensorType type = amongRegions(global, regions());
  from = amongRegions(from);
  FailureOr<ReshardPlan> plan =
      planner.plan(from, amongRegions(to), type, error);
  if (failed(plan))
    return failure();
  local = enter(loc, local);
  for (const ReshardStep &step : plan->steps) {
    local = createCollective(builder, loc, step.kind, local, from, step.target,
                             type, reason, mesh)
                ->getResult(0);
    from = step.target;
    collectives += step.kind != CollectiveKind::Slice;
  }
  return leave(loc, local);
}

// A dimension with one element for each of them says which one it is.
Value Localizer::rankAlong(Location loc, FlatSymbolRefAttr meshName,
                           ArrayRef<AxisRefAttr> axes) {
  int64_t ranks = 1;
  for (const moert::Digit &digit : digitsOf(axes, mesh))
    ranks *= digit.size;
  auto dim = DimShardingAttr::get(builder.getContext(), axes, /*isOpen=*/false,
                                  /*priority=*/0);
  auto sharding = ShardingAttr::get(builder.getContext(), meshName, {dim}, {},
                                    {}, ReductionKind::Sum);
  auto scalar = RankedTensorType::get({}, builder.getI32Type());
  return BlockOffsetOp::create(
      builder, loc, scalar, 0, sharding,
      RankedTensorType::get({ranks}, builder.getI32Type()));
}

Value Localizer::reshard(Location loc, Value local, ShardingAttr from,
                         ShardingAttr to, RankedTensorType global,
                         StringAttr reason) {
  std::string error;
  return *reshard(loc, local, from, to, global, reason, error);
}

Value Localizer::reindex(Location loc, Value local, ShardingAttr from,
                         RankedTensorType source, ShardingAttr to,
                         RankedTensorType target, ArrayRef<DimMapAttr> map,
                         Value into, StringAttr reason) {
  RankedTensorType type = reindexedType(to, target, map);
  SmallVector<Attribute> dims(map.begin(), map.end());
  if (!manual.empty() && !dims.empty())
    dims.insert(dims.begin(),
                DimMapAttr::get(builder.getContext(), 0, 1, 0, 1, regions(),
                                /*advance=*/1, /*reach=*/1));
  ++collectives;
  Value result = ReindexOp::create(
      builder, loc, amongRegions(type, /*size=*/1), enter(loc, local),
      enter(loc, into), amongRegions(from),
      TypeAttr::get(amongRegions(source, regions())), amongRegions(to),
      TypeAttr::get(amongRegions(target, regions())),
      dims.empty() ? ArrayAttr() : builder.getArrayAttr(dims), reason);
  return leave(loc, result);
}

RankedTensorType Localizer::reindexedType(ShardingAttr to,
                                          RankedTensorType target,
                                          ArrayRef<DimMapAttr> map) const {
  moert::IndexMap index;
  for (DimMapAttr dim : map)
    index.dims.push_back(dim.getMap());
  return target.clone(
      index.targetLocalShape(layoutOf(to, target.getShape(), mesh)));
}

Value Localizer::masked(Location loc, Value local, Value global,
                        ReductionKind kind, ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(global.getType())
                  .clone(getElementTypeOrSelf(local));
  moert::Layout layout = layoutOf(getSharding(global), type.getShape(), mesh);
  SmallVector<int64_t> uneven;
  for (int64_t dim : dims)
    if (type.getDimSize(dim) % layout.blocks(dim))
      uneven.push_back(dim);
  if (uneven.empty())
    return local;
  ++masks;
  return MaskOp::create(builder, loc, local.getType(), local, kind, uneven,
                        getSharding(global), type);
}

StringAttr Localizer::reasonOf(Operation *op, int64_t dim,
                               ShardingAttr sharding) {
  auto axes = llvm::map_range(sharding.getDims()[dim].getAxes(), describeAxis);
  return builder.getStringAttr(
      moe::describeName(op) + " at " + moe::describeLocation(op->getLoc()) +
      " works along dimension " + std::to_string(dim) + ", which is cut by {" +
      llvm::join(axes, ", ") + "}");
}
