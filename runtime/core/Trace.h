// What a rank did and when, as a file for Perfetto or chrome://tracing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moert {

/// Microseconds of a clock that all processes of a machine share.
double traceMicroseconds();

/// The events of one rank. Used by that rank's thread alone.
///
///   double start = traceMicroseconds();
///   ...
///   trace.add({"all_to_all", "collective", start, traceMicroseconds(), 4096,
///              "moe.einsum at model.mlir:42:8"});
class Trace {
public:
  struct Event {
    std::string name;
    std::string category;
    double begin = 0;
    double end = 0;
    /// Bytes sent, or -1 where that means nothing.
    int64_t bytes = -1;
    /// Op and source line.
    std::string origin;
  };

  void add(Event event) { events_.push_back(std::move(event)); }
  /// The events as JSON objects separated by commas; one row, called "rank N on
  /// host".
  std::string json(int rank, const std::string &host) const;

private:
  std::vector<Event> events_;
};

/// The whole file from every rank's json().
std::string traceFile(const std::vector<std::string> &ranks);

} // namespace moert
