#include "runtime/comm/Communicator.h"

#include "runtime/comm/CommunicatorState.h"

#include <cerrno>
#include <cstdlib>
#include <map>

namespace moert {

static double positive(const char *name, const std::string &value) {
  char *end = nullptr;
  errno = 0;
  double number = std::strtod(value.c_str(), &end);
  if (*end != '\0' || errno != 0 || !(number > 0))
    throw Error(text("environment variable ", name, " is '", value,
                     "'; it wants a positive number"));
  return number;
}

CommOptions CommOptions::fromEnvironment() {
  CommOptions options;
  auto read = [](const char *name, auto &option) {
    if (const char *value = std::getenv(name))
      option =
          static_cast<std::decay_t<decltype(option)>>(positive(name, value));
  };
  read("MOE_SILENT_SECONDS", options.silentSeconds);
  read("MOE_STUCK_SECONDS", options.stuckSeconds);
  read("MOE_START_SECONDS", options.startSeconds);
  read("MOE_MAX_MESSAGE_BYTES", options.maxMessageBytes);
  read("MOE_CHUNK_BYTES", options.chunkBytes);
  if (const char *inject = std::getenv("MOE_INJECT"))
    options.inject = inject;
  parseInjection(options.inject);
  return options;
}

static std::map<std::string, std::string> fields(const std::string &list) {
  std::map<std::string, std::string> values;
  for (size_t begin = 0; begin < list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    std::string field = list.substr(begin, end - begin);
    size_t equals = field.find('=');
    if (equals == std::string::npos)
      throw Error(text("injection '", list, "' has '", field,
                       "'; it wants NAME=VALUE"));
    values[field.substr(0, equals)] = field.substr(equals + 1);
    begin = end + 1;
  }
  return values;
}

std::optional<Injection> parseInjection(const std::string &list) {
  if (list.empty())
    return std::nullopt;
  Injection injection;
  for (const auto &[name, value] : fields(list)) {
    if (name == "rank")
      injection.rank = std::atoi(value.c_str());
    else if (name == "site")
      injection.site = std::atoi(value.c_str());
    else if (name == "call")
      injection.call = std::atoll(value.c_str());
    else if (name == "fault")
      injection.fault = value;
    else
      throw Error(text("injection '", list, "' has unknown field '", name,
                       "'; known are rank, site, call and fault"));
  }
  for (const char *known :
       {"return", "throw", "never", "exit0", "kill", "stop", "stall"})
    if (injection.fault == known)
      return injection;
  throw Error(text("injection '", list, "' has unknown fault '",
                   injection.fault,
                   "'; known are return, throw, never, exit0, kill, stop and "
                   "stall"));
}

} // namespace moert
