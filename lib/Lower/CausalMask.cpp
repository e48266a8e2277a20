#include "CausalMask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;
using arith::CmpIPredicate;

static bool isIota(Value value, uint64_t dim) {
  auto iota = value.getDefiningOp<IotaOp>();
  return iota && iota.getDim() == dim;
}

// Whether `predicate` holds for (x, y) only where the column is at most the
// row; neither is negative.
static bool impliesVisible(CmpIPredicate predicate, Value x, Value y) {
  bool columnFirst = isIota(x, 1) && isIota(y, 0);
  bool rowFirst = isIota(x, 0) && isIota(y, 1);
  switch (predicate) {
  case CmpIPredicate::slt:
  case CmpIPredicate::sle:
  case CmpIPredicate::ult:
  case CmpIPredicate::ule:
    return columnFirst;
  case CmpIPredicate::sgt:
  case CmpIPredicate::sge:
  case CmpIPredicate::ugt:
  case CmpIPredicate::uge:
    return rowFirst;
  case CmpIPredicate::eq:
  case CmpIPredicate::ne:
    return false;
  }
  llvm_unreachable("all predicates are listed");
}

bool moe::lower::hidesLaterColumns(Value scores) {
  auto select = scores.getDefiningOp<arith::SelectOp>();
  if (!select)
    return false;
  auto spread = select.getCondition().getDefiningOp<BroadcastOp>();
  int64_t rank = cast<RankedTensorType>(scores.getType()).getRank();
  if (!spread || spread.getDims() != ArrayRef<int64_t>{rank - 2, rank - 1})
    return false;
  auto compare = spread.getInput().getDefiningOp<arith::CmpIOp>();
  if (!compare)
    return false;
  CmpIPredicate predicate = compare.getPredicate();
  if (matchPattern(select.getTrueValue(), m_NegInfFloat()))
    predicate = arith::invertPredicate(predicate);
  else if (!matchPattern(select.getFalseValue(), m_NegInfFloat()))
    return false;
  return impliesVisible(predicate, compare.getLhs(), compare.getRhs());
}
