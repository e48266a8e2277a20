// Digits of several layouts cut into common atoms.
#pragma once

#include "runtime/core/Layout.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace moert {

/// The finest common digits (atoms) of some layouts over `ranks` ranks: each
/// digit of theirs is a row of neighbouring atoms, and all atoms together are
/// the rank number. Sub-axes and meshes with other device orders differ only in
/// how they group atoms.
///
///   ranks 8, digits (4,1) and (2,2): atoms (2,1) (2,2) (2,4);
///   (4,1) is atoms 1 and 0, (2,2) is atom 1.
///
/// There is none where digits cross, as those of a 2x3 and a 3x2 mesh do.
class Refinement {
public:
  /// Throws Error where a digit does not fit `ranks`, or where a layout uses an
  /// atom twice.
  static std::optional<Refinement>
  of(int64_t ranks, const std::vector<const Layout *> &layouts);

  /// Atoms by rising stride; sizes above 1.
  const std::vector<Digit> &atoms() const { return atoms_; }
  /// Indices of the atoms of `digits`, major to minor.
  std::vector<size_t> split(const std::vector<Digit> &digits) const;

private:
  std::vector<Digit> atoms_;
};

/// Throws Error unless stride and size of every digit divide `ranks` as a digit
/// of the rank number must.
void checkDigits(const Layout &layout, int64_t ranks);

} // namespace moert
