// Functions on tensors become flat programs: see Passes.td.
#include "EinsumSites.h"
#include "EmitHost.h"
#include "KernelEmitter.h"
#include "ManifestWriter.h"
#include "Reuse.h"
#include "Scalars.h"
#include "SliceChain.h"
#include "TurnViews.h"
#include "moe/IR/ControlFlow.h"
#include "moe/Lower/Passes.h"

#include "runtime/core/Isa.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/ScopeExit.h"

namespace moe {
#define GEN_PASS_DEF_MOELOWERTOCALLS
#include "moe/Lower/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;
using namespace moe::lower;

namespace {

// The module's kernels, each different one once.
class KernelLibrary {
public:
  explicit KernelLibrary(ModuleOp module) : module(module) {}

  // The symbol of `kernel`, or of an equal one that is there already.
  std::string intern(OwningOpRef<func::FuncOp> kernel, StringRef op) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    kernel->print(stream, OpPrintingFlags().useLocalScope());
    auto [it, isNew] = byText.try_emplace(text, kernels.size());
    if (isNew)
      add(std::move(kernel), op);
    ++kernels[it->second].calls;
    return kernels[it->second].symbol;
  }

  struct Kernel {
    std::string symbol, op;
    int64_t calls = 0;
  };
  ArrayRef<Kernel> all() const { return kernels; }

private:
  // Never inlined: the host stays a list of calls, and its compile time linear.
  void add(OwningOpRef<func::FuncOp> kernel, StringRef op) {
    MLIRContext *context = module.getContext();
    std::string symbol = "moe_kernel_" + std::to_string(kernels.size());
    kernel->setName(symbol);
    kernel->setPrivate();
    (*kernel)->setAttr(
        "passthrough",
        ArrayAttr::get(context, StringAttr::get(context, "noinline")));
    (*kernel)->setAttr("llvm.linkage", LLVM::LinkageAttr::get(
                                           context, LLVM::Linkage::Internal));
    module.push_back(kernel.release());
    kernels.push_back({symbol, op.str(), 0});
  }

  ModuleOp module;
  llvm::StringMap<size_t> byText;
  std::vector<Kernel> kernels;
};

// Large constants of the module, each different one once.
class ConstantLibrary {
public:
  explicit ConstantLibrary(ModuleOp module) : module(module) {}

  int64_t intern(DenseElementsAttr data) {
    auto [it, isNew] = byData.try_emplace(data, symbols.size());
    if (isNew)
      add(data);
    return it->second;
  }
  ArrayRef<std::string> all() const { return symbols; }

private:
  void add(DenseElementsAttr data) {
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    std::string symbol = "moe_constant_" + std::to_string(symbols.size());
    symbols.push_back(symbol);
    // Booleans take a byte each.
    if (data.getElementType().isInteger(1))
      data = data.mapValues(builder.getI8Type(),
                            [](const APInt &bit) { return bit.zext(8); });
    data = data.reshape(
        RankedTensorType::get({data.getNumElements()}, data.getElementType()));
    LLVM::GlobalOp::create(
        builder, module.getLoc(),
        LLVM::LLVMArrayType::get(data.getElementType(), data.getNumElements()),
        /*isConstant=*/true, LLVM::Linkage::Internal, symbol, data,
        /*alignment=*/64);
  }

  ModuleOp module;
  llvm::DenseMap<Attribute, int64_t> byData;
  std::vector<std::string> symbols;
};

// Makes what costs nothing anew in each block that reads it, so that a block
// looks the same whether it is a loop's or a function's.
static void sinkCheap(func::FuncOp function, const OpLowerings &lowerings) {
  function.walk([&](Operation *op) {
    const OpLowering *lowering = lowerings.find(op);
    if (!lowering || !lowering->isCheap || op->getNumOperands() ||
        constantData(op->getResult(0)))
      return;
    llvm::SmallMapVector<Block *, Operation *, 4> copies;
    for (OpOperand &use :
         llvm::make_early_inc_range(op->getResult(0).getUses())) {
      Block *block = use.getOwner()->getBlock();
      if (block == op->getBlock())
        continue;
      Operation *&copy = copies[block];
      if (!copy)
        copy = OpBuilder::atBlockBegin(block).clone(*op);
      use.set(copy->getResult(0));
    }
  });
}

// Lowers one function into its host program.
class EntryLowering {
public:
  EntryLowering(func::FuncOp function, const OpLowerings &lowerings,
                const Residency &residency, const SliceChains &chains,
                KernelLibrary &kernels, ConstantLibrary &constants,
                ManifestWriter &manifest, HostProgram &program,
                const RowBlocks &blocks = {})
      : function(function), lowerings(lowerings), residency(residency),
        reuse(function, lowerings, residency), chains(chains), kernels(kernels),
        constants(constants), manifest(manifest), program(program),
        blocks(blocks) {}

