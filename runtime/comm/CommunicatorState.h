// What transports share behind Communicator: plans, counters and the recorder.
// Included by transports, not by their users.
#pragma once

#include "runtime/comm/Communicator.h"
#include "runtime/comm/FlightRecorder.h"
#include "runtime/core/ExchangePlan.h"

#include <deque>
#include <exception>
#include <optional>

namespace moert {

/// Rides first in each message; peers compare it before they read data.
struct AgreementHeader {
  static constexpr uint32_t magicNumber = 0x4d6f4531;
  uint32_t magic = magicNumber;
  /// Program site, or a SetUpSite.
  int32_t site = noSite;
  /// Operations begun before this one.
  uint64_t sequence = 0;
  /// Payload behind this header, in all parts of the message.
  uint64_t bytes = 0;
  /// See digestOf.
  uint32_t digest = 0;
  /// Round of the collective.
  uint32_t phase = 0;
};
static_assert(sizeof(AgreementHeader) == 32, "part of the message format");

/// One site with this rank's plan.
struct SitePlan {
  CollectiveSite site;
  /// Every primitive but AllToAllRagged.
  ExchangePlan plan;
  uint32_t digest = 0;
  size_t elementBytes = 0;
  /// AllToAllRagged: group, own place in it, bytes of a row, row limits.
  std::vector<int64_t> group;
  int64_t groupIndex = 0;
  int64_t rowBytes = 0;
  int64_t sourceRows = 0;
  int64_t targetRows = 0;
  SiteCounters counters;
  bool inFlight = false;
};

/// Collectives that may be between start and done at once.
inline constexpr size_t maxInFlight = 32;

/// A collective between start and done.
struct Operation {
  uint64_t sequence = 0;
  /// Below maxInFlight, its own until it is done, and the same on all ranks.
  size_t slot = 0;
  SitePlan *plan = nullptr;
  const void *source = nullptr;
  void *target = nullptr;
  /// AllToAllRagged only.
  const int64_t *sendRows = nullptr;
  int64_t *receiveRows = nullptr;
};

/// Where an injected fault strikes.
struct Injection {
  int rank = -1;
  int32_t site = 0;
  int64_t call = 0;
  std::string fault;
};

/// Reads CommOptions::inject. Throws Error where it is malformed.
std::optional<Injection> parseInjection(const std::string &text);

/// Leaves a rank's main with code 0, by injection; where exceptions do not pass
/// (compiled code), it is an error like others.
struct InjectedReturn : std::exception {
  const char *what() const noexcept override { return "injected return"; }
};

struct Communicator::State {
  CommOptions options;
  std::optional<Injection> injection;
  std::vector<SitePlan> plans;
  /// As prepared, for reports of this rank's own thread.
  std::vector<CollectiveSite> sites;
  /// The transport's, whose watcher may read it after the rank has ended.
  FlightRecorder *recorder = nullptr;
  uint64_t calls = 0;
  uint64_t operations = 0;
  /// Those of them that were in flight: all but set-up calls.
  size_t begun = 0;
  std::deque<Operation> inFlight;
  SiteCounters setUp;
};

/// What ranks must agree on of `site`, as a number: primitive, element type,
/// reduction, layouts, map and group.
uint32_t digestOf(const CollectiveSite &site);

/// Throws Error naming both sides unless `got` (from rank `peer`) belongs to
/// what this rank expects.
void checkHeader(const AgreementHeader &got, const AgreementHeader &want,
                 int peer, const std::vector<CollectiveSite> &sites);

/// Throws Error where a ragged all-to-all brings rank `rank` more rows than its
/// buffer holds.
void checkRowCapacity(const SitePlan &plan, int rank, int64_t rows,
                      const std::vector<CollectiveSite> &sites);

/// Header of this rank's part in `operation`.
AgreementHeader headerOf(const Operation &operation, uint32_t phase,
                         uint64_t bytes);

/// Reduces what `phase` received: `contribution(i)` is the start of the i-th
/// receive's data, in the sender's buffer layout, or packed where `packed(i)`.
void reducePhase(const SitePlan &plan, const PlanPhase &phase,
                 const std::vector<const void *> &contributions,
                 const std::vector<bool> &packed, void *target);

/// Copies `pairs` from one buffer to another.
void copyPieces(const SitePlan &plan, const std::vector<BoxPair> &pairs,
                const void *from, void *to);
/// The same to and from packed bytes.
char *packPieces(const SitePlan &plan, const Transfer &transfer,
                 const void *from, char *packed);
const char *unpackPieces(const SitePlan &plan, const Transfer &transfer,
                         const char *packed, void *to);

} // namespace moert
