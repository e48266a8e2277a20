// Moving planned pieces between buffers, and checking what arrived.
#include "runtime/comm/CommunicatorState.h"
#include "runtime/comm/JobTable.h"
#include "runtime/comm/Reduce.h"

#include <cstring>

namespace moert {

AgreementHeader headerOf(const Operation &operation, uint32_t phase,
                         uint64_t bytes) {
  AgreementHeader header;
  header.site = operation.plan->site.site;
  header.sequence = operation.sequence;
  header.bytes = bytes;
  header.digest = operation.plan->digest;
  header.phase = phase;
  return header;
}

void checkHeader(const AgreementHeader &got, const AgreementHeader &want,
                 int peer, const std::vector<CollectiveSite> &sites) {
  if (got.magic != AgreementHeader::magicNumber)
    throw Error(text("message of rank ", peer, " in ",
                     describeSite(sites, want.site),
                     " is no message of this runtime"));
  if (got.site != want.site || got.sequence != want.sequence)
    throw Error(text("ranks disagree: rank ", peer, " is in operation ",
                     got.sequence, ", ", describeSite(sites, got.site),
                     "; this rank is in operation ", want.sequence, ", ",
                     describeSite(sites, want.site)));
  if (got.digest != want.digest)
    throw Error(text("ranks disagree: rank ", peer,
                     " has other layouts or another element type for ",
                     describeSite(sites, want.site)));
  if (got.bytes != want.bytes || got.phase != want.phase)
    throw Error(text("ranks disagree: rank ", peer, " sends ", got.bytes,
                     " bytes in round ", got.phase, " of ",
                     describeSite(sites, want.site), ", expected are ",
                     want.bytes, " bytes in round ", want.phase));
}

void checkRowCapacity(const SitePlan &plan, int rank, int64_t rows,
                      const std::vector<CollectiveSite> &sites) {
  if (rows > plan.targetRows)
    throw Error(text(describeSite(sites, plan.site.site), ": rank ", rank,
                     " receives at least ", rows,
                     " rows, but its buffer holds ", plan.targetRows,
                     "; plan a larger capacity"));
}

void copyPieces(const SitePlan &plan, const std::vector<BoxPair> &pairs,
                const void *from, void *to) {
  const char *source = static_cast<const char *>(from);
  char *target = static_cast<char *>(to);
  size_t size = plan.elementBytes;
  for (const BoxPair &pair : pairs)
    forEachRun(pair, [&](int64_t read, int64_t write, int64_t elements) {
      std::memcpy(target + write * size, source + read * size, elements * size);
    });
}

char *packPieces(const SitePlan &plan, const Transfer &transfer,
                 const void *from, char *packed) {
  const char *source = static_cast<const char *>(from);
  size_t size = plan.elementBytes;
  // Only the read side matters: runs of the packed side never end early.
  for (const BoxPair &pair : transfer.pieces)
    forEachRun(pair.readSide(), [&](int64_t read, int64_t, int64_t elements) {
      std::memcpy(packed, source + read * size, elements * size);
      packed += elements * size;
    });
  return packed;
}

const char *unpackPieces(const SitePlan &plan, const Transfer &transfer,
                         const char *packed, void *to) {
  char *target = static_cast<char *>(to);
  size_t size = plan.elementBytes;
  for (const BoxPair &pair : transfer.pieces)
    forEachRun(pair.writtenSide(),
               [&](int64_t, int64_t write, int64_t elements) {
                 std::memcpy(target + write * size, packed, elements * size);
                 packed += elements * size;
               });
  return packed;
}

void reducePhase(const SitePlan &plan, const PlanPhase &phase,
                 const std::vector<const void *> &contributions,
                 const std::vector<bool> &packed, void *target) {
  if (phase.receives.empty())
    return;
  size_t count = contributions.size(), size = plan.elementBytes;
  std::vector<const void *> run(count);
  int64_t passed = 0;
  // All receives have the same pieces; only their peers differ.
  for (const BoxPair &pair : phase.receives[0].pieces)
    forEachRun(pair, [&](int64_t read, int64_t write, int64_t elements) {
      for (size_t i = 0; i < count; ++i)
        run[i] = static_cast<const char *>(contributions[i]) +
                 (packed[i] ? passed : read) * size;
      reduceRuns(plan.site.dtype, plan.site.reduction, run.data(), count,
                 elements, static_cast<char *>(target) + write * size);
      passed += elements;
    });
}

} // namespace moert
