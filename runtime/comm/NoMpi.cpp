// The MPI entry points of builds without MPI.
#include "runtime/comm/Communicator.h"

namespace moert {

bool haveMpi() { return false; }

int runMpi(const CommOptions &, const RankMain &) {
  throw Error("this build has no MPI; run with threads as ranks, or install "
              "Open MPI and build again");
}

} // namespace moert
