#include "tools/moe-run/Together.h"

namespace moerun {

void together(moert::Communicator &comm, const std::function<void()> &step) {
  std::string failure;
  try {
    step();
  } catch (const std::exception &error) {
    failure = *error.what() ? error.what() : "unknown failure";
  }
  std::vector<std::string> failures = comm.allGather(failure);
  size_t failed = 0, first = failures.size();
  for (size_t rank = failures.size(); rank-- > 0;)
    if (!failures[rank].empty()) {
      ++failed;
      first = rank;
    }
  if (failed == 0)
    return;
  bool everywhere = failed == failures.size();
  throw SharedError(everywhere
                        ? failures[first]
                        : moert::text("rank ", first, ": ", failures[first]));
}

} // namespace moerun
