// Steps that all ranks take or none.
#pragma once

#include "runtime/comm/Communicator.h"
#include "runtime/core/Error.h"

#include <functional>

namespace moerun {

/// A failure that every rank knows of: all leave with code 1 and one of them
/// prints it. (Any other exception of one rank ends the job through the
/// communicator, which then says where the others are.)
class SharedError : public moert::Error {
public:
  using moert::Error::Error;
};

/// Runs `step` on every rank and throws SharedError on all of them if it failed
/// on any; the lowest such rank's words are kept. The step must not communicate
/// in a way that a failure of one rank breaks.
void together(moert::Communicator &comm, const std::function<void()> &step);

} // namespace moerun