  void run() {
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

  // The steps of `function`, the middle of a chain, on `arguments`; the first
  // may be overwritten, the others are the next turn's too. Returns the buffer
  // of its result.
  int runOn(ArrayRef<int> arguments) {
    for (auto [argument, id] : llvm::zip(function.getArguments(), arguments))
      buffers[argument] = id;
    pinned.insert(arguments.begin() + 1, arguments.end());
    lower(function.front());
    return bufferOf(function.front().getTerminator()->getOperand(0));
  }

private:
  static int64_t bytesOf(RankedTensorType type) {
    int64_t bits = type.getElementType().getIntOrFloatBitWidth();
    return type.getNumElements() * ((bits + 7) / 8);
  }

  int newBuffer(Buffer buffer) {
    program.buffers.push_back(buffer);
    return program.buffers.size() - 1;
  }

  int newArenaBuffer(RankedTensorType type) {
    Buffer buffer;
    buffer.lifetime.bytes = bytesOf(type);
    buffer.lifetime.first = buffer.lifetime.last = program.steps.size();
    return newBuffer(buffer);
  }

  void placeArguments() {
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      Buffer buffer;
      buffer.place = Buffer::Place::Argument;
      buffer.index = i;
      buffers[argument] = newBuffer(buffer);
    }
  }

