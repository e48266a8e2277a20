#include "runtime/core/Json.h"

#include "runtime/core/Error.h"

#include <set>
#include <vector>

namespace moert {

using nlohmann::json;

namespace {
/// Watches the parser's events; depth counts open objects and arrays.
class Guard {
public:
  Guard(const std::string &what, int deepest)
      : what_(what), deepest_(deepest) {}

  bool operator()(int depth, json::parse_event_t event, json &parsed) {
    if (depth > deepest_)
      throw Error(text(what_, " nests deeper than ", deepest_, " levels"));
    if (event == json::parse_event_t::object_start)
      keys_.emplace_back();
    else if (event == json::parse_event_t::object_end)
      keys_.pop_back();
    else if (event == json::parse_event_t::key &&
             !keys_.back().insert(parsed.get<std::string>()).second)
      throw Error(
          text(what_, " has the key '", parsed.get<std::string>(), "' twice"));
    return true;
  }

private:
  const std::string &what_;
  int deepest_;
  std::vector<std::set<std::string>> keys_;
};
} // namespace

json parseJson(const std::string &source, const std::string &what,
               int deepest) {
  try {
    // The parser copies its callback; the guard must not be.
    Guard guard(what, deepest);
    return json::parse(source,
                       [&](int depth, json::parse_event_t event, json &parsed) {
                         return guard(depth, event, parsed);
                       });
  } catch (const json::exception &) {
    throw Error(text(what, " is not valid JSON"));
  }
}

} // namespace moert
