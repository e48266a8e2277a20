// JSON from files, with its errors turned into diagnostics.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace moert {

/// Parses `source`. Throws Error naming `what` on malformed text, on a key that
/// an object has twice (the second could smuggle in a value that a check of the
/// first did not see) and on nesting deeper than `deepest`.
nlohmann::json parseJson(const std::string &source, const std::string &what,
                         int deepest = 16);

} // namespace moert
