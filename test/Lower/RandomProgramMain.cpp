// Prints the random annotated program of a seed, for tests outside of this
// process: random-program SEED.
#include "test/Unit/RandomProgram.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  if (argc != 2)
    return 1;
  moe::fuzz::RandomProgram program(strtoull(argv[1], nullptr, 10));
  fputs(program.text().c_str(), stdout);
  return 0;
}
