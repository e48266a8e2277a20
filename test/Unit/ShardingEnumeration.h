// All shardings of a tensor over given axes, as text, for exhaustive tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Every way to put each axis (or none) behind the others on one of `rank`
/// dimensions:
/// "[{"x", "y"}, {}]" and so on. Two axes and rank 2 give 11.
inline std::vector<std::string>
enumerateShardings(const std::vector<std::string> &axes, size_t rank) {
  std::vector<std::vector<std::string>> layouts = {
      std::vector<std::string>(rank)};
  std::vector<std::vector<bool>> used = {std::vector<bool>(axes.size())};
  // Breadth first: an axis is appended to a dimension not before any filled
  // one, so that each layout is made once.
  std::vector<size_t> last = {0};
  for (size_t i = 0; i < layouts.size(); ++i)
    for (size_t axis = 0; axis < axes.size(); ++axis)
      for (size_t dim = last[i]; dim < rank; ++dim) {
        if (used[i][axis])
          continue;
        std::vector<std::string> next = layouts[i];
        next[dim] += (next[dim].empty() ? "" : ", ") + axes[axis];
        std::vector<bool> nextUsed = used[i];
        nextUsed[axis] = true;
        layouts.push_back(next);
        used.push_back(nextUsed);
        last.push_back(dim);
      }
  std::vector<std::string> texts;
  for (const std::vector<std::string> &layout : layouts) {
    std::string text = "[";
    for (size_t dim = 0; dim < rank; ++dim)
      text += (dim ? ", {" : "{") + layout[dim] + "}";
    texts.push_back(text + "]");
  }
  return texts;
}

/// "tensor<7x5xf32>".
inline std::string tensorText(const std::vector<int64_t> &shape,
                              const std::string &element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

/// A function that reshards its argument from one sharding on @mesh to another.
inline std::string reshardFunction(const std::string &name,
                                   const std::string &type,
                                   const std::string &from,
                                   const std::string &to) {
  std::string source = "#spmd.sharding<@mesh, " + from + ">";
  std::string target = "#spmd.sharding<@mesh, " + to + ">";
  return "func.func @" + name + "(%a: " + type + " {spmd.sharding = " + source +
         "}) -> (" + type + " {spmd.sharding = " + target +
         "}) {\n  %0 = spmd.reshard %a to " + target + " {spmd.shardings = [" +
         target + "]} : " + type + "\n  return %0 : " + type + "\n}\n";
}

/// A function that sums a tensor [4] + `shape`, cut over axis `partial` in the
/// summed dimension and by `from` elsewhere, and reshards the partial sums to
/// `to`.
inline std::string reduceFunction(const std::string &name,
                                  const std::vector<int64_t> &shape,
                                  const std::string &partial,
                                  const std::string &from,
                                  const std::string &to) {
  std::vector<int64_t> longer = {4};
  longer.insert(longer.end(), shape.begin(), shape.end());
  std::string type = tensorText(shape, "f32"),
              input = tensorText(longer, "f32");
  std::string rest = from == "[]" ? "]" : ", " + from.substr(1);
  std::string source = "#spmd.sharding<@mesh, [{" + partial + "}" + rest + ">";
  std::string sum =
      "#spmd.sharding<@mesh, " + from + ", unreduced = sum{" + partial + "}>";
  std::string target = "#spmd.sharding<@mesh, " + to + ">";
  return "func.func @" + name + "(%a: " + input +
         " {spmd.sharding = " + source + "}) -> (" + type +
         " {spmd.sharding = " + target +
         "}) {\n  %0 = moe.reduce sum %a dims [0] {spmd.shardings = [" + sum +
         "]} : " + input + " -> " + type + "\n  %1 = spmd.reshard %0 to " +
         target + " {spmd.shardings = [" + target + "]} : " + type +
         "\n  return %1 : " + type + "\n}\n";
}
