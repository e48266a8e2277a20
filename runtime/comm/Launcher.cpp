#include "runtime/comm/Communicator.h"

#include <cstdlib>

namespace moert {

// Open MPI's mpirun, srun with PMIx, MPICH's mpiexec, srun with PMI-2.
bool launchedByMpi() {
  for (const char *name :
       {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD"})
    if (std::getenv(name))
      return true;
  return false;
}

} // namespace moert
