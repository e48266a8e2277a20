// A job for the fault tests: many collectives. Faults come
// from MOE_INJECT, or from the words below.
//
//   CommFaultJob run            all-to-alls for ever (the fault ends them)
//   CommFaultJob hash           rank 1 has another program
//   CommFaultJob elsewhere      rank 1 calls a barrier that nobody else calls
//   CommFaultJob error          all ranks fail alike
//   CommFaultJob bytes FILE     some of everything; counters to FILE.RANK
#include "runtime/comm/Communicator.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace moert;

static CollectiveSite siteOf(int32_t number, int64_t ranks) {
  CollectiveSite site;
  site.site = number;
  site.op = "moe.einsum";
  Digit all = {ranks, 1};
  switch (number) {
  case 0:
    site.kind = "all_to_all";
    site.location = "model.mlir:42:8";
    site.source = {{64, 64, 16}, {{all}, {}, {}}, {}};
    site.target = {{64, 64, 16}, {{}, {all}, {}}, {}};
    break;
  case 1:
    site.primitive = Primitive::AllReduce;
    site.kind = "all_reduce";
    site.location = "model.mlir:50:8";
    site.source = {{1001}, {{}}, {all}};
    site.target = {{1001}, {{}}, {}};
    site.reduction = Reduction::Sum;
    break;
  default:
    site.primitive = Primitive::AllToAllRagged;
    site.location = "model.mlir:60:8";
    site.source = {{8 * ranks, 4}, {{all}, {}}, {}};
    site.target = {{64 * ranks, 4}, {{all}, {}}, {}};
    site.group = {all};
    break;
  }
  return site;
}

static void runSome(Communicator &comm, int calls) {
  std::vector<float> in(1 << 20), out(1 << 20);
  std::vector<int64_t> send(static_cast<size_t>(comm.size()), 1), receive(send);
  for (int call = 0; calls < 0 || call < calls; ++call) {
    comm.run(0, in.data(), out.data());
    comm.run(1, in.data(), out.data());
    comm.allToAllRagged(2, in.data(), send.data(), out.data(), receive.data());
  }
}

static void writeCounters(Communicator &comm, const std::string &path) {
  SiteCounters all = comm.setUpCounters();
  for (int32_t site = 0; site < 3; ++site) {
    const SiteCounters &counters = comm.counters(site);
    all.sentBytes += counters.sentBytes;
    all.headerBytes += counters.headerBytes;
    all.messages += counters.messages;
  }
  std::ofstream file(path + "." + std::to_string(comm.rank()));
  file << all.sentBytes + all.headerBytes << " " << all.messages << "\n";
}

static int runRank(Communicator &comm, int argc, char **argv) {
  std::string what = argc > 1 ? argv[1] : "run";
  // Its shared-memory files carry this number.
  if (const char *job = std::getenv("OMPI_MCA_ess_base_jobid"))
    if (comm.rank() == 0)
      std::cout << "job " << std::hex << std::strtoul(job, nullptr, 10)
                << std::endl;
  comm.agree("program",
             what == "hash" && comm.rank() == 1 ? "hash-b" : "hash-a");
  std::vector<CollectiveSite> sites;
  for (int32_t number : {0, 1, 2})
    sites.push_back(siteOf(number, comm.size()));
  comm.prepare(sites);
  if (what == "error")
    throw Error("parameter file 'weights.npz' does not exist");
  comm.watch(true);
  if (what == "elsewhere" && comm.rank() == 1)
    comm.barrier();
  runSome(comm, what == "bytes" ? 5 : -1);
  comm.watch(false);
  if (what == "bytes" && argc > 2)
    writeCounters(comm, argv[2]);
  return 0;
}

int main(int argc, char **argv) {
  try {
    return runMpi(CommOptions::fromEnvironment(), [&](Communicator &comm) {
      return runRank(comm, argc, argv);
    });
  } catch (const std::exception &error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
