// From what the user named to the bytes of an artifact.
#pragma once

#include "tools/moe-run/Options.h"

#include <string>

namespace moerun {

/// True for a model (.mlir), which has to be compiled.
bool isModel(const std::string &path);

/// The artifact's bytes: read, or compiled by the sibling moe-opt. Only one
/// rank of a job asks. With $MOE_CACHE_DIR set, compiled models are kept there,
/// keyed by model text, mesh and compiler.
std::string obtainArtifact(const Options &options);

} // namespace moerun
