#include "LoopValue.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe::import;

Type moe::import::elementTypeOf(Type scalar) {
  return isa<IndexType>(scalar) ? IntegerType::get(scalar.getContext(), 64)
                                : scalar;
}

SmallVector<int64_t> LoopBuilder::sizesOf(ArrayRef<LoopList> lists) const {
  SmallVector<int64_t> result;
  for (const LoopList &list : lists) {
    result.push_back(1);
    for (unsigned loop : list)
      result.back() *= sizes[loop];
  }
  return result;
}

RankedTensorType LoopBuilder::typeOver(ArrayRef<unsigned> loops,
                                       Type element) const {
  SmallVector<int64_t> shape;
  for (unsigned loop : loops)
    shape.push_back(sizes[loop]);
  return RankedTensorType::get(shape, element);
}

LoopValue LoopBuilder::scalar(Value number) {
  Type element = elementTypeOf(number.getType());
  auto type = RankedTensorType::get({}, element);
  TypedAttr constant;
  if (matchPattern(number, m_Constant(&constant))) {
    Attribute value = constant;
    if (auto integer = dyn_cast<IntegerAttr>(constant))
      value = IntegerAttr::get(element, integer.getValue());
    return {arith::ConstantOp::create(b, DenseElementsAttr::get(type, value)),
            {}};
  }
  if (number.getType() != element)
    number = arith::IndexCastOp::create(b, element, number);
  return {tensor::FromElementsOp::create(b, type, number), {}};
}

LoopValue LoopBuilder::iota(unsigned loop, Type element) {
  return {IotaOp::create(b, typeOver({loop}, element), /*dim=*/0), {loop}};
}

// Dimensions into the order of the loops, then those that it lacks.
Value LoopBuilder::expand(const LoopValue &value, ArrayRef<unsigned> loops) {
  Value tensor = value.tensor;
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  RankedTensorType type = typeOver(loops, element);
  DenseElementsAttr constant;
  if (matchPattern(tensor, m_Constant(&constant)) && constant.isSplat())
    return arith::ConstantOp::create(b, constant.resizeSplat(type));
  SmallVector<int64_t> permutation, dims;
  LoopList have;
  for (auto [dim, loop] : llvm::enumerate(loops)) {
    const unsigned *place = llvm::find(value.loops, loop);
    if (place == value.loops.end())
      continue;
    permutation.push_back(place - value.loops.begin());
    dims.push_back(dim);
    have.push_back(loop);
  }
  assert(have.size() == value.loops.size() && "a loop would be lost");
  if (have != value.loops)
    tensor =
        TransposeOp::create(b, typeOver(have, element), tensor, permutation);
  if (dims.size() < loops.size())
    tensor = BroadcastOp::create(b, type, tensor, dims);
  return tensor;
}

LoopList LoopBuilder::unionOf(ArrayRef<LoopValue> values) {
  LoopList loops;
  for (const LoopValue &value : values)
    loops.append(value.loops);
  llvm::sort(loops);
  loops.erase(llvm::unique(loops), loops.end());
  for (const LoopValue &value : values)
    if (value.loops.size() == loops.size())
      return value.loops;
  return loops;
}

void moe::import::readNarrow(MutableArrayRef<LoopValue> factors) {
  auto wideningOf = [](const LoopValue &factor) {
    auto cast = factor.tensor.getDefiningOp<arith::ExtFOp>();
    auto isOf = [](Value value, Type type) {
      return getElementTypeOrSelf(value.getType()) == type;
    };
    MLIRContext *context = factor.tensor.getContext();
    return cast && isOf(cast.getIn(), BFloat16Type::get(context)) &&
                   isOf(cast.getOut(), Float32Type::get(context))
               ? cast
               : arith::ExtFOp();
  };
  if (!llvm::all_of(factors, wideningOf))
    return;
  for (LoopValue &factor : factors) {
    arith::ExtFOp cast = wideningOf(factor);
    factor.tensor = cast.getIn();
  }
}
