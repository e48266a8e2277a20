#include "moe/IR/RoutingChoices.h"
#include "moe/IR/ControlFlow.h"

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moe;

namespace {

/// What a float holds; of two operands that are added the later one counts.
enum class Content {
  Constant,
  /// Integers, exactly: who decides about it does not round.
  Count,
  /// A product with a count, which is zero where that is.
  Masked,
  Real
};

/// The content of every value of a function, of one op behind the other.
class Contents {
public:
  /// Of a value that a read op made, or an argument.
  Content of(Value value) const {
    Operation *op = value.getDefiningOp();
    return op ? known.at(op) : Content::Real;
  }

  /// Reads an op, whose operands are known.
  void read(Operation *op) { known[op] = compute(op); }

private:
  Content compute(Operation *op) const {
    return llvm::TypeSwitch<Operation *, Content>(op)
        .Case<arith::ConstantOp>([](auto) { return Content::Constant; })
        .Case<OneHotOp, IotaOp, arith::SIToFPOp, arith::UIToFPOp,
              // These are choices themselves, or of integers.
              math::FloorOp, math::CeilOp>([](auto) { return Content::Count; })
        .Case<arith::AddFOp, arith::SubFOp, arith::MaximumFOp,
              arith::MinimumFOp, arith::NegFOp, math::AbsFOp, arith::ExtFOp,
              arith::TruncFOp, BroadcastOp, TransposeOp, ReshapeOp, SliceOp,
              PadOp, ConcatenateOp, ReverseOp, StopGradientOp, spmd::SplitOp,
              spmd::ReplicateOp, spmd::ShardOp, spmd::AnnotateOp>(
            [&](auto) { return sum(op->getOperands()); })
        .Case([&](arith::MulFOp) { return product(op); })
        .Case([&](EinsumOp einsum) {
          return isContraction(einsum) ? exact(op) : product(op);
        })
        .Case<ReduceOp, ReduceWindowOp, CumsumOp, CumprodOp, CummaxOp, CumminOp,
              TopKOp, ArgReduceOp, SortOp>([&](auto) { return exact(op); })
        .Case([&](DynamicSliceOp slice) { return of(slice.getInput()); })
        .Case([&](DynamicUpdateSliceOp update) {
          return sum({update.getInput(), update.getUpdate()});
        })
        .Case([&](ScatterOp scatter) {
          Content content = sum({scatter.getInput(), scatter.getUpdates()});
          return content <= Content::Count ? content : Content::Real;
        })
        .Case([&](GatherOp gather) { return of(gather.getTable()); })
        .Case([&](arith::SelectOp select) { return selection(select); })
        .Default([](Operation *) { return Content::Real; });
  }

  Content sum(ValueRange operands) const {
    Content content = Content::Constant;
    for (Value operand : operands)
      content = std::max(content, of(operand));
    return content;
  }

  Content product(Operation *op) const {
    Content content = sum(op->getOperands());
    bool isMasked = llvm::any_of(op->getOperands(), [&](Value operand) {
      Content factor = of(operand);
      return factor == Content::Count || factor == Content::Masked;
    });
    return content == Content::Real && isMasked ? Content::Masked : content;
  }

  // Counts stay counts; of a mask the zeros are gone.
  Content exact(Operation *op) const {
    Content content = sum(op->getOperands());
    return content <= Content::Count ? content : Content::Real;
  }

  Content selection(arith::SelectOp op) const {
    Value yes = op.getTrueValue(), no = op.getFalseValue();
    Content content = sum({yes, no});
    bool hasZero = isZeroFloat(yes) || isZeroFloat(no);
    return hasZero ? std::min(content, Content::Masked) : content;
  }

  static bool isContraction(EinsumOp op) {
    for (unsigned i = 0; i < op.getInputs().size(); ++i)
      for (char letter : op.getInputLetters(i))
        if (!op.getResultLetters().contains(letter))
          return true;
    return false;
  }

public:
  static bool isZeroFloat(Value value) {
    while (auto broadcast = value.getDefiningOp<BroadcastOp>())
      value = broadcast.getInput();
    return matchPattern(value, m_AnyZeroFloat());
  }

private:
  llvm::DenseMap<Operation *, Content> known;
};

/// Finds choices; one instance serves one function.
class ChoiceFinder {
public:
  // The results of `op` that are choices; asked for one op behind the other.
  SmallVector<OpResult, 2> choicesOf(Operation *op) {
    contents.read(op);
    return llvm::TypeSwitch<Operation *, SmallVector<OpResult, 2>>(op)
        .Case<TopKOp, ArgReduceOp>([&](auto) { return unlessCounted(op, 1); })
        .Case([&](SortOp sort) { return companions(sort); })
        .Case([&](BalancedAssignmentOp) { return unlessCounted(op, 0); })
        .Case([&](GatingOp gating) {
          SmallVector<OpResult, 2> choices = {op->getResult(0)};
          if (gating.getRandom())
            choices.push_back(op->getResult(1));
          return choices;
        })
        .Case([&](arith::CmpFOp compare) { return comparison(compare); })
        .Case<arith::FPToSIOp, math::FloorOp, math::CeilOp>(
            [&](auto) { return unlessCounted(op, 0); })
        .Default([](Operation *) { return SmallVector<OpResult, 2>(); });
  }

private:
  SmallVector<OpResult, 2> unlessCounted(Operation *op, unsigned result) {
    Value operand = op->getOperand(0);
    if (!isa<FloatType>(getElementTypeOrSelf(operand.getType())) ||
        contents.of(operand) <= Content::Count)
      return {};
    return {op->getResult(result)};
  }

  // Integers that were moved along tell the order of the keys.
  SmallVector<OpResult, 2> companions(SortOp op) {
    if (unlessCounted(op, 0).empty())
      return {};
    return SmallVector<OpResult, 2>(
        llvm::make_filter_range(op->getResults().drop_front(), [](OpResult r) {
          return isa<IntegerType>(getElementTypeOrSelf(r.getType()));
        }));
  }

  SmallVector<OpResult, 2> comparison(arith::CmpFOp op) {
    Content lhs = contents.of(op.getLhs()), rhs = contents.of(op.getRhs());
    Content both = std::max(lhs, rhs);
    if (both <= Content::Count)
      return {};
    if (both == Content::Masked && (Contents::isZeroFloat(op.getLhs()) ||
                                    Contents::isZeroFloat(op.getRhs())))
      return {};
    return {op->getOpResult(0)};
  }

  Contents contents;
};

} // namespace

// Ops that a returned value depends on.
static llvm::SmallPtrSet<Operation *, 32> liveOps(Block &block) {
  llvm::SmallPtrSet<Operation *, 32> live = {block.getTerminator()};
  for (Operation &op : llvm::reverse(block))
    if (live.contains(&op))
      spmd::forEachUsed(&op, [&](Value value) {
        if (Operation *def = value.getDefiningOp())
          live.insert(def);
      });
  return live;
}

SmallVector<RoutingChoice> moe::findRoutingChoices(func::FuncOp func) {
  Block &block = func.getBody().front();
  llvm::SmallPtrSet<Operation *, 32> live = liveOps(block);
  ChoiceFinder finder;
  SmallVector<RoutingChoice> choices;
  for (Operation &op : block)
    if (live.contains(&op))
      for (OpResult value : finder.choicesOf(&op))
        choices.push_back({"choice." + std::to_string(choices.size()), value});
  return choices;
}
