/* A program written by hand as `lower` would write it: what MoeRunTest runs.
 *
 *   init(seed)     -> w [6,4], w[k,n] = seed + k - n
 *   forward(x, w)  -> y [R*2,4] = x w, gathered on every rank; total = sum of y
 *   fails(x)       -> calls a collective that the manifest does not have
 *   leaks(x)       -> y[0] from where nobody wrote
 *
 * x has two rows a rank; the arena holds the local y at 0 and the local sum at
 * 64. */
#include "runtime/abi/moert.h"

__attribute__((visibility("default"))) void
moe_entry_init(moert_context *context, void *arena,
               const void *const *arguments, void *const *results) {
  int32_t seed = *(const int32_t *)arguments[0];
  float *w = results[0];
  for (int k = 0; k < 6; ++k)
    for (int n = 0; n < 4; ++n)
      w[k * 4 + n] = (float)(seed + k - n);
}

__attribute__((visibility("default"))) void
moe_entry_forward(moert_context *context, void *arena,
                  const void *const *arguments, void *const *results) {
  float *y = arena;
  float *sum = (float *)((char *)arena + 64);
  moert_matmul(context, 0, arguments[0], arguments[1], y);
  *sum = 0;
  for (int i = 0; i < 8; ++i)
    *sum += y[i];
  moert_collective_start(context, 0, y, results[0]);
  moert_collective(context, 1, sum, results[1]);
  moert_collective_done(context, 0);
}

__attribute__((visibility("default"))) void
moe_entry_fails(moert_context *context, void *arena,
                const void *const *arguments, void *const *results) {
  moert_collective(context, 17, arguments[0], results[0]);
}

__attribute__((visibility("default"))) void
moe_entry_leaks(moert_context *context, void *arena,
                const void *const *arguments, void *const *results) {
  *(float *)results[0] = *(const float *)arena;
}
