// Code for another processor, told instead of a bare SIGILL.
#pragma once

#include <string>

namespace moerun {

/// From now on an illegal instruction ends the process with code 1 and a
/// message that names `program` and the processor that it was compiled for.
void explainIllegalInstructions(const std::string &program,
                                const std::string &cpu);

} // namespace moerun
