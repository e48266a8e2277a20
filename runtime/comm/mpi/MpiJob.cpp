// An MPI job from its first call to its last.
#include "runtime/comm/JobTable.h"
#include "runtime/comm/mpi/MpiCommunicator.h"
#include "runtime/comm/mpi/SharedSegments.h"
#include "runtime/comm/mpi/StartWatch.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <unistd.h>

namespace moert {

bool haveMpi() { return true; }

// Measured to be right for ranks on one machine: copies through shared memory
// beat process_vm_readv from 32 KB on; in few large fragments they are twice as
// fast as in many small ones; and waiting ranks must yield where there are more
// of them than cores, and only there. Never `pml`: naming it turns monitoring
// off.
static void setDefaults() {
  const char *all = std::getenv("OMPI_COMM_WORLD_SIZE");
  const char *here = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
  bool oneHost = all && here && std::string(all) == here;
  bool coreForEach = here && std::atol(here) <= ::sysconf(_SC_NPROCESSORS_ONLN);
  ::setenv("OMPI_MCA_mpi_yield_when_idle", coreForEach ? "0" : "1", 0);
  ::setenv("OMPI_MCA_btl", oneHost ? "self,vader" : "self,vader,tcp", 0);
  ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
  ::setenv("OMPI_MCA_btl_vader_max_send_size", "262144", 0);
  // Where fragments lie; taken as they are needed.
  ::setenv("OMPI_MCA_btl_vader_segment_size", "16777216", 0);
}

[[noreturn]] static void giveUp(const std::string &why) {
  printReport("error: " + why + "\n");
  MPI_Abort(MPI_COMM_WORLD, 1);
  ::_exit(1);
}

static std::unique_ptr<MpiCommunicator> begin(const CommOptions &options) {
  setDefaults();
  int provided = 0, rank = 0, size = 1;
  StartWatch watch("MPI_Init", options.startSeconds, options);
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS)
    throw Error("MPI cannot be initialised");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  auto communicator = std::make_unique<MpiCommunicator>(rank, size, options);
  try {
    communicator->startWatchdog();
  } catch (const std::exception &error) {
    giveUp(error.what());
  }
  return communicator;
}

int runMpi(const CommOptions &options, const RankMain &main) {
  std::unique_ptr<MpiCommunicator> communicator = begin(options);
  auto segments = std::make_unique<UnnamedSegments>();
  int code = 0;
  std::string why;
  std::exception_ptr failure;
  try {
    code = main(*communicator);
  } catch (const InjectedReturn &) {
  } catch (const std::exception &error) {
    code = 1;
    why = error.what();
    failure = std::current_exception();
  }
  bool speaks = communicator->leave(code, why);
  communicator.reset();
  // The work is over: the first rank that exits with an error makes mpirun end
  // the others, which have words to print yet.
  ::signal(SIGTERM, SIG_IGN);
  segments.reset();
  {
    StartWatch watch("MPI_Finalize", options.silentSeconds, options);
    MPI_Finalize();
  }
  if (failure && speaks)
    std::rethrow_exception(failure);
  // mpirun ends a job at the first rank that leaves with a code: that must be
  // the one with the words.
  return failure ? 0 : code;
}

} // namespace moert
