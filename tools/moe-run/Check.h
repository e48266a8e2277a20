// --check: the one-device program, interpreted by the sibling moe-interpret.
#pragma once

#include "runtime/core/Manifest.h"
#include "runtime/core/Tensor.h"
#include "tools/moe-run/Options.h"

#include <string>
#include <vector>

namespace moerun {

/// The model that --check interprets: --model, the MODEL that was run, or the
/// one that the manifest names. Throws moert::Error where there is none.
std::string modelToCheck(const Options &options,
                         const moert::Manifest &manifest);

/// Interprets `entry` of `model` on the whole `arguments` and compares. Returns
/// one line a result; throws moert::Error with the first difference. Run by
/// rank 0.
std::vector<std::string>
checkResults(const std::string &model, const moert::Manifest &manifest,
             const moert::Entry &entry,
             const std::vector<moert::NamedTensor> &arguments,
             const std::vector<moert::NamedTensor> &results);

/// Interprets `entry` of `model` on one device and, partitioned for the
/// manifest's mesh, on all ranks, in exact numbers, and compares bit for bit.
/// Returns a line that says so; throws moert::Error with the first difference.
/// Run by rank 0.
std::string checkExactly(const std::string &model,
                         const moert::Manifest &manifest,
                         const moert::Entry &entry,
                         const std::vector<moert::NamedTensor> &arguments);

} // namespace moerun
