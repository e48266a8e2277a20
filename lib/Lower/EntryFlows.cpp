// Loops and branches: each flow has one buffer, which its sources are copied to
// unless they lie there.
#include "EntryLowering.h"

#include "Scalars.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

void EntryLowering::lowerControlFlow(Operation *op) {
  SmallVector<spmd::Flow, 4> flows = spmd::flowsOf(op);
  for (spmd::Flow &flow : flows)
    placeFlow(op, flow);
  Step begin(Step::Kind::BeginIf, op->getLoc());
  int64_t first = program.steps.size();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    lowerFor(loop, flows, begin);
  else if (auto choice = dyn_cast<scf::IfOp>(op))
    lowerIf(choice, flows, begin);
  else
    lowerWhile(cast<scf::WhileOp>(op), flows, begin);
  // What lay in memory before is needed by every turn, to the last step.
  Step &end = program.steps.back();
  for (auto [id, buffer] : llvm::enumerate(program.buffers))
    if (buffer.place == Buffer::Place::Arena &&
        buffer.lifetime.first <= first && buffer.lifetime.last >= first) {
      end.buffers.push_back(id);
      buffer.lifetime.last = program.steps.size() - 1;
    }
}

// The memory of a flow: that of what it begins with, where nothing else needs
// that, else its own with a copy.
void EntryLowering::placeFlow(Operation *op, const spmd::Flow &flow) {
  Value initial = flow.sources.front()->get();
  bool beginsBefore = flow.sources.front()->getOwner() == op;
  bool isTaken = beginsBefore && isLastReader(op, initial);
  int id =
      isTaken
          ? bufferOf(initial)
          : newArenaBuffer(cast<RankedTensorType>(flow.values[0].getType()));
  if (beginsBefore && !isTaken)
    addCopy(initial, id, op->getLoc());
  for (Value value : flow.values)
    buffers[value] = id;
}

void EntryLowering::addCopy(Value from, int to, Location location) {
  addCopy(bufferOf(from), to, cast<RankedTensorType>(from.getType()), location);
}

void EntryLowering::addCopy(int from, int to, RankedTensorType type,
                            Location location) {
  if (from == to || type.getNumElements() == 0)
    return;
  Step step(Step::Kind::Copy, location);
  step.bytes = bytesOf(type);
  step.buffers = {from, to};
  addStep(std::move(step));
}

// Hands the operands of a terminator to their flows, all at once: what lies
// in a flow's memory and goes to another one is put aside first.
void EntryLowering::handOn(Operation *terminator, ArrayRef<spmd::Flow> flows) {
  SmallVector<std::tuple<int, int, RankedTensorType>> copies;
  llvm::SmallDenseSet<int> targets;
  for (const spmd::Flow &flow : flows)
    for (OpOperand *source : flow.sources)
      if (source->getOwner() == terminator) {
        copies.push_back({bufferOf(source->get()), bufferOf(flow.values[0]),
                          cast<RankedTensorType>(source->get().getType())});
        targets.insert(bufferOf(flow.values[0]));
      }
  Location location = terminator->getLoc();
  for (auto &[from, to, type] : copies)
    if (from != to && targets.contains(from)) {
      int aside = newArenaBuffer(type);
      addCopy(from, aside, type, location);
      from = aside;
    }
  for (auto [from, to, type] : copies)
    addCopy(from, to, type, location);
}

// The byte that holds a condition: the tensor's that it is taken from, or one
// of its own.
int EntryLowering::placeCondition(Value condition, Location location) {
  if (auto extract = condition.getDefiningOp<tensor::ExtractOp>())
    return bufferOf(extract.getTensor());
  int id = newArenaBuffer(RankedTensorType::get({}, condition.getType()));
  addKernel(location, "condition",
            [&](KernelEmitter &k) { k.storeTruth(scalar(k, condition), id); });
  return id;
}

void EntryLowering::lowerFor(scf::ForOp op, ArrayRef<spmd::Flow> flows,
                             Step begin) {
  begin.kind = Step::Kind::BeginLoop;
  begin.turns = {*getConstantIntValue(op.getLowerBound()),
                 *getConstantIntValue(op.getUpperBound()),
                 *getConstantIntValue(op.getStep())};
  addStep(std::move(begin));
  lower(*op.getBody());
  handOn(op.getBody()->getTerminator(), flows);
  addMark(Step::Kind::EndLoop, op.getLoc());
}

void EntryLowering::lowerIf(scf::IfOp op, ArrayRef<spmd::Flow> flows,
                            Step begin) {
  begin.buffers = {placeCondition(op.getCondition(), op.getLoc())};
  addStep(std::move(begin));
  lower(*op.thenBlock());
  handOn(op.thenYield(), flows);
  addMark(Step::Kind::Else, op.getLoc());
  if (Block *otherwise = op.elseBlock()) {
    lower(*otherwise);
    handOn(op.elseYield(), flows);
  }
  addMark(Step::Kind::EndIf, op.getLoc());
}

void EntryLowering::lowerWhile(scf::WhileOp op, ArrayRef<spmd::Flow> flows,
                               Step begin) {
  begin.kind = Step::Kind::BeginWhile;
  addStep(std::move(begin));
  lower(*op.getBeforeBody());
  Step condition(Step::Kind::Condition, op.getLoc());
  condition.buffers = {
      placeCondition(op.getConditionOp().getCondition(), op.getLoc())};
  handOn(op.getConditionOp(), flows);
  addStep(std::move(condition));
  lower(*op.getAfterBody());
  handOn(op.getYieldOp(), flows);
  addMark(Step::Kind::EndWhile, op.getLoc());
}
