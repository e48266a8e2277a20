// Structured ops whose body combines in an order: one turn for each index.
//
//   %h = linalg.generic over (i, t), result over (i): %h = %a * %h + %x
//   %h = scf.for %t = 0 to 7 iter_args(%so = %init) { row %t of %a and %x ... }
#include "Importer.h"
#include "Operands.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe::import;

namespace {

class TurnImporter {
public:
  TurnImporter(linalg::LinalgOp op, ArrayRef<unsigned> turns,
               ImplicitLocOpBuilder &b)
      : op(op), turns(turns), b(b), loops(b, op.getStaticLoopRanges()) {}

  Results run();

private:
  Results addLoop(unsigned depth, ArrayRef<LoopValue> inputs, ValueRange soFar);
  Results addBody(ArrayRef<LoopValue> inputs, ValueRange soFar);
  LoopValue row(LoopValue input, unsigned turn);
  LoopList resultLoops(unsigned result) {
    return *loopsOf(op.getMatchingIndexingMap(op.getDpsInitOperand(result)));
  }

  linalg::LinalgOp op;
  ArrayRef<unsigned> turns;
  ImplicitLocOpBuilder &b;
  LoopBuilder loops;
  /// The number of the turn in each open loop.
  llvm::DenseMap<unsigned, LoopValue> numbers;
};

// Dimensions of turns come first, in the order of the loops.
LoopValue TurnImporter::row(LoopValue input, unsigned turn) {
  if (input.loops.empty() || input.loops.front() != turn)
    return input;
  Type element = getElementTypeOrSelf(input.tensor.getType());
  LoopList rest(llvm::drop_begin(input.loops));
  return {moe::GatherOp::create(b, loops.typeOver(rest, element), input.tensor,
                                numbers[turn].tensor, /*batch_dims=*/0),
          rest};
}

Results TurnImporter::addBody(ArrayRef<LoopValue> inputs, ValueRange soFar) {
  Body body(loops, *op.getBlock());
  for (unsigned turn : turns)
    body.setIndex(turn, numbers[turn]);
  for (auto [argument, input] :
       llvm::zip_equal(op.getRegionInputArgs(), inputs))
    body.set(argument, input);
  for (auto [index, argument] : llvm::enumerate(op.getRegionOutputArgs()))
    body.set(argument, {soFar[index], resultLoops(index)});
  SmallVector<Value> results;
  for (auto [index, yielded] :
       llvm::enumerate(op.getBlock()->getTerminator()->getOperands())) {
    FailureOr<LoopValue> value = body.lift(yielded);
    if (failed(value))
      return failure();
    results.push_back(loops.expand(*value, resultLoops(index)));
  }
  return results;
}

Results TurnImporter::addLoop(unsigned depth, ArrayRef<LoopValue> inputs,
                              ValueRange soFar) {
  if (depth == turns.size())
    return addBody(inputs, soFar);
  unsigned turn = turns[depth];
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto loop = scf::ForOp::create(b, number(0), number(loops.sizeOf(turn)),
                                 number(1), soFar);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  numbers[turn] = loops.scalar(loop.getInductionVar());
  SmallVector<LoopValue> rows;
  for (const LoopValue &input : inputs)
    rows.push_back(row(input, turn));
  Results results = addLoop(depth + 1, rows, loop.getRegionIterArgs());
  if (failed(results))
    return failure();
  scf::YieldOp::create(b, *results);
  return SmallVector<Value>(loop.getResults());
}

Results TurnImporter::run() {
  for (unsigned result = 0; result < op->getNumResults(); ++result)
    for (unsigned loop : resultLoops(result))
      if (llvm::is_contained(turns, loop))
        return op.emitOpError()
               << "result " << result << " has loop " << loop
               << ", which another result has not, and the body is no "
                  "reduction of each; make one op for each result";
  SmallVector<LoopValue> inputs;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    LoopValue input = operandOver(loops, *operand, op);
    LoopList order;
    for (unsigned turn : turns)
      if (llvm::is_contained(input.loops, turn))
        order.push_back(turn);
    for (unsigned loop : input.loops)
      if (!llvm::is_contained(turns, loop))
        order.push_back(loop);
    inputs.push_back({loops.expand(input, order), order});
  }
  SmallVector<Value> inits(op.getDpsInits());
  return addLoop(0, inputs, inits);
}

} // namespace

Results moe::import::importTurns(linalg::LinalgOp op, ArrayRef<unsigned> turns,
                                 ImplicitLocOpBuilder &b) {
  return TurnImporter(op, turns, b).run();
}
