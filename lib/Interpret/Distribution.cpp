#include "moe/Interpret/Distribution.h"

#include "lib/Interpret/Strided.h"

using namespace mlir;
using moert::Digit;
using moert::Layout;

namespace moe::interpret {

bool sameElement(const Tensor &a, int64_t positionA, const Tensor &b,
                 int64_t positionB, Mode mode) {
  if (a.words()[positionA] == b.words()[positionB])
    return true;
  return mode == Mode::Float && a.hasFloats() &&
         std::isnan(a.data<double>()[positionA]) &&
         std::isnan(b.data<double>()[positionB]);
}

// Extents of the block that `rank` holds.
static SmallVector<int64_t, 4> heldShape(const Layout &layout, int64_t rank) {
  SmallVector<int64_t, 4> shape;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    shape.push_back(layout.range(dim, rank).size());
  return shape;
}

// Position in the global tensor of the first element that `rank` holds.
static int64_t firstHeld(const Layout &layout, int64_t rank) {
  Strides strides = stridesOf(layout.shape);
  int64_t first = 0;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    first += layout.range(dim, rank).begin * strides[dim];
  return first;
}

static bool agreeOn(ArrayRef<Digit> digits, int64_t a, int64_t b) {
  return llvm::all_of(digits, [&](const Digit &digit) {
    return digit.valueOf(a) == digit.valueOf(b);
  });
}

// What of `digit` is in front of and behind `removed`: "x"=12 without its
// middle part of size 3 is a part of size 2 on either side.
static void addWithout(const Digit &digit, const Digit &removed,
                       std::vector<Digit> &rest) {
  int64_t top = digit.stride * digit.size;
  int64_t begin = std::max(digit.stride, removed.stride);
  int64_t end = std::min(top, removed.stride * removed.size);
  if (begin >= end)
    return rest.push_back(digit);
  if (end < top)
    rest.push_back({top / end, end});
  if (digit.stride < begin)
    rest.push_back({begin / digit.stride, digit.stride});
}

static std::vector<Digit> without(ArrayRef<Digit> digits,
                                  ArrayRef<Digit> removed) {
  std::vector<Digit> rest(digits);
  for (const Digit &gone : removed) {
    std::vector<Digit> left;
    for (const Digit &digit : rest)
      addWithout(digit, gone, left);
    rest = std::move(left);
  }
  return rest;
}

//===----------------------------------------------------------------------===//
// Global to local
//===----------------------------------------------------------------------===//

void Distributor::poison(Tensor &tensor) {
  uint64_t key = randomBits(poisonKey, poisoned++);
  int64_t count = tensor.getElements();
  if (tensor.hasFloats() && mode == Mode::Float) {
    std::fill_n(tensor.data<double>(), count,
                std::numeric_limits<double>::quiet_NaN());
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = randomBits(key, i);
    tensor.words()[i] =
        tensor.hasFloats() ? Residue::fromRandomBits(bits).bits() : bits;
  }
  roundToType(tensor, mode);
}

Tensor Distributor::scatterTo(const Tensor &global, const Layout &to,
                              int64_t rank) {
  Tensor local(to.localShape(), global.getElementType());
  SmallVector<int64_t, 4> held = heldShape(to, rank);
  if (ArrayRef<int64_t>(held) != local.getShape())
    poison(local);
  copyStrided(held, global.words() + firstHeld(to, rank),
              stridesOf(global.getShape()), local.words(),
              stridesOf(local.getShape()));
  return local;
}

RankTensors Distributor::scatter(const Tensor &global, const Placement &to) {
  Tensor neutral(global.getShape(), global.getElementType());
  withNumbers(mode, global.getElementType(), [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    std::fill_n(neutral.data<Value>(), neutral.getElements(),
                numbers.neutral(to.reduction));
  });
  RankTensors locals;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    bool isFirst = agreeOn(to.layout.unreduced, rank, 0);
    locals.push_back(scatterTo(isFirst ? global : neutral, to.layout, rank));
  }
  return locals;
}

//===----------------------------------------------------------------------===//
// Local to global
//===----------------------------------------------------------------------===//

// The block of `leader`, combined with those of the ranks that differ from it
// in `reduced` digits only, in rank order.
Tensor Distributor::reducedBlock(ArrayRef<Tensor> locals, const Placement &from,
                                 ArrayRef<Digit> reduced, int64_t leader) {
  SmallVector<int64_t> members = {leader};
  for (const Digit &digit : reduced)
    for (int64_t value = 1, count = members.size(); value < digit.size; ++value)
      for (int64_t i = 0; i < count; ++i)
        members.push_back(members[i] + value * digit.stride);
  llvm::sort(members);
  if (members.size() == 1)
    return locals[leader];
  Tensor sum(locals[leader].getShape(), locals[leader].getElementType());
  withNumbers(mode, sum.getElementType(), [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    auto *out = sum.data<Value>();
    std::fill_n(out, sum.getElements(), numbers.neutral(from.reduction));
    for (int64_t member : members)
      for (int64_t i = 0, e = sum.getElements(); i < e; ++i)
        out[i] = numbers.combine(from.reduction, out[i],
                                 locals[member].template data<Value>()[i]);
  });
  roundToType(sum, mode);
  return sum;
}

