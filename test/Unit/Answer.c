/* A program with one entry, answer() -> ANSWER: what CoreProgramTest loads. */
#include "runtime/abi/moert.h"

__attribute__((visibility("default"))) void
moe_entry_answer(moert_context *context, void *arena,
                 const void *const *arguments, void *const *results) {
  *(int32_t *)results[0] = ANSWER;
}
