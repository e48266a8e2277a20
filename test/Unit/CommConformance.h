// The one suite that every transport passes. A test says what each rank does;
// the transport's main says who the ranks are.
#pragma once

#include "runtime/comm/Communicator.h"

#include <functional>

namespace moert::test {

/// Runs `body` on every rank of one or more jobs.
///
/// Threads: jobs of 1, 2, 3, 4, 6 and 8 ranks, one after the other. Processes:
/// the one job that this process belongs to.
void onEveryRank(const std::function<void(Communicator &)> &body);

} // namespace moert::test
