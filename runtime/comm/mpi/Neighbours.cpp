#include "runtime/comm/mpi/Neighbours.h"

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace moert {

static const char *const kRankNames[] = {"PMIX_RANK=", "OMPI_COMM_WORLD_RANK="};

int rankByEnvironment() {
  for (std::string name : kRankNames) {
    name.pop_back();
    if (const char *rank = std::getenv(name.c_str()))
      return std::atoi(rank);
  }
  return 0;
}

static std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

// The rank of a process of job `job` by its environment, or -1.
static int rankIn(const std::string &environment, const std::string &job) {
  int rank = -1;
  bool ours = false;
  std::istringstream variables(environment);
  for (std::string variable; std::getline(variables, variable, '\0');) {
    ours |= variable == "PMIX_NAMESPACE=" + job;
    for (const char *name : kRankNames)
      if (variable.compare(0, std::strlen(name), name) == 0)
        rank = std::atoi(variable.c_str() + std::strlen(name));
  }
  return ours ? rank : -1;
}

// "1234 (name) T ...", where the name may hold anything.
static bool isStopped(const std::string &stat) {
  size_t end = stat.rfind(')');
  return end != std::string::npos && stat.size() > end + 2 &&
         stat[end + 2] == 'T';
}

std::vector<Neighbour> neighbours() {
  const char *job = std::getenv("PMIX_NAMESPACE");
  DIR *processes = job ? ::opendir("/proc") : nullptr;
  if (!processes)
    return {};
  // A rank may have several processes: one that stands holds up all.
  std::map<int, std::vector<pid_t>> stopped;
  while (const dirent *entry = ::readdir(processes)) {
    if (!std::isdigit(static_cast<unsigned char>(entry->d_name[0])))
      continue;
    std::string folder = std::string("/proc/") + entry->d_name;
    int rank = rankIn(contents(folder + "/environ"), job);
    if (rank < 0)
      continue;
    std::vector<pid_t> &standing = stopped[rank];
    if (isStopped(contents(folder + "/stat")))
      standing.push_back(std::atoi(entry->d_name));
  }
  ::closedir(processes);
  std::vector<Neighbour> all;
  for (const auto &[rank, standing] : stopped)
    all.push_back({rank, standing});
  return all;
}

} // namespace moert
