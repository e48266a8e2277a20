// Which rank holds which block of a tensor: the plain value that compiler,
// interpreter and runtime share.
//
// A rank number r in [0, R) is read through *digits*: digit (size, stride) has
// the value (r / stride) % size. A mesh axis, a part of one (sub-axis) and an
// axis of a mesh with another device order are all digits, so a layout needs no
// mesh:
//
//   mesh data=2, expert=4, ranks row-major:   data = (2, 4), expert = (4, 1)
//   tensor [8, 16] with dim 0 over data and expert, dim 1 whole:
//     shape {8, 16}, dims {{(2,4), (4,1)}, {}}
//   rank 6 = data 1, expert 2 holds block 1*4+2 = 6 of dim 0, i.e. row 6
//
// Digits that a layout does not mention are replication. The size of a layout
// is that of the tensor's rank and never that of the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moert {

/// One digit of a rank number: value (rank / stride) % size.
struct Digit {
  int64_t size = 1;
  int64_t stride = 1;

  int64_t valueOf(int64_t rank) const { return (rank / stride) % size; }
  friend bool operator==(const Digit &a, const Digit &b) {
    return a.size == b.size && a.stride == b.stride;
  }
  friend bool operator!=(const Digit &a, const Digit &b) { return !(a == b); }
};

/// Half-open range of global indices.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end > begin ? end - begin : 0; }
  friend bool operator==(const Range &a, const Range &b) {
    return a.begin == b.begin && a.end == b.end;
  }
};

/// Block `k` of `n` elements over `d` blocks: [ceil(k n/d), ceil((k+1) n/d)).
/// Sizes differ by at most one and blocks of a coarser cut are unions of blocks
/// of a finer one. Example: 7 over 4 is [0,2) [2,4) [4,6) [6,7).
Range blockOf(int64_t n, int64_t d, int64_t k);

/// The block of `n` over `d` that holds element `i`; the inverse of blockOf.
int64_t blockWith(int64_t n, int64_t d, int64_t i);

/// A tensor's global shape and its distribution over ranks.
struct Layout {
  std::vector<int64_t> shape;
  /// For each dimension the digits that cut it, major to minor.
  std::vector<std::vector<Digit>> dims;
  /// Digits over which every rank holds a partial value that is still to be
  /// reduced.
  std::vector<Digit> unreduced;

  /// Number of blocks of dimension `dim`.
  int64_t blocks(size_t dim) const;
  /// Which block of `dim` `rank` holds.
  int64_t blockIndex(size_t dim, int64_t rank) const;
  /// The global indices of `dim` that `rank` holds; empty when n < d.
  Range range(size_t dim, int64_t rank) const;
  /// Local buffer shape, equal on all ranks: ceil(n/d) per dimension.
  std::vector<int64_t> localShape() const;
  /// Product of localShape.
  int64_t localElements() const;
  /// Elements that `rank` really holds (without padding).
  int64_t heldElements(int64_t rank) const;

  friend bool operator==(const Layout &a, const Layout &b) {
    return a.shape == b.shape && a.dims == b.dims && a.unreduced == b.unreduced;
  }
  /// Reads "[8,16] {(2,4)(4,1)} {}", with " unreduced (2,1)" where there are
  /// any.
  std::string str() const;
};

} // namespace moert
