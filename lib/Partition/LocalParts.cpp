#include "LocalParts.h"

using namespace mlir;

Type spmd::countingType(Type elementType) {
  return elementType.isInteger(64)
             ? elementType
             : IntegerType::get(elementType.getContext(), 32);
}

Value spmd::castIndices(OpBuilder &builder, Location loc, Value indices,
                        Type element) {
  RankedTensorType from = typeOf(indices), to = from.clone(element);
  unsigned width = element.getIntOrFloatBitWidth();
  unsigned have = from.getElementTypeBitWidth();
  if (have > width)
    return arith::TruncIOp::create(builder, loc, to, indices);
  if (have == width)
    return indices;
  if (have == 1)
    return arith::ExtUIOp::create(builder, loc, to, indices);
  return arith::ExtSIOp::create(builder, loc, to, indices);
}

Value spmd::widenIndices(OpBuilder &builder, Location loc, Value indices) {
  return castIndices(builder, loc, indices,
                     countingType(typeOf(indices).getElementType()));
}

Value spmd::shiftIntoBlock(Localizer &localizer, Location loc,
                           Value localIndices, Value cutValue, int64_t dim) {
  localIndices = widenIndices(localizer.builder, loc, localIndices);
  auto type = cast<RankedTensorType>(localIndices.getType());
  Value offset = localizer.blockOffset(loc, cutValue, dim, type);
  return arith::SubIOp::create(localizer.builder, loc, localIndices, offset);
}

Value spmd::splatOf(OpBuilder &builder, Location loc, RankedTensorType type,
                    int64_t value) {
  Type element = type.getElementType();
  Attribute number =
      isa<FloatType>(element)
          ? Attribute(FloatAttr::get(element, static_cast<double>(value)))
          : Attribute(IntegerAttr::get(element, value));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, number));
}

// Infinite, or the least or greatest integer; bits are 0 and 1.
static Attribute extremeOf(Type element, bool isLeast) {
  if (auto type = dyn_cast<FloatType>(element))
    return FloatAttr::get(type,
                          APFloat::getInf(type.getFloatSemantics(), isLeast));
  unsigned width = element.getIntOrFloatBitWidth();
  if (width == 1)
    return IntegerAttr::get(element, isLeast ? 0 : 1);
  return IntegerAttr::get(element, isLeast ? APInt::getSignedMinValue(width)
                                           : APInt::getSignedMaxValue(width));
}

Value spmd::neutralOf(OpBuilder &builder, Location loc, RankedTensorType type,
                      ReductionKind kind) {
  switch (kind) {
  case ReductionKind::Sum:
  case ReductionKind::Or:
    return splatOf(builder, loc, type, 0);
  case ReductionKind::Prod:
    return splatOf(builder, loc, type, 1);
  case ReductionKind::And:
    return splatOf(builder, loc, type, -1);
  case ReductionKind::Max:
  case ReductionKind::Min:
    break;
  }
  Attribute extreme =
      extremeOf(type.getElementType(), kind == ReductionKind::Max);
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, extreme));
}

Value spmd::repeat(OpBuilder &builder, Location loc, Value scalar,
                   ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(scalar.getType());
  return moe::BroadcastOp::create(builder, loc, type.clone(shape), scalar,
                                  ArrayRef<int64_t>());
}
