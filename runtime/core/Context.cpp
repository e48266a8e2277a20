#include "runtime/core/Context.h"

#include "runtime/core/Block.h"
#include "runtime/core/Error.h"
#include "runtime/core/Tiles.h"

#include <cstring>
#include <fstream>
#include <unistd.h>

struct moert_context {
  moert::Context *context;
};

namespace moert {

int64_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

//===-- Loading -----------------------------------------------------------===//

// Products of bf16 have other bits where the processor has instructions for
// them; ranks of one job must not differ.
static std::string bf16Matmuls(const Manifest &manifest) {
  for (const MatmulSite &site : manifest.matmuls)
    if (site.aType == DType::BF16 && site.bType == DType::BF16)
      return tileFormat(site.aType, site.bType) == TileFormat::BF16Pairs
                 ? "by instructions for bf16"
                 : "widened to f32";
  return "none";
}

Context::Context(std::shared_ptr<const Program> program, Communicator &comm,
                 Trace *trace)
    : program_(std::move(program)), comm_(comm), trace_(trace),
      handle_(new moert_context{this}) {
  const Manifest &manifest = program_->manifest();
  requireIsa(manifest.program, manifest.isa);
  comm_.agree("program", program_->hash());
  if (manifest.ranks != comm_.size())
    throw Error(text(
        "program '", manifest.program, "' is compiled for ", manifest.ranks,
        " ranks (mesh ", manifest.meshText(), "), the job has ", comm_.size(),
        "; compile with a --mesh whose sizes multiply to ", comm_.size()));
  comm_.agree("bf16 matmuls", bf16Matmuls(manifest));
  comm_.prepare(manifest.collectives);
  computeOnOneThread();
  matmuls_.resize(manifest.matmuls.size());
  for (const MatmulSite &site : manifest.matmuls)
    matmuls_[static_cast<size_t>(site.site)].gemm.emplace(site, scratch_);
}

Context::~Context() = default;

void Context::constantsChanged() {
  for (MatmulState &matmul : matmuls_)
    matmul.packedFrom = nullptr;
}

// Ranks of one process that hold the same block share its packed form.
void Context::packConstant(const MatmulSite &site, const Parameter &weights,
                           const void *from) {
  MatmulState &matmul = state(site.site);
  if (matmul.packedFrom == from)
    return;
  double begin = traceMicroseconds();
  bool shares = std::strcmp(comm_.transport(), "local") == 0;
  int64_t holder =
      shares ? lowestHolder(weights.layout, comm_.rank()) : comm_.rank();
  matmul.countsPacked = holder == comm_.rank();
  matmul.gemm.emplace(site, scratch_);
  matmul.gemm->use(
      program_->weights().get({site.site, holder, matmul.timesPacked++},
                              [&] { return matmul.gemm->pack(from); }));
  matmul.packedFrom = from;
  if (trace_)
    trace_->add({"pack", "matmul", begin, traceMicroseconds(), -1,
                 text(site.op, " at ", site.location)});
}

void Context::packConstants(const Entry &entry,
                            const std::vector<const void *> &arguments) {
  for (const MatmulSite &site : program_->manifest().matmuls) {
    if (site.entry != entry.name || site.bArgument < 0)
      continue;
    auto argument = static_cast<size_t>(site.bArgument);
    packConstant(site, entry.arguments[argument], arguments[argument]);
  }
}

//===-- Running -----------------------------------------------------------===//

void Context::run(const Entry &entry,
                  const std::vector<const void *> &arguments,
                  const std::vector<void *> &results) {
  packConstants(entry, arguments);
  auto bytes = static_cast<size_t>(entry.arenaBytes);
  if (arena_.size() < bytes) {
    arena_ = Buffer();
    arena_ = Buffer(bytes);
  }
  if (poison_ && bytes)
    std::memset(arena_.data(), 0xff, bytes);
  error_.clear();
  double begin = traceMicroseconds();
  program_->function(entry)(handle_.get(), arena_.data(), arguments.data(),
                            results.data());
  if (trace_)
    trace_->add({entry.name, "entry", begin, traceMicroseconds(), -1, ""});
  if (!error_.empty())
    throw Error(error_);
}

// Errors do not cross compiled code: it knows no exceptions.
template <typename Action> void Context::guard(Action action) {
  if (!error_.empty())
    return;
  try {
    action();
  } catch (const std::exception &error) {
    error_ = error.what();
    if (error_.empty())
      error_ = "unknown failure";
  }
}

void Context::timedCollective(const char *suffix, int32_t site,
                              const std::function<void()> &action) {
  guard([&] {
    if (!trace_)
      return action();
    int64_t sent = comm_.counters(site).sentBytes;
    double begin = traceMicroseconds();
    action();
    const CollectiveSite &about =
        program_->manifest().collectives.at(static_cast<size_t>(site));
    trace_->add({about.kind + suffix, "collective", begin, traceMicroseconds(),
                 comm_.counters(site).sentBytes - sent,
                 text(about.op, " at ", about.location)});
  });
}

void Context::collective(int32_t site, const void *source, void *target) {
  timedCollective("", site, [&] { comm_.run(site, source, target); });
}

void Context::collectiveStart(int32_t site, const void *source, void *target) {
  timedCollective(" start", site, [&] { comm_.start(site, source, target); });
}

void Context::collectiveDone(int32_t site) {
  timedCollective(" done", site, [&] { comm_.done(site); });
}

void Context::allToAllRagged(int32_t site, const void *source,
                             const int64_t *sendRows, void *target,
                             int64_t *receiveRows) {
  timedCollective("", site, [&] {
    comm_.allToAllRagged(site, source, sendRows, target, receiveRows);
  });
}

Context::MatmulState &Context::state(int32_t site) {
  if (site < 0 || static_cast<size_t>(site) >= matmuls_.size())
    throw Error(text("the program's code calls matmul ", site,
                     ", its manifest has ", matmuls_.size()));
  return matmuls_[static_cast<size_t>(site)];
}

template <typename Run>
void Context::timedMatmul(int32_t site, bool isCall, Run run) {
  guard([&] {
    MatmulState &matmul = state(site);
    int64_t operations = matmul.gemm->operationsDone();
    double begin = traceMicroseconds();
    run(*matmul.gemm);
    double end = traceMicroseconds();
    matmul.counters.operations += matmul.gemm->operationsDone() - operations;
    matmul.counters.calls += isCall;
    matmul.counters.seconds += (end - begin) * 1e-6;
    const MatmulSite &about =
        program_->manifest().matmuls[static_cast<size_t>(site)];
    if (trace_)
      trace_->add({"matmul", "matmul", begin, end, -1,
                   text(about.op, " at ", about.location)});
  });
}

void Context::matmul(int32_t site, const void *a, const void *b, void *c) {
  timedMatmul(site, true, [&](Gemm &gemm) { gemm.run(a, b, c); });
}

// All slices together are one call.
void Context::matmulSlice(int32_t site, int64_t slice, const void *a,
                          const void *b, void *c, int64_t n, int64_t k) {
  timedMatmul(site, slice == 0,
              [&](Gemm &gemm) { gemm.runSlice(slice, a, b, c, n, k); });
}

//===-- Reports -----------------------------------------------------------===//

MemoryReport Context::memory() const {
  MemoryReport report;
  report.arena = static_cast<int64_t>(arena_.size());
  for (const MatmulState &matmul : matmuls_)
    if (matmul.countsPacked)
      report.packed += static_cast<int64_t>(matmul.gemm->packedBytes());
  report.scratch =
      static_cast<int64_t>(scratch_.bytes()) + comm_.scratchBytes();
  for (const MatmulState &matmul : matmuls_)
    report.scratch += static_cast<int64_t>(matmul.gemm->keptBytes());
  report.resident = residentBytes();
  return report;
}

const MatmulCounters &Context::matmul(int32_t site) const {
  return matmuls_.at(static_cast<size_t>(site)).counters;
}

std::string Context::matmulKernel(int32_t site) const {
  return matmuls_.at(static_cast<size_t>(site)).gemm->kernel();
}

void Context::resetCounters() {
  comm_.resetCounters();
  for (MatmulState &matmul : matmuls_)
    matmul.counters = {};
}

} // namespace moert

