#include "SliceChain.h"
#include "CausalMask.h"
#include "Residency.h"
#include "SliceMiddle.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

// Values between the products that are smaller stay in the cache by themselves.
static constexpr int64_t kSecondCache = int64_t{1} << 20;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Finding a chain
//===----------------------------------------------------------------------===//

namespace {

// Follows the result of one product to the next one: [batch.., rows.., columns]
// where it cuts rows, else [batch.., anything].
class ChainFinder {
public:
  ChainFinder(EinsumOp first, const OpLowerings &lowerings, bool cutsRows)
      : first(first), lowerings(lowerings), shape(tensorOf(first.getResult())),
        cutsRows(cutsRows) {}

  std::optional<SliceChain> find() {
    std::optional<Contraction> product = matmulOf(first);
    if (!product || !startsWith(first.getResultLetters(), *product) ||
        shape.getNumElements() * shape.getElementTypeBitWidth() / 8 <=
            kSecondCache)
      return std::nullopt;
    batchDims = dims = product->batchLetters.size();
    if (cutsRows && !isMatrix(product->m, product->n, product->cStrides))
      return std::nullopt;
    if (cutsRows)
      dims = shape.getRank() - 1;
    if (!follow(first.getResult()) || !last || chainOps.empty())
      return std::nullopt;
    return finish(*product);
  }

  /// Ops that compute on slices, the first product's users and what else they
  /// need in slices, in any order.
  const llvm::SetVector<Operation *> &ops() const { return chainOps; }
  unsigned sliceDims() const { return dims; }

private:
  // The batch is what `letters` begin with.
  static bool startsWith(StringRef letters, const Contraction &product) {
    return letters.starts_with(product.batchLetters);
  }

  // Whether `rows` by `columns` numbers with these strides are a slice.
  bool isMatrix(int64_t rows, int64_t columns,
                ArrayRef<int64_t> strides) const {
    ArrayRef<int64_t> slice = shape.getShape().drop_front(batchDims);
    return !slice.empty() && columns == slice.back() &&
           rows * columns == ShapedType::getNumElements(slice) &&
           strides.take_back(2) == ArrayRef<int64_t>{columns, 1};
  }

  // Softmax makes weights of masked scores, and rounding is all that follows;
  // nothing else mixes columns.
  bool isCausal() const {
    Value weights = last->getOperand(carried);
    while (auto narrow = weights.getDefiningOp<arith::TruncFOp>())
      weights = narrow.getIn();
    auto softmax = weights.getDefiningOp<SoftmaxOp>();
    return softmax && static_cast<int64_t>(softmax.getDim()) == dims &&
           dims - batchDims == 1 && hidesLaterColumns(softmax.getInput()) &&
           llvm::count_if(chainOps, llvm::IsaPred<SoftmaxOp, LogSoftmaxOp>) ==
               1;
  }

  // Packed weights have no parts.
  static bool isPacked(EinsumOp op, const Contraction &product) {
    return parameterNumber(op.getInputs()[product.isSwapped ? 0 : 1]) >= 0;
  }

  RowBlocks blocksOf(const Contraction &one, const Contraction &two) const {
    int64_t bytes = one.n * shape.getElementTypeBitWidth() / 8;
    return RowBlocks::of(one.m, one.n, bytes,
                         isCausal() && !isPacked(first, one) &&
                             !isPacked(last, two));
  }

  // Every way on from `value` leads through ops on slices to one operand of one
  // product.
  bool follow(Value value) {
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (chainOps.contains(user))
        continue;
      auto einsum = dyn_cast<EinsumOp>(user);
      if (einsum && isMatmul(einsum)) {
        if (last || einsum->getBlock() != first->getBlock())
          return false;
        last = einsum;
        carried = use.getOperandNumber();
        continue;
      }
      if (!isSliced(user) || user->getBlock() != first->getBlock())
        return false;
      chainOps.insert(user);
      if (!follow(user->getResult(0)) || !gather(user))
        return false;
    }
    return true;
  }

  // Whether each slice of the result depends on the same slice of the operands,
  // and on nothing else.
  bool isSliced(Operation *op) const {
    if (isa<SoftmaxOp, LogSoftmaxOp>(op))
      return op->getAttrOfType<IntegerAttr>("dim").getInt() >= dims;
    const OpLowering *lowering = lowerings.find(op);
    return lowering && lowering->isPointwise &&
           !constantData(op->getResult(0)) &&
           llvm::all_of(op->getOperands(),
                        [&](Value operand) { return hasShape(operand); });
  }

  bool hasShape(Value value) const {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getShape() == shape.getShape();
  }

