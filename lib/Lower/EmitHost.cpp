#include "EmitHost.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

namespace {

class HostEmitter {
public:
  HostEmitter(ModuleOp module, const HostProgram &program,
              ArrayRef<std::string> constants)
      : module(module), program(program), constants(constants),
        b(module.getLoc(), OpBuilder::atBlockEnd(module.getBody())),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  void emit() {
    SmallVector<Type> inputs(4, pointer);
    auto function = func::FuncOp::create(b, program.symbol(),
                                         b.getFunctionType(inputs, {}));
    entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    for (const BlockNumber &number : program.numbers)
      numbers.push_back(number.isOfTurn() ? Value() : blockNumber(number));
    for (const Step &step : program.steps)
      emitStep(step);
    func::ReturnOp::create(b);
  }

private:
  Value context() { return entry->getArgument(0); }

  Value number(Type type, int64_t value) {
    return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
  }
  Value i64(int64_t value) { return number(b.getI64Type(), value); }

  // The function `name` of the runtime, declared at its first use.
  func::FuncOp runtime(StringRef name, TypeRange inputs, TypeRange results) {
    if (auto function = module.lookupSymbol<func::FuncOp>(name))
      return function;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto function =
        func::FuncOp::create(b, name, b.getFunctionType(inputs, results));
    function.setPrivate();
    return function;
  }

  void callRuntime(StringRef name, ValueRange operands) {
    func::CallOp::create(b, runtime(name, operands.getTypes(), {}), operands);
  }

  // Entry `index` of an array of pointers.
  Value pointerFrom(Value array, int64_t index) {
    Value slot = LLVM::GEPOp::create(b, pointer, pointer, array,
                                     ArrayRef<LLVM::GEPArg>{int32_t(index)});
    return LLVM::LoadOp::create(b, pointer, slot);
  }

  Value address(int id) {
    const Buffer &buffer = program.buffers[id];
    switch (buffer.place) {
    case Buffer::Place::Arena:
      return LLVM::GEPOp::create(b, pointer, b.getI8Type(),
                                 entry->getArgument(1),
                                 ArrayRef<LLVM::GEPArg>{i64(buffer.offset)});
    case Buffer::Place::Argument:
      return pointerFrom(entry->getArgument(2), buffer.index);
    case Buffer::Place::Result:
      return pointerFrom(entry->getArgument(3), buffer.index);
    case Buffer::Place::Turn: {
      Value row =
          arith::MulIOp::create(b, turns[buffer.depth], i64(buffer.rowBytes));
      return LLVM::GEPOp::create(b, pointer, b.getI8Type(),
                                 address(buffer.index),
                                 ArrayRef<LLVM::GEPArg>{row});
    }
    case Buffer::Place::Constant:
      return LLVM::AddressOfOp::create(b, pointer, constants[buffer.index]);
    }
    llvm_unreachable("all places are listed");
  }

  // Block k of n over d is [ceil(k n / d), ceil((k + 1) n / d)), where k is the
  // mixed-radix number of the digits of the rank.
  Value blockNumber(const BlockNumber &block) {
    if (block.kind == BlockNumber::Kind::Constant)
      return i64(block.elements);
    if (!rank) {
      func::FuncOp function =
          runtime("moert_rank", {pointer}, {b.getI32Type()});
      Value number = func::CallOp::create(b, function, context()).getResult(0);
      rank = arith::ExtSIOp::create(b, b.getI64Type(), number);
    }
    Value k = i64(0);
    int64_t blocks = 1;
    for (const moert::Digit &digit : block.digits) {
      Value value = arith::DivUIOp::create(b, rank, i64(digit.stride));
      value = arith::RemUIOp::create(b, value, i64(digit.size));
      k = arith::AddIOp::create(b, arith::MulIOp::create(b, k, i64(digit.size)),
                                value);
      blocks *= digit.size;
    }
    auto begin = [&](Value at) -> Value {
      Value scaled = arith::MulIOp::create(b, at, i64(block.elements));
      scaled = arith::AddIOp::create(b, scaled, i64(blocks - 1));
      return arith::DivUIOp::create(b, scaled, i64(blocks));
    };
    Value first = begin(k);
    if (block.kind == BlockNumber::Kind::Begin)
      return first;
    return arith::SubIOp::create(b, begin(arith::AddIOp::create(b, k, i64(1))),
                                 first);
  }

  // The byte of a condition, on this rank.
  Value isTrue(int buffer) {
    Value byte = LLVM::LoadOp::create(b, b.getI8Type(), address(buffer));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, byte,
                                 number(b.getI8Type(), 0));
  }

