// From what the user named to the bytes of an artifact.
#pragma once

#include "tools/moe-run/Options.h"

#include <string>

namespace moerun {

/// True for a model (.mlir), which has to be compiled.
bool isModel(const std::string &path);

/// The artifact's bytes: read, or compiled by the sibling moe-opt. Only one
/// rank of a job asks. What was compiled is kept for the next time (Cache.h),
/// unless options say no; a cache that cannot be used is one warning.
std::string obtainArtifact(const Options &options);

} // namespace moerun
