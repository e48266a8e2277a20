#include "tools/moe-fuzz/Machine.h"

#include <algorithm>

namespace moe::fuzz {

// Small ones oftener: every rank costs time.
static const std::vector<std::vector<int64_t>> kMeshes = {
    {2},    {3},    {4},    {2, 2}, {2, 3},    {3, 2},    {2, 4},    {4, 2},
    {6},    {8},    {5},    {2, 2}, {2, 2, 2}, {2, 3},    {1, 4},    {2},
    {4},    {2, 2}, {7},    {2, 8}, {4, 4},    {16},      {2, 2, 3}, {3, 4},
    {2, 1}, {12},   {2, 4}, {3, 3}, {4, 2, 2}, {2, 2, 4}, {3, 2, 2}, {2, 1, 3}};

Machine::Machine(Draws &draws) {
  std::vector<int64_t> sizes = draws.of(kMeshes);
  std::string list, order;
  for (char name : draws.shuffled(std::string("xyz").substr(0, sizes.size())))
    order += (order.empty() ? "\"" : ", \"") + std::string(1, name) + '"';
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::string name = '"' + std::string(1, "xyz"[i]) + '"';
    list += (i ? ", " : "") + name + "=" + std::to_string(sizes[i]);
    whole.push_back({name, sizes[i]});
    addAxis(draws, name, sizes[i]);
  }
  mesh = "spmd.mesh @mesh [" + list + "]";
  if (draws.oneIn(2))
    mesh += " order [" + order + "]";
  mesh += "\n";
}

// The axis, or its digits: "x"=12 as "x":(1)2, "x":(2)3 and "x":(6)2.
void Machine::addAxis(Draws &draws, const std::string &name, int64_t size) {
  int64_t pre = 1, rest = size;
  bool isSplit = draws.below(3);
  for (int64_t digit : {draws.of(std::vector<int64_t>{2, 4, 3}), int64_t(2),
                        int64_t(3), int64_t(2)}) {
    if (!isSplit || rest % digit || digit == size)
      continue;
    axes.push_back(
        {name + ":(" + std::to_string(pre) + ")" + std::to_string(digit),
         digit});
    pre *= digit;
    rest /= digit;
  }
  if (pre == 1)
    axes.push_back({name, size});
}

int64_t Machine::drawSize(Draws &draws) const {
  int64_t kind = draws.below(9), blocks = 1;
  if (kind < 2)
    return 1 + draws.below(3);
  for (const Axis &axis : axes)
    if (blocks == 1 || (draws.below(2) && blocks * axis.size <= 8))
      blocks *= axis.size;
  static const int64_t more[] = {0, -1, 1, 1, -1, 0, 0};
  static const int64_t times[] = {1, 1, 1, 2, 2, 2, 1};
  int64_t times_ = blocks > 4 ? 1 : times[kind - 2];
  return std::max<int64_t>(1, times_ * blocks + more[kind - 2]);
}

std::string Machine::takeAxes(Draws &draws, Axes &left) const {
  std::string text;
  while (!left.empty() && draws.below(5) > 1) {
    auto taken = left.begin() + draws.below(left.size());
    text += (text.empty() ? "" : ", ") + taken->name;
    left.erase(taken);
  }
  return text;
}

std::string Machine::drawAxes(Draws &draws) const {
  Axes left = axes;
  return takeAxes(draws, left);
}

std::string Machine::drawClosedDims(Draws &draws, size_t rank) const {
  Axes left = axes;
  std::string text;
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", {" : "{") + takeAxes(draws, left) + "}";
  return text;
}

std::string Machine::drawSharding(Draws &draws, size_t rank) const {
  Axes left = axes;
  std::vector<std::string> dims(rank);
  // Dimensions in any order, so that each gets the first choice of axes.
  std::string order;
  for (size_t i = 0; i < rank; ++i)
    order += static_cast<char>(i);
  for (char dim : draws.shuffled(order)) {
    std::string text = draws.below(4) ? takeAxes(draws, left) : "";
    if (draws.oneIn(3))
      text += text.empty() ? "?" : ", ?";
    dims[dim] = "{" + text + "}";
    if (draws.oneIn(8))
      dims[dim] += "p" + std::to_string(draws.below(3));
  }
  std::string text = "#spmd.sharding<@mesh, [";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + dims[i];
  text += "]";
  if (!left.empty() && draws.oneIn(6))
    text += ", replicated = {" + left.front().name + "}";
  return text + ">";
}

} // namespace moe::fuzz
