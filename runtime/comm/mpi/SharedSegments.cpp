#include "runtime/comm/mpi/SharedSegments.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

namespace moert {

// The files are named by host, user, job and rank on the host:
// vader_segment.HOST.UID.JOB.LOCALRANK, the job in hexadecimal.
UnnamedSegments::UnnamedSegments() {
  const char *job = std::getenv("OMPI_MCA_ess_base_jobid");
  const char *localRank = std::getenv("OMPI_COMM_WORLD_LOCAL_RANK");
  if (!job || !localRank)
    return;
  char pattern[128];
  std::snprintf(pattern, sizeof pattern, "/dev/shm/vader_segment.*.%u.%lx.%s",
                ::geteuid(), std::strtoul(job, nullptr, 10), localRank);
  glob_t found;
  if (::glob(pattern, 0, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; ++i)
      if (::unlink(found.gl_pathv[i]) == 0)
        paths_.push_back(found.gl_pathv[i]);
  ::globfree(&found);
}

UnnamedSegments::~UnnamedSegments() {
  for (const std::string &path : paths_) {
    int fd =
        ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
      ::close(fd);
  }
}

} // namespace moert
