#include "moe/Propagate/DivideAxes.h"

using namespace moe::propagate;

// Whether the claims of `factors` make up `axes`; the parts are put behind
// `parts`.
static bool divideAsClaimed(llvm::ArrayRef<int> factors,
                            llvm::ArrayRef<int> axes,
                            llvm::ArrayRef<ClaimSet> claims,
                            llvm::SmallVectorImpl<AxisList> &parts) {
  if (factors.empty())
    return axes.empty();
  for (size_t count = axes.size() + 1; count-- > 0;) {
    AxisList part(axes.take_front(count));
    if (!claims[factors.front()].covers(part))
      continue;
    parts.push_back(part);
    if (divideAsClaimed(factors.drop_front(), axes.drop_front(count), claims,
                        parts))
      return true;
    parts.pop_back();
  }
  return false;
}

static void divideBySize(llvm::ArrayRef<int> dim, llvm::ArrayRef<int> axes,
                         llvm::ArrayRef<spmd::Factor> factors,
                         const AtomTable &atoms,
                         llvm::SmallVectorImpl<AxisList> &parts) {
  for (int factor : dim) {
    int64_t left = factors[factor].size;
    AxisList &part = parts.emplace_back();
    while (!axes.empty() && left % atoms.sizeOf(axes.front()) == 0) {
      left /= atoms.sizeOf(axes.front());
      part.push_back(axes.front());
      axes = axes.drop_front();
    }
    // What does not divide it stays with it, for it is not full.
    if (left > 1 || factor == dim.back()) {
      llvm::append_range(part, axes);
      axes = {};
    }
  }
}

llvm::SmallVector<AxisList, 2>
moe::propagate::divideAxes(const spmd::FactorList &dim, const AxisList &axes,
                           llvm::ArrayRef<spmd::Factor> factors,
                           llvm::ArrayRef<ClaimSet> claims,
                           const AtomTable &atoms) {
  if (!dim.isCompound())
    return {axes};
  llvm::SmallVector<AxisList, 2> parts;
  llvm::ArrayRef<int> list(dim.begin(), dim.end());
  if (!divideAsClaimed(list, axes, claims, parts))
    divideBySize(list, axes, factors, atoms, parts);
  return parts;
}
