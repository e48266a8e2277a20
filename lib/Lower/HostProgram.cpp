#include "HostProgram.h"

using namespace moe;
using namespace moe::lower;

int HostProgram::addNumber(const BlockNumber &number) {
  auto it = llvm::find(numbers, number);
  if (it != numbers.end())
    return it - numbers.begin();
  numbers.push_back(number);
  return numbers.size() - 1;
}

void HostProgram::planArena() {
  std::vector<Lifetime> lifetimes;
  for (const Buffer &buffer : buffers)
    if (buffer.place == Buffer::Place::Arena)
      lifetimes.push_back(buffer.lifetime);
  MemoryPlan plan = planMemory(lifetimes);
  size_t next = 0;
  for (Buffer &buffer : buffers)
    if (buffer.place == Buffer::Place::Arena)
      buffer.offset = plan.offsets[next++];
  arenaBytes = plan.arenaBytes;
  arenaLowerBound = plan.lowerBound;
}
