#include "tools/moe-run/Report.h"

#include "runtime/core/Error.h"
#include "tools/moe-run/Compare.h"
#include "tools/moe-run/Floor.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace moerun {

using namespace moert;
using nlohmann::json;

//===-- One rank ----------------------------------------------------------===//

static json packSites(Context &context, const Entry &entry) {
  json sites = json::object();
  for (const CollectiveSite &site : context.program().manifest().collectives) {
    if (site.entry != entry.name)
      continue;
    const SiteCounters &counters = context.comm().counters(site.site);
    sites[std::to_string(site.site)] = {counters.calls, counters.sentBytes,
                                        counters.receivedBytes,
                                        counters.seconds};
  }
  return sites;
}

static json packMatmuls(Context &context, const Entry &entry) {
  json sites = json::object();
  for (const MatmulSite &site : context.program().manifest().matmuls)
    if (site.entry == entry.name)
      sites[std::to_string(site.site)] = {context.matmul(site.site).calls,
                                          context.matmul(site.site).seconds,
                                          context.matmulKernel(site.site),
                                          context.matmul(site.site).operations};
  return sites;
}

std::string packReport(Context &context, const Entry &entry,
                       int64_t argumentBytes, const Times &times) {
  MemoryReport memory = context.memory();
  json report = {{"arguments", argumentBytes},
                 {"arena", memory.arena},
                 {"packed", memory.packed},
                 {"scratch", memory.scratch},
                 {"resident", memory.resident},
                 {"times", times},
                 {"transport", context.comm().transport()},
                 {"host", context.comm().host()},
                 {"collectives", packSites(context, entry)},
                 {"matmuls", packMatmuls(context, entry)}};
  return report.dump(-1, ' ', false, json::error_handler_t::replace);
}

//===-- Tables ------------------------------------------------------------===//

namespace {
/// Rows of cells, printed in columns as wide as their widest cell.
class Table {
public:
  /// `left` says how many leading columns hold words; numbers stand right.
  Table(std::vector<std::string> head, size_t left)
      : rows_{std::move(head)}, left_(left) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() == 1; }

  std::string print() const {
    std::vector<size_t> widths(rows_[0].size());
    for (const auto &row : rows_)
      for (size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], row[i].size());
    std::string printed;
    for (const auto &row : rows_) {
      std::string line = " ";
      for (size_t i = 0; i < row.size(); ++i) {
        std::string space(widths[i] - row[i].size(), ' ');
        line += " " + (i < left_ ? row[i] + space : space + row[i]);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      printed += line + "\n";
    }
    return printed;
  }

private:
  std::vector<std::vector<std::string>> rows_;
  size_t left_;
};
} // namespace

static std::string format(const char *pattern, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, value);
  return buffer;
}

// "1.5 MB"; whole bytes below 10 KB.
static std::string bytesText(double bytes) {
  if (bytes < 1e4)
    return format("%.0f B", bytes);
  if (bytes < 1e7)
    return format("%.1f KB", bytes / 1e3);
  return format("%.1f MB", bytes / 1e6);
}

static std::string join(const std::vector<std::string> &words) {
  std::string joined;
  for (const std::string &word : words)
    joined += (joined.empty() ? "" : ",") + word;
  return joined;
}

//===-- Sections ----------------------------------------------------------===//

static std::string valueText(const Tensor &tensor) {
  if (tensor.elements() <= 8) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < tensor.elements(); ++i)
      all.push_back(elementText(tensor, i));
    return tensor.shape().empty() ? join(all) : "[" + join(all) + "]";
  }
  double least = INFINITY, most = -INFINITY, sum = 0;
  int64_t nans = 0;
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    double value = elementValue(tensor, i);
    if (std::isnan(value)) {
      ++nans;
      continue;
    }
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
  }
  auto numbers = static_cast<double>(tensor.elements() - nans);
  std::string words = format("from %.6g", least) + format(" to %.6g", most) +
                      format(", mean %.6g", sum / numbers);
  return nans ? text(words, ", ", nans, " NaN") : words;
}

static std::string resultsText(const Entry &entry,
                               const std::vector<NamedTensor> &results) {
  Table table({"result", "type", "value"}, 3);
  for (const NamedTensor &result : results)
    table.add({result.name,
               nameOf(result.tensor.dtype()) + shapeText(result.tensor.shape()),
               valueText(result.tensor)});
  return "\nresults of " + entry.name + "\n" + table.print();
}

static std::string memoryText(const std::vector<json> &ranks) {
  Table table(
      {"rank", "arguments", "arena (plan)", "packed", "scratch", "resident"},
      1);
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    auto bytes = [&](const char *key) {
      return bytesText(ranks[rank][key].get<double>());
    };
    table.add({std::to_string(rank), bytes("arguments"), bytes("arena"),
               bytes("packed"), bytes("scratch"), bytes("resident")});
  }
  std::string title = "\nmemory per rank";
  if (ranks[0]["transport"] == "local" && ranks.size() > 1)
    title += " (resident: all ranks of the process)";
  return title + "\n" + table.print();
}

