// moe-expand-gating: gates become index primitives.
#include "moe/Optimize/Passes.h"

using namespace mlir;
using namespace moe;

namespace moe {
#define GEN_PASS_DEF_MOEEXPANDGATING
#include "moe/Optimize/Passes.h.inc"
} // namespace moe

namespace {

/// Expands one gate; the letters are those of MoeOps.td.
class GateExpander {
public:
  explicit GateExpander(GatingOp op)
      : op(op), builder(op), loc(op.getLoc()),
        shape(cast<RankedTensorType>(op.getGates().getType()).getShape()),
        real(cast<RankedTensorType>(op.getGates().getType()).getElementType()),
        i32(builder.getI32Type()) {}

  void run();

private:
  struct Choice {
    Value index, gate, keep, mask; // keep: null when always
  };

  RankedTensorType perToken(Type type) {
    return RankedTensorType::get(shape.take_front(2), type);
  }
  RankedTensorType masks() { return RankedTensorType::get(shape, i32); }
  Value splat(RankedTensorType type, double value);
  Value column(Value values, int64_t number);
  SmallVector<Choice> choose();
  Value positionOf(const Choice &choice, Value taken);
  Value stacked(ArrayRef<Value> columns, Type type);

  GatingOp op;
  OpBuilder builder;
  Location loc;
  ArrayRef<int64_t> shape;
  Type real, i32;
};

Value GateExpander::splat(RankedTensorType type, double value) {
  Attribute number =
      isa<FloatType>(type.getElementType())
          ? Attribute(FloatAttr::get(type.getElementType(), value))
          : Attribute(IntegerAttr::get(type.getElementType(),
                                       static_cast<int64_t>(value)));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, number));
}

// [G, S, k] -> [G, S], choice `number`.
Value GateExpander::column(Value values, int64_t number) {
  auto type = cast<RankedTensorType>(values.getType());
  if (type.getDimSize(2) != 1) {
    int64_t offsets[] = {0, 0, number}, strides[] = {1, 1, 1};
    values = moe::SliceOp::create(
        builder, loc,
        RankedTensorType::get({shape[0], shape[1], 1}, type.getElementType()),
        values, offsets, strides);
  }
  return ReshapeOp::create(builder, loc, perToken(type.getElementType()),
                           values);
}

SmallVector<GateExpander::Choice> GateExpander::choose() {
  int64_t k = op.getK();
  auto bestType = [&](Type type) {
    return RankedTensorType::get({shape[0], shape[1], k}, type);
  };
  auto best = TopKOp::create(builder, loc, bestType(real), bestType(i32),
                             op.getGates(), k, 2);
  SmallVector<Choice> choices(k);
  Value total;
  for (int64_t number = 0; number < k; ++number) {
    Choice &choice = choices[number];
    choice.gate = column(best.getValues(), number);
    choice.index = column(best.getIndices(), number);
    total = total ? arith::AddFOp::create(builder, loc, total, choice.gate)
                        .getResult()
                  : choice.gate;
  }
  total =
      arith::AddFOp::create(builder, loc, total, splat(perToken(real), 1e-9));
  for (Choice &choice : choices)
    choice.gate = arith::DivFOp::create(builder, loc, choice.gate, total);
  if (op.getRandom()) {
    Value gate = choices[1].gate;
    Value chance = arith::AddFOp::create(builder, loc, gate, gate);
    choices[1].keep = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OLT, op.getRandom(), chance);
  }
  for (Choice &choice : choices) {
    choice.mask = OneHotOp::create(builder, loc, masks(), choice.index);
    if (!choice.keep)
      continue;
    Value keeps = BroadcastOp::create(
        builder, loc, RankedTensorType::get(shape, builder.getI1Type()),
        choice.keep, ArrayRef<int64_t>{0, 1});
    choice.mask = arith::SelectOp::create(builder, loc, keeps, choice.mask,
                                          splat(masks(), 0));
  }
  return choices;
}

// Tokens before this one that chose its expert, behind all earlier choices.
Value GateExpander::positionOf(const Choice &choice, Value taken) {
  Value before = CumsumOp::create(builder, loc, masks(), choice.mask, 1,
                                  /*exclusive=*/true);
  if (taken)
    before =
        arith::AddIOp::create(builder, loc, before,
                              BroadcastOp::create(builder, loc, masks(), taken,
                                                  ArrayRef<int64_t>{0, 2}));
  return GatherOp::create(builder, loc, perToken(i32), before, choice.index, 2);
}

Value GateExpander::stacked(ArrayRef<Value> columns, Type type) {
  auto part = RankedTensorType::get({shape[0], shape[1], 1}, type);
  SmallVector<Value> parts;
  for (Value column : columns)
    parts.push_back(ReshapeOp::create(builder, loc, part, column));
  if (parts.size() == 1)
    return parts.front();
  auto whole = RankedTensorType::get(
      {shape[0], shape[1], static_cast<int64_t>(parts.size())}, type);
  return ConcatenateOp::create(builder, loc, whole, 2, parts);
}

void GateExpander::run() {
  SmallVector<Choice> choices = choose();
  SmallVector<Value> experts, slots, weights;
  Value taken;
  for (const Choice &choice : choices) {
    Value position = positionOf(choice, taken);
    Value keep =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, position,
                              splat(perToken(i32), op.getCapacity()));
    if (choice.keep)
      keep = arith::AndIOp::create(builder, loc, keep, choice.keep);
    experts.push_back(choice.index);
    slots.push_back(arith::SelectOp::create(builder, loc, keep, position,
                                            splat(perToken(i32), -1)));
    weights.push_back(arith::SelectOp::create(builder, loc, keep, choice.gate,
                                              splat(perToken(real), 0)));
    if (slots.size() == choices.size())
      break;
    Value count = ReduceOp::create(
        builder, loc, RankedTensorType::get({shape[0], shape[2]}, i32),
        spmd::ReductionKind::Sum, choice.mask, ArrayRef<int64_t>{1});
    taken = taken
                ? arith::AddIOp::create(builder, loc, taken, count).getResult()
                : count;
  }
  op.replaceAllUsesWith(ValueRange{stacked(experts, i32), stacked(slots, i32),
                                   stacked(weights, real)});
  op.erase();
}

struct ExpandGatingPass : moe::impl::MoeExpandGatingBase<ExpandGatingPass> {
  void runOnOperation() override {
    SmallVector<GatingOp> gates;
    getOperation().walk([&](GatingOp op) { gates.push_back(op); });
    for (GatingOp op : gates) {
      GateExpander(op).run();
      ++numGates;
    }
  }
};

} // namespace
