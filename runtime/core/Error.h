// How the runtime refuses: one exception type whose text is the diagnostic.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace moert {

/// A failure that the user can act on. The text is lower case, has no full
/// stop, names the thing and gives both numbers. Tools print it after "error: "
/// and exit with 1.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Joins its arguments as `<<` would print them.
///
///   throw Error(text("argument '", name, "' has ", got, " rows, wants ",
///   want));
template <typename... Parts> std::string text(const Parts &...parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

/// The system's words for error number `code`, in lower case: "no space left on
/// device".
std::string systemError(int code);

/// "[8,16]"; "[]" for a scalar.
template <typename Range> std::string shapeText(const Range &shape) {
  std::string joined;
  for (auto size : shape)
    joined += (joined.empty() ? "" : ",") + std::to_string(size);
  return "[" + joined + "]";
}

} // namespace moert
