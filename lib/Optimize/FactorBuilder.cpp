#include "moe/Optimize/FactorBuilder.h"
#include "moe/Partition/ReshardPlan.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace moe;

unsigned EquivalentOp::getHashValue(const Operation *op) {
  return OperationEquivalence::computeHash(
      const_cast<Operation *>(op), OperationEquivalence::directHashValue,
      OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations);
}

bool EquivalentOp::isEqual(const Operation *a, const Operation *b) {
  if (a == b)
    return true;
  if (a == getEmptyKey() || a == getTombstoneKey() || b == getEmptyKey() ||
      b == getTombstoneKey())
    return false;
  return OperationEquivalence::isEquivalentTo(
      const_cast<Operation *>(a), const_cast<Operation *>(b),
      OperationEquivalence::IgnoreLocations);
}

void FactorBuilder::setAfter(Operation *op) {
  builder.setInsertionPointAfter(op);
  location = op->getLoc();
}

void FactorBuilder::setBefore(Operation *op) {
  builder.setInsertionPoint(op);
  location = op->getLoc();
}

Value FactorBuilder::intern(Operation *op) {
  auto [place, isNew] = made.insert(op);
  if (!isNew)
    op->erase();
  return (*place)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

static RankedTensorType withShape(ArrayRef<int64_t> shape, Type elementType) {
  return RankedTensorType::get(shape, elementType);
}

static TypedAttr numberAttr(double value, RankedTensorType type) {
  Type elementType = type.getElementType();
  if (isa<FloatType>(elementType))
    return DenseElementsAttr::get(
        type, Attribute(FloatAttr::get(elementType, value)));
  APInt integer(elementType.getIntOrFloatBitWidth(),
                static_cast<int64_t>(value), /*isSigned=*/true,
                /*implicitTrunc=*/true);
  return DenseElementsAttr::get(
      type, Attribute(IntegerAttr::get(elementType, integer)));
}

Factor FactorBuilder::number(double value, Type elementType) {
  RankedTensorType scalar = withShape({}, elementType);
  return {make<arith::ConstantOp>(scalar, numberAttr(value, scalar)), {}};
}

Value FactorBuilder::align(const Factor &factor, ArrayRef<DimId> dims,
                           ArrayRef<int64_t> sizes) {
  RankedTensorType type = factor.getType();
  RankedTensorType result = withShape(sizes, type.getElementType());
  if (ArrayRef<DimId>(factor.dims) == dims)
    return factor.value;
  SplatElementsAttr splat;
  if (matchPattern(factor.value, m_Constant(&splat)))
    return make<arith::ConstantOp>(result, splat.resizeSplat(result));

  // places[i]: where the dimension goes; order: dimensions by their places.
  SmallVector<int64_t> order, places, shape;
  for (auto [place, dim] : llvm::enumerate(dims))
    if (factor.dependsOn(dim)) {
      order.push_back(llvm::find(factor.dims, dim) - factor.dims.begin());
      places.push_back(place);
      shape.push_back(sizes[place]);
    }
  assert(order.size() == factor.dims.size() && "a dimension would be lost");
  Value value = factor.value;
  if (!llvm::is_sorted(order))
    value = make<TransposeOp>(withShape(shape, type.getElementType()), value,
                              order);
  if (order.size() == dims.size())
    return value;
  return make<BroadcastOp>(result, value, places);
}

SmallVector<Value> FactorBuilder::alignAll(ArrayRef<Factor> factors,
                                           SmallVector<DimId, 4> &dims) {
  // In the order of the factor with the most, so that it stays as it is.
  SmallVector<int64_t> sizes;
  auto addDims = [&](const Factor &factor) {
    for (DimId dim : factor.dims)
      if (!llvm::is_contained(dims, dim)) {
        dims.push_back(dim);
        sizes.push_back(factor.sizeOf(dim));
      }
  };
  addDims(*llvm::max_element(factors, [](const Factor &a, const Factor &b) {
    return a.dims.size() < b.dims.size();
  }));
  llvm::for_each(factors, addDims);
  SmallVector<Value> values;
  for (const Factor &factor : factors)
    values.push_back(align(factor, dims, sizes));
  return values;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static bool hasFloats(const Factor &factor) {
  return isa<FloatType>(factor.getType().getElementType());
}

Factor FactorBuilder::multiply(const Factor &a, const Factor &b) {
  Factor result;
  SmallVector<Value> values = alignAll({a, b}, result.dims);
  result.value = hasFloats(a) ? make<arith::MulFOp>(values[0], values[1])
                              : make<arith::MulIOp>(values[0], values[1]);
  return result;
}

Factor FactorBuilder::add(const Factor &a, const Factor &b) {
  Factor result;
  SmallVector<Value> values = alignAll({a, b}, result.dims);
  if (a.getType().getElementType().isInteger(1))
    result.value = make<arith::OrIOp>(values[0], values[1]);
  else
    result.value = hasFloats(a) ? make<arith::AddFOp>(values[0], values[1])
                                : make<arith::AddIOp>(values[0], values[1]);
  return result;
}

Factor FactorBuilder::subtract(const Factor &a, const Factor &b) {
  Factor result;
  SmallVector<Value> values = alignAll({a, b}, result.dims);
  result.value = hasFloats(a) ? make<arith::SubFOp>(values[0], values[1])
                              : make<arith::SubIOp>(values[0], values[1]);
  return result;
}

Factor FactorBuilder::conjoin(const Factor &a, const Factor &b) {
  if (a == b)
    return a;
  Factor result;
  SmallVector<Value> values = alignAll({a, b}, result.dims);
  result.value = make<arith::AndIOp>(values[0], values[1]);
  return result;
}

Factor FactorBuilder::negate(const Factor &keep) {
  Factor result;
  SmallVector<Value> values =
      alignAll({keep, number(1, keep.getType().getElementType())}, result.dims);
  result.value = make<arith::XOrIOp>(values[0], values[1]);
  return result;
}

Factor FactorBuilder::select(const Factor &keep, const Factor &a,
                             const Factor &b) {
  Factor result;
  SmallVector<Value> values = alignAll({keep, a, b}, result.dims);
  result.value = make<arith::SelectOp>(values[0], values[1], values[2]);
  return result;
}

Factor FactorBuilder::compareIntegers(arith::CmpIPredicate predicate,
                                      const Factor &a, const Factor &b) {
  Factor result;
  SmallVector<Value> values = alignAll({a, b}, result.dims);
  result.value = make<arith::CmpIOp>(predicate, values[0], values[1]);
  return result;
}

Factor FactorBuilder::repeat(Operation *op, ArrayRef<Factor> operands) {
  Factor result;
  SmallVector<Value> values = alignAll(operands, result.dims);
  auto shape = cast<RankedTensorType>(values.front().getType()).getShape();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  OperationState state(location, op->getName());
  state.addOperands(values);
  state.addAttributes(op->getAttrs());
  state.attributes.erase(spmd::SpmdDialect::getShardingsAttrName());
  state.addTypes(withShape(shape, type.getElementType()));
  result.value = intern(builder.create(state));
  return result;
}

Factor FactorBuilder::convert(const Factor &factor, Type to) {
  RankedTensorType type = factor.getType();
  Type from = type.getElementType();
  if (from == to)
    return factor;
  RankedTensorType result = withShape(type.getShape(), to);
  Value value = factor.value;
  unsigned width = from.getIntOrFloatBitWidth(),
           newWidth = to.getIntOrFloatBitWidth();
  if (isa<FloatType>(from) && isa<FloatType>(to))
    value = newWidth > width ? make<arith::ExtFOp>(result, value)
                             : make<arith::TruncFOp>(result, value);
  else if (isa<FloatType>(from))
    value = make<arith::FPToSIOp>(result, value);
  else if (isa<FloatType>(to))
    value = width == 1 ? make<arith::UIToFPOp>(result, value)
                       : make<arith::SIToFPOp>(result, value);
  else if (newWidth < width)
    value = make<arith::TruncIOp>(result, value);
  else
    value = width == 1 ? make<arith::ExtUIOp>(result, value)
                       : make<arith::ExtSIOp>(result, value);
  return {value, factor.dims};
}

Factor FactorBuilder::reduce(const Factor &factor, DimId dim) {
  RankedTensorType type = factor.getType();
  int64_t place = llvm::find(factor.dims, dim) - factor.dims.begin();
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + place);
  Factor result{{}, factor.dims};
  result.dims.erase(result.dims.begin() + place);
  auto kind = type.getElementType().isInteger(1) ? spmd::ReductionKind::Or
                                                 : spmd::ReductionKind::Sum;
  result.value = make<ReduceOp>(withShape(shape, type.getElementType()), kind,
                                factor.value, ArrayRef<int64_t>{place});
  return result;
}

//===----------------------------------------------------------------------===//
// Lookup
//===----------------------------------------------------------------------===//

Factor FactorBuilder::gather(const Factor &table, DimId dim,
                             const Factor &index) {
  // table [batch, dim, rest], index [batch, own] -> [batch, own, rest]
  SmallVector<DimId, 4> batch, own, rest;
  for (DimId d : table.dims)
    if (d != dim)
      (index.dependsOn(d) ? batch : rest).push_back(d);
  for (DimId d : index.dims)
    if (!table.dependsOn(d))
      own.push_back(d);

  auto arrange = [&](const Factor &factor, ArrayRef<DimId> dims) {
    SmallVector<int64_t> sizes;
    for (DimId d : dims)
      sizes.push_back(factor.sizeOf(d));
    return align(factor, dims, sizes);
  };
  SmallVector<DimId, 4> tableDims(batch), indexDims(batch);
  tableDims.push_back(dim);
  tableDims.append(rest);
  indexDims.append(own);
  Value from = arrange(table, tableDims), at = arrange(index, indexDims);
  SmallVector<int64_t> shape(cast<RankedTensorType>(at.getType()).getShape());
  llvm::append_range(shape, cast<RankedTensorType>(from.getType())
                                .getShape()
                                .drop_front(batch.size() + 1));
  Factor result{
      make<GatherOp>(withShape(shape, table.getType().getElementType()), from,
                     at, static_cast<int64_t>(batch.size())),
      indexDims};
  result.dims.append(rest);
  return result;
}

// Whether looking up the operands and computing afterwards is as good: cheap
// ops on integers and truth values, so that a comparison and the slot that is
// compared share their lookups. A mask stays one value: whether it is
// subtracted from its own counts can be told (SlotOrder).
static bool commutesWithLookup(Operation *op) {
  if (isa_and_nonnull<arith::ExtUIOp, arith::UIToFPOp>(op))
    if (auto compare = op->getOperand(0).getDefiningOp<arith::CmpIOp>())
      return compare.getPredicate() != arith::CmpIPredicate::eq;
  return op && op->getNumResults() == 1 &&
         isa<arith::CmpIOp, arith::CmpFOp, arith::AddIOp, arith::SubIOp,
             arith::MulIOp, arith::AndIOp, arith::OrIOp, arith::XOrIOp,
             arith::UIToFPOp, arith::SIToFPOp, arith::ExtUIOp>(op);
}

Factor FactorBuilder::move(const Factor &factor, const Move &move) {
  SmallVector<int64_t> dims(factor.dims.begin(), factor.dims.end()), shape;
  for (int64_t dim : dims)
    shape.push_back(move.global.getDimSize(dim));
  RankedTensorType global = withShape(shape, factor.getType().getElementType());
  spmd::ShardingAttr from = keepDims(move.from, dims),
                     to = keepDims(move.to, dims);
  std::optional<spmd::CollectiveKind> kind =
      spmd::classifyMove(spmd::layoutOf(from, shape, move.mesh),
                         spmd::layoutOf(to, shape, move.mesh));
  if (!kind)
    return factor;
  Value &moved = moves[{factor.value, from, to}];
  if (!moved)
    moved = createCollective(builder, location, *kind, factor.value, from, to,
                             global, move.reason, move.mesh)
                ->getResult(0);
  return {moved, factor.dims};
}

void FactorBuilder::noteMove(Operation *op) {
  if (std::optional<Move> move = asMove(op))
    moves.try_emplace({move->input, move->from, move->to}, op->getResult(0));
}

Factor FactorBuilder::blockOffset(spmd::ShardingAttr sharding,
                                  RankedTensorType global, int64_t dim,
                                  Type elementType) {
  return {make<spmd::BlockOffsetOp>(withShape({}, elementType), dim, sharding,
                                    global),
          {}};
}

// The indices before they were moved and shifted into the block of dimension
// `at` of `to`, if they were moved as the table was; else null.
static Value beforeMove(const Move &table, int64_t at,
                        ArrayRef<int64_t> indexDims, Value index) {
  if (!isWhole(table.to, at, table.mesh)) {
    auto shift = index.getDefiningOp<arith::SubIOp>();
    auto offsets =
        shift ? shift.getRhs().getDefiningOp<BroadcastOp>() : BroadcastOp();
    auto offset = offsets
                      ? offsets.getInput().getDefiningOp<spmd::BlockOffsetOp>()
                      : spmd::BlockOffsetOp();
    if (!offset)
      return nullptr;
    auto global = cast<RankedTensorType>(offset.getGlobal());
    int64_t dim = offset.getDim();
    if (global.getDimSize(dim) != table.global.getDimSize(at) ||
        offset.getSharding().getDims()[dim].getAxes() !=
            table.to.getDims()[at].getAxes())
      return nullptr;
    index = shift.getLhs();
  }
  std::optional<Move> move = asMove(index.getDefiningOp());
  if (!move || move->from != keepDims(table.from, indexDims) ||
      move->to != keepDims(table.to, indexDims))
    return nullptr;
  return move->input;
}

// Looked up first and moved then: a number a token moves, not the table.
std::optional<Factor> FactorBuilder::lookupBefore(const Move &table,
                                                  const Factor &factor,
                                                  DimId dim,
                                                  const Factor &index) {
  auto placeOf = [&](DimId d) -> int64_t {
    return llvm::find(factor.dims, d) - factor.dims.begin();
  };
  int64_t at = placeOf(dim);
  SmallVector<int64_t> places;
  for (DimId d : index.dims) {
    if (!factor.dependsOn(d))
      return std::nullopt;
    places.push_back(placeOf(d));
  }
  if (!isWhole(table.from, at, table.mesh))
    return std::nullopt;
  Value before = beforeMove(table, at, places, index.value);
  if (!before)
    return std::nullopt;
  // In the places of the table, as `move` wants it.
  Factor source{table.input, {}}, sourceIndex{before, {}};
  for (size_t place = 0; place < factor.dims.size(); ++place)
    source.dims.push_back(place);
  sourceIndex.dims.assign(places.begin(), places.end());
  Factor moved = move(lookup(source, at, sourceIndex), table);
  for (DimId &d : moved.dims)
    d = factor.dims[d];
  return moved;
}

Factor FactorBuilder::lookup(const Factor &table, DimId dim,
                             const Factor &index) {
  if (!table.dependsOn(dim))
    return table;
  Operation *op = table.value.getDefiningOp();
  SplatElementsAttr splat;
  if (matchPattern(table.value, m_Constant(&splat))) {
    RankedTensorType scalar = withShape({}, table.getType().getElementType());
    return {make<arith::ConstantOp>(scalar, splat.resizeSplat(scalar)), {}};
  }
  if (auto iota = dyn_cast_or_null<IotaOp>(op))
    if (table.dims.size() == 1)
      return convert(index, table.getType().getElementType());
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    Factor inner{broadcast.getInput(), {}};
    for (int64_t place : broadcast.getDims())
      inner.dims.push_back(table.dims[place]);
    return lookup(inner, dim, index);
  }
  if (std::optional<Move> move = asMove(op))
    if (auto factor = lookupBefore(*move, table, dim, index))
      return *factor;
  if (!commutesWithLookup(op))
    return gather(table, dim, index);
  SmallVector<Factor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(lookup({operand, table.dims}, dim, index));
  return repeat(op, operands);
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

Factor FactorBuilder::conjoinAll(ArrayRef<Factor> keeps) {
  Factor all;
  for (const Factor &keep : keeps)
    all = all ? conjoin(all, keep) : keep;
  return all;
}

Factor FactorBuilder::coefficient(const Term &term, Type elementType) {
  Factor keep = conjoinAll(term.keeps);
  if (!term.weight)
    return keep ? convert(keep, elementType) : number(1, elementType);
  Factor weight = convert(term.weight, elementType);
  return keep ? select(keep, weight, number(0, elementType)) : weight;
}
