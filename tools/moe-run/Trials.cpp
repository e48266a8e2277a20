#include "tools/moe-run/Trials.h"

#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/GemmTrial.h"
#include "tools/moe-run/Cache.h"

namespace moerun {

// An entry of the cache without code: it is trusted, bounded and checked like
// any other.
static std::string keyOfTrials() {
  return cacheKey({"trials 1 " MOE_VERSION, {}, moert::trialHost(), ""});
}

template <typename Action> static void withCache(Action action) {
  try {
    if (std::optional<std::string> folder = cacheFolder())
      action(Cache(*folder));
  } catch (const moert::Error &) {
  }
}

Trials::Trials(const Options &options) : isOn_(options.cache) {
  if (!isOn_)
    return;
  withCache([&](const Cache &cache) {
    if (std::optional<std::string> kept = cache.find(keyOfTrials()))
      recalled_ = moert::unpackArtifact(*kept, "trials").manifest;
  });
  moert::recallTrials(recalled_);
}

void Trials::keep() const {
  std::string outcomes = moert::trialOutcomes();
  if (isOn_ && outcomes != recalled_)
    withCache([&](const Cache &cache) {
      cache.store(keyOfTrials(), moert::packArtifact(outcomes, ""));
    });
}

} // namespace moerun