  // After an error the runtime writes nothing any more, so a condition that it
  // feeds may stay true for ever.
  Value hasNotFailed() {
    func::FuncOp function =
        runtime("moert_failed", {pointer}, {b.getI32Type()});
    Value failed = func::CallOp::create(b, function, context()).getResult(0);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, failed,
                                 number(b.getI32Type(), 0));
  }

  void leaveRegion() {
    b.setInsertionPointAfter(b.getInsertionBlock()->getParentOp());
  }

  // Marks of control flow; false for other steps.
  bool emitMark(const Step &step) {
    switch (step.kind) {
    case Step::Kind::BeginSlices:
      beginSlices(step.slices);
      return true;
    case Step::Kind::BeginLoop: {
      auto loop = scf::ForOp::create(b, i64(step.turns.begin),
                                     i64(step.turns.end), i64(step.turns.step));
      turns.push_back(loop.getInductionVar());
      b.setInsertionPointToStart(loop.getBody());
      return true;
    }
    case Step::Kind::EndLoop:
      turns.pop_back();
      leaveRegion();
      return true;
    case Step::Kind::BeginIf: {
      auto choice = scf::IfOp::create(b, isTrue(step.buffers[0]),
                                      /*withElseRegion=*/true);
      b.setInsertionPointToStart(choice.thenBlock());
      return true;
    }
    case Step::Kind::Else: {
      auto choice = cast<scf::IfOp>(b.getInsertionBlock()->getParentOp());
      b.setInsertionPointToStart(choice.elseBlock());
      return true;
    }
    case Step::Kind::BeginWhile: {
      auto loop = scf::WhileOp::create(b, TypeRange(), ValueRange());
      b.createBlock(&loop.getAfter());
      b.createBlock(&loop.getBefore());
      return true;
    }
    case Step::Kind::Condition: {
      auto loop = cast<scf::WhileOp>(b.getInsertionBlock()->getParentOp());
      Value goesOn =
          arith::AndIOp::create(b, isTrue(step.buffers[0]), hasNotFailed());
      scf::ConditionOp::create(b, goesOn, ValueRange());
      b.setInsertionPointToStart(loop.getAfterBody());
      return true;
    }
    case Step::Kind::EndWhile:
      scf::YieldOp::create(b);
      leaveRegion();
      return true;
    case Step::Kind::EndSlices:
    case Step::Kind::EndIf:
      leaveRegion();
      return true;
    default:
      return false;
    }
  }

  void copy(const Step &step) {
    LLVM::MemcpyOp::create(b, address(step.buffers[1]),
                           address(step.buffers[0]), i64(step.bytes),
                           /*isVolatile=*/false);
  }

  // Of the turn: which block of rows it is changes fastest.
  Value turnNumber(const BlockNumber &number) {
    if (number.kind == BlockNumber::Kind::Turn)
      return turns[number.elements];
    const RowBlocks &blocks = number.blocks;
    Value block = arith::RemUIOp::create(b, slice, i64(blocks.count()));
    Value row = arith::MulIOp::create(b, block, i64(blocks.size));
    Value first = arith::MinUIOp::create(b, row, i64(blocks.lastFirst()));
    if (number.kind == BlockNumber::Kind::FirstRow)
      return first;
    // Up to the diagonal of the last row, in whole lanes.
    Value end = arith::AddIOp::create(b, first, i64(blocks.size + kLanes - 1));
    Value lanes = arith::DivUIOp::create(b, end, i64(kLanes));
    Value columns = arith::MulIOp::create(b, lanes, i64(kLanes));
    return arith::MinUIOp::create(b, columns, i64(blocks.columns));
  }

  void beginSlices(int64_t slices) {
    auto loop = scf::ForOp::create(b, i64(0), i64(slices), i64(1));
    slice = loop.getInductionVar();
    b.setInsertionPointToStart(loop.getBody());
  }

  void emitStep(const Step &step) {
    b.setLoc(step.location);
    if (emitMark(step))
      return;
    if (step.kind == Step::Kind::Copy)
      return copy(step);
    SmallVector<Value> operands;
    if (step.kind != Step::Kind::Kernel) {
      operands.push_back(context());
      operands.push_back(number(b.getI32Type(), step.site));
    }
    if (step.kind == Step::Kind::MatmulSlice)
      operands.push_back(slice);
    if (step.kind != Step::Kind::Done)
      for (int buffer : step.buffers)
        operands.push_back(address(buffer));
    for (int id : step.numbers)
      operands.push_back(numbers[id] ? numbers[id]
                                     : turnNumber(program.numbers[id]));
    switch (step.kind) {
    case Step::Kind::Kernel:
      func::CallOp::create(b, step.kernel, TypeRange(), operands);
      return;
    case Step::Kind::Matmul:
      return callRuntime("moert_matmul", operands);
    case Step::Kind::MatmulSlice:
      return callRuntime("moert_matmul_slice", operands);
    case Step::Kind::Collective:
      return callRuntime("moert_collective", operands);
    case Step::Kind::Start:
      return callRuntime("moert_collective_start", operands);
    case Step::Kind::Done:
      return callRuntime("moert_collective_done", operands);
    default:
      llvm_unreachable("all kinds are listed");
    }
  }

  ModuleOp module;
  const HostProgram &program;
  ArrayRef<std::string> constants;
  ImplicitLocOpBuilder b;
  Type pointer;
  Block *entry = nullptr;
  Value rank, slice;
  /// The numbers of the turns of the loops around, outermost first.
  SmallVector<Value> turns;
  SmallVector<Value> numbers;
};

} // namespace

void moe::lower::emitHost(ModuleOp module, const HostProgram &program,
                          ArrayRef<std::string> constants) {
  HostEmitter(module, program, constants).emit();
}
