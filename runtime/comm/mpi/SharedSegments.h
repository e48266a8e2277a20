// Open MPI's shared-memory files, removed while they are in use.
#pragma once

#include <string>
#include <vector>

namespace moert {

/// While it lives, this rank's shared-memory files (vader_segment.* in
/// /dev/shm) have no names: memory stays mapped, and nothing is left behind
/// however the job ends. Begin it when all ranks have spoken to each other,
/// that is, have mapped the files. At the end empty files stand in, for Open
/// MPI complains where it finds nothing to remove.
class UnnamedSegments {
public:
  UnnamedSegments();
  ~UnnamedSegments();
  UnnamedSegments(const UnnamedSegments &) = delete;
  UnnamedSegments &operator=(const UnnamedSegments &) = delete;

private:
  std::vector<std::string> paths_;
};

} // namespace moert
