// The moe dialect and the verifiers of its ops, each in the order of the
// Constraints in its description.
#include "moe/IR/Moe.h"

#include "EnumFormat.h"
#include "MoeChecks.h"
#include "moe/IR/Inlining.h"
#include "moe/IR/RoutingChoices.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

#include "dialects/Moe/MoeDialect.cpp.inc"
#include "dialects/Moe/MoeEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Moe/MoeAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Moe/MoeOps.cpp.inc"

void MoeDialect::initialize() {
  addInterfaces<spmd::AlwaysInline>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Moe/MoeAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Moe/MoeOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Attributes of functions and modules
//===----------------------------------------------------------------------===//

using GetAttr = llvm::function_ref<Attribute(unsigned, StringRef)>;

// Argument or result (`side`) number `index` of a function is named by `attr`,
// as none before it is.
static LogicalResult verifyName(Operation *op, Attribute attr, unsigned index,
                                StringRef side, GetAttr getAttr) {
  auto name = dyn_cast<StringAttr>(attr);
  if (!name || name.getValue().empty())
    return op->emitOpError()
           << side << " " << index << ": " << kNameAttr
           << " must be a string that is not empty, got " << attr;
  for (unsigned other = 0; other < index; ++other)
    if (getAttr(other, kNameAttr) == attr)
      return op->emitOpError()
             << side << " " << index << ": " << kNameAttr << " is that of "
             << side << " " << other << ", " << attr;
  return success();
}

static LogicalResult verifyUnit(Operation *op, NamedAttribute attr,
                                unsigned index, StringRef side) {
  if (isa<UnitAttr>(attr.getValue()))
    return success();
  return op->emitOpError() << side << " " << index << ": "
                           << attr.getName().getValue()
                           << " must have no value, got " << attr.getValue();
}

static LogicalResult verifyBound(Operation *op, Attribute attr, unsigned index,
                                 Type type) {
  auto bound = dyn_cast<IntegerAttr>(attr);
  if (!bound || !bound.getValue().isStrictlyPositive())
    return op->emitOpError() << "argument " << index << ": " << kBoundAttr
                             << " must be a positive integer, got " << attr;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isa<IntegerType>(tensor.getElementType()))
    return op->emitOpError() << "argument " << index << ": " << kBoundAttr
                             << " needs a tensor of integers, got " << type;
  return success();
}

LogicalResult MoeDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attr) {
  if (!isa<ModuleOp>(op) || attr.getName() != kManifestAttr)
    return op->emitOpError()
           << "unknown attribute " << attr.getName().getValue();
  if (isa<StringAttr>(attr.getValue()))
    return success();
  return op->emitOpError() << "moe.manifest must be a string, got "
                           << attr.getValue();
}

LogicalResult MoeDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                   unsigned index,
                                                   NamedAttribute attr) {
  auto func = cast<FunctionOpInterface>(op);
  if (attr.getName() == kNameAttr)
    return verifyName(op, attr.getValue(), index, "argument",
                      [&](unsigned other, StringRef name) {
                        return func.getArgAttr(other, name);
                      });
  if (attr.getName() == kParameterAttr)
    return verifyUnit(op, attr, index, "argument");
  if (attr.getName() == kBoundAttr)
    return verifyBound(op, attr.getValue(), index,
                       func.getArgumentTypes()[index]);
  return op->emitOpError() << "unknown argument attribute "
                           << attr.getName().getValue();
}

