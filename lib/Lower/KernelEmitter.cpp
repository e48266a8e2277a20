#include "KernelEmitter.h"

#include <map>

using namespace mlir;
using namespace moe::lower;

// Of a kernel's arrays on the stack; a thread's stack has a few MB.
static constexpr int64_t kStackBytes = 256 << 10;

KernelEmitter::KernelEmitter(Location location, const OpLowerings &lowerings,
                             const Residency &residency,
                             const BufferMap &buffers, HostProgram &program,
                             const RowBlocks &blocks)
    // Kernels that differ only in their source line are the same kernel.
    : b(UnknownLoc::get(location.getContext()), location.getContext()), math(b),
      lowerings(lowerings), residency(residency), bufferMap(buffers),
      program(program), blocks(blocks) {
  function = func::FuncOp::create(b, "kernel", b.getFunctionType({}, {}));
  b.setInsertionPointToStart(function->addEntryBlock());
  computed.emplace_back();
}

KernelEmitter::~KernelEmitter() = default;

//===----------------------------------------------------------------------===//
// Whole kernels
//===----------------------------------------------------------------------===//

// Whether all that `value` is computed from, down to memory, depends on its own
// index alone.
bool KernelEmitter::isFlat(Value value) {
  Operation *op = value.getDefiningOp();
  const OpLowering *lowering = op ? lowerings.find(op) : nullptr;
  if (lowering && lowering->isFlat)
    return lowering->isFlat(op);
  if (!lowering || !lowering->isPointwise)
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return shape(operand) == shape(value) &&
           (residency.isStored(operand) || isFlat(operand));
  });
}

void KernelEmitter::storeAll(OpResult value) {
  auto body = [&](ArrayRef<Value> index) {
    Value element = compute(value, index);
    storeAt(pointerTo(value), elementType(value), linearIndex(value, index),
            element);
  };
  if (blocks.isCausal || !isFlat(value)) {
    SmallVector<Value> sizes;
    for (size_t dim = 0; dim < shape(value).size(); ++dim)
      sizes.push_back(extent(value, dim));
    return nest(sizes, body);
  }
  // The host passes the size, so that one kernel serves all shapes.
  int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
  loop(passed(elements), [&](Value i) { body({i}); });
}

void KernelEmitter::permute(Value source, ArrayRef<int64_t> order, int target) {
  Type type = elementType(source);
  SmallVector<int64_t> sizes;
  for (int64_t dim : order)
    sizes.push_back(shape(source)[dim]);
  Value to = parameter(target);
  nest(sizes, [&](ArrayRef<Value> index) {
    SmallVector<Value> from(index.size());
    Value linear = this->index(0);
    for (auto [i, dim] : llvm::enumerate(order)) {
      from[dim] = index[i];
      linear = add(mul(linear, this->index(sizes[i])), index[i]);
    }
    storeAt(to, type, linear, load(source, from));
  });
}

void KernelEmitter::copy(Value source, int target) {
  permute(source, llvm::to_vector(llvm::seq<int64_t>(0, shape(source).size())),
          target);
}

void KernelEmitter::storeTruth(Value truth, int target) {
  storeAt(parameter(target), b.getI1Type(), index(0), truth);
}

OwningOpRef<func::FuncOp> KernelEmitter::finish() {
  func::ReturnOp::create(b);
  // Buffers and numbers were found in any order; the host passes buffers first.
  Block &entry = function->front();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  SmallVector<Type> types(bufferParameters.size(), pointer);
  for (int buffer : bufferParameters)
    bufferPointers[buffer].replaceAllUsesWith(
        entry.addArgument(pointer, b.getLoc()));
  for (int number : numberParameters) {
    numberValues[number].replaceAllUsesWith(
        entry.addArgument(b.getI64Type(), b.getLoc()));
    types.push_back(b.getI64Type());
  }
  entry.eraseArguments(0, bufferParameters.size() + numberParameters.size());
  function->setType(b.getFunctionType(types, {}));
  for (unsigned i = 0; i < bufferParameters.size(); ++i)
    function->setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                         b.getUnitAttr());
  return std::move(function);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Type KernelEmitter::registerType(Type element) {
  return element.isBF16() ? b.getF32Type() : element;
}

Type KernelEmitter::elementType(Value tensor) {
  return getElementTypeOrSelf(tensor.getType());
}

ArrayRef<int64_t> KernelEmitter::shape(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getShape();
}

Value KernelEmitter::round(Type element, Value value) {
  return element.isBF16() ? math.roundToBF16(value) : value;
}

Value KernelEmitter::compute(OpResult value, ArrayRef<Value> index) {
  const OpLowering *lowering = lowerings.find(value.getOwner());
  assert(lowering && lowering->element && "Residency stores all other values");
  return lowering->element(*this, value, index);
}

