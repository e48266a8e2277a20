#include "runtime/core/Layout.h"

namespace moert {

Range blockOf(int64_t n, int64_t d, int64_t k) {
  return {(k * n + d - 1) / d, ((k + 1) * n + d - 1) / d};
}

// i >= ceil(k n/d) means i d >= k n, so the last such k is floor(i d/n).
int64_t blockWith(int64_t n, int64_t d, int64_t i) { return i * d / n; }

int64_t Layout::blocks(size_t dim) const {
  int64_t count = 1;
  for (const Digit &digit : dims[dim])
    count *= digit.size;
  return count;
}

int64_t Layout::blockIndex(size_t dim, int64_t rank) const {
  int64_t index = 0;
  for (const Digit &digit : dims[dim])
    index = index * digit.size + digit.valueOf(rank);
  return index;
}

Range Layout::range(size_t dim, int64_t rank) const {
  return blockOf(shape[dim], blocks(dim), blockIndex(dim, rank));
}

std::vector<int64_t> Layout::localShape() const {
  std::vector<int64_t> local(shape.size());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    local[dim] = (shape[dim] + blocks(dim) - 1) / blocks(dim);
  return local;
}

int64_t Layout::localElements() const {
  int64_t count = 1;
  for (int64_t size : localShape())
    count *= size;
  return count;
}

int64_t Layout::heldElements(int64_t rank) const {
  int64_t count = 1;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    count *= range(dim, rank).size();
  return count;
}

static std::string str(const std::vector<Digit> &digits) {
  std::string text;
  for (const Digit &digit : digits)
    text += "(" + std::to_string(digit.size) + "," +
            std::to_string(digit.stride) + ")";
  return text;
}

std::string Layout::str() const {
  std::string text = "[";
  for (size_t dim = 0; dim < shape.size(); ++dim)
    text += (dim ? "," : "") + std::to_string(shape[dim]);
  text += "]";
  for (const std::vector<Digit> &digits : dims)
    text += " {" + moert::str(digits) + "}";
  return unreduced.empty() ? text
                           : text + " unreduced " + moert::str(unreduced);
}

} // namespace moert