// The global tensor as the ranks see it that agree with `rank` on the `kept`
// unreduced digits.
FailureOr<Tensor> Distributor::gatherFor(int64_t rank, ArrayRef<Tensor> locals,
                                         const Placement &from,
                                         ArrayRef<Digit> kept,
                                         EmitError emitError) {
  const Layout &layout = from.layout;
  std::vector<Digit> reduced = without(layout.unreduced, kept);
  Tensor global(layout.shape, locals.front().getElementType());
  std::vector<int64_t> writer(global.getElements(), -1);
  Strides globalStrides = stridesOf(global.getShape());
  for (int64_t leader = 0; leader < ranks; ++leader) {
    bool leads = llvm::all_of(
        reduced, [&](const Digit &digit) { return !digit.valueOf(leader); });
    if (!leads || !agreeOn(kept, leader, rank))
      continue;
    Tensor block = reducedBlock(locals, from, reduced, leader);
    int64_t first = firstHeld(layout, leader), differs = -1, differsLocal = -1;
    forEachRow<2>(heldShape(layout, leader),
                  {globalStrides, stridesOf(block.getShape())},
                  [&](auto offsets, int64_t n, auto steps) {
                    for (int64_t i = 0; i < n; ++i) {
                      int64_t to = first + offsets[0] + i * steps[0];
                      int64_t at = offsets[1] + i * steps[1];
                      if (writer[to] < 0) {
                        global.words()[to] = block.words()[at];
                        writer[to] = leader;
                      } else if (differs < 0 &&
                                 !sameElement(global, to, block, at, mode)) {
                        differs = to;
                        differsLocal = at;
                      }
                    }
                  });
    if (differs >= 0)
      return emitError() << "holders of one element differ: rank " << leader
                         << " has " << block.elementText(differsLocal, mode)
                         << " at global index " << global.indexText(differs)
                         << ", rank " << writer[differs] << " has "
                         << global.elementText(differs, mode);
  }
  return global;
}

FailureOr<Tensor> Distributor::gather(ArrayRef<Tensor> locals,
                                      const Placement &from,
                                      EmitError emitError) {
  return gatherFor(0, locals, from, {}, emitError);
}

FailureOr<RankTensors> Distributor::redistribute(ArrayRef<Tensor> locals,
                                                 const Placement &from,
                                                 const Placement &to,
                                                 EmitError emitError) {
  ArrayRef<Digit> kept = to.layout.unreduced;
  RankTensors targets(ranks);
  llvm::BitVector done(ranks);
  for (int64_t rank = 0; rank < ranks; ++rank) {
    if (done[rank])
      continue;
    FailureOr<Tensor> global = gatherFor(rank, locals, from, kept, emitError);
    if (failed(global))
      return failure();
    // All ranks with these unreduced digits see the same tensor.
    for (int64_t other = rank; other < ranks; ++other)
      if (agreeOn(kept, rank, other)) {
        targets[other] = scatterTo(*global, to.layout, other);
        done.set(other);
      }
  }
  return targets;
}

//===----------------------------------------------------------------------===//
// Through an index map
//===----------------------------------------------------------------------===//

// The element of the source that is element `index` of the local buffer of
// `rank`; nothing where the map does not reach it.
static std::optional<int64_t> mappedElement(const moert::IndexMap &map,
                                            ArrayRef<int64_t> source,
                                            const Layout &to, int64_t rank,
                                            ArrayRef<int64_t> index) {
  int64_t element = 0;
  for (size_t dim = 0; dim < index.size(); ++dim) {
    moert::Range block = to.range(dim, rank);
    if (map.isRowMajor()) {
      if (index[dim] >= block.size())
        return std::nullopt;
      element = element * to.shape[dim] + block.begin + index[dim];
      continue;
    }
    const moert::DimMap &along = map.dims[dim];
    int64_t held = block.size() == 0
                       ? 0
                       : (block.size() - 1) * along.advance + along.reach;
    int64_t steps = block.begin * along.advance + index[dim] - along.target;
    if (index[dim] >= held || steps < 0 || steps % along.targetStep ||
        steps / along.targetStep >= along.size)
      return std::nullopt;
    element = element * source[dim] + along.source +
              steps / along.targetStep * along.sourceStep;
  }
  return element;
}

FailureOr<RankTensors>
Distributor::reindex(ArrayRef<Tensor> locals, const Layout &from,
                     const Layout &to, const moert::IndexMap &map,
                     ArrayRef<Tensor> into, EmitError emitError) {
  FailureOr<Tensor> global = gather(locals, {from, {}}, emitError);
  if (failed(global))
    return failure();
  RankTensors results;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    Tensor local(map.targetLocalShape(to), global->getElementType());
    int64_t count = local.getElements();
    if (into.empty())
      poison(local);
    else
      std::copy_n(into[rank].words(), count, local.words());
    SmallVector<int64_t> index(local.getShape().size());
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t dim = index.size() - 1, rest = i; dim >= 0; --dim) {
        index[dim] = rest % local.getShape()[dim];
        rest /= local.getShape()[dim];
      }
      if (auto element =
              mappedElement(map, global->getShape(), to, rank, index))
        local.words()[i] = global->words()[*element];
    }
    results.push_back(std::move(local));
  }
  return results;
}

} // namespace moe::interpret
