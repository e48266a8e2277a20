// Matmuls: one object a site and rank, over oneDNN and our own tiles.
//
// What a matmul means, to the bit, is defined by Tiles.h. oneDNN computes a
// site only where it gives the same bits and is no slower (GemmTrial.h). So the
// choice never shows in a result, and a host whose oneDNN sums in another order
// (AVX2, say) just runs the tiles.
#pragma once

#include "runtime/core/Manifest.h"
#include "runtime/core/Panels.h"
#include "runtime/core/Tensor.h"

#include <memory>
#include <string>

namespace moert {

class OneDnnMatmul;

/// Memory that the matmuls of one rank share between calls. A site reserves its
/// part when it is made, the library's when its weights are packed: no product
/// allocates.
class GemmScratch {
public:
  enum Slot { Rows, Panels, Library };

  /// From now on `slot` has at least `bytes` bytes; what was there is lost.
  void reserve(Slot slot, size_t bytes);
  void *get(Slot slot) { return slots_[slot].data(); }
  size_t bytes() const;

private:
  Buffer slots_[3];
};

/// A constant b in the layout of the kernel that was chosen for its site.
/// Immutable, so ranks of one process that hold the same weights share one.
struct PackedWeights {
  bool library = false; ///< For oneDNN, else for the tiles.
  bool isFinite = true; ///< Of tiles: zero times each of them is zero.
  Buffer bytes;         ///< One matrix after the other, each once.
  size_t stride = 0;    ///< Bytes from one to the next.
};

/// One matmul site. Not for several threads at once.
///
///   Gemm gemm(site, scratch);
///   gemm.use(gemm.pack(weights));     // where site.bArgument >= 0
///   gemm.run(tokens, weights, out);
class Gemm {
public:
  /// Reserves the scratch that its runs need. Throws Error naming the site when
  /// the element types are not f32 or bf16.
  Gemm(const MatmulSite &site, GemmScratch &scratch);
  ~Gemm();
  Gemm(Gemm &&) noexcept;

  /// Packs the constant `b`.
  std::shared_ptr<const PackedWeights> pack(const void *b);
  /// Takes weights that this object, or another of the same site, has packed;
  /// run() then ignores its `b`.
  void use(std::shared_ptr<const PackedWeights> weights);
  /// c = a x b for each index of the batch.
  void run(const void *a, const void *b, void *c);
  /// The same for one index of the batch, the first `n` columns and the first
  /// `k` products of each sum, all or an even number. Throws Error where there
  /// are not as many. Blocks of rows of one batch index must follow each other
  /// from the first on.
  void runSlice(int64_t index, const void *a, const void *b, void *c, int64_t n,
                int64_t k);

  /// Bytes of packed weights.
  size_t packedBytes() const;
  /// Bytes of panels that are kept from one block of rows to the next.
  size_t keptBytes() const { return kept_.size(); }
  /// "tiles avx512" or "onednn", for reports.
  std::string kernel() const;
  /// Floating point operations that runs have done so far. Slots that no token
  /// took are not multiplied, unless MOE_MULTIPLY_EMPTY_SLOTS is set.
  int64_t operationsDone() const { return operationsDone_; }

private:
  void check(int64_t index, int64_t n, int64_t k) const;
  void runOne(const char *a, const void *panels, char *c, int64_t n, int64_t k);
  const void *panelsOf(const void *b, int64_t index);
  int64_t batchCount() const;

  MatmulSite site_;
  GemmScratch *scratch_;
  std::shared_ptr<const PackedWeights> weights_;
  std::unique_ptr<OneDnnMatmul> library_;
  Buffer kept_;
  int64_t keptMatrix_ = -1;
  int64_t operationsDone_ = 0;
};

/// True in builds with oneDNN.
bool haveOneDnn();
/// "oneDNN 2.6.3", or "" without.
std::string oneDnnVersion();
/// Makes the calling thread compute alone; each rank's thread calls it first,
/// since oneDNN would start a team of threads otherwise.
void computeOnOneThread();

} // namespace moert