LogicalResult MoeDialect::verifyRegionResultAttribute(Operation *op, unsigned,
                                                      unsigned index,
                                                      NamedAttribute attr) {
  auto func = cast<FunctionOpInterface>(op);
  if (attr.getName() == kNameAttr)
    return verifyName(op, attr.getValue(), index, "result",
                      [&](unsigned other, StringRef name) {
                        return func.getResultAttr(other, name);
                      });
  if (attr.getName() == kParameterAttr || attr.getName() == kChoiceAttr)
    return verifyUnit(op, attr, index, "result");
  return op->emitOpError() << "unknown result attribute "
                           << attr.getName().getValue();
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

StringRef EinsumOp::getResultLetters() {
  return getEquation().split("->").second;
}

StringRef EinsumOp::getInputLetters(unsigned i) {
  SmallVector<StringRef> terms;
  getEquation().split("->").first.split(terms, ',');
  return terms[i];
}

namespace {
// Size of each letter and where it was seen first.
struct LetterSizes {
  llvm::DenseMap<char, std::pair<int64_t, std::string>> sizes;

  LogicalResult add(Operation *op, StringRef letters, Value value,
                    const std::string &where) {
    RankedTensorType type = tensorType(value);
    if (static_cast<int64_t>(letters.size()) != type.getRank())
      return op->emitOpError()
             << where << " has term \"" << letters << "\" of " << letters.size()
             << " letters, but type " << type << " of rank " << type.getRank();
    for (auto [index, letter] : llvm::enumerate(letters)) {
      if (!llvm::isAlpha(letter))
        return op->emitOpError()
               << where << " has '" << StringRef(&letter, 1)
               << "' in its term; dimensions are named by letters";
      if (letters.find(letter) != index)
        return op->emitOpError() << "letter '" << StringRef(&letter, 1)
                                 << "' is twice in the term of " << where;
      int64_t size = type.getDimSize(index);
      auto entry = sizes.try_emplace(letter, size, where).first;
      if (entry->second.first != size)
        return op->emitOpError()
               << "letter '" << StringRef(&letter, 1) << "' has size " << size
               << " in " << where << ", but " << entry->second.first << " in "
               << entry->second.second;
    }
    return success();
  }
};
} // namespace

LogicalResult EinsumOp::verify() {
  if (getInputs().empty() || getEquation().count("->") != 1)
    return emitOpError() << "equation needs one term for each operand and a "
                            "result, such as \"gsm,me->gse\", got \""
                         << getEquation() << "\"";
  size_t terms = getEquation().split("->").first.count(',') + 1;
  if (terms != getInputs().size())
    return emitOpError() << "equation \"" << getEquation() << "\" has " << terms
                         << " terms for " << getInputs().size() << " operands";
  LetterSizes letters;
  for (auto [index, input] : llvm::enumerate(getInputs()))
    if (failed(letters.add(*this, getInputLetters(index), input,
                           "operand " + std::to_string(index))))
      return failure();
  for (char letter : getResultLetters())
    if (llvm::isAlpha(letter) && !letters.sizes.count(letter))
      return emitOpError() << "letter '" << StringRef(&letter, 1)
                           << "' of the result is in no operand";
  if (failed(letters.add(*this, getResultLetters(), getResult(), "the result")))
    return failure();
  return verifyAccumulates(*this, getInputs(), getResult());
}

//===----------------------------------------------------------------------===//
// Reductions and scans
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  RankedTensorType type = tensorType(getInput());
  if (failed(verifyAscendingDims(*this, getDims(), type.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(getDims(), dim))
      shape.push_back(type.getDimSize(dim));
  if (failed(verifyShape(*this, "result", getResult(), shape,
                         type.getElementType())))
    return failure();
  bool isBitwise = getKind() == spmd::ReductionKind::And ||
                   getKind() == spmd::ReductionKind::Or;
  return isBitwise ? verifyIntegers(*this, "operand", getInput()) : success();
}

template <typename OpTy> static LogicalResult verifyScan(OpTy op) {
  return verifyDim(op, op.getDim(), tensorType(op.getInput()).getRank());
}
LogicalResult CumsumOp::verify() { return verifyScan(*this); }
LogicalResult CumprodOp::verify() { return verifyScan(*this); }
LogicalResult CummaxOp::verify() { return verifyScan(*this); }
LogicalResult CumminOp::verify() { return verifyScan(*this); }

static LogicalResult verifySoftmax(Operation *op, int64_t dim, Value input) {
  return verifyDim(op, dim, tensorType(input).getRank());
}
LogicalResult SoftmaxOp::verify() {
  return verifySoftmax(*this, getDim(), getInput());
}
LogicalResult LogSoftmaxOp::verify() {
  return verifySoftmax(*this, getDim(), getInput());
}

LogicalResult TopKOp::verify() {
  RankedTensorType type = tensorType(getInput());
  int64_t dim = getDim(), k = getK();
  if (failed(verifyDim(*this, dim, type.getRank())))
    return failure();
  if (k < 1 || k > type.getDimSize(dim))
    return emitOpError() << "k must be in [1, " << type.getDimSize(dim)
                         << "], got " << k;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = k;
  if (failed(verifyShape(*this, "values", getValues(), shape,
                         type.getElementType())) ||
      failed(verifyShape(*this, "indices", getIndices(), shape)))
    return failure();
  return verifyHolds(*this, "indices", getIndices(), type.getDimSize(dim));
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = tensorType(getInput()), to = tensorType(getResult());
  if (failed(verifyEntries(*this, "dims", getDims(), from.getRank())) ||
      failed(verifyAscendingDims(*this, getDims(), to.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t dim : getDims())
    shape.push_back(to.getDimSize(dim));
  return verifyShape(*this, "operand", getInput(), shape, to.getElementType());
}

LogicalResult TransposeOp::verify() {
  RankedTensorType from = tensorType(getInput());
  if (failed(verifyEntries(*this, "permutation", getPermutation(),
                           from.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  llvm::SmallDenseSet<int64_t> seen;
  for (int64_t dim : getPermutation()) {
    if (failed(verifyDim(*this, dim, from.getRank())))
      return failure();
    if (!seen.insert(dim).second)
      return emitOpError() << "permutation has dimension " << dim << " twice";
    shape.push_back(from.getDimSize(dim));
  }
  return verifyShape(*this, "result", getResult(), shape,
                     from.getElementType());
}

// Product of the sizes, or nothing where it overflows.
static std::optional<int64_t> countElements(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(count, size, count))
      return std::nullopt;
  return count;
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = tensorType(getInput()), to = tensorType(getResult());
  if (!from.hasStaticShape() || !to.hasStaticShape())
    return emitOpError() << "shapes must be static, got " << from << " and "
                         << to;
  std::optional<int64_t> have = countElements(from), want = countElements(to);
  for (auto [type, count] : {std::pair(from, have), std::pair(to, want)})
    if (!count)
      return emitOpError() << type << " has more than " << INT64_MAX
                           << " elements";
  if (have != want)
    return emitOpError() << from << " has " << *have << " elements, " << to
                         << " has " << *want;
  return verifyShape(*this, "result", getResult(), to.getShape(),
                     from.getElementType());
}

LogicalResult SliceOp::verify() {
  RankedTensorType from = tensorType(getInput()), to = tensorType(getResult());
  if (failed(verifyEntries(*this, "offsets", getOffsets(), from.getRank())) ||
      failed(verifyEntries(*this, "strides", getStrides(), from.getRank())) ||
      failed(verifyEntries(*this, "result", to.getShape(), from.getRank())))
    return failure();
  for (int64_t dim = 0; dim < from.getRank(); ++dim) {
    int64_t offset = getOffsets()[dim], stride = getStrides()[dim];
    if (offset < 0 || stride < 1)
      return emitOpError()
             << "dimension " << dim
             << " needs an offset of at least 0 and a stride of at "
                "least 1, got "
             << offset << " and " << stride;
    if (from.isDynamicDim(dim) || to.isDynamicDim(dim))
      continue;
    int64_t end = offset;
    if (int64_t size = to.getDimSize(dim);
        size && (llvm::MulOverflow(size - 1, stride, end) ||
                 llvm::AddOverflow(end, offset, end) ||
                 llvm::AddOverflow(end, int64_t(1), end)))
      return emitOpError() << "dimension " << dim << " ends beyond "
                           << INT64_MAX << ", the operand has "
                           << from.getDimSize(dim);
    if (end > from.getDimSize(dim))
      return emitOpError() << "dimension " << dim << " ends at " << end
                           << ", the operand has " << from.getDimSize(dim);
  }
  return verifyShape(*this, "result", getResult(), to.getShape(),
                     from.getElementType());
}

LogicalResult PadOp::verify() {
  RankedTensorType from = tensorType(getInput());
  SmallVector<int64_t> shape;
  for (ArrayRef<int64_t> list : {getLow(), getHigh(), getInterior()})
    if (failed(verifyEntries(*this, "low, high and interior", list,
                             from.getRank())))
      return failure();
  for (int64_t dim = 0; dim < from.getRank(); ++dim) {
    int64_t low = getLow()[dim], high = getHigh()[dim],
            interior = getInterior()[dim];
    if (low < 0 || high < 0 || interior < 0)
      return emitOpError() << "padding of dimension " << dim
                           << " must not be negative, got low " << low
                           << ", high " << high << ", interior " << interior;
    int64_t size = from.getDimSize(dim);
    if (ShapedType::isDynamic(size)) {
      shape.push_back(size);
      continue;
    }
    int64_t between = 0;
    if ((size && llvm::MulOverflow(size - 1, interior, between)) ||
        llvm::AddOverflow(size, between, size) ||
        llvm::AddOverflow(size, low, size) ||
        llvm::AddOverflow(size, high, size))
      return emitOpError() << "dimension " << dim << " ends beyond "
                           << INT64_MAX << ", got low " << low << ", high "
                           << high << ", interior " << interior;
    shape.push_back(size);
  }
  if (failed(verifyShape(*this, "result", getResult(), shape,
                         from.getElementType())))
    return failure();
  if (getValue().getType() != from.getElementType())
    return emitOpError() << "padding value has type " << getValue().getType()
                         << ", the elements are " << from.getElementType();
  return success();
}

LogicalResult ConcatenateOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "needs at least one operand";
  RankedTensorType first = tensorType(getInputs()[0]);
  int64_t dim = getDim();
  if (failed(verifyDim(*this, dim, first.getRank())))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  shape[dim] = 0;
  for (Value input : getInputs()) {
    SmallVector<int64_t> want(first.getShape());
    if (tensorType(input).getRank() == first.getRank())
      want[dim] = tensorType(input).getDimSize(dim);
    if (failed(
            verifyShape(*this, "operand", input, want, first.getElementType())))
      return failure();
    if (ShapedType::isDynamic(want[dim]) || ShapedType::isDynamic(shape[dim]))
      shape[dim] = ShapedType::kDynamic;
    else if (llvm::AddOverflow(shape[dim], want[dim], shape[dim]))
      return emitOpError() << "dimension " << dim << " ends beyond "
                           << INT64_MAX;
  }
  return verifyShape(*this, "result", getResult(), shape,
                     first.getElementType());
}

//===----------------------------------------------------------------------===//
// Indices and numbers
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  RankedTensorType type = tensorType(getResult());
  if (failed(verifyDim(*this, getDim(), type.getRank())))
    return failure();
  if (isa<FloatType>(type.getElementType()))
    return success();
  return verifyHolds(*this, "result", getResult(), type.getDimSize(getDim()));
}

LogicalResult OneHotOp::verify() {
  RankedTensorType to = tensorType(getResult());
  if (to.getRank() == 0)
    return emitOpError() << "result needs a last dimension for the index";
  if (failed(verifyShape(*this, "operand", getIndices(),
                         to.getShape().drop_back())))
    return failure();
  return verifyHolds(*this, "operand", getIndices(), to.getShape().back());
}

LogicalResult GatherOp::verify() {
  RankedTensorType table = tensorType(getTable()),
                   indices = tensorType(getIndices());
  if (failed(verifyBatchDims(*this, getBatchDims(), table, indices)))
    return failure();
  SmallVector<int64_t> shape(indices.getShape());
  llvm::append_range(shape, table.getShape().drop_front(getBatchDims() + 1));
  return verifyShape(*this, "result", getResult(), shape,
                     table.getElementType());
}

LogicalResult RandomOp::verify() {
  RankedTensorType type = tensorType(getResult());
  if (static_cast<int64_t>(getStream()) < 0)
    return emitOpError() << "stream must not be negative, got "
                         << static_cast<int64_t>(getStream());
  if (!getGlobalShape() && getOffsets().empty())
    return success();
  size_t entries = getGlobalShape() ? getGlobalShape()->size() : 0;
  if (static_cast<int64_t>(entries) != type.getRank() ||
      static_cast<int64_t>(getOffsets().size()) != type.getRank())
    return emitOpError()
           << "offsets and global shape need one entry for each of the "
           << type.getRank() << " dimensions, got " << getOffsets().size()
           << " and " << entries;
  return success();
}

LogicalResult StopGradientOp::verify() { return success(); }

//===----------------------------------------------------------------------===//
// Mixture of experts
//===----------------------------------------------------------------------===//

LogicalResult GatingOp::verify() {
  if (failed(verifyRank(*this, "gates", getGates(), 3)))
    return failure();
  RankedTensorType gates = tensorType(getGates());
  ArrayRef<int64_t> shape = gates.getShape();
  int64_t k = getK(), capacity = getCapacity();
  if (k < 1 || k > shape[2])
    return emitOpError() << "k must be in [1, " << shape[2]
                         << "] (the number of experts), got " << k;
  if (capacity < 1 || capacity > INT32_MAX)
    return emitOpError() << "capacity must be in [1, " << INT32_MAX
                         << "] (slots are i32), got " << capacity;
  if (getRandom()) {
    if (k != 2)
      return emitOpError() << "random choice is defined for k = 2, got " << k;
    if (failed(verifyShape(*this, "random", getRandom(), shape.take_front(2),
                           gates.getElementType())))
      return failure();
  }
  int64_t choices[] = {shape[0], shape[1], k};
  if (failed(verifyShape(*this, "expert", getExpert(), choices)) ||
      failed(verifyShape(*this, "slot", getSlot(), choices)))
    return failure();
  if (failed(verifyShape(*this, "weight", getWeight(), choices,
                         gates.getElementType())))
    return failure();
  return verifyHolds(*this, "expert", getExpert(), shape[2]);
}

// Experts and slots are indices of dimensions 0 and 2 of `slots`.
static LogicalResult verifySlots(Operation *op, Value expert, Value slot,
                                 RankedTensorType slots) {
  if (failed(verifyHolds(op, "expert", expert, slots.getDimSize(0))))
    return failure();
  return verifyHolds(op, "slot", slot, slots.getDimSize(2));
}

LogicalResult DispatchOp::verify() {
  if (failed(verifyRank(*this, "tokens", getTokens(), 3)) ||
      failed(verifyRank(*this, "expert", getExpert(), 3)) ||
      failed(verifyRank(*this, "result", getResult(), 4)))
    return failure();
  RankedTensorType tokens = tensorType(getTokens()),
                   slots = tensorType(getResult());
  int64_t k = tensorType(getExpert()).getDimSize(2);
  int64_t choices[] = {tokens.getDimSize(0), tokens.getDimSize(1), k};
  int64_t result[] = {slots.getDimSize(0), choices[0], slots.getDimSize(2),
                      tokens.getDimSize(2)};
  if (failed(verifyShape(*this, "expert", getExpert(), choices)) ||
      failed(verifyShape(*this, "slot", getSlot(), choices)))
    return failure();
  if (failed(verifyShape(*this, "result", getResult(), result,
                         tokens.getElementType())))
    return failure();
  return verifySlots(*this, getExpert(), getSlot(), slots);
}

LogicalResult CombineOp::verify() {
  if (failed(verifyRank(*this, "slots", getSlots(), 4)) ||
      failed(verifyRank(*this, "expert", getExpert(), 3)) ||
      failed(verifyRank(*this, "result", getResult(), 3)))
    return failure();
  RankedTensorType slots = tensorType(getSlots()),
                   tokens = tensorType(getResult());
  int64_t k = tensorType(getExpert()).getDimSize(2);
  int64_t choices[] = {slots.getDimSize(1), tokens.getDimSize(1), k};
  int64_t result[] = {choices[0], choices[1], slots.getDimSize(3)};
  if (failed(verifyShape(*this, "result", getResult(), result,
                         slots.getElementType())) ||
      failed(verifyShape(*this, "expert", getExpert(), choices)) ||
      failed(verifyShape(*this, "slot", getSlot(), choices)))
    return failure();
  if (failed(verifyShape(*this, "weight", getWeight(), choices)))
    return failure();
  return verifySlots(*this, getExpert(), getSlot(), slots);
}
