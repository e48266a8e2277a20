#include "EntryLowering.h"

#include "EinsumSites.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

void EntryLowering::run() {
  placeArguments();
  auto results = function.front().getTerminator()->getOperands();
  for (auto [i, result] : llvm::enumerate(results)) {
    Value root = Residency::root(result);
    if (!isa<BlockArgument>(root) && !constantData(root))
      resultNumbers.try_emplace(root, i);
  }
  lower(function.front());
  for (auto [i, result] : llvm::enumerate(results))
    finishResult(result, i);
  program.planArena();
}

int EntryLowering::runOn(ArrayRef<int> arguments) {
  for (auto [argument, id] : llvm::zip(function.getArguments(), arguments))
    buffers[argument] = id;
  pinned.insert(arguments.begin() + 1, arguments.end());
  lower(function.front());
  return bufferOf(function.front().getTerminator()->getOperand(0));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

int64_t EntryLowering::bytesOf(RankedTensorType type) {
  int64_t bits = type.getElementType().getIntOrFloatBitWidth();
  return type.getNumElements() * ((bits + 7) / 8);
}

int EntryLowering::newArenaBuffer(RankedTensorType type) {
  Buffer buffer;
  buffer.lifetime.bytes = bytesOf(type);
  buffer.lifetime.first = buffer.lifetime.last = program.steps.size();
  return newBuffer(buffer);
}

// Whether `root` lies in the arena and may be overwritten.
bool EntryLowering::ownsBuffer(Value root) const {
  int id = bufferOf(root);
  return program.buffers[id].place == Buffer::Place::Arena &&
         !pinned.contains(id);
}

// Whether nothing reads what `op` reads after it: in a loop, no other turn.
bool EntryLowering::isLastReader(Operation *op, Value value) const {
  return value.hasOneUse() && Residency::root(value) == value &&
         value.getParentBlock() == op->getBlock() && ownsBuffer(value);
}

void EntryLowering::placeArguments() {
  for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
    Buffer buffer;
    buffer.place = Buffer::Place::Argument;
    buffer.index = i;
    buffers[argument] = newBuffer(buffer);
  }
}

// Memory for a value that the next step writes: a result's own, where it is
// one.
int EntryLowering::placeResult(Value value) {
  auto it = resultNumbers.find(value);
  int id;
  if (it == resultNumbers.end()) {
    auto pending = dyn_cast<spmd::PendingType>(value.getType());
    id = newArenaBuffer(pending ? pending.getTensor()
                                : cast<RankedTensorType>(value.getType()));
  } else {
    Buffer buffer;
    buffer.place = Buffer::Place::Result;
    buffer.index = it->second;
    id = newBuffer(buffer);
  }
  buffers[value] = id;
  return id;
}

// The same for the one result of a kernel, which may overwrite what it reads.
void EntryLowering::placeOverOperand(Operation *op) {
  Value value = op->getResult(0);
  for (Value root : reuse.candidates(op)) {
    int id = bufferOf(root);
    if (program.buffers[id].place == Buffer::Place::Arena &&
        !resultNumbers.count(value) && !pinned.contains(id)) {
      buffers[value] = id;
      return;
    }
  }
  placeResult(value);
}

void EntryLowering::placeConstant(Value value, DenseElementsAttr data) {
  Buffer buffer;
  buffer.place = Buffer::Place::Constant;
  buffer.index = constants.intern(data);
  buffers[value] = newBuffer(buffer);
}

void EntryLowering::placeTurnView(Value value, const TurnView &view) {
  Buffer buffer;
  buffer.place = Buffer::Place::Turn;
  buffer.index = bufferOf(view.table);
  buffer.depth = view.depth;
  buffer.rowBytes = view.rowBytes;
  buffers[value] = newBuffer(buffer);
}

