#include "moe/Interpret/Interpreter.h"

#include "moe/IR/Manual.h"
#include "moe/IR/Moe.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Interpret/Replay.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"
#include <limits>
#include <unistd.h>

using namespace mlir;

namespace moe::interpret {

//===----------------------------------------------------------------------===//
// Signatures
//===----------------------------------------------------------------------===//

using GetAttr = llvm::function_ref<Attribute(StringRef)>;

static Port portOf(func::FuncOp func, Type type, std::string defaultName,
                   GetAttr getAttr) {
  Port port;
  auto name = dyn_cast_or_null<StringAttr>(getAttr(kNameAttr));
  port.name = name ? name.str() : std::move(defaultName);
  auto global = dyn_cast_or_null<TypeAttr>(getAttr(spmd::kGlobalAttrName));
  port.globalType = global ? global.getValue() : type;
  ArrayRef<int64_t> shape = shapeOf(port.globalType);
  port.placement.layout.shape.assign(shape.begin(), shape.end());
  port.placement.layout.dims.resize(shape.size());
  if (auto bound = dyn_cast_or_null<IntegerAttr>(getAttr(kBoundAttr)))
    port.bound = bound.getInt();
  auto sharding = dyn_cast_or_null<spmd::ShardingAttr>(
      getAttr(spmd::SpmdDialect::getShardingAttrName()));
  if (!global || !sharding)
    return port;
  if (spmd::MeshOp mesh = spmd::lookupMesh(func, sharding.getMesh()))
    port.placement = {spmd::layoutOf(sharding, shape, mesh),
                      sharding.getReduction()};
  return port;
}

Signature Signature::of(func::FuncOp func) {
  Signature signature;
  for (auto [index, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto getAttr = [&, i = index](StringRef name) {
      return func.getArgAttr(i, name);
    };
    signature.isPartitioned |= bool(getAttr(spmd::kGlobalAttrName));
    signature.arguments.push_back(
        portOf(func, type, "arg" + std::to_string(index), getAttr));
  }
  for (auto [index, type] : llvm::enumerate(func.getResultTypes())) {
    auto getAttr = [&, i = index](StringRef name) {
      return func.getResultAttr(i, name);
    };
    signature.isPartitioned |= bool(getAttr(spmd::kGlobalAttrName));
    signature.results.push_back(
        portOf(func, type, "result" + std::to_string(index), getAttr));
  }
  if (!signature.isPartitioned)
    return signature;
  if (auto module = func->getParentOfType<ModuleOp>())
    for (auto mesh : module.getOps<spmd::MeshOp>())
      signature.ranks = mesh.getRanks();
  return signature;
}

//===----------------------------------------------------------------------===//
// What can be held
//===----------------------------------------------------------------------===//

static uint64_t machineBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

static LogicalResult
verifyHeld(Type type, int64_t copies,
           llvm::function_ref<InFlightDiagnostic()> emitError) {
  if (auto pending = dyn_cast<spmd::PendingType>(type))
    type = pending.getTensor();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return success();
  if (!spmd::isElementType(tensor.getElementType()))
    return emitError() << "elements must be f32, bf16, f64, i1, i8, i32 or "
                          "i64, got "
                       << type;
  if (!tensor.hasStaticShape())
    return emitError() << "shape must be static, got " << type;
  if (llvm::is_contained(tensor.getShape(), 0))
    return success();
  uint64_t bytes = llvm::SaturatingMultiply<uint64_t>(copies, sizeof(Word));
  for (int64_t size : tensor.getShape())
    bytes = llvm::SaturatingMultiply<uint64_t>(bytes, size);
  bool overflows = bytes == std::numeric_limits<uint64_t>::max();
  if (bytes <= machineBytes())
    return success();
  InFlightDiagnostic diag = emitError();
  diag << type << (overflows ? " takes at least " : " takes ") << bytes
       << " bytes";
  if (copies > 1)
    diag << " on " << copies << " ranks";
  return diag << ", the machine has " << machineBytes();
}

LogicalResult verifyValues(func::FuncOp func, int64_t ranks) {
  Signature signature = Signature::of(func);
  auto verifyPorts = [&](ArrayRef<Port> ports, TypeRange types,
                         StringRef side) {
    for (auto [port, type] : llvm::zip(ports, types)) {
      auto emitError = [&, name = StringRef(port.name)] {
        return func.emitError() << side << " '" << name << "': ";
      };
      if (failed(verifyHeld(port.globalType, 1, emitError)) ||
          failed(verifyHeld(type, ranks, emitError)))
        return failure();
    }
    return success();
  };
  if (failed(verifyPorts(signature.arguments, func.getArgumentTypes(),
                         "argument")) ||
      failed(verifyPorts(signature.results, func.getResultTypes(), "result")))
    return failure();
  WalkResult walk = func.walk([&](Operation *op) {
    for (OpResult result : op->getResults()) {
      auto emitError = [&, number = result.getResultNumber()] {
        return op->emitOpError() << "result " << number << ": ";
      };
      if (failed(verifyHeld(result.getType(), ranks, emitError)))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

namespace {

/// Values of one block under execution; a value is dropped after its last use.
/// Values of the blocks around it stay in their own frames.
class Frame {
public:
  explicit Frame(const Frame *outer = nullptr) : outer(outer) {}

  void set(Value value, RankTensors tensors) {
    int64_t uses = std::distance(value.use_begin(), value.use_end());
    if (uses)
      live[value] = {std::move(tensors), uses};
  }
  const RankTensors &get(Value value) const {
    auto entry = live.find(value);
    return entry == live.end() ? outer->get(value) : entry->second.first;
  }
  /// Ends the uses by `op`, those in its regions included: a region may run any
  /// number of times.
  void release(Operation &op) {
    op.walk([&](Operation *user) {
      for (Value operand : user->getOperands())
        if (auto entry = live.find(operand); entry != live.end())
          if (--entry->second.second == 0)
            live.erase(entry);
    });
  }

private:
  const Frame *outer;
  llvm::DenseMap<Value, std::pair<RankTensors, int64_t>> live;
};

/// One run: all ranks in lockstep.
class Execution {
public:
  Execution(Mode mode, uint64_t seed, const Signature &signature,
            Replay *replay)
      : mode(mode), seed(seed), ranks(signature.ranks),
        isPartitioned(signature.isPartitioned), replay(replay),
        distributor(mode, signature.ranks, seed) {}

  FailureOr<SmallVector<Tensor>>
  run(func::FuncOp entry, const Signature &signature, ArrayRef<Tensor> inputs);

private:
  FailureOr<SmallVector<RankTensors>> runFunction(func::FuncOp func,
                                                  ArrayRef<RankTensors> values);
  /// Runs a block on values for its arguments; returns what its terminator
  /// hands on.
  FailureOr<SmallVector<RankTensors>> runBlock(Block &block,
                                               ArrayRef<RankTensors> values,
                                               const Frame *outer = nullptr);
  LogicalResult runOp(Operation &op, Frame &frame);
  LogicalResult runFor(scf::ForOp op, Frame &frame);
  LogicalResult runIf(scf::IfOp op, Frame &frame);
  LogicalResult runWhile(scf::WhileOp op, Frame &frame);
  LogicalResult runManual(spmd::ManualOp op, Frame &frame);
  FailureOr<SmallVector<Tensor>> runRegion(spmd::ManualOp op,
                                           ArrayRef<Tensor> operands);
  FailureOr<int64_t> getEqual(const RankTensors &scalars, Operation *op,
                              StringRef role) const;
  LogicalResult runCall(func::CallOp call, Frame &frame);
  LogicalResult runCollective(spmd::CollectiveOpInterface op, Frame &frame);
  LogicalResult runReindex(spmd::ReindexOp op, Frame &frame);
  LogicalResult runOnEachRank(EvaluableOpInterface op, Frame &frame);

  Mode mode;
  uint64_t seed;
  int64_t ranks;
  bool isPartitioned;
  Replay *replay;
  Distributor distributor;
  unsigned depth = 0;
};

FailureOr<SmallVector<Tensor>> Execution::run(func::FuncOp entry,
                                              const Signature &signature,
                                              ArrayRef<Tensor> inputs) {
  SmallVector<RankTensors> arguments;
  for (auto [input, port] : llvm::zip(inputs, signature.arguments))
    arguments.push_back(distributor.scatter(input, port.placement));
  FailureOr<SmallVector<RankTensors>> locals = runFunction(entry, arguments);
  if (failed(locals))
    return failure();
  SmallVector<Tensor> results;
  for (auto [local, port] : llvm::zip(*locals, signature.results)) {
    StringRef name = port.name;
    FailureOr<Tensor> result = distributor.gather(local, port.placement, [&] {
      return entry.emitError() << "result '" << name << "': ";
    });
    if (failed(result))
      return failure();
    results.push_back(*result);
  }
  return results;
}

FailureOr<SmallVector<RankTensors>>
Execution::runFunction(func::FuncOp func, ArrayRef<RankTensors> values) {
  if (func.isExternal() || !llvm::hasSingleElement(func.getBody()))
    return func.emitError()
           << "function '" << func.getSymName()
           << "' cannot be interpreted: it needs a body of one block";
  if (failed(verifyValues(func, ranks)))
    return failure();
  return runBlock(func.getBody().front(), values);
}

static void setAll(Frame &frame, ValueRange values,
                   ArrayRef<RankTensors> tensors) {
  for (auto [value, held] : llvm::zip(values, tensors))
    frame.set(value, held);
}

static SmallVector<RankTensors> getAll(const Frame &frame, ValueRange values) {
  SmallVector<RankTensors> tensors;
  for (Value value : values)
    tensors.push_back(frame.get(value));
  return tensors;
}

FailureOr<SmallVector<RankTensors>>
Execution::runBlock(Block &block, ArrayRef<RankTensors> values,
                    const Frame *outer) {
  Frame frame(outer);
  setAll(frame, block.getArguments(), values);
  for (Operation &op : block.without_terminator()) {
    if (failed(runOp(op, frame)))
      return failure();
    frame.release(op);
  }
  return getAll(frame, block.getTerminator()->getOperands());
}

LogicalResult Execution::runOp(Operation &op, Frame &frame) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return runCall(call, frame);
  if (auto collective = dyn_cast<spmd::CollectiveOpInterface>(op))
    return runCollective(collective, frame);
  if (auto reindex = dyn_cast<spmd::ReindexOp>(op))
    return runReindex(reindex, frame);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return runFor(loop, frame);
  if (auto choice = dyn_cast<scf::IfOp>(op))
    return runIf(choice, frame);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return runWhile(loop, frame);
  if (auto manual = dyn_cast<spmd::ManualOp>(op))
    return runManual(manual, frame);
  if (auto evaluable = dyn_cast<EvaluableOpInterface>(op))
    return runOnEachRank(evaluable, frame);
  return op.emitOpError() << "cannot be interpreted: it has no evaluation";
}

LogicalResult Execution::runCall(func::CallOp call, Frame &frame) {
  constexpr unsigned kMaxDepth = 100;
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  if (!callee)
    return call.emitOpError() << "calls unknown function " << call.getCallee();
  if (depth == kMaxDepth)
    return call.emitOpError() << "is nested " << kMaxDepth
                              << " calls deep; functions must not recur";
  ++depth;
  FailureOr<SmallVector<RankTensors>> results =
      runFunction(callee, getAll(frame, call.getOperands()));
  --depth;
  if (failed(results))
    return failure();
  setAll(frame, call.getResults(), *results);
  return success();
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

// Ranks run in lockstep, as collectives in a region need it: what decides the
// way must be the same number on all of them.
FailureOr<int64_t> Execution::getEqual(const RankTensors &scalars,
                                       Operation *op, StringRef role) const {
  int64_t first = *scalars.front().data<int64_t>();
  for (auto [rank, scalar] : llvm::enumerate(scalars))
    if (int64_t other = *scalar.data<int64_t>(); other != first)
      return op->emitOpError()
             << role << " is " << first << " on rank 0 and " << other
             << " on rank " << rank
             << "; all ranks must go the same way, so make it of values that "
                "all ranks hold";
  return first;
}

LogicalResult Execution::runFor(scf::ForOp op, Frame &frame) {
  FailureOr<int64_t> begin =
      getEqual(frame.get(op.getLowerBound()), op, "lower bound");
  FailureOr<int64_t> end =
      getEqual(frame.get(op.getUpperBound()), op, "upper bound");
  FailureOr<int64_t> step = getEqual(frame.get(op.getStep()), op, "step");
  if (failed(begin) || failed(end) || failed(step))
    return failure();
  if (*step <= 0)
    return op.emitOpError() << "step must be positive, got " << *step;
  SmallVector<RankTensors> carried = getAll(frame, op.getInitArgs());
  for (int64_t i = *begin; i < *end;) {
    Tensor number = Tensor::ofType(op.getInductionVar().getType());
    *number.data<int64_t>() = i;
    carried.insert(carried.begin(), RankTensors(ranks, number));
    FailureOr<SmallVector<RankTensors>> yielded =
        runBlock(*op.getBody(), carried, &frame);
    if (failed(yielded))
      return failure();
    carried = std::move(*yielded);
    if (llvm::AddOverflow(i, *step, i))
      break;
  }
  setAll(frame, op.getResults(), carried);
  return success();
}

static bool sameTensors(ArrayRef<Tensor> a, ArrayRef<Tensor> b) {
  return llvm::equal(a, b, [](const Tensor &x, const Tensor &y) {
    return std::equal(x.words(), x.words() + x.getElements(), y.words());
  });
}

// In a global program, the region runs for all ranks of the mesh; in a region
// around it, for those that come with the same operands at once; in a
// partitioned program none is left.
LogicalResult Execution::runManual(spmd::ManualOp op, Frame &frame) {
  if (isPartitioned && !op->getParentOfType<spmd::ManualOp>())
    return op.emitOpError() << "stands in a partitioned function";
  size_t count = isPartitioned ? ranks : 1;
  std::vector<SmallVector<Tensor>> inputs(count), results(count);
  for (size_t rank = 0; rank < count; ++rank) {
    for (Value input : op.getInputs())
      inputs[rank].push_back(frame.get(input)[rank]);
    auto same = llvm::find_if(llvm::seq<size_t>(0, rank), [&](size_t other) {
      return sameTensors(inputs[other], inputs[rank]);
    });
    if (same != llvm::seq<size_t>(0, rank).end()) {
      results[rank] = results[*same];
      continue;
    }
    FailureOr<SmallVector<Tensor>> made = runRegion(op, inputs[rank]);
    if (failed(made))
      return failure();
    results[rank] = *made;
  }
  for (OpResult result : op->getResults()) {
    RankTensors each;
    for (size_t rank = 0; rank < count; ++rank)
      each.push_back(results[rank][result.getResultNumber()]);
    frame.set(result, std::move(each));
  }
  return success();
}

// What a manual region makes of global values.
FailureOr<SmallVector<Tensor>> Execution::runRegion(spmd::ManualOp op,
                                                    ArrayRef<Tensor> operands) {
  ArrayAttr shardings = op.getIn().empty() ? op.getOut() : op.getIn();
  if (shardings.empty())
    return op.emitOpError() << "has nothing that enters or leaves it";
  auto placementOf = [&](spmd::ShardingAttr sharding, Type type) {
    spmd::MeshOp mesh = spmd::lookupMesh(op, sharding.getMesh());
    return Placement{
        spmd::layoutOf(op.getManualPart(sharding), shapeOf(type), mesh),
        sharding.getReduction()};
  };
  Signature signature;
  signature.isPartitioned = true;
  auto first = cast<spmd::ShardingAttr>(shardings[0]);
  signature.ranks = spmd::lookupMesh(op, first.getMesh()).getRanks();
  Execution inner(mode, seed, signature, nullptr);
  SmallVector<RankTensors> inputs;
  for (auto [index, input] : llvm::enumerate(op.getInputs()))
    inputs.push_back(inner.distributor.scatter(
        operands[index],
        placementOf(op.getInputSharding(index), input.getType())));
  FailureOr<SmallVector<RankTensors>> locals =
      inner.runBlock(op.getBody().front(), inputs);
  if (failed(locals))
    return failure();
  SmallVector<Tensor> results;
  for (OpResult result : op->getResults()) {
    unsigned index = result.getResultNumber();
    FailureOr<Tensor> whole = inner.distributor.gather(
        (*locals)[index],
        placementOf(op.getResultSharding(index), result.getType()),
        [&] { return op.emitOpError() << "result " << index << ": "; });
    if (failed(whole))
      return failure();
    results.push_back(*whole);
  }
  return results;
}

LogicalResult Execution::runIf(scf::IfOp op, Frame &frame) {
  FailureOr<int64_t> condition =
      getEqual(frame.get(op.getCondition()), op, "condition");
  if (failed(condition))
    return failure();
  Region &region = *condition ? op.getThenRegion() : op.getElseRegion();
  if (region.empty())
    return success();
  FailureOr<SmallVector<RankTensors>> yielded =
      runBlock(region.front(), {}, &frame);
  if (failed(yielded))
    return failure();
  setAll(frame, op.getResults(), *yielded);
  return success();
}

LogicalResult Execution::runWhile(scf::WhileOp op, Frame &frame) {
  constexpr int64_t kMostTurns = 1'000'000;
  SmallVector<RankTensors> carried = getAll(frame, op.getInits());
  for (int64_t turn = 0; turn < kMostTurns; ++turn) {
    FailureOr<SmallVector<RankTensors>> before =
        runBlock(*op.getBeforeBody(), carried, &frame);
    if (failed(before))
      return failure();
    FailureOr<int64_t> condition =
        getEqual(before->front(), op.getConditionOp(), "condition");
    if (failed(condition))
      return failure();
    ArrayRef<RankTensors> handed = ArrayRef(*before).drop_front();
    if (!*condition) {
      setAll(frame, op.getResults(), handed);
      return success();
    }
    FailureOr<SmallVector<RankTensors>> after =
        runBlock(*op.getAfterBody(), handed, &frame);
    if (failed(after))
      return failure();
    carried = std::move(*after);
  }
  return op.emitOpError() << "still goes on after " << kMostTurns << " turns";
}

LogicalResult Execution::runCollective(spmd::CollectiveOpInterface op,
                                       Frame &frame) {
  if (!isPartitioned)
    return op->emitOpError()
           << "needs a partitioned function, whose arguments or results carry "
           << spmd::kGlobalAttrName;
  ArrayRef<int64_t> shape = op.getGlobalType().getShape();
  auto placementOf = [&](spmd::ShardingAttr sharding) {
    spmd::MeshOp mesh = spmd::lookupMesh(op, sharding.getMesh());
    return Placement{spmd::layoutOf(sharding, shape, mesh),
                     sharding.getReduction()};
  };
  FailureOr<RankTensors> result = distributor.redistribute(
      frame.get(op->getOperand(0)), placementOf(op.getSource()),
      placementOf(op.getTarget()), [&] { return op->emitOpError(); });
  if (failed(result))
    return failure();
  frame.set(op->getResult(0), std::move(*result));
  return success();
}

LogicalResult Execution::runReindex(spmd::ReindexOp op, Frame &frame) {
  if (!isPartitioned)
    return op->emitOpError()
           << "needs a partitioned function, whose arguments or results carry "
           << spmd::kGlobalAttrName;
  FailureOr<RankTensors> result = distributor.reindex(
      frame.get(op.getInput()), op.getSourceLayout(), op.getTargetLayout(),
      op.getIndexMap(), op.getInto() ? frame.get(op.getInto()) : RankTensors(),
      [&] { return op->emitOpError(); });
  if (failed(result))
    return failure();
  frame.set(op.getResult(), std::move(*result));
  return success();
}

LogicalResult Execution::runOnEachRank(EvaluableOpInterface op, Frame &frame) {
  // In a manual region it concerns the axes that the region is not run over.
  if (isPartitioned && isa<spmd::ReshardOp>(op) &&
      !op->getParentOfType<spmd::ManualOp>())
    return op->emitOpError()
           << "stands in a partitioned function; spmd-partition turns it into "
              "collectives";
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  SmallVector<RankTensors> results(op->getNumResults());
  for (int64_t rank = 0; rank < ranks; ++rank) {
    SmallVector<Tensor> operands;
    for (Value operand : op->getOperands())
      operands.push_back(frame.get(operand)[rank]);
    for (Value value : captured)
      operands.push_back(frame.get(value)[rank]);
    Evaluation evaluation(op, mode, rank, operands);
    if (failed(op.evaluate(evaluation)) ||
        (replay && failed(replay->follow(op, evaluation))))
      return failure();
    for (auto [result, tensor] : llvm::zip(results, evaluation.getResults())) {
      roundToType(tensor, mode);
      result.push_back(tensor);
    }
  }
  for (auto [value, tensors] : llvm::zip(op->getResults(), results))
    frame.set(value, std::move(tensors));
  return success();
}

} // namespace

FailureOr<SmallVector<Tensor>>
Interpreter::run(func::FuncOp entry, ArrayRef<Tensor> inputs, Replay *replay) {
  Signature signature = Signature::of(entry);
  assert((!replay || (mode == Mode::Float && !signature.isPartitioned)) &&
         "choices are followed in floats and on global shapes");
  if (inputs.size() != signature.arguments.size())
    return entry.emitError()
           << "'" << entry.getSymName() << "' takes "
           << signature.arguments.size() << " inputs, got " << inputs.size();
  for (auto [input, port] : llvm::zip(inputs, signature.arguments))
    if (input.getShape() != shapeOf(port.globalType) ||
        input.getElementType() != elementTypeOf(port.globalType))
      return entry.emitError()
             << "input '" << port.name << "' must be " << port.globalType
             << ", got "
             << RankedTensorType::get(input.getShape(), input.getElementType());
  return Execution(mode, seed, signature, replay).run(entry, signature, inputs);
}

} // namespace moe::interpret