  // The same for all slices: made of what has no slices, or has rows only.
  bool isRepeated(Operation *op) const {
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      ArrayRef<int64_t> from = broadcast.getDims();
      if (cutsRows && !from.empty() && from.front() < dims)
        return llvm::equal(from.take_front(dims - batchDims),
                           llvm::seq(batchDims, dims));
      return llvm::all_of(from, [&](int64_t dim) { return dim >= dims; });
    }
    auto constant = dyn_cast<arith::ConstantOp>(op);
    return constant && isa<SplatElementsAttr>(constant.getValue());
  }

  // Operands of a sliced op that do not come from the first product.
  bool gather(Operation *user) {
    for (Value operand : user->getOperands()) {
      Operation *op = operand.getDefiningOp();
      if (operand == first.getResult() || chainOps.contains(op))
        continue;
      if (!op || op->getNumResults() != 1 ||
          op->getBlock() != first->getBlock())
        return false;
      if (isRepeated(op)) {
        chainOps.insert(op);
        continue;
      }
      // What depends on the first product is reached by follow().
      if (dependsOnFirst(op))
        continue;
      if (!isSliced(op) || isa<SoftmaxOp, LogSoftmaxOp>(op))
        return false;
      chainOps.insert(op);
      if (!gather(op))
        return false;
    }
    return true;
  }

  bool dependsOnFirst(Operation *op) const {
    SmallVector<Operation *> work = {op};
    llvm::SmallPtrSet<Operation *, 16> seen;
    while (!work.empty()) {
      Operation *next = work.pop_back_val();
      if (next == first)
        return true;
      if (!seen.insert(next).second || next->isBeforeInBlock(first))
        continue;
      for (Value operand : next->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          work.push_back(producer);
    }
    return false;
  }

  std::optional<SliceChain> finish(const Contraction &firstProduct) {
    std::optional<Contraction> product = matmulOf(last);
    unsigned a = product->isSwapped ? 1 : 0;
    const std::string &copy = carried == a ? product->aCopy : product->bCopy;
    Value other = last.getInputs()[1 - carried];
    if (!startsWith(last.getInputLetters(carried), *product) ||
        static_cast<int64_t>(product->batchLetters.size()) != batchDims ||
        (cutsRows && (carried != a ||
                      !isMatrix(product->m, product->k, product->aStrides))) ||
        !copy.empty() || other == first.getResult() ||
        chainOps.contains(other.getDefiningOp()))
      return std::nullopt;
    SliceChain chain;
    chain.first = first;
    chain.last = last;
    chain.carried = carried;
    chain.firstProduct = firstProduct;
    chain.lastProduct = *product;
    if (cutsRows)
      chain.blocks = blocksOf(firstProduct, *product);
    if (cutsRows && !chain.blocks.rows)
      return std::nullopt;
    for (int64_t size : shape.getShape().take_front(batchDims))
      chain.slices *= size;
    if (cutsRows)
      chain.slices *= chain.blocks.count();
    if (chain.slices == 1)
      return std::nullopt;
    return chain;
  }

  EinsumOp first, last;
  const OpLowerings &lowerings;
  RankedTensorType shape;
  bool cutsRows;
  // How many dimensions of the shape are the batch, and how many are cut.
  int64_t batchDims = 0, dims = 0;
  unsigned carried = 0;
  llvm::SetVector<Operation *> chainOps;
};

} // namespace

//===----------------------------------------------------------------------===//
// Taking it out
//===----------------------------------------------------------------------===//

// A call in the place of the last product; what only the chain used goes.
static Operation *replaceByCall(SliceChain &chain, ArrayRef<Operation *> ops) {
  OpBuilder builder(chain.last);
  SmallVector<Value> operands(chain.first.getInputs());
  operands.push_back(chain.last.getInputs()[1 - chain.carried]);
  llvm::append_range(operands, chain.captured);
  auto call = func::CallOp::create(builder, chain.last.getLoc(), "slice",
                                   chain.last.getResult().getType(), operands);
  call->setAttr(kSliceChainAttr, builder.getUnitAttr());
  chain.last.getResult().replaceAllUsesWith(call.getResult(0));
  chain.last->remove();
  // What it carried goes; the other operand has the same element type.
  chain.last->setOperand(chain.carried,
                         chain.last.getInputs()[1 - chain.carried]);
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
  chain.first->remove();
  return call;
}

SliceChains moe::lower::takeSliceChains(func::FuncOp function,
                                        const OpLowerings &lowerings) {
  SliceChains chains;
  SmallVector<EinsumOp> products;
  function.walk([&](EinsumOp op) { products.push_back(op); });
  llvm::SmallPtrSet<Operation *, 16> taken;
  for (EinsumOp first : products) {
    for (bool cutsRows : {true, false}) {
      if (taken.contains(first))
        break;
      ChainFinder finder(first, lowerings, cutsRows);
      std::optional<SliceChain> chain = finder.find();
      if (!chain)
        continue;
      SmallVector<Operation *> ops(finder.ops().begin(), finder.ops().end());
      llvm::sort(ops, [](Operation *x, Operation *y) {
        return x->isBeforeInBlock(y);
      });
      taken.insert({chain->first, chain->last});
      buildMiddle(*chain, ops, finder.sliceDims());
      Operation *call = replaceByCall(*chain, ops);
      chains.try_emplace(call, std::move(*chain));
    }
  }
  return chains;
}

void moe::lower::destroySliceChains(SliceChains &chains) {
  for (auto &[call, chain] : chains) {
    chain.middle->destroy();
    chain.last->destroy();
    chain.first->destroy();
  }
  chains.clear();
}