// A result that lies elsewhere (an argument, a constant, returned twice) is
// copied to its place.
void EntryLowering::finishResult(Value value, int64_t number) {
  const Buffer &have = program.buffers[bufferOf(value)];
  if (have.place == Buffer::Place::Result && have.index == number)
    return;
  Buffer buffer;
  buffer.place = Buffer::Place::Result;
  buffer.index = number;
  int target = newBuffer(buffer);
  addKernel(function.getLoc(), "func.return",
            [&](KernelEmitter &k) { k.copy(value, target); });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void EntryLowering::addStep(Step step) {
  for (int id : step.buffers)
    for (Buffer *buffer = &program.buffers[id];;
         buffer = &program.buffers[buffer->index]) {
      buffer->lifetime.last = program.steps.size();
      if (buffer->place != Buffer::Place::Turn)
        break;
    }
  program.steps.push_back(std::move(step));
}

// Emits a kernel by `write` and a step that calls it.
void EntryLowering::addKernel(Location location, StringRef op,
                              llvm::function_ref<void(KernelEmitter &)> write) {
  KernelEmitter emitter(location, lowerings, residency, buffers, program,
                        blocks);
  write(emitter);
  Step step(Step::Kind::Kernel, location);
  OwningOpRef<func::FuncOp> kernel = emitter.finish();
  step.buffers.assign(emitter.buffers().begin(), emitter.buffers().end());
  step.numbers.assign(emitter.numbers().begin(), emitter.numbers().end());
  step.kernel = kernels.intern(std::move(kernel), op);
  addStep(std::move(step));
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void EntryLowering::lower(Block &block) {
  for (Operation &op : block.without_terminator())
    lower(&op);
}

static bool viewsOnly(Operation *op) {
  return viewedOperand(op) && !isa<spmd::DoneOp>(op);
}

void EntryLowering::lower(Operation *op) {
  if (spmd::isControlFlow(op))
    return lowerControlFlow(op);
  if (!residency.isLive(op) || viewsOnly(op))
    return;
  if (auto data = constantData(op->getResult(0)))
    return placeConstant(op->getResult(0), data);
  if (auto chain = chains.find(op); chain != chains.end())
    return lowerChain(op, chain->second);
  if (std::optional<TurnView> view = turnViewOf(op))
    return placeTurnView(op->getResult(0), *view);
  if (isMatmul(op))
    return lowerMatmul(cast<EinsumOp>(op));
  if (auto collective = dyn_cast<spmd::CollectiveOpInterface>(op))
    return lowerCollective(collective);
  if (auto reindex = dyn_cast<spmd::ReindexOp>(op))
    return lowerReindex(reindex);
  if (auto done = dyn_cast<spmd::DoneOp>(op))
    return lowerDone(done);
  const OpLowering *lowering = lowerings.find(op);
  StringRef name = op->getName().getStringRef();
  if (lowering->kernel) {
    if (op->getNumResults() == 1)
      placeOverOperand(op);
    else
      for (Value result : op->getResults())
        placeResult(result);
    return addKernel(op->getLoc(), name,
                     [&](KernelEmitter &k) { lowering->kernel(k, op); });
  }
  if (!residency.isStored(op->getResult(0)))
    return;
  placeOverOperand(op);
  addKernel(op->getLoc(), name,
            [&](KernelEmitter &k) { k.storeAll(op->getResult(0)); });
}

void EntryLowering::lowerCollective(spmd::CollectiveOpInterface op) {
  bool isStart = isa<spmd::StartOp>(op);
  Step step(isStart ? Step::Kind::Start : Step::Kind::Collective, op->getLoc());
  step.site = manifest.addCollective(program.name, op);
  step.buffers = {bufferOf(op->getOperand(0)), placeResult(op->getResult(0))};
  if (isStart)
    underWay.try_emplace(op->getResult(0), step);
  addStep(std::move(step));
}

// What the map does not reach keeps what the buffer holds: that of `into`
// itself where nobody else reads it, else a copy.
void EntryLowering::lowerReindex(spmd::ReindexOp op) {
  Value into = op.getInto(), result = op.getResult();
  if (into && isLastReader(op, into) && !resultNumbers.count(result))
    buffers[result] = bufferOf(into);
  else if (int target = placeResult(result); into)
    addKernel(op.getLoc(), op->getName().getStringRef(),
              [&](KernelEmitter &k) { k.copy(into, target); });
  Step step(Step::Kind::Collective, op->getLoc());
  step.site = manifest.addReindex(program.name, op);
  step.buffers = {bufferOf(op.getInput()), bufferOf(result)};
  addStep(std::move(step));
}

// Both buffers are in use until here.
void EntryLowering::lowerDone(spmd::DoneOp op) {
  Step step = underWay.find(op.getPending())->second;
  step.kind = Step::Kind::Done;
  step.location = op.getLoc();
  addStep(std::move(step));
}
