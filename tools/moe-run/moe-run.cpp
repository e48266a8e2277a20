// Runs a compiled program, on threads of this process or as a rank of MPI's.
#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/Gemm.h"
#include "runtime/core/Manifest.h"
#include "runtime/core/Tiles.h"
#include "tools/moe-run/Job.h"
#include "tools/moe-run/Options.h"
#include "tools/moe-run/Source.h"
#include "tools/moe-run/Trials.h"

#include <csignal>
#include <cstdio>

using namespace moerun;

static std::string versionText() {
  std::string text = "moe-run " MOE_VERSION "\ntransports: local (threads)";
  text +=
      moert::haveMpi() ? ", mpi\n" : "; no mpi: built where no MPI was found\n";
  text += moert::haveOneDnn()
              ? "matmuls: " + moert::oneDnnVersion()
              : "matmuls: no oneDNN: built where libdnnl-dev was not found";
  return text + ", own tiles (" + moert::tileInstructions() + ")\n";
}

// Alone, the program itself says how many ranks there are; --ranks must agree.
static int runThreads(const Options &options,
                      const moert::CommOptions &limits) {
  std::string artifact = obtainArtifact(options);
  moert::Manifest manifest = moert::parseManifest(
      moert::unpackArtifact(artifact, options.program).manifest);
  int ranks = options.ranks.value_or(static_cast<int>(manifest.ranks));
  return moert::runLocal(ranks, limits, [&](moert::Communicator &comm) {
    return runJob(comm, options, artifact);
  });
}

static int run(const Options &options) {
  // A full disk is an error to report, not a reason to die; so is a closed
  // pipe.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  moert::CommOptions limits = moert::CommOptions::fromEnvironment();
  Trials trials(options);
  int code = moert::launchedByMpi()
                 ? moert::runMpi(limits,
                                 [&](moert::Communicator &comm) {
                                   return runJob(comm, options, "");
                                 })
                 : runThreads(options, limits);
  trials.keep();
  return code;
}

int main(int argc, char **argv) {
  try {
    Options options =
        parseOptions(std::vector<std::string>(argv + 1, argv + argc));
    if (options.help || options.version) {
      std::fputs((options.help ? helpText() : versionText()).c_str(), stdout);
      return 0;
    }
    return run(options);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
