// moe.balanced_assignment: the steps of its description on integers, so that
// the choices are those of the interpreter whatever the element type.
#include "KernelEmitter.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

namespace {

class AssignmentKernel {
public:
  AssignmentKernel(KernelEmitter &k, BalancedAssignmentOp op)
      : k(k), op(op), shape(KernelEmitter::shape(op.getScores())),
        tokens(shape[1]), experts(shape[2]), score(array(tokens * experts)),
        expertOf(array(tokens)), load(array(experts)), cost(array(experts)),
        from(array(experts)), isStale(array(experts)),
        moved(array(experts * experts)), loss(array(experts * experts)),
        changes(array(1)) {}

  void run() {
    k.loop(shape[0], [&](Value group) {
      k.nest({tokens, experts}, [&](ArrayRef<Value> at) {
        Value x = k.element(op.getScores(), {group, at[0], at[1]});
        k.set(score, pair(at[0], at[1]), counted(x));
      });
      forExperts([&](Value e) {
        k.set(load, e, k.index(0));
        k.set(isStale, e, k.index(0));
        forExperts([&](Value f) { k.set(moved, pair(e, f), k.index(-1)); });
      });
      k.loop(tokens, [&](Value token) {
        findCosts(token);
        moveAlong(cheapestFree(), token);
        forExperts([&](Value e) {
          k.ifThen(isAtLeast(k.get(isStale, e), k.index(1)),
                   [&] { findMoves(e, token); });
        });
      });
      storeGroup(group);
    });
  }

private:
  using Array = KernelEmitter::LocalArray;
  Array array(int64_t n) {
    return k.localArray(k.b.getI64Type(), std::max(n, int64_t(1)));
  }
  void forExperts(llvm::function_ref<void(Value)> body) {
    k.loop(experts, body);
  }
  // Of a row-major array [.., experts].
  Value pair(Value row, Value expert) {
    return k.add(k.mul(row, k.index(experts)), expert);
  }
  Value minus(Value x, Value y) { return arith::SubIOp::create(k.b, x, y); }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(k.b, predicate, x, y);
  }
  Value isAtLeast(Value x, Value y) {
    return compare(arith::CmpIPredicate::sge, x, y);
  }
  Value isLess(Value x, Value y) {
    return compare(arith::CmpIPredicate::slt, x, y);
  }
  Value both(Value x, Value y) { return arith::AndIOp::create(k.b, x, y); }
  Value either(Value x, Value y) { return arith::OrIOp::create(k.b, x, y); }

  // Units of 2^-16, saturated to i32; NaN is the least.
  Value counted(Value x) {
    Value scaled =
        arith::MulFOp::create(k.b, x, k.constant(x.getType(), 1 << 16));
    Type i32 = k.b.getI32Type();
    Value count =
        LLVM::CallIntrinsicOp::create(
            k.b, i32, k.b.getStringAttr("llvm.fptosi.sat"), ValueRange{scaled})
            .getResults();
    Value isNaN = arith::CmpFOp::create(k.b, arith::CmpFPredicate::UNO, x, x);
    Value least = k.integer(i32, INT32_MIN);
    return k.toIndex(
        arith::SelectOp::create(k.b, isNaN, least, count).getResult());
  }

  // As many rounds as there are experts change all that can be changed.
  void findCosts(Value token) {
    forExperts([&](Value e) {
      k.set(cost, e, minus(k.index(0), k.get(score, pair(token, e))));
      k.set(from, e, k.index(-1));
    });
    Value zero = k.index(0), one = k.index(1);
    k.set(changes, zero, one);
    k.loop(experts, [&](Value) {
      k.ifThen(isAtLeast(k.get(changes, zero), one), [&] {
        k.set(changes, zero, zero);
        k.nest({experts, experts},
               [&](ArrayRef<Value> at) { relax(at[1], at[0]); });
      });
    });
  }

