// One rank's run of a program: what compiled code gets as `moert_context`.
#pragma once

#include "runtime/comm/Communicator.h"
#include "runtime/core/Gemm.h"
#include "runtime/core/Program.h"
#include "runtime/core/Trace.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The handle that compiled code passes around; only the runtime looks inside.
struct moert_context;

namespace moert {

/// Bytes that one rank needs, by what for.
struct MemoryReport {
  int64_t arena = 0;    ///< The planned buffer of the largest entry run so far.
  int64_t packed = 0;   ///< Weights in the layout of the matmul kernels.
  int64_t scratch = 0;  ///< Between calls: matmuls and transport.
  int64_t resident = 0; ///< The process, as the system counts it.
};

/// The process's resident bytes; 0 where the system does not tell.
int64_t residentBytes();

/// Calls of one matmul site on this rank.
struct MatmulCounters {
  int64_t calls = 0;
  double seconds = 0;
  int64_t operations = 0; ///< Floating point operations that were done.
};

/// Runs entries of a program as one rank.
///
/// The arena has exactly the bytes of the plan. Constant weights are packed at
/// the first run that sees them. Matmuls and collectives are timed; with a
/// trace, each is an event too.
///
///   Context context(program, comm);      // compares the program among the
///   ranks context.run("forward", arguments, results);
class Context {
public:
  /// Throws Error on every rank when ranks hold different programs or the
  /// program was compiled for another number of ranks.
  Context(std::shared_ptr<const Program> program, Communicator &comm,
          Trace *trace = nullptr);
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  const Program &program() const { return *program_; }
  Communicator &comm() { return comm_; }

  /// Runs `entry` with local buffers in the manifest's order. Throws Error with
  /// the first failure; results are worthless then. A constant argument's bytes
  /// must not change while its address stays, except by constantsChanged().
  void run(const Entry &entry, const std::vector<const void *> &arguments,
           const std::vector<void *> &results);
  /// Packs constant arguments anew at the next run.
  void constantsChanged();

  /// Fills the arena with bytes that read as NaN before each run, so that code
  /// which reads what nobody wrote shows itself. For tests.
  void poison(bool on) { poison_ = on; }

  MemoryReport memory() const;
  const MatmulCounters &matmul(int32_t site) const;
  std::string matmulKernel(int32_t site) const;
  void resetCounters();

  // What the functions of moert.h do; errors are kept, not thrown.
  void collective(int32_t site, const void *source, void *target);
  void collectiveStart(int32_t site, const void *source, void *target);
  void collectiveDone(int32_t site);
  void allToAllRagged(int32_t site, const void *source, const int64_t *sendRows,
                      void *target, int64_t *receiveRows);
  void matmul(int32_t site, const void *a, const void *b, void *c);
  void matmulSlice(int32_t site, int64_t slice, const void *a, const void *b,
                   void *c, int64_t n, int64_t k);
  int rank() const { return comm_.rank(); }
  bool hasFailed() const { return !error_.empty(); }

private:
  struct MatmulState {
    std::optional<Gemm> gemm;
    const void *packedFrom = nullptr;
    int64_t timesPacked = 0;
    bool countsPacked = false; ///< Or the rank that shares the weights does.
    MatmulCounters counters;
  };

  template <typename Action> void guard(Action action);
  void timedCollective(const char *suffix, int32_t site,
                       const std::function<void()> &action);
  MatmulState &state(int32_t site);
  template <typename Run> void timedMatmul(int32_t site, bool isCall, Run run);
  void packConstant(const MatmulSite &site, const Parameter &weights,
                    const void *from);
  void packConstants(const Entry &entry,
                     const std::vector<const void *> &arguments);

  std::shared_ptr<const Program> program_;
  Communicator &comm_;
  Trace *trace_;
  std::unique_ptr<moert_context> handle_;
  Buffer arena_;
  GemmScratch scratch_;
  std::vector<MatmulState> matmuls_;
  std::string error_;
  bool poison_ = false;
};

} // namespace moert