Value KernelEmitter::element(Value tensor, ArrayRef<Value> index) {
  std::pair<void *, std::vector<void *>> key{tensor.getAsOpaquePointer(), {}};
  for (Value i : index) {
    // Constants are made anew at each use: their value is what tells them.
    APInt constant;
    if (matchPattern(i, m_ConstantInt(&constant)))
      key.second.push_back(
          reinterpret_cast<void *>(2 * constant.getSExtValue() + 1));
    else
      key.second.push_back(i.getAsOpaquePointer());
  }
  for (const auto &scope : llvm::reverse(computed)) {
    auto it = scope.find(key);
    if (it != scope.end())
      return it->second;
  }
  Value result = residency.isStored(tensor)
                     ? load(tensor, index)
                     : compute(cast<OpResult>(tensor), index);
  computed.back()[key] = result;
  return result;
}

Value KernelEmitter::linearIndex(Value tensor, ArrayRef<Value> index) {
  ArrayRef<int64_t> sizes = shape(tensor);
  // A flat kernel passes one index for all dimensions.
  if (index.size() == 1 && sizes.size() != 1)
    return index[0];
  Value linear = this->index(0);
  for (auto [i, size] : llvm::zip_equal(index, sizes))
    linear = add(mul(linear, this->index(size)), i);
  return linear;
}

Value KernelEmitter::load(Value tensor, ArrayRef<Value> index) {
  return loadAt(pointerTo(tensor), elementType(tensor),
                linearIndex(tensor, index));
}

void KernelEmitter::store(Value tensor, ArrayRef<Value> index, Value element) {
  Type type = elementType(tensor);
  storeAt(pointerTo(tensor), type, linearIndex(tensor, index),
          round(type, element));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

// i1 takes a byte; bf16 moves as bits.
static Type storageType(Type element) {
  if (element.isInteger(1))
    return IntegerType::get(element.getContext(), 8);
  if (element.isBF16())
    return IntegerType::get(element.getContext(), 16);
  return element;
}

Value KernelEmitter::parameter(int buffer) {
  Value &pointer = bufferPointers[buffer];
  if (!pointer) {
    bufferParameters.push_back(buffer);
    pointer = function->front().addArgument(
        LLVM::LLVMPointerType::get(b.getContext()), b.getLoc());
  }
  return pointer;
}

Value KernelEmitter::pointerTo(Value tensor) {
  auto it = bufferMap.find(Residency::root(tensor));
  assert(it != bufferMap.end() && "stored values have buffers");
  return parameter(it->second);
}

Value KernelEmitter::blockNumber(const BlockNumber &number) {
  int id = program.addNumber(number);
  Value &value = numberValues[id];
  if (!value) {
    numberParameters.push_back(id);
    value = function->front().addArgument(b.getI64Type(), b.getLoc());
  }
  return value;
}

Value KernelEmitter::firstRow() {
  return blockNumber({BlockNumber::Kind::FirstRow, 0, {}, blocks});
}

Value KernelEmitter::extent(Value tensor, int64_t dim) {
  bool isBlock =
      shape(tensor) == ArrayRef<int64_t>{blocks.size, blocks.columns};
  if (blocks.isCausal && isBlock && dim == 1)
    return blockNumber({BlockNumber::Kind::Columns, 0, {}, blocks});
  return index(shape(tensor)[dim]);
}

Value KernelEmitter::passed(int64_t constant) {
  return blockNumber({BlockNumber::Kind::Constant, constant, {}});
}

Value KernelEmitter::address(Value pointer, Type storage, Value linear) {
  return LLVM::GEPOp::create(b, pointer.getType(), storage, pointer,
                             ArrayRef<LLVM::GEPArg>{linear},
                             LLVM::GEPNoWrapFlags::inbounds);
}

Value KernelEmitter::loadAt(Value pointer, Type element, Value linear) {
  Type storage = storageType(element);
  Value raw =
      LLVM::LoadOp::create(b, storage, address(pointer, storage, linear));
  if (element.isInteger(1))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, raw,
                                 integer(storage, 0));
  return element.isBF16() ? math.fromBF16Bits(raw) : raw;
}

void KernelEmitter::storeAt(Value pointer, Type element, Value linear,
                            Value value) {
  Type storage = storageType(element);
  if (element.isInteger(1))
    value = arith::ExtUIOp::create(b, storage, value);
  else if (element.isBF16())
    value = math.toBF16Bits(value);
  LLVM::StoreOp::create(b, value, address(pointer, storage, linear));
}

