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

/// What an entry returned, as whole tensors.
struct Results {
  std::vector<moert::NamedTensor> values;
  /// What its router chose, where it was compiled to tell.
  std::vector<moert::NamedTensor> choices;
};

/// Interprets `entry` of the model on the whole `arguments` and compares. The
/// interpreter follows the choices, if there are any, and fails where one
/// differs from its own and the scores do not tie. Returns one line a result
/// and one about the choices; throws moert::Error with the first difference.
/// Run by rank 0.
std::vector<std::string>
checkResults(const Options &options, const moert::Manifest &manifest,
             const moert::Entry &entry,
             const std::vector<moert::NamedTensor> &arguments,
             const Results &results);

/// Interprets `entry` of `model` on one device and, partitioned for the
/// manifest's mesh, on all ranks, in exact numbers, and compares bit for bit.
/// Returns a line that says so; throws moert::Error with the first difference.
/// Run by rank 0.
std::string checkExactly(const std::string &model,
                         const moert::Manifest &manifest,
                         const moert::Entry &entry,
                         const std::vector<moert::NamedTensor> &arguments);

} // namespace moerun
