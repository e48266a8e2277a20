#include "moe/Interpret/Compare.h"

#include "runtime/core/Block.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace moe::interpret {

double toleranceOf(Type elementType) {
  if (elementType.isBF16())
    return 2e-2;
  return elementType.isF64() ? 1e-12 : 1e-5;
}

double greatestMagnitude(const Tensor &tensor) {
  double greatest = 0;
  for (int64_t i = 0, e = tensor.getElements(); i < e; ++i)
    if (std::isfinite(tensor.data<double>()[i]))
      greatest = std::max(greatest, std::fabs(tensor.data<double>()[i]));
  return greatest;
}

std::optional<Difference> findDifference(const Tensor &expected,
                                         const Tensor &actual, const Port &port,
                                         int64_t ranks, Mode mode) {
  Difference difference;
  if (mode == Mode::Float && expected.hasFloats()) {
    difference.magnitude = greatestMagnitude(expected);
    difference.tolerance = toleranceOf(expected.getElementType());
  }
  double allowed = difference.magnitude * difference.tolerance;
  for (int64_t i = 0, e = expected.getElements(); i < e; ++i) {
    if (sameElement(expected, i, actual, i, mode))
      continue;
    // False for NaN and infinities on one side.
    if (difference.tolerance > 0 &&
        std::fabs(expected.data<double>()[i] - actual.data<double>()[i]) <=
            allowed)
      continue;
    difference.position = i;
    difference.rank = moert::rankHolding(port.placement.layout, ranks, i);
    return difference;
  }
  return std::nullopt;
}

FailureOr<func::FuncOp> findEntry(ModuleOp module, StringRef name) {
  SmallVector<func::FuncOp> functions;
  std::string names;
  for (auto func : module.getOps<func::FuncOp>())
    if (!func.isExternal() && func.isPublic()) {
      functions.push_back(func);
      names += (names.empty() ? "" : ", ") + func.getSymName().str();
    }
  StringRef wanted = name.empty() ? "forward" : name;
  for (func::FuncOp func : functions)
    if (func.getSymName() == wanted)
      return func;
  if (name.empty() && functions.size() == 1)
    return functions.front();
  InFlightDiagnostic diag = module.emitError();
  if (name.empty())
    diag << "no entry chosen; ";
  else
    diag << "no function '" << name << "'; ";
  return diag << "the module has " << (names.empty() ? "none" : names);
}

static std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

static LogicalResult checkSameResults(func::FuncOp reference,
                                      func::FuncOp candidate) {
  Signature want = Signature::of(reference), have = Signature::of(candidate);
  if (want.results.size() != have.results.size())
    return candidate.emitError()
           << "returns " << have.results.size()
           << " results, the reference returns " << want.results.size();
  for (auto [a, b] : llvm::zip(want.results, have.results))
    if (a.globalType != b.globalType)
      return candidate.emitError()
             << "result '" << b.name << "' is " << b.globalType
             << ", in the reference it is " << a.globalType;
  return success();
}

static void emitDifference(func::FuncOp candidate, const Port &port,
                           const Difference &difference, const Tensor &expected,
                           const Tensor &actual, Mode mode) {
  int64_t at = difference.position;
  InFlightDiagnostic diag = candidate.emitError();
  diag << "result '" << port.name << "' differs at global index "
       << expected.indexText(at) << " (rank " << difference.rank
       << "): expected " << expected.elementText(at, mode) << ", got "
       << actual.elementText(at, mode);
  if (difference.tolerance > 0)
    diag << "; allowed is " << numberText(difference.tolerance)
         << " of the greatest magnitude " << numberText(difference.magnitude);
}

LogicalResult compareWith(func::FuncOp reference, ArrayRef<Tensor> inputs,
                          ArrayRef<Tensor> expected, func::FuncOp candidate,
                          const InputOptions &options) {
  if (failed(checkSameResults(reference, candidate)))
    return failure();
  FailureOr<SmallVector<Tensor>> actual =
      Interpreter(options.mode, options.seed).run(candidate, inputs);
  if (failed(actual))
    return failure();
  Signature signature = Signature::of(candidate);
  bool isSame = true;
  for (auto [index, port] : llvm::enumerate(signature.results)) {
    const Tensor &want = expected[index], &have = (*actual)[index];
    if (auto difference =
            findDifference(want, have, port, signature.ranks, options.mode)) {
      emitDifference(candidate, port, *difference, want, have, options.mode);
      isSame = false;
    }
  }
  return success(isSame);
}

LogicalResult compareExecutions(ModuleOp reference, ModuleOp candidate,
                                StringRef entry, const InputOptions &options) {
  FailureOr<func::FuncOp> first = findEntry(reference, entry),
                          second = findEntry(candidate, entry);
  if (failed(first) || failed(second) ||
      failed(checkSameResults(*first, *second)))
    return failure();
  FailureOr<SmallVector<Tensor>> inputs = makeInputs(*first, options);
  if (failed(inputs))
    return failure();
  FailureOr<SmallVector<Tensor>> expected =
      Interpreter(options.mode, options.seed).run(*first, *inputs);
  if (failed(expected))
    return failure();
  return compareWith(*first, *inputs, *expected, *second, options);
}

} // namespace moe::interpret
