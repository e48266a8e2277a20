#include "tools/moe-fuzz/Shrink.h"

namespace moe::fuzz {

namespace {

/// The smallest draws so far.
class DrawShrinker {
public:
  DrawShrinker(Parts parts, int64_t attempts,
               const std::function<bool(const Parts &)> &stillFails)
      : best(std::move(parts)), attempts(attempts), stillFails(stillFails) {}

  Parts run() {
    bool changed = true;
    while (changed && attempts > 0) {
      changed = dropParts();
      changed |= dropAll();
      changed |= lowerNumbers();
    }
    return best;
  }

private:
  bool attempt(const Parts &parts) {
    if (attempts-- <= 0 || !stillFails(parts))
      return false;
    best = parts;
    // Beyond the end of a part every number is 0.
    for (std::vector<uint32_t> &part : best)
      while (!part.empty() && part.back() == 0)
        part.pop_back();
    return true;
  }

  // Ops are dropped in runs that get shorter; the first two parts stay.
  bool dropParts() {
    bool changed = false;
    for (size_t run = best.size() / 2; run > 0; run /= 2)
      for (size_t end = best.size(); end >= run + 2; --end) {
        if (end > best.size())
          continue;
        Parts fewer = best;
        fewer.erase(fewer.begin() + (end - run), fewer.begin() + end);
        changed |= attempt(fewer);
      }
    return changed;
  }

  // A part without numbers is the simplest thing that it can be.
  bool dropAll() {
    bool changed = false;
    for (size_t part = 0; part < best.size(); ++part) {
      Parts fewer = best;
      // The first number of an op says which.
      while (fewer[part].size() > 1)
        fewer[part].pop_back();
      changed |= fewer != best && attempt(fewer);
    }
    return changed;
  }

  bool lowerNumbers() {
    bool changed = false;
    for (size_t part = 0; part < best.size(); ++part)
      for (size_t i = 0; i < best[part].size(); ++i)
        for (uint32_t less : {0u, best[part][i] / 2, best[part][i] - 1}) {
          if (i >= best[part].size() || less >= best[part][i])
            break;
          Parts lower = best;
          lower[part][i] = less;
          changed |= attempt(lower);
        }
    return changed;
  }

  Parts best;
  int64_t attempts;
  const std::function<bool(const Parts &)> &stillFails;
};

} // namespace

Parts shrinkDraws(Parts parts, int64_t attempts,
                  const std::function<bool(const Parts &)> &stillFails) {
  return DrawShrinker(std::move(parts), attempts, stillFails).run();
}

} // namespace moe::fuzz
