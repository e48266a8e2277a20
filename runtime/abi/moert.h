/* The one header that compiled programs call: a program is a list of calls to
 * its own kernels and to the functions below, with loops and branches where the
 * model has them.
 *
 * A *site* is the number of a collective or a matmul in the program's manifest,
 * where its layouts, element type, name and source line stand. Buffers are
 * local (one rank's block, padded to ceil(n/d) per dimension), row-major, and
 * belong to the caller; no function keeps a pointer after it returned, except
 * between moert_collective_start and moert_collective_done.
 *
 * Errors are sticky: the first failure is recorded in the context, and from
 * then on every function returns at once without touching memory, so that
 * generated code needs no branches but in loops without a fixed number of
 * turns. The caller of an entry asks the context
 * afterwards.
 */
#ifndef MOERT_ABI_MOERT_H
#define MOERT_ABI_MOERT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything a rank's run of a program hangs on. Generated objects have no
 * mutable globals of their own. */
typedef struct moert_context moert_context;

/* An entry of a program. `arena` holds the bytes that the manifest plans
 * (64-byte aligned); `arguments` and `results` point to local buffers in the
 * manifest's order. */
typedef void (*moert_entry)(moert_context *context, void *arena,
                            const void *const *arguments, void *const *results);

/* Runs collective `site` from `source` to `target` to its end. All ranks of the
 * program call the same sites in the same order. The buffers do not overlap. */
void moert_collective(moert_context *context, int32_t site, const void *source,
                      void *target);

/* The same in two halves: between them the caller may compute, but neither
 * write `source` nor touch `target`. Starts complete in the order they were
 * made. */
void moert_collective_start(moert_context *context, int32_t site,
                            const void *source, void *target);
void moert_collective_done(moert_context *context, int32_t site);

/* All-to-all whose split sizes are values: rows of `source` go to the ranks of
 * the site's group in group order, `send_rows[i]` to the i-th. `receive_rows`
 * (one entry a group member) is written: how many rows came from each; the rows
 * lie in `target` one sender after the other. More rows than the site's planned
 * capacity is an error. */
void moert_all_to_all_ragged(moert_context *context, int32_t site,
                             const void *source, const int64_t *send_rows,
                             void *target, int64_t *receive_rows);

/* c = a x b as described by matmul `site`: batch, M, N, K with their strides,
 * element types, accumulation in f32. The order of summation is a function of K
 * and the element type alone. */
void moert_matmul(moert_context *context, int32_t site, const void *a,
                  const void *b, void *c);

/* The same for one index of the batch, counted row-major from 0, and of it for
 * the first `n` columns and the first `k` products of each sum (all, or an even
 * number): with the bits of the whole where what is left out would add zeros.
 * `a`, `b` and `c` are those of the whole. Where the site cuts its rows into
 * blocks, those of one batch index follow each other from the first on, and `b`
 * stays the same meanwhile. */
void moert_matmul_slice(moert_context *context, int32_t site, int64_t slice,
                        const void *a, const void *b, void *c, int64_t n,
                        int64_t k);

/* The calling rank's number, from which generated code derives block offsets.
 */
int32_t moert_rank(const moert_context *context);

/* Whether a failure was recorded (not 0): a loop that runs until a value is
 * reached must end then, for nothing is written any more. */
int32_t moert_failed(const moert_context *context);

#ifdef __cplusplus
}
#endif

#endif /* MOERT_ABI_MOERT_H */
