#include "runtime/core/Refinement.h"

#include "runtime/core/Error.h"

#include <algorithm>

namespace moert {

template <typename Visit>
static void forEachDigit(const Layout &layout, const Visit &visit) {
  for (const std::vector<Digit> &digits : layout.dims)
    for (const Digit &digit : digits)
      visit(digit);
  for (const Digit &digit : layout.unreduced)
    visit(digit);
}

void checkDigits(const Layout &layout, int64_t ranks) {
  if (layout.dims.size() != layout.shape.size())
    throw Error(text("layout ", layout.str(), " has ", layout.shape.size(),
                     " sizes but ", layout.dims.size(), " digit lists"));
  forEachDigit(layout, [&](const Digit &digit) {
    if (digit.size < 1 || digit.stride < 1 ||
        ranks % (digit.size * digit.stride) != 0)
      throw Error(text("digit (", digit.size, ",", digit.stride, ") of layout ",
                       layout.str(), " does not divide ", ranks,
                       " ranks; compile for a mesh of that many"));
  });
}

// An atom that a layout names twice would leave blocks that nobody holds.
static void checkUsedOnce(const Refinement &refinement, const Layout &layout) {
  std::vector<bool> used(refinement.atoms().size(), false);
  forEachDigit(layout, [&](const Digit &digit) {
    for (size_t atom : refinement.split({digit})) {
      if (used[atom])
        throw Error(
            text("layout ", layout.str(), " uses digit (", digit.size, ",",
                 digit.stride,
                 ") or a part of it twice; an axis cuts one dimension"));
      used[atom] = true;
    }
  });
}

std::optional<Refinement>
Refinement::of(int64_t ranks, const std::vector<const Layout *> &layouts) {
  std::vector<int64_t> bounds = {1, ranks};
  for (const Layout *layout : layouts) {
    checkDigits(*layout, ranks);
    forEachDigit(*layout, [&](const Digit &digit) {
      if (digit.size == 1)
        return;
      bounds.push_back(digit.stride);
      bounds.push_back(digit.stride * digit.size);
    });
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  Refinement refinement;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i + 1] % bounds[i] != 0)
      return std::nullopt;
    refinement.atoms_.push_back({bounds[i + 1] / bounds[i], bounds[i]});
  }
  for (const Layout *layout : layouts)
    checkUsedOnce(refinement, *layout);
  return refinement;
}

std::vector<size_t> Refinement::split(const std::vector<Digit> &digits) const {
  std::vector<size_t> indices;
  for (const Digit &digit : digits)
    for (size_t atom = atoms_.size(); atom-- > 0;)
      if (atoms_[atom].stride >= digit.stride &&
          atoms_[atom].stride < digit.stride * digit.size)
        indices.push_back(atom);
  return indices;
}

} // namespace moert