  // Memory for a value that the next step writes: a result's own, where it is
  // one.
  int placeResult(Value value) {
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
  void placeOverOperand(Operation *op) {
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

  int bufferOf(Value value) const {
    return buffers.lookup(Residency::root(value));
  }

  void addStep(Step step) {
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
  void addKernel(Location location, StringRef op,
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

  void lower(Block &block) {
    for (Operation &op : block.without_terminator())
      lower(&op);
  }

  void lower(Operation *op) {
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

  static bool viewsOnly(Operation *op) {
    return viewedOperand(op) && !isa<spmd::DoneOp>(op);
  }

  void placeConstant(Value value, DenseElementsAttr data) {
    Buffer buffer;
    buffer.place = Buffer::Place::Constant;
    buffer.index = constants.intern(data);
    buffers[value] = newBuffer(buffer);
  }

  void placeTurnView(Value value, const TurnView &view) {
    Buffer buffer;
    buffer.place = Buffer::Place::Turn;
    buffer.index = bufferOf(view.table);
    buffer.depth = view.depth;
    buffer.rowBytes = view.rowBytes;
    buffers[value] = newBuffer(buffer);
  }

  // `value` in another order of its dimensions, in memory of its own.
  int permuted(EinsumOp op, Value value, StringRef have,
               const std::string &want) {
    SmallVector<int64_t> order;
    for (char letter : want)
      order.push_back(have.find(letter));
    int target = newArenaBuffer(cast<RankedTensorType>(value.getType()));
    addKernel(op.getLoc(), op->getName().getStringRef(),
              [&](KernelEmitter &k) { k.permute(value, order, target); });
    return target;
  }

  // The buffer of an operand, in the order of letters that a product wants.
  int placeOperand(EinsumOp op, unsigned operand, const std::string &order) {
    Value value = op.getInputs()[operand];
    return order.empty()
               ? bufferOf(value)
               : permuted(op, value, op.getInputLetters(operand), order);
  }

  // A product whose operands are placed, all but its result.
  Step matmulStep(Step::Kind kind, EinsumOp op, const Contraction &contraction,
                  int aBuffer, int bBuffer) {
    Value weights = op.getInputs()[contraction.isSwapped ? 0 : 1];
    int64_t bArgument =
        contraction.bCopy.empty() ? parameterNumber(weights) : -1;
    Step step(kind, op.getLoc());
    step.site = manifest.addMatmul(program.name, op, contraction, bArgument);
    step.buffers = {aBuffer, bBuffer};
    return step;
  }

  void lowerMatmul(EinsumOp op) {
    Contraction contraction = *matmulOf(op);
    unsigned a = contraction.isSwapped ? 1 : 0;
    int aBuffer = placeOperand(op, a, contraction.aCopy);
    int bBuffer = placeOperand(op, 1 - a, contraction.bCopy);
    Step step =
        matmulStep(Step::Kind::Matmul, op, contraction, aBuffer, bBuffer);
    step.buffers.push_back(placeResult(op.getResult()));
    addStep(std::move(step));
  }

  // Blocks of rows as the last dimension of the batch.
  static void cutRows(Contraction &product, const RowBlocks &blocks) {
    product.rows = product.m;
    product.m = blocks.size;
    product.batch.push_back(blocks.count());
    for (auto *strides : {&product.aStrides, &product.cStrides})
      strides->insert(strides->end() - 2, strides->end()[-2]);
    product.bStrides.insert(product.bStrides.end() - 2, 0);
  }

  // One slice of a product, `n` columns and sums of `k`.
  void addSlice(Step step, int result, const BlockNumber &n,
                const BlockNumber &k) {
    step.buffers.push_back(result);
    step.numbers = {program.addNumber(n), program.addNumber(k)};
    addStep(std::move(step));
  }

  // `all` columns, or those of a causal block.
  static BlockNumber columns(const RowBlocks &blocks, int64_t all) {
    if (blocks.isCausal)
      return {BlockNumber::Kind::Columns, 0, {}, blocks};
    return {BlockNumber::Kind::Constant, all, {}};
  }

  // One slice of the first product after the other: see SliceChain.h.
  void lowerChain(Operation *call, SliceChain chain) {
    Contraction &one = chain.firstProduct, &two = chain.lastProduct;
    unsigned a = one.isSwapped ? 1 : 0;
    int aBuffer = placeOperand(chain.first, a, one.aCopy);
    int bBuffer = placeOperand(chain.first, 1 - a, one.bCopy);
    bool carriesA = chain.carried == (two.isSwapped ? 1u : 0u);
    int other = placeOperand(chain.last, 1 - chain.carried,
                             carriesA ? two.bCopy : two.aCopy);
    int result = placeResult(call->getResult(0));

    Step begin(Step::Kind::BeginSlices, call->getLoc());
    begin.slices = chain.slices;
    addStep(std::move(begin));
    if (chain.blocks.rows) {
      cutRows(one, chain.blocks);
      cutRows(two, chain.blocks);
    }
    // A buffer of one slice is the same for each.
    std::fill_n(one.cStrides.begin(), one.batch.size(), 0);
    auto &carriedStrides = carriesA ? two.aStrides : two.bStrides;
    std::fill_n(carriedStrides.begin(), two.batch.size(), 0);
    Step first =
        matmulStep(Step::Kind::MatmulSlice, chain.first, one, aBuffer, bBuffer);
    SmallVector<int> shared = {aBuffer, bBuffer, other, result};
    SmallVector<int> arguments = {newArenaBuffer(
        cast<RankedTensorType>(chain.middle.getArgumentTypes()[0]))};
    addSlice(std::move(first), arguments[0], columns(chain.blocks, one.n),
             columns({}, one.k));
    for (Value value : chain.captured)
      arguments.push_back(bufferOf(value));
    shared.append(arguments.begin() + 1, arguments.end());
    int carried = lowerMiddle(chain, arguments);
    Step last =
        matmulStep(Step::Kind::MatmulSlice, chain.last, two,
                   carriesA ? carried : other, carriesA ? other : carried);
    addSlice(std::move(last), result, columns({}, two.n),
             columns(chain.blocks, two.k));
    Step end(Step::Kind::EndSlices, call->getLoc());
    end.buffers.assign(shared.begin(), shared.end());
    addStep(std::move(end));
  }

  int lowerMiddle(const SliceChain &chain, ArrayRef<int> arguments) {
    FailureOr<Residency> residency = Residency::decide(chain.middle, lowerings);
    assert(succeeded(residency) && "chains are made of ops with lowerings");
    SliceChains none;
    return EntryLowering(chain.middle, lowerings, *residency, none, kernels,
                         constants, manifest, program, chain.blocks)
        .runOn(arguments);
  }

  void lowerCollective(spmd::CollectiveOpInterface op) {
    bool isStart = isa<spmd::StartOp>(op);
    Step step(isStart ? Step::Kind::Start : Step::Kind::Collective,
              op->getLoc());
    step.site = manifest.addCollective(program.name, op);
    step.buffers = {bufferOf(op->getOperand(0)), placeResult(op->getResult(0))};
    if (isStart)
      underWay.try_emplace(op->getResult(0), step);
    addStep(std::move(step));
  }

  // What the map does not reach keeps what the buffer holds: that of `into`
  // itself where nobody else reads it, else a copy.
  void lowerReindex(spmd::ReindexOp op) {
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

  // Whether nothing reads what `op` reads after it: in a loop, no other turn.
  bool isLastReader(Operation *op, Value value) const {
    return value.hasOneUse() && Residency::root(value) == value &&
           value.getParentBlock() == op->getBlock() && ownsBuffer(value);
  }

  // Both buffers are in use until here.
  void lowerDone(spmd::DoneOp op) {
    Step step = underWay.find(op.getPending())->second;
    step.kind = Step::Kind::Done;
    step.location = op.getLoc();
    addStep(std::move(step));
  }

  //===--- control flow: each flow has one buffer, which its sources are copied
  // to unless they lie there ---===//

  void lowerControlFlow(Operation *op) {
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
  void placeFlow(Operation *op, const spmd::Flow &flow) {
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

  // Whether `root` lies in the arena and may be overwritten.
  bool ownsBuffer(Value root) const {
    int id = bufferOf(root);
    return program.buffers[id].place == Buffer::Place::Arena &&
           !pinned.contains(id);
  }

  void addCopy(Value from, int to, Location location) {
    addCopy(bufferOf(from), to, cast<RankedTensorType>(from.getType()),
            location);
  }
  void addCopy(int from, int to, RankedTensorType type, Location location) {
    if (from == to || type.getNumElements() == 0)
      return;
    Step step(Step::Kind::Copy, location);
    step.bytes = bytesOf(type);
    step.buffers = {from, to};
    addStep(std::move(step));
  }

  // Hands the operands of a terminator to their flows, all at once: what lies
  // in a flow's memory and goes to another one is put aside first.
  void handOn(Operation *terminator, ArrayRef<spmd::Flow> flows) {
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

  void addMark(Step::Kind kind, Location location) {
    addStep(Step(kind, location));
  }

  // The byte that holds a condition: the tensor's that it is taken from, or one
  // of its own.
  int placeCondition(Value condition, Location location) {
    if (auto extract = condition.getDefiningOp<tensor::ExtractOp>())
      return bufferOf(extract.getTensor());
    int id = newArenaBuffer(RankedTensorType::get({}, condition.getType()));
    addKernel(location, "condition", [&](KernelEmitter &k) {
      k.storeTruth(scalar(k, condition), id);
    });
    return id;
  }

  void lowerFor(scf::ForOp op, ArrayRef<spmd::Flow> flows, Step begin) {
    begin.kind = Step::Kind::BeginLoop;
    begin.turns = {*getConstantIntValue(op.getLowerBound()),
                   *getConstantIntValue(op.getUpperBound()),
                   *getConstantIntValue(op.getStep())};
    addStep(std::move(begin));
    lower(*op.getBody());
    handOn(op.getBody()->getTerminator(), flows);
    addMark(Step::Kind::EndLoop, op.getLoc());
  }

  void lowerIf(scf::IfOp op, ArrayRef<spmd::Flow> flows, Step begin) {
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

  void lowerWhile(scf::WhileOp op, ArrayRef<spmd::Flow> flows, Step begin) {
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

  // A result that lies elsewhere (an argument, a constant, returned twice) is
  // copied to its place.
  void finishResult(Value value, int64_t number) {
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

  func::FuncOp function;
  const OpLowerings &lowerings;
  const Residency &residency;
  Reuse reuse;
  const SliceChains &chains;
  KernelLibrary &kernels;
  ConstantLibrary &constants;
  ManifestWriter &manifest;
  HostProgram &program;
  /// Of the chain whose middle `function` is.
  RowBlocks blocks;
  BufferMap buffers;
  /// Arena buffers that nothing may overwrite.
  llvm::DenseSet<int> pinned;
  llvm::DenseMap<Value, int64_t> resultNumbers;
  llvm::DenseMap<Value, Step> underWay;
};

struct LowerToCalls : moe::impl::MoeLowerToCallsBase<LowerToCalls> {
  using MoeLowerToCallsBase::MoeLowerToCallsBase;

  void runOnOperation() override {
    try {
      moert::Isa level = isa.empty() ? moert::hostIsa() : moert::parseIsa(isa);
      if (succeeded(lowerModule(getOperation(), level)))
        return;
    } catch (const std::exception &error) {
      getOperation().emitError() << error.what();
    }
    signalPassFailure();
  }

  // Calls that were kept so far: an entry is one program, with one plan of its
  // memory.
  LogicalResult inlineCalls(ModuleOp module) {
    auto calls = module.getOps<func::FuncOp>();
    if (llvm::none_of(calls, [](func::FuncOp f) { return f.getNoInline(); }))
      return success();
    module.walk([](Operation *op) {
      if (llvm::isa<func::FuncOp, func::CallOp>(op))
        op->removeAttr("no_inline");
    });
    OpPassManager manager(ModuleOp::getOperationName());
    return success(
        succeeded(parsePassPipeline("inline{default-pipeline=}", manager)) &&
        succeeded(runPipeline(manager, module)));
  }

  // A scalar that chooses one of two tensors is a branch; MLIR makes such of
  // branches that hand on what there is.
  void branchOnScalars(ModuleOp module) {
    module.walk([](arith::SelectOp op) {
      if (llvm::isa<TensorType>(op.getCondition().getType()) ||
          !llvm::isa<TensorType>(op.getType()))
        return;
      auto yield = [](Value value) {
        return [value](OpBuilder &builder, Location loc) {
          scf::YieldOp::create(builder, loc, value);
        };
      };
      OpBuilder builder(op);
      auto branch = scf::IfOp::create(builder, op.getLoc(), op.getCondition(),
                                      yield(op.getTrueValue()),
                                      yield(op.getFalseValue()));
      op.replaceAllUsesWith(branch.getResult(0));
      op.erase();
    });
  }

  LogicalResult lowerModule(ModuleOp module, moert::Isa level) {
    if (failed(inlineCalls(module)))
      return failure();
    splitLongEinsums(module);
    branchOnScalars(module);
    OpLowerings lowerings(&getContext());
    ManifestWriter manifest(module);
    KernelLibrary kernels(module);
    ConstantLibrary constants(module);
    std::vector<HostProgram> programs;
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isPrivate())
        continue;
      if (!llvm::hasSingleElement(function.getBody()))
        return function.emitOpError("needs one block to become an entry");
      sinkCheap(function, lowerings);
      SliceChains chains = takeSliceChains(function, lowerings);
      llvm::scope_exit guard([&] { destroySliceChains(chains); });
      numChains += chains.size();
      FailureOr<Residency> residency = Residency::decide(function, lowerings);
      if (failed(residency))
        return failure();
      HostProgram &program = programs.emplace_back();
      program.name = function.getSymName().str();
      EntryLowering(function, lowerings, *residency, chains, kernels, constants,
                    manifest, program)
          .run();
      manifest.addEntry(function, program);
    }
    for (const KernelLibrary::Kernel &kernel : kernels.all()) {
      manifest.addKernel(kernel.symbol, kernel.op, kernel.calls);
      numKernelCalls += kernel.calls;
    }
    for (const HostProgram &program : programs)
      emitHost(module, program, constants.all());
    numKernels = kernels.all().size();
    numMatmuls = manifest.matmuls();
    numCollectives = manifest.collectives();
    finishModule(module, functions, manifest.str(level));
    return success();
  }

  void finishModule(ModuleOp module, ArrayRef<func::FuncOp> functions,
                    const std::string &manifest) {
    module->setAttr(kManifestAttr, StringAttr::get(&getContext(), manifest));
    for (func::FuncOp function : functions)
      function.erase();
    for (spmd::MeshOp mesh :
         llvm::make_early_inc_range(module.getOps<spmd::MeshOp>()))
      mesh.erase();
  }
};

} // namespace
