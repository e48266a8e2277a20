// What moe-run prints after a run.
#pragma once

#include "runtime/core/Context.h"
#include "runtime/core/Tensor.h"
#include "tools/moe-run/Options.h"

#include <string>
#include <vector>

namespace moerun {

/// Times of the runs of an entry on one rank, seconds.
using Times = std::vector<double>;

/// One rank's numbers, packed for the way to rank 0.
std::string packReport(moert::Context &context, const moert::Entry &entry,
                       int64_t argumentBytes, const Times &times);

/// The summary from all ranks' numbers: results, times, memory per rank, one
/// row per collective, and with `full` one per matmul. Bytes are those that the
/// transport counted, per run, of the rank that moved most; beside them the
/// floor, the least that the layouts allow.
std::string summaryText(const moert::Manifest &manifest,
                        const moert::Entry &entry,
                        const std::vector<moert::NamedTensor> &results,
                        const std::vector<std::string> &reports, bool full);

} // namespace moerun
