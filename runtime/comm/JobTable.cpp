#include "runtime/comm/JobTable.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <unistd.h>

namespace moert {

using Sites = std::vector<CollectiveSite>;

// Ranks that disagree or left early are given so long to be overtaken by their
// own messages.
static constexpr double settleSeconds = 0.5;

static std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", value);
  return text;
}

std::string describeSite(const Sites &sites, int32_t site) {
  switch (site) {
  case barrierSite:
    return "barrier";
  case broadcastSite:
    return "broadcast";
  case allGatherSite:
    return "all-gather of set-up";
  case gatherSite:
    return "gather of results";
  case noSite:
    return "no collective";
  }
  std::string description = text("collective ", site);
  if (static_cast<size_t>(site) >= sites.size())
    return description;
  const CollectiveSite &known = sites[site];
  std::string kind = known.kind.empty() ? nameOf(known.primitive) : known.kind;
  description += " (" + kind;
  if (!known.op.empty())
    description += " of " + known.op;
  if (!known.location.empty())
    description += " at " + known.location;
  return description + ")";
}

JobTable::JobTable(int ranks, double silentSeconds, double stuckSeconds)
    : rows_(ranks), silentSeconds_(silentSeconds), stuckSeconds_(stuckSeconds) {
}

void JobTable::join(int rank, const std::string &host) {
  rows_[rank].joined = true;
  rows_[rank].host = host;
}

void JobTable::beat(int rank, const Position &position, bool watched) {
  Row &row = rows_[rank];
  row.sinceBeat = 0;
  row.heard = true;
  if (position.step != row.position.step || watched != row.watched)
    row.sinceStep = 0;
  row.position = position;
  row.watched = watched;
}

void JobTable::leave(int rank, int code, const std::string &error) {
  rows_[rank].left = true;
  rows_[rank].code = code;
  rows_[rank].error = error;
}

void JobTable::lose(int rank) {
  if (!rows_[rank].left)
    rows_[rank].lost = true;
}

void JobTable::tick(double passed) {
  passed = std::min(passed, 0.5);
  for (Row &row : rows_) {
    row.sinceBeat += passed;
    row.sinceStep += passed;
    if (row.left)
      row.sinceLeft += passed;
  }
}

bool JobTable::allLeft() const {
  return std::all_of(rows_.begin(), rows_.end(),
                     [](const Row &row) { return row.left; });
}

std::string JobTable::name(int rank) const {
  const std::string &host = rows_[rank].host;
  return text("rank ", rank, host.empty() ? "" : " on ", host);
}

std::string JobTable::place(int rank, const Sites &sites) const {
  const Position &position = rows_[rank].position;
  if (!rows_[rank].heard)
    return "before its first beat";
  if (position.sequence == 0)
    return "before its first collective";
  return text(position.inside ? "in " : "after ",
              describeSite(sites, position.site), ", step ", position.step);
}

static std::string listOf(const std::vector<int> &ranks) {
  std::string list = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size() && i < 8; ++i)
    list += (i ? ", " : "") + std::to_string(ranks[i]);
  if (ranks.size() > 8)
    list += text(" and ", ranks.size() - 8, " more");
  return list + (ranks.size() == 1 ? " waits" : " wait");
}

// "; ranks 0 and 3 wait in X; rank 1 waits in Y": the fault's other side. First
// those furthest behind: they need the rank itself, the others may need them.
std::string JobTable::waiting(const Sites &sites) const {
  std::map<std::pair<uint64_t, int32_t>, std::vector<int>> ranksByCall;
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank) {
    const Row &row = rows_[rank];
    if (row.position.inside && !row.left && !row.lost &&
        row.sinceBeat <= silentSeconds_)
      ranksByCall[{row.position.sequence, row.position.site}].push_back(rank);
  }
  std::string list;
  size_t shown = 0;
  for (const auto &[call, ranks] : ranksByCall)
    if (shown++ < 3)
      list +=
          text("; ", listOf(ranks), " in ", describeSite(sites, call.second));
  return list;
}

std::optional<JobTable::Fault> JobTable::findLost(const Sites &sites) const {
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank)
    if (rows_[rank].lost)
      return Fault{text(name(rank), " is gone: its process ended, last seen ",
                        place(rank, sites), waiting(sites))};
  return std::nullopt;
}

std::optional<JobTable::Fault> JobTable::findLeft(const Sites &sites) const {
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank) {
    const Row &row = rows_[rank];
    if (!row.left || row.sinceLeft < settleSeconds)
      continue;
    // Ranks that fail together leave together; the others would wait for ever.
    if (!row.error.empty() && !allLeft())
      return Fault{text(name(rank), " failed ", place(rank, sites), ": ",
                        row.error, waiting(sites)),
                   false, row.code ? row.code : 1};
    for (const Row &other : rows_)
      if (!other.left && other.position.inside &&
          other.position.sequence > row.position.sequence &&
          other.sinceStep >= settleSeconds)
        return Fault{text(name(rank), " left with exit code ", row.code, " ",
                          place(rank, sites), waiting(sites)),
                     false, row.code ? row.code : 1};
  }
  return std::nullopt;
}

