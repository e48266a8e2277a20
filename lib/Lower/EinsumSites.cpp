#include "EinsumSites.h"
#include "Residency.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "moe/Lower/Passes.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

int64_t moe::lower::letterSize(EinsumOp op, char letter) {
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    size_t dim = op.getInputLetters(i).find(letter);
    if (dim != StringRef::npos)
      return cast<RankedTensorType>(op.getInputs()[i].getType())
          .getDimSize(dim);
  }
  return 1;
}

std::string moe::lower::summedLetters(EinsumOp op) {
  std::string letters;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    for (char letter : op.getInputLetters(i))
      if (!op.getResultLetters().contains(letter) &&
          letters.find(letter) == std::string::npos)
        letters += letter;
  return letters;
}

int64_t moe::lower::parameterNumber(Value value) {
  auto argument = dyn_cast<BlockArgument>(Residency::root(value));
  if (!argument)
    return -1;
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function ||
      !function.getArgAttr(argument.getArgNumber(), kParameterAttr))
    return -1;
  return argument.getArgNumber();
}

std::optional<Contraction> moe::lower::matmulOf(EinsumOp op) {
  if (op.getInputs().size() != 2)
    return std::nullopt;
  Type element = getElementTypeOrSelf(op.getInputs()[0].getType());
  if (!element.isF32() && !element.isBF16())
    return std::nullopt;
  ContractionProblem problem;
  problem.a = op.getInputLetters(0).str();
  problem.b = op.getInputLetters(1).str();
  problem.c = op.getResultLetters().str();
  for (char letter : problem.a + problem.b)
    problem.sizes[letter] = letterSize(op, letter);
  problem.isConstantA = parameterNumber(op.getInputs()[0]) >= 0;
  problem.isConstantB = parameterNumber(op.getInputs()[1]) >= 0;
  return planContraction(problem);
}

bool moe::lower::isMatmul(Operation *op) {
  auto einsum = dyn_cast<EinsumOp>(op);
  return einsum && matmulOf(einsum).has_value();
}

// The first two operands in one, the others behind it.
static void splitFirst(EinsumOp op) {
  ValueRange inputs = op.getInputs();
  std::string rest = op.getResultLetters().str(), terms;
  for (unsigned i = 2; i < inputs.size(); ++i) {
    rest += op.getInputLetters(i);
    terms += "," + op.getInputLetters(i).str();
  }
  std::string kept;
  SmallVector<int64_t> shape;
  for (char letter : (op.getInputLetters(0) + op.getInputLetters(1)).str())
    if (rest.find(letter) != std::string::npos &&
        kept.find(letter) == std::string::npos) {
      kept += letter;
      shape.push_back(letterSize(op, letter));
    }
  OpBuilder builder(op);
  Type element = getElementTypeOrSelf(inputs[0].getType());
  Type wide = element.isBF16() ? builder.getF32Type() : element;
  std::string first =
      (op.getInputLetters(0) + "," + op.getInputLetters(1) + "->" + kept).str();
  SmallVector<Value> next = {
      EinsumOp::create(builder, op.getLoc(), RankedTensorType::get(shape, wide),
                       first, inputs.take_front(2))};
  for (Value input : inputs.drop_front(2)) {
    if (wide != element)
      input = arith::ExtFOp::create(
          builder, op.getLoc(),
          cast<RankedTensorType>(input.getType()).clone(wide), input);
    next.push_back(input);
  }
  auto type = cast<RankedTensorType>(op.getType());
  Value result =
      EinsumOp::create(builder, op.getLoc(), type.clone(wide),
                       kept + terms + "->" + op.getResultLetters().str(), next);
  if (type.getElementType() != wide)
    result = arith::TruncFOp::create(builder, op.getLoc(), type, result);
  op.replaceAllUsesWith(result);
  op.erase();
}

void moe::lower::splitLongEinsums(Operation *root) {
  bool changed = true;
  while (changed) {
    SmallVector<EinsumOp> found;
    root->walk([&](EinsumOp op) {
      if (op.getInputs().size() > 2)
        found.push_back(op);
    });
    for (EinsumOp op : found)
      splitFirst(op);
    changed = !found.empty();
  }
}
