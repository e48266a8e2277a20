// Structured ops that index by loops: elementwise ops, einsums and reductions.
#include "Combination.h"
#include "Importer.h"
#include "Operands.h"

using namespace mlir;
using namespace moe::import;

namespace {

class StructuredImporter {
public:
  StructuredImporter(linalg::LinalgOp op, ImplicitLocOpBuilder &b)
      : op(op), b(b), loops(b, op.getStaticLoopRanges()),
        body(loops, *op.getBlock()) {}

  Results run();

private:
  FailureOr<Value> importResult(unsigned result);
  FailureOr<LoopValue> reduce(const Combination &combination,
                              ArrayRef<unsigned> to);
  FailureOr<LoopValue> contract(ArrayRef<LoopValue> factors,
                                ArrayRef<unsigned> to);
  LogicalResult addFactors(Value element, SmallVectorImpl<LoopValue> &factors);
  bool varies(Value scalar);
  /// Loops of the op that are not in `some`.
  LoopList others(ArrayRef<unsigned> some);

  linalg::LinalgOp op;
  ImplicitLocOpBuilder &b;
  LoopBuilder loops;
  Body body;
};

LoopList StructuredImporter::others(ArrayRef<unsigned> some) {
  LoopList rest;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (!llvm::is_contained(some, loop))
      rest.push_back(loop);
  return rest;
}

// Whether a value of the body is another for other indices.
bool StructuredImporter::varies(Value scalar) {
  if (auto argument = dyn_cast<BlockArgument>(scalar)) {
    OpOperand *operand = op.getMatchingOpOperand(argument);
    return !loopsOf(op.getMatchingIndexingMap(operand))->empty();
  }
  Operation *def = scalar.getDefiningOp();
  if (def->getBlock() != op.getBlock())
    return false;
  return isa<linalg::IndexOp>(def) ||
         llvm::any_of(def->getOperands(),
                      [&](Value operand) { return varies(operand); });
}

// Products of values over loops are factors; all else is one factor.
LogicalResult
StructuredImporter::addFactors(Value element,
                               SmallVectorImpl<LoopValue> &factors) {
  Operation *def = element.getDefiningOp();
  if (isa_and_nonnull<arith::MulFOp, arith::MulIOp>(def) &&
      def->getBlock() == op.getBlock() && varies(def->getOperand(0)) &&
      varies(def->getOperand(1)))
    return success(succeeded(addFactors(def->getOperand(0), factors)) &&
                   succeeded(addFactors(def->getOperand(1), factors)));
  FailureOr<LoopValue> factor = body.lift(element);
  if (failed(factor))
    return failure();
  factors.push_back(*factor);
  return success();
}

FailureOr<LoopValue> StructuredImporter::contract(ArrayRef<LoopValue> factors,
                                                  ArrayRef<unsigned> to) {
  auto letterOf = [](unsigned loop) {
    return static_cast<char>(loop < 26 ? 'a' + loop : 'A' + loop - 26);
  };
  auto termOf = [&](ArrayRef<unsigned> list) {
    std::string term;
    for (unsigned loop : list)
      term += letterOf(loop);
    return term;
  };
  Type element = getElementTypeOrSelf(factors.front().tensor.getType());
  SmallVector<LoopValue> inputs(factors);
  readNarrow(inputs);
  SmallVector<Value> tensors;
  SmallVector<std::string> terms;
  for (const LoopValue &input : inputs) {
    tensors.push_back(input.tensor);
    terms.push_back(termOf(input.loops));
  }
  LoopList kept;
  for (unsigned loop : to)
    if (llvm::any_of(inputs, [&](const LoopValue &input) {
          return llvm::is_contained(input.loops, loop);
        }))
      kept.push_back(loop);
  std::string equation = llvm::join(terms, ",") + "->" + termOf(kept);
  return LoopValue{moe::EinsumOp::create(b, loops.typeOver(kept, element),
                                         b.getStringAttr(equation), tensors),
                   kept};
}

// Over all loops but `to`. Loops that no element depends on are made by
// repetition.
FailureOr<LoopValue> StructuredImporter::reduce(const Combination &combination,
                                                ArrayRef<unsigned> to) {
  constexpr unsigned kLetters = 52;
  LoopList reduced = others(to);
  if (combination.kind == spmd::ReductionKind::Sum &&
      op.getNumLoops() <= kLetters) {
    SmallVector<LoopValue> factors;
    if (failed(addFactors(combination.element, factors)))
      return failure();
    auto isAlike = [&](const LoopValue &factor) {
      return factor.loops == factors.front().loops;
    };
    auto isSummed = [&](unsigned loop) {
      return llvm::any_of(factors, [&](const LoopValue &factor) {
        return llvm::is_contained(factor.loops, loop);
      });
    };
    if (!llvm::all_of(factors, isAlike) && llvm::all_of(reduced, isSummed))
      return contract(factors, to);
  }
  FailureOr<LoopValue> element = body.lift(combination.element);
  if (failed(element))
    return failure();
  LoopList all = element->loops;
  llvm::copy_if(reduced, std::back_inserter(all), [&](unsigned loop) {
    return !llvm::is_contained(element->loops, loop);
  });
  Value value = combination.withoutNaN(b, loops.expand(*element, all));
  SmallVector<int64_t> dims;
  LoopList kept;
  for (auto [dim, loop] : llvm::enumerate(all))
    if (llvm::is_contained(reduced, loop))
      dims.push_back(dim);
    else
      kept.push_back(loop);
  Type type = getElementTypeOrSelf(value.getType());
  return LoopValue{moe::ReduceOp::create(b, loops.typeOver(kept, type),
                                         combination.kind, value, dims),
                   kept};
}

FailureOr<Value> StructuredImporter::importResult(unsigned result) {
  LoopList to = loopsOfResult(op, result);
  Value init = op.getDpsInits()[result];
  if (others(to).empty()) {
    FailureOr<LoopValue> value =
        body.lift(op.getBlock()->getTerminator()->getOperand(result));
    if (failed(value))
      return failure();
    return loops.expand(*value, to);
  }
  Combination combination = *Combination::of(op, result);
  FailureOr<LoopValue> reduced = reduce(combination, to);
  if (failed(reduced))
    return failure();
  return combination.finish(b, init, loops.expand(*reduced, to));
}

Results StructuredImporter::run() {
  for (OpOperand &operand : op->getOpOperands())
    if (BlockArgument argument = op.getMatchingBlockArgument(&operand);
        !argument.use_empty())
      body.set(argument, operandOver(loops, operand, op));
  SmallVector<Value> results;
  for (unsigned result = 0; result < op->getNumResults(); ++result) {
    FailureOr<Value> value = importResult(result);
    if (failed(value))
      return failure();
    results.push_back(*value);
  }
  return results;
}

// Loops that some result lacks.
LoopList combinedLoops(linalg::LinalgOp op) {
  LoopList combined;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    for (unsigned result = 0; result < op->getNumResults(); ++result)
      if (!llvm::is_contained(loopsOfResult(op, result), loop)) {
        combined.push_back(loop);
        break;
      }
  return combined;
}

// Whether a result is a reduction, or depends on no result at all.
bool isInNoOrder(linalg::LinalgOp op, unsigned result) {
  if (Combination::of(op, result))
    return true;
  Value yielded = op.getBlock()->getTerminator()->getOperand(result);
  return loopsOfResult(op, result).size() == op.getNumLoops() &&
         !Combination::readsResults(yielded, op);
}

} // namespace

Results moe::import::importStructured(linalg::LinalgOp op,
                                      ImplicitLocOpBuilder &b) {
  LoopList turns = combinedLoops(op);
  for (unsigned result = 0; result < op->getNumResults(); ++result)
    if (!turns.empty() && !isInNoOrder(op, result))
      return importTurns(op, turns, b);
  return StructuredImporter(op, b).run();
}