KernelEmitter::LocalArray KernelEmitter::localArray(Type type, int64_t n) {
  Type storage = storageType(type);
  int64_t bytes = n * ((storage.getIntOrFloatBitWidth() + 7) / 8);
  if (bytes > kStackBytes - stackBytes) {
    // Lives during the step that the kernel becomes, which comes next.
    Buffer buffer;
    buffer.lifetime.bytes = bytes;
    buffer.lifetime.first = buffer.lifetime.last = program.steps.size();
    program.buffers.push_back(buffer);
    return {parameter(program.buffers.size() - 1), type};
  }
  stackBytes += bytes;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&function->front());
  Value size = arith::ConstantOp::create(b, b.getI64IntegerAttr(n));
  Value pointer =
      LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                             storage, size, /*alignment=*/64);
  return {pointer, type};
}

Value KernelEmitter::get(LocalArray array, Value at) {
  return loadAt(array.pointer, array.type, at);
}

void KernelEmitter::set(LocalArray array, Value at, Value value) {
  storeAt(array.pointer, array.type, at, value);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Value KernelEmitter::index(int64_t value) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

Value KernelEmitter::integer(Type type, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value KernelEmitter::constant(Type registerType, double value) {
  if (isa<FloatType>(registerType))
    return arith::ConstantOp::create(b, b.getFloatAttr(registerType, value));
  return integer(registerType, static_cast<int64_t>(value));
}

Value KernelEmitter::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(x, y);
}

Value KernelEmitter::mul(Value x, Value y) {
  return b.createOrFold<arith::MulIOp>(x, y);
}

Value KernelEmitter::isBelow(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, x, y);
}

Value KernelEmitter::toIndex(Value integer) {
  Type i64 = b.getI64Type();
  if (integer.getType() == i64)
    return integer;
  if (integer.getType().isInteger(1))
    return arith::ExtUIOp::create(b, i64, integer);
  return arith::ExtSIOp::create(b, i64, integer);
}

Value KernelEmitter::fromIndex(Type type, Value index) {
  if (type == index.getType())
    return index;
  if (isa<FloatType>(type))
    return arith::SIToFPOp::create(b, type, index);
  return b.createOrFold<arith::TruncIOp>(type, index);
}

Value KernelEmitter::toFloat(Type registerType, Value x) {
  unsigned from = x.getType().getIntOrFloatBitWidth();
  unsigned to = registerType.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(b, registerType, x);
  if (from > to)
    return arith::TruncFOp::create(b, registerType, x);
  return x;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static LLVM::LoopAnnotationAttr rolled(MLIRContext *context) {
  BoolAttr yes = BoolAttr::get(context, true);
  auto unroll = LLVM::LoopUnrollAttr::get(context, /*disable=*/yes, {}, {}, {},
                                          {}, {}, {});
  return LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {}, {}, {},
                                       {}, {}, {}, {}, {}, {}, {}, {});
}

void KernelEmitter::loop(int64_t n, Body body, bool keepRolled) {
  loop(index(n), body, keepRolled);
}

void KernelEmitter::loop(Value n, Body body, bool keepRolled) {
  APInt times;
  if (matchPattern(n, m_ConstantInt(&times)) && times.sle(1)) {
    if (times.isOne())
      body(index(0));
    return;
  }
  auto loop = scf::ForOp::create(b, index(0), n, index(1));
  if (keepRolled)
    loop->setAttr("llvm.loop_annotation", rolled(b.getContext()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  computed.emplace_back();
  body(loop.getInductionVar());
  computed.pop_back();
}

void KernelEmitter::nest(ArrayRef<int64_t> sizes, NestBody body) {
  nest(llvm::map_to_vector(sizes, [&](int64_t size) { return index(size); }),
       body);
}

void KernelEmitter::nest(ArrayRef<Value> sizes, NestBody body) {
  SmallVector<Value> indices;
  auto open = [&](auto &self, size_t depth) -> void {
    if (depth == sizes.size())
      return body(indices);
    loop(sizes[depth], [&](Value i) {
      indices.push_back(i);
      self(self, depth + 1);
      indices.pop_back();
    });
  };
  open(open, 0);
}

SmallVector<Value> KernelEmitter::carry(int64_t n, ValueRange initial,
                                        CarryBody body) {
  auto loop = scf::ForOp::create(b, index(0), index(n), index(1), initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  computed.emplace_back();
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  computed.pop_back();
  scf::YieldOp::create(b, next);
  return SmallVector<Value>(loop.getResults());
}

void KernelEmitter::ifThen(Value condition, llvm::function_ref<void()> body,
                           llvm::function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  for (auto [block, write] : {std::pair(branch.thenBlock(), body),
                              std::pair(branch.elseBlock(), otherwise)}) {
    if (!write)
      continue;
    b.setInsertionPointToStart(block);
    computed.emplace_back();
    write();
    computed.pop_back();
  }
}
