#include "moe/Propagate/Axes.h"

#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

using namespace moe::propagate;

std::optional<AtomTable> AtomTable::create(llvm::ArrayRef<MeshAxis> axes,
                                           llvm::ArrayRef<AxisMention> mentions,
                                           std::string &error) {
  // Places where an axis is cut, as products of digits from its major end.
  std::map<std::string, std::set<int64_t>> cuts;
  for (const MeshAxis &axis : axes)
    cuts[axis.name] = {1, axis.size};
  for (const AxisMention &mention : mentions)
    if (mention.sub) {
      cuts[mention.axis].insert(mention.pre);
      cuts[mention.axis].insert(mention.pre * mention.sub);
    }
  AtomTable table;
  for (const auto &[index, axis] : llvm::enumerate(axes)) {
    int64_t last = 1;
    for (int64_t cut : cuts[axis.name]) {
      if (cut % last != 0) {
        error = "parts of axis \"" + axis.name + "\" of size " +
                std::to_string(axis.size) + " are cut behind " +
                std::to_string(last) + " and behind " + std::to_string(cut) +
                ", of which the first does not divide the second; use parts "
                "that nest";
        return std::nullopt;
      }
      if (cut > last)
        table.atoms.push_back({static_cast<int>(index), last, cut / last});
      last = cut;
    }
    table.axes.push_back(axis);
  }
  return table;
}

AxisList AtomTable::atomsOf(const AxisMention &mention) const {
  AxisList list;
  for (const auto &[index, atom] : llvm::enumerate(atoms)) {
    if (axes[atom.axis].name != mention.axis)
      continue;
    bool isInside = atom.pre >= mention.pre &&
                    atom.pre * atom.size <= mention.pre * mention.sub;
    if (mention.sub == 0 || isInside)
      list.push_back(index);
  }
  return list;
}

llvm::SmallVector<AxisMention, 4>
AtomTable::mentionsOf(const AxisList &list) const {
  llvm::SmallVector<AxisMention, 4> mentions;
  for (size_t begin = 0, end; begin < list.size(); begin = end) {
    const Atom &first = atoms[list[begin]];
    int64_t size = first.size;
    for (end = begin + 1; end < list.size() && list[end] == list[end - 1] + 1 &&
                          atoms[list[end]].axis == first.axis;
         ++end)
      size *= atoms[list[end]].size;
    const MeshAxis &axis = axes[first.axis];
    bool isWhole = size == axis.size;
    mentions.push_back(
        {axis.name, isWhole ? 1 : first.pre, isWhole ? 0 : size});
  }
  return mentions;
}

int64_t AtomTable::sizeOf(llvm::ArrayRef<int> list) const {
  int64_t product = 1;
  for (int atom : list)
    product *= atoms[atom].size;
  return product;
}

bool moe::propagate::isPrefix(const AxisList &prefix, const AxisList &list) {
  return prefix.size() <= list.size() &&
         std::equal(prefix.begin(), prefix.end(), list.begin());
}

AxisList moe::propagate::commonPrefix(const AxisList &a, const AxisList &b) {
  AxisList common;
  for (size_t i = 0; i < std::min(a.size(), b.size()) && a[i] == b[i]; ++i)
    common.push_back(a[i]);
  return common;
}

bool moe::propagate::contains(const AxisList &list, int atom) {
  return llvm::is_contained(list, atom);
}
