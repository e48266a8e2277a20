// What is known of all ranks of a job, and the judgement on it.
//
// Transports feed it with signs of life and ask it after every tick; it names a
// fault and prints one table. It keeps no clock: time is what the caller's
// ticks say, each at most half a second, so that a paused process accuses
// nobody.
#pragma once

#include "runtime/comm/CollectiveSite.h"
#include "runtime/comm/FlightRecorder.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moert {

/// "collective 4 (all_to_all of moe.einsum at model.mlir:42:8)" or "barrier".
std::string describeSite(const std::vector<CollectiveSite> &sites,
                         int32_t site);

class JobTable {
public:
  /// Why the job must end.
  struct Fault {
    /// One line: who, where, since when.
    std::string text;
    /// The named ranks may be on a host that is cut off: the caller should name
    /// them now and end the job a little later.
    bool unreachable = false;
    int exitCode = 1;
  };

  JobTable(int ranks, double silentSeconds, double stuckSeconds);

  /// Limits count from here on `rank`; before, nothing is known of it.
  void join(int rank, const std::string &host);
  /// A sign of life. `watched`: a rank without progress is a fault.
  void beat(int rank, const Position &position, bool watched);
  /// The rank ended its work with exit code `code`; `error` is empty or why.
  void leave(int rank, int code, const std::string &error);
  /// The rank's process ended without a word.
  void lose(int rank);
  /// Passes `seconds` (capped at 0.5) of time.
  void tick(double seconds);

  /// The worst fault known, or none. `sites` serve to name collectives.
  std::optional<Fault> judge(const std::vector<CollectiveSite> &sites) const;
  bool allLeft() const;
  bool hasLeft(int rank) const { return rows_[rank].left; }
  const Position &position(int rank) const { return rows_[rank].position; }
  /// Of the ranks that have not left, the one furthest behind, on whom the
  /// others wait; rank 0 if all have.
  int behind() const;
  const std::string &error(int rank) const { return rows_[rank].error; }
  int exitCode(int rank) const { return rows_[rank].code; }

  /// One row a rank: host, state, step, collective, source line, time there.
  /// Runs of ranks in the same place share a row once there are many.
  std::string table(const std::vector<CollectiveSite> &sites) const;

private:
  struct Row {
    std::string host;
    Position position;
    bool joined = false;
    bool heard = false;
    bool watched = false;
    bool left = false;
    bool lost = false;
    int code = 0;
    std::string error;
    double sinceBeat = 0;
    double sinceStep = 0;
    double sinceLeft = 0;
  };
  std::string name(int rank) const;
  std::string place(int rank, const std::vector<CollectiveSite> &sites) const;
  std::string waiting(const std::vector<CollectiveSite> &sites) const;
  std::string state(const Row &row) const;

  std::optional<Fault> findLost(const std::vector<CollectiveSite> &) const;
  std::optional<Fault> findLeft(const std::vector<CollectiveSite> &) const;
  std::optional<Fault> findSilent(const std::vector<CollectiveSite> &) const;
  std::optional<Fault> findDivergent(const std::vector<CollectiveSite> &) const;
  std::optional<Fault> findStuck(const std::vector<CollectiveSite> &) const;

  std::vector<Row> rows_;
  double silentSeconds_;
  double stuckSeconds_;
};

/// The last collectives of one rank, for the end of a failure report.
std::string recentCollectives(const FlightRecorder &recorder,
                              const std::vector<CollectiveSite> &sites,
                              size_t limit = 8);

/// Writes `text` to standard error at once, past all buffers.
void printReport(const std::string &text);

} // namespace moert