//===-- The C interface ---------------------------------------------------===//

#define MOERT_EXPORT __attribute__((visibility("default"), used))

extern "C" {

MOERT_EXPORT void moert_collective(moert_context *context, int32_t site,
                                   const void *source, void *target) {
  context->context->collective(site, source, target);
}

MOERT_EXPORT void moert_collective_start(moert_context *context, int32_t site,
                                         const void *source, void *target) {
  context->context->collectiveStart(site, source, target);
}

MOERT_EXPORT void moert_collective_done(moert_context *context, int32_t site) {
  context->context->collectiveDone(site);
}

MOERT_EXPORT void moert_all_to_all_ragged(moert_context *context, int32_t site,
                                          const void *source,
                                          const int64_t *send_rows,
                                          void *target, int64_t *receive_rows) {
  context->context->allToAllRagged(site, source, send_rows, target,
                                   receive_rows);
}

MOERT_EXPORT void moert_matmul(moert_context *context, int32_t site,
                               const void *a, const void *b, void *c) {
  context->context->matmul(site, a, b, c);
}

MOERT_EXPORT void moert_matmul_slice(moert_context *context, int32_t site,
                                     int64_t slice, const void *a,
                                     const void *b, void *c, int64_t n,
                                     int64_t k) {
  context->context->matmulSlice(site, slice, a, b, c, n, k);
}

MOERT_EXPORT int32_t moert_rank(const moert_context *context) {
  return context->context->rank();
}

MOERT_EXPORT int32_t moert_failed(const moert_context *context) {
  return context->context->hasFailed() ? 1 : 0;
}

} // extern "C"
