// The planner's view of an exhaustive::Machine, for tests that hold it against
// exhaustive::World.
#pragma once

#include "ReshardExhaustive.h"

#include "moe/Partition/ReshardSearch.h"

#include <algorithm>

namespace exhaustive {

/// Plans between layouts of a machine's digits; atoms by rising stride.
class Planner {
public:
  Planner(const Machine &machine, const std::vector<int64_t> &shape,
          int64_t elementBytes)
      : search_(
            moe::reshard::CostModel(shape, elementBytes, atomsOf(machine))) {}

  moe::reshard::AtomLayout atoms(const moert::Layout &layout) const {
    moe::reshard::AtomLayout result;
    for (const auto &dim : layout.dims) {
      result.dims.emplace_back();
      for (const moert::Digit &digit : dim)
        result.dims.back().push_back(indexOf(digit));
    }
    for (const moert::Digit &digit : layout.unreduced)
      result.unreduced |= 1u << indexOf(digit);
    return result;
  }

  // In the order in which the machine's layouts list unreduced digits.
  moert::Layout layout(const moe::reshard::AtomLayout &atoms,
                       const Machine &machine) const {
    moert::Layout result{search_.model().shape(), {}, {}};
    for (const auto &dim : atoms.dims) {
      result.dims.emplace_back();
      for (uint8_t atom : dim)
        result.dims.back().push_back(search_.model().atoms()[atom].digit);
    }
    for (const moert::Digit &digit : machine.digits)
      if (atoms.unreduced >> indexOf(digit) & 1)
        result.unreduced.push_back(digit);
    return result;
  }

  moe::reshard::SearchResult plan(const moert::Layout &from,
                                  const moert::Layout &to) {
    return search_.plan(atoms(from), atoms(to));
  }

  const moe::reshard::CostModel &model() const { return search_.model(); }

private:
  static std::vector<moe::reshard::Atom> atomsOf(const Machine &machine) {
    std::vector<moe::reshard::Atom> atoms;
    for (size_t i = 0; i < machine.digits.size(); ++i) {
      size_t wire = machine.wireOf[i];
      atoms.push_back({machine.digits[i],
                       {wire > 0, machine.wires[wire].latency,
                        machine.wires[wire].bandwidth}});
    }
    std::sort(atoms.begin(), atoms.end(),
              [](const moe::reshard::Atom &a, const moe::reshard::Atom &b) {
                return a.digit.stride < b.digit.stride;
              });
    return atoms;
  }

  uint8_t indexOf(const moert::Digit &digit) const {
    const std::vector<moe::reshard::Atom> &atoms = search_.model().atoms();
    for (size_t i = 0; i < atoms.size(); ++i)
      if (atoms[i].digit == digit)
        return static_cast<uint8_t>(i);
    return 0xff;
  }

  moe::reshard::ReshardSearch search_;
};

} // namespace exhaustive
