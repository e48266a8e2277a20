// Structured ops whose body combines in an order: one turn for each index.
//
//   %h = linalg.generic over (i, t), result over (i): %h = %a * %h + %x
//   %h = scf.for %t = 0 to 7 iter_args(%so = %init) { row %t of %a and %x ... }
#include "Importer.h"
#include "Operands.h"
#include "moe/IR/Manual.h"

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
  LoopValue table(LoopValue input);
  LoopValue row(LoopValue input, unsigned turn);

  linalg::LinalgOp op;
  ArrayRef<unsigned> turns;
  ImplicitLocOpBuilder &b;
  LoopBuilder loops;
  /// The number of the turn in each open loop.
  llvm::DenseMap<unsigned, LoopValue> numbers;
};

// The mesh that an op at this place may be annotated for; null where there is
// none, and in regions written for one rank.
spmd::MeshOp meshFor(Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  if (!module || op->getParentOfType<spmd::ManualOp>())
    return {};
  auto meshes = llvm::to_vector(module.getOps<spmd::MeshOp>());
  return meshes.size() == 1 ? meshes.front() : spmd::MeshOp();
}

// Dimensions of turns come first, in the order of the loops, and are whole:
// rows of some ranks would be sent one by one, turn by turn.
LoopValue TurnImporter::table(LoopValue input) {
  auto isTurn = [&](unsigned loop) { return llvm::is_contained(turns, loop); };
  LoopList order;
  llvm::copy_if(turns, std::back_inserter(order), [&](unsigned turn) {
    return llvm::is_contained(input.loops, turn);
  });
  if (order.empty())
    return input;
  llvm::copy_if(input.loops, std::back_inserter(order),
                [&](unsigned loop) { return !isTurn(loop); });
  Value tensor = loops.expand(input, order);
  if (spmd::MeshOp mesh = meshFor(op)) {
    SmallVector<spmd::DimShardingAttr> dims;
    for (unsigned loop : order)
      dims.push_back(spmd::DimShardingAttr::get(b.getContext(), {},
                                                /*isOpen=*/!isTurn(loop),
                                                /*priority=*/0));
    auto sharding = spmd::ShardingAttr::get(
        b.getContext(), FlatSymbolRefAttr::get(mesh.getSymNameAttr()), dims, {},
        {}, spmd::ReductionKind::Sum);
    tensor = spmd::AnnotateOp::create(b, tensor.getType(), tensor, sharding);
  }
  return {tensor, order};
}

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
    body.set(argument, {soFar[index], loopsOfResult(op, index)});
  SmallVector<Value> results;
  for (auto [index, yielded] :
       llvm::enumerate(op.getBlock()->getTerminator()->getOperands())) {
    FailureOr<LoopValue> value = body.lift(yielded);
    if (failed(value))
      return failure();
    results.push_back(loops.expand(*value, loopsOfResult(op, index)));
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
    for (unsigned loop : loopsOfResult(op, result))
      if (llvm::is_contained(turns, loop))
        return op.emitOpError()
               << "result " << result << " has loop " << loop
               << ", which another result has not, and the body is no "
                  "reduction of each; make one op for each result";
  SmallVector<LoopValue> inputs;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    bool isRead = !op.getMatchingBlockArgument(operand).use_empty();
    inputs.push_back(isRead ? table(operandOver(loops, *operand, op))
                            : LoopValue());
  }
  SmallVector<Value> inits(op.getDpsInits());
  return addLoop(0, inputs, inits);
}

} // namespace

Results moe::import::importTurns(linalg::LinalgOp op, ArrayRef<unsigned> turns,
                                 ImplicitLocOpBuilder &b) {
  return TurnImporter(op, turns, b).run();
}
