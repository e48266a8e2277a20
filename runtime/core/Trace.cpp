#include "runtime/core/Trace.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace moert {

using nlohmann::json;

double traceMicroseconds() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string Trace::json(int rank, const std::string &host) const {
  std::string name = "rank " + std::to_string(rank);
  if (!host.empty())
    name += " on " + host;
  nlohmann::json row = {{"ph", "M"},
                        {"name", "thread_name"},
                        {"pid", 0},
                        {"tid", rank},
                        {"args", {{"name", name}}}};
  std::string joined = row.dump();
  for (const Event &event : events_) {
    nlohmann::json args = {{"origin", event.origin}};
    if (event.bytes >= 0)
      args["bytes sent"] = event.bytes;
    nlohmann::json value = {{"ph", "X"},
                            {"name", event.name},
                            {"cat", event.category},
                            {"pid", 0},
                            {"tid", rank},
                            {"ts", event.begin},
                            {"dur", event.end - event.begin},
                            {"args", args}};
    joined += ",\n" + value.dump();
  }
  return joined;
}

std::string traceFile(const std::vector<std::string> &ranks) {
  std::string file = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n";
  for (size_t rank = 0; rank < ranks.size(); ++rank)
    file += (rank ? ",\n" : "") + ranks[rank];
  return file + "\n]}\n";
}

} // namespace moert