  void relax(Value e, Value f) {
    Value hasMove = isAtLeast(k.get(moved, pair(e, f)), k.index(0));
    k.ifThen(hasMove, [&] {
      Value next = k.add(k.get(cost, e), k.get(loss, pair(e, f)));
      k.ifThen(isLess(next, k.get(cost, f)), [&] {
        k.set(cost, f, next);
        k.set(from, f, e);
        k.set(changes, k.index(0), k.index(1));
      });
    });
  }

  Value cheapestFree() {
    Value limit = k.index(llvm::divideCeil(tokens, experts));
    SmallVector<Value> best =
        k.carry(experts, {k.index(-1), k.index(0)},
                [&](Value e, ValueRange so) -> SmallVector<Value> {
                  Value own = k.get(cost, e);
                  Value isBetter =
                      either(isLess(so[0], k.index(0)), isLess(own, so[1]));
                  Value wins = both(isLess(k.get(load, e), limit), isBetter);
                  return {arith::SelectOp::create(k.b, wins, e, so[0]),
                          arith::SelectOp::create(k.b, wins, own, so[1])};
                });
    return best[0];
  }

  // From the last expert of the chain back to the first, which takes `token`.
  void moveAlong(Value last, Value token) {
    k.set(load, last, k.add(k.get(load, last), k.index(1)));
    SmallVector<Value> first = k.carry(
        experts, {last}, [&](Value, ValueRange at) -> SmallVector<Value> {
          Value f = at[0], e = k.get(from, f);
          Value hasGiver = isAtLeast(e, k.index(0));
          k.set(isStale, f, k.index(1));
          k.ifThen(hasGiver,
                   [&] { k.set(expertOf, k.get(moved, pair(e, f)), f); });
          return {arith::SelectOp::create(k.b, hasGiver, e, f)};
        });
    k.set(expertOf, token, first[0]);
  }

  // What `e` loses least by giving away, of the tokens up to `last`.
  void findMoves(Value e, Value last) {
    k.set(isStale, e, k.index(0));
    forExperts([&](Value f) { k.set(moved, pair(e, f), k.index(-1)); });
    k.loop(k.add(last, k.index(1)), [&](Value token) {
      Value isHeld =
          compare(arith::CmpIPredicate::eq, k.get(expertOf, token), e);
      k.ifThen(isHeld, [&] {
        Value own = k.get(score, pair(token, e));
        forExperts([&](Value f) { offer(e, f, token, own); });
      });
    });
  }

  void offer(Value e, Value f, Value token, Value own) {
    Value at = pair(e, f), next = minus(own, k.get(score, pair(token, f)));
    Value isBetter = either(isLess(k.get(moved, at), k.index(0)),
                            isLess(next, k.get(loss, at)));
    Value isOther = compare(arith::CmpIPredicate::ne, e, f);
    k.ifThen(both(isOther, isBetter), [&] {
      k.set(moved, at, token);
      k.set(loss, at, next);
    });
  }

  void storeGroup(Value group) {
    Type i32 = k.b.getI32Type();
    forExperts([&](Value e) { k.set(load, e, k.index(0)); });
    k.loop(tokens, [&](Value token) {
      SmallVector<Value> at = {group, token, k.index(0)};
      Value e = k.get(expertOf, token), slot = k.get(load, e);
      k.store(op.getExpert(), at, k.fromIndex(i32, e));
      k.store(op.getSlot(), at, k.fromIndex(i32, slot));
      k.set(load, e, k.add(slot, k.index(1)));
    });
  }

  KernelEmitter &k;
  BalancedAssignmentOp op;
  ArrayRef<int64_t> shape;
  int64_t tokens, experts;
  /// Scores of [token, expert], the expert of each token, and by expert: how
  /// many tokens it has, the cost of its place, where that comes from, whether
  /// its moves are to be found anew.
  Array score, expertOf, load, cost, from, isStale;
  /// By giving and taking expert: the token that moves, and what is lost.
  Array moved, loss;
  Array changes;
};

} // namespace

static void assignmentKernel(KernelEmitter &k, Operation *op) {
  AssignmentKernel(k, cast<BalancedAssignmentOp>(op)).run();
}

void moe::lower::addAssignmentLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.kernel = assignmentKernel;
  table.add<BalancedAssignmentOp>(lowering);
}
