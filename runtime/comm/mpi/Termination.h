// SIGTERM, held back for a moment.
#pragma once

namespace moert {

/// mpirun sends SIGTERM to all ranks as soon as one dies. From now on the
/// signal does not end this process but makes the returned descriptor readable,
/// so that the watchdog can say first which rank died.
int holdTermination();
/// SIGTERM ends the process again.
void releaseTermination();
/// Ends this process as SIGTERM would have.
[[noreturn]] void terminate();

} // namespace moert