std::optional<JobTable::Fault> JobTable::findSilent(const Sites &sites) const {
  int first = -1;
  std::string others;
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank) {
    const Row &row = rows_[rank];
    if (!row.joined || row.left || row.sinceBeat <= silentSeconds_)
      continue;
    if (first < 0)
      first = rank;
    else
      others += text(others.empty() ? " (so is " : ", ", name(rank));
  }
  if (first < 0)
    return std::nullopt;
  return Fault{text(name(first), " is silent for ",
                    seconds(rows_[first].sinceBeat), " (limit ",
                    seconds(silentSeconds_),
                    "): stopped or cut off, last seen ", place(first, sites),
                    others.empty() ? "" : others + ")", waiting(sites)),
               true};
}

std::optional<JobTable::Fault>
JobTable::findDivergent(const Sites &sites) const {
  auto waits = [&](const Row &row) {
    return row.position.inside && !row.left && row.sinceStep >= settleSeconds;
  };
  // Of those that wait, the first of those furthest behind.
  int first = -1;
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank)
    if (waits(rows_[rank]) && (first < 0 || rows_[rank].position.sequence <
                                                rows_[first].position.sequence))
      first = rank;
  if (first < 0)
    return std::nullopt;
  const Position &reference = rows_[first].position;
  for (int rank = first + 1; rank < static_cast<int>(rows_.size()); ++rank) {
    const Position &position = rows_[rank].position;
    if (waits(rows_[rank]) && position.sequence == reference.sequence &&
        position.site != reference.site)
      return Fault{text("ranks disagree on call number ", reference.sequence,
                        ": ", name(first), " is ", place(first, sites), ", ",
                        name(rank), " is ", place(rank, sites))};
  }
  return std::nullopt;
}

int JobTable::behind() const {
  int behind = -1;
  for (int rank = 0; rank < static_cast<int>(rows_.size()); ++rank) {
    const Row &row = rows_[rank];
    if (row.left)
      continue;
    // At a tie the one outside: it has not entered what the other waits in.
    if (behind < 0 || row.position.sequence < rows_[behind].position.sequence ||
        (row.position.sequence == rows_[behind].position.sequence &&
         row.position.inside < rows_[behind].position.inside))
      behind = rank;
  }
  return std::max(behind, 0);
}

std::optional<JobTable::Fault> JobTable::findStuck(const Sites &sites) const {
  for (const Row &row : rows_)
    if (!row.left && !row.watched)
      return std::nullopt;
  int last = behind();
  const Row &row = rows_[last];
  if (row.left || row.sinceStep <= stuckSeconds_)
    return std::nullopt;
  return Fault{text(name(last), " is stuck: alive, but without a step for ",
                    seconds(row.sinceStep), " (limit ", seconds(stuckSeconds_),
                    ") ", place(last, sites), waiting(sites))};
}

std::optional<JobTable::Fault> JobTable::judge(const Sites &sites) const {
  using Finder = std::optional<Fault> (JobTable::*)(const Sites &) const;
  for (Finder find :
       {&JobTable::findLost, &JobTable::findLeft, &JobTable::findDivergent,
        &JobTable::findSilent, &JobTable::findStuck})
    if (std::optional<Fault> fault = (this->*find)(sites))
      return fault;
  return std::nullopt;
}

std::string JobTable::state(const Row &row) const {
  if (row.lost)
    return "GONE";
  if (row.left)
    return row.error.empty() && row.code == 0 ? "left" : "FAILED";
  if (!row.joined)
    return "unknown";
  if (row.sinceBeat > silentSeconds_)
    return "SILENT";
  return row.position.inside ? "waiting" : "computing";
}

std::string JobTable::table(const Sites &sites) const {
  uint64_t furthest = 0;
  for (const Row &row : rows_)
    furthest = std::max(furthest, row.position.sequence);
  std::string report =
      " rank  host          state      number  step    since     collective\n";
  for (size_t rank = 0; rank < rows_.size(); ++rank) {
    const Row &row = rows_[rank];
    char line[160];
    std::snprintf(line, sizeof line,
                  "%5zu  %-12.12s  %-9s  %6llu  %6llu  %8s  ", rank,
                  row.host.c_str(), state(row).c_str(),
                  static_cast<unsigned long long>(row.position.sequence),
                  static_cast<unsigned long long>(row.position.step),
                  seconds(row.sinceStep).c_str());
    report += line;
    if (!row.heard)
      report += "not heard of";
    else if (row.position.sequence == 0)
      report += "none yet";
    else
      report += (row.position.inside ? "in " : "after ") +
                describeSite(sites, row.position.site);
    if (row.position.sequence < furthest)
      report += "  <- behind";
    report += "\n";
  }
  return report;
}

std::string recentCollectives(const FlightRecorder &recorder,
                              const Sites &sites, size_t limit) {
  std::vector<FlightRecorder::Event> events = recorder.last();
  size_t begin = events.size() > limit ? events.size() - limit : 0;
  std::string report;
  for (size_t i = begin; i < events.size(); ++i) {
    const FlightRecorder::Event &event = events[i];
    char line[80];
    if (event.left > 0)
      std::snprintf(line, sizeof line, "%8llu  at %9.3f s  for %9.3f ms  ",
                    static_cast<unsigned long long>(event.sequence),
                    event.entered, (event.left - event.entered) * 1e3);
    else
      std::snprintf(line, sizeof line, "%8llu  at %9.3f s  unfinished        ",
                    static_cast<unsigned long long>(event.sequence),
                    event.entered);
    report += line + describeSite(sites, event.site) + "\n";
  }
  return report;
}

void printReport(const std::string &text) {
  size_t done = 0;
  while (done < text.size()) {
    ssize_t wrote =
        ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (wrote <= 0)
      return;
    done += static_cast<size_t>(wrote);
  }
}

} // namespace moert