// The largest over the ranks of field `field` of a site, divided by `by`.
static double mostOf(const std::vector<json> &ranks, const char *kind,
                     int32_t site, size_t field, double by) {
  double most = 0;
  for (const json &rank : ranks)
    most = std::max(most,
                    rank[kind][std::to_string(site)][field].get<double>() / by);
  return most;
}

static double timesOf(const std::vector<json> &ranks) {
  return static_cast<double>(ranks[0]["times"].size());
}

// Of the rank that must receive most, over `calls` calls.
static std::string floorText(const CollectiveSite &site, int64_t ranks,
                             double calls) {
  int64_t most = -1;
  for (int64_t rank = 0; rank < ranks; ++rank)
    most = std::max(most, floorBytes(site, ranks, rank));
  return most < 0 ? "-" : bytesText(static_cast<double>(most) * calls);
}

static std::string collectivesText(const Manifest &manifest, const Entry &entry,
                                   const std::vector<json> &ranks) {
  Table table({"op", "line", "kind", "axes", "sent", "received", "floor",
               "calls", "ms"},
              4);
  double runs = timesOf(ranks);
  for (const CollectiveSite &site : manifest.collectives) {
    if (site.entry != entry.name)
      continue;
    auto most = [&](size_t field) {
      return mostOf(ranks, "collectives", site.site, field, runs);
    };
    table.add({site.op, site.location,
               site.kind.empty() ? nameOf(site.primitive) : site.kind,
               join(site.axes), bytesText(most(1)), bytesText(most(2)),
               floorText(site, static_cast<int64_t>(ranks.size()), most(0)),
               format("%.0f", most(0)), format("%.3f", most(3) * 1e3)});
  }
  if (table.empty())
    return "\nno collectives\n";
  return "\ncollectives (per run, of the rank with most)\n" + table.print();
}

static std::string matmulsText(const Manifest &manifest, const Entry &entry,
                               const std::vector<json> &ranks) {
  Table table(
      {"op", "line", "shape", "kernel", "calls", "ms", "GFLOP/s", "skipped"},
      4);
  double runs = timesOf(ranks);
  for (const MatmulSite &site : manifest.matmuls) {
    if (site.entry != entry.name)
      continue;
    double batch = 1;
    for (int64_t size : site.batch)
      batch *= static_cast<double>(size);
    double calls = mostOf(ranks, "matmuls", site.site, 0, runs);
    double seconds = mostOf(ranks, "matmuls", site.site, 1, runs);
    double done = mostOf(ranks, "matmuls", site.site, 3, runs);
    double all = 2 * batch * static_cast<double>(site.m) *
                 static_cast<double>(site.n) * static_cast<double>(site.k) *
                 calls;
    table.add(
        {site.op, site.location,
         text(join({std::to_string(int64_t(batch))}), "x", site.m, "x", site.k,
              "x", site.n),
         ranks[0]["matmuls"][std::to_string(site.site)][2].get<std::string>(),
         format("%.0f", calls), format("%.3f", seconds * 1e3),
         format("%.1f", seconds > 0 ? done / seconds * 1e-9 : 0),
         format("%.0f %%", all > 0 ? 100 * (1 - done / all) : 0)});
  }
  return table.empty() ? ""
                       : "\nmatmuls (batch x m x k x n; skipped: empty slots, "
                         "masked keys, "
                         "masked columns)\n" +
                             table.print();
}

static std::string timeText(const std::vector<json> &ranks) {
  Times times = ranks[0]["times"].get<Times>();
  std::sort(times.begin(), times.end());
  std::string words = format("\ntime %.3f ms", times[times.size() / 2] * 1e3);
  if (times.size() > 1)
    words += text(" (median of ", times.size(), ", ",
                  format("%.3f", times.front() * 1e3), " to ",
                  format("%.3f", times.back() * 1e3), ")");
  return words + "\n";
}

std::string summaryText(const Manifest &manifest, const Entry &entry,
                        const std::vector<NamedTensor> &results,
                        const std::vector<std::string> &reports, bool full) {
  std::vector<json> ranks;
  for (const std::string &report : reports)
    ranks.push_back(json::parse(report));
  std::string summary = text(
      manifest.program, ": entry ", entry.name, " on ", ranks.size(),
      ranks.size() == 1 ? " rank" : " ranks", " (mesh ", manifest.meshText(),
      ", ", ranks[0]["transport"].get<std::string>(), ")\n");
  summary += resultsText(entry, results) + timeText(ranks) + memoryText(ranks) +
             collectivesText(manifest, entry, ranks);
  if (full)
    summary += matmulsText(manifest, entry, ranks);
  return summary;
}

} // namespace moerun
