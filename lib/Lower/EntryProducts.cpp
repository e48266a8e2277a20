// Matrix products, and chains of two that are made slice by slice.
#include "EntryLowering.h"

#include "EinsumSites.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

// `value` in another order of its dimensions, in memory of its own.
int EntryLowering::permuted(EinsumOp op, Value value, StringRef have,
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
int EntryLowering::placeOperand(EinsumOp op, unsigned operand,
                                const std::string &order) {
  Value value = op.getInputs()[operand];
  return order.empty()
             ? bufferOf(value)
             : permuted(op, value, op.getInputLetters(operand), order);
}

// A product whose operands are placed, all but its result.
Step EntryLowering::matmulStep(Step::Kind kind, EinsumOp op,
                               const Contraction &contraction, int aBuffer,
                               int bBuffer) {
  Value weights = op.getInputs()[contraction.isSwapped ? 0 : 1];
  int64_t bArgument = contraction.bCopy.empty() ? parameterNumber(weights) : -1;
  Step step(kind, op.getLoc());
  step.site = manifest.addMatmul(program.name, op, contraction, bArgument);
  step.buffers = {aBuffer, bBuffer};
  return step;
}

void EntryLowering::lowerMatmul(EinsumOp op) {
  Contraction contraction = *matmulOf(op);
  unsigned a = contraction.isSwapped ? 1 : 0;
  int aBuffer = placeOperand(op, a, contraction.aCopy);
  int bBuffer = placeOperand(op, 1 - a, contraction.bCopy);
  Step step = matmulStep(Step::Kind::Matmul, op, contraction, aBuffer, bBuffer);
  step.buffers.push_back(placeResult(op.getResult()));
  addStep(std::move(step));
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

// Blocks of rows as the last dimension of the batch.
static void cutRows(Contraction &product, const RowBlocks &blocks) {
  product.rows = product.m;
  product.m = blocks.size;
  product.batch.push_back(blocks.count());
  for (auto *strides : {&product.aStrides, &product.cStrides})
    strides->insert(strides->end() - 2, strides->end()[-2]);
  product.bStrides.insert(product.bStrides.end() - 2, 0);
}

// `all` columns, or those of a causal block.
static BlockNumber columns(const RowBlocks &blocks, int64_t all) {
  if (blocks.isCausal)
    return {BlockNumber::Kind::Columns, 0, {}, blocks};
  return {BlockNumber::Kind::Constant, all, {}};
}

// One slice of a product, `n` columns and sums of `k`.
void EntryLowering::addSlice(Step step, int result, const BlockNumber &n,
                             const BlockNumber &k) {
  step.buffers.push_back(result);
  step.numbers = {program.addNumber(n), program.addNumber(k)};
  addStep(std::move(step));
}

// One slice of the first product after the other: see SliceChain.h.
void EntryLowering::lowerChain(Operation *call, SliceChain chain) {
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

int EntryLowering::lowerMiddle(const SliceChain &chain,
                               ArrayRef<int> arguments) {
  FailureOr<Residency> residency = Residency::decide(chain.middle, lowerings);
  assert(succeeded(residency) && "chains are made of ops with lowerings");
  SliceChains none;
  return EntryLowering(chain.middle, lowerings, *residency, none, kernels,
                       constants, manifest, program, chain.blocks)
      .runOn(arguments);
}
