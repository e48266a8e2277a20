#include "moe/Propagate/Traffic.h"

#include "llvm/ADT/STLExtras.h"

using namespace moe::propagate;

bool Placement::uses(int atom) const {
  return contains(unreduced, atom) ||
         llvm::any_of(dims,
                      [&](const AxisList &dim) { return contains(dim, atom); });
}

Placement Placement::reduced() const {
  Placement result = *this;
  result.unreduced.clear();
  return result;
}

double TensorShape::bytes() const {
  double product = elementBytes;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

// Bytes of one rank's block.
static double blockBytes(const Placement &placement, const TensorShape &shape,
                         const AtomTable &atoms) {
  double bytes = shape.bytes();
  for (const AxisList &dim : placement.dims)
    bytes /= atoms.sizeOf(dim);
  return bytes;
}

// Bytes that a rank both holds and needs.
static double heldBytes(const Placement &from, const Placement &to,
                        const TensorShape &shape, const AtomTable &atoms) {
  double bytes = shape.bytes();
  for (const auto &[have, need] : llvm::zip(from.dims, to.dims)) {
    double common = atoms.sizeOf(commonPrefix(have, need));
    bytes *= common / atoms.sizeOf(have) / atoms.sizeOf(need);
  }
  return bytes;
}

// `from` cut further where the target cuts more and the ranks have it anyway:
// over axes that replicate it, or over axes that are reduced (which makes the
// reduction a reduce-scatter).
static Placement refineToward(const Placement &from, const Placement &to) {
  Placement refined = from;
  for (auto [index, need] : llvm::enumerate(to.dims)) {
    AxisList &dim = refined.dims[index];
    if (!isPrefix(dim, need))
      continue;
    for (int atom : llvm::ArrayRef<int>(need).drop_front(dim.size())) {
      bool isHeldElsewhere = llvm::any_of(
          from.dims, [&](const AxisList &d) { return contains(d, atom); });
      if (isHeldElsewhere)
        break;
      dim.push_back(atom);
    }
  }
  return refined;
}

double moe::propagate::receivedBytes(const Placement &from, const Placement &to,
                                     const TensorShape &shape,
                                     const AtomTable &atoms) {
  AxisList reducing;
  for (int atom : from.unreduced)
    if (!contains(to.unreduced, atom))
      reducing.push_back(atom);
  if (reducing.empty())
    return blockBytes(to, shape, atoms) - heldBytes(from, to, shape, atoms);

  // Each rank ends with its piece: what the target cuts by the reduced axes
  // comes for free, the rest of them cuts the first dimension (or is gathered
  // again).
  Placement piece = refineToward(from, to);
  double scattered = 1, left = 1;
  for (int atom : reducing) {
    bool isCut = llvm::any_of(
        piece.dims, [&](const AxisList &dim) { return contains(dim, atom); });
    (isCut ? scattered : left) *= atoms.sizeOf(atom);
  }
  double pieceBytes = blockBytes(piece, shape, atoms) / left;
  double received = pieceBytes * (scattered * left - 1);
  // The pieces over `left` are gathered, then the layout changes.
  Placement whole = piece.reduced();
  double target = blockBytes(to, shape, atoms);
  return received + target - heldBytes(whole, to, shape, atoms) / left;
}

FanOut moe::propagate::planFanOut(const Placement &from,
                                  llvm::ArrayRef<Placement> needs,
                                  const TensorShape &shape,
                                  const AtomTable &atoms) {
  FanOut best;
  bool isPartial = llvm::any_of(needs, [&](const Placement &need) {
    return need.unreduced.size() < from.unreduced.size();
  });
  if (!isPartial || needs.size() == 1) {
    for (const Placement &need : needs)
      best.bytes += receivedBytes(from, need, shape, atoms);
    return best;
  }
  llvm::SmallVector<Placement, 4> bases(needs);
  bases.push_back(from.reduced());
  for (const Placement &base : bases) {
    double bytes = receivedBytes(from, base, shape, atoms);
    for (const Placement &need : needs)
      bytes += receivedBytes(base, need, shape, atoms);
    if (!best.base || bytes < best.bytes)
      best = {base, bytes};
  }
  return best;
}
