#include "runtime/core/Gemm.h"

#include "runtime/core/Error.h"
#include "runtime/core/GemmTrial.h"
#include "runtime/core/OneDnn.h"
#include "runtime/core/Tiles.h"

#include <algorithm>
#include <cstdlib>

namespace moert {

void GemmScratch::reserve(Slot slot, size_t bytes) {
  if (slots_[slot].size() < bytes) {
    slots_[slot] = Buffer();
    slots_[slot] = Buffer(bytes);
  }
}

size_t GemmScratch::bytes() const {
  size_t sum = 0;
  for (const Buffer &slot : slots_)
    sum += slot.size();
  return sum;
}

//===-- Sites -------------------------------------------------------------===//

static void checkType(const MatmulSite &site, DType dtype) {
  if (dtype != DType::F32 && dtype != DType::BF16)
    throw Error(text("matmul ", site.site, " (", site.op, " at ", site.location,
                     ") has element type ", nameOf(dtype),
                     "; f32 and bf16 are supported"));
}

Gemm::~Gemm() = default;
Gemm::Gemm(Gemm &&) noexcept = default;

int64_t Gemm::batchCount() const {
  int64_t count = 1;
  for (int64_t size : site_.batch)
    count *= size;
  return count;
}

size_t Gemm::packedBytes() const {
  return weights_ ? weights_->bytes.size() : 0;
}

std::string Gemm::kernel() const {
  return library_ ? "onednn"
                  : std::string("tiles ") +
                        tileInstructions(tileFormat(site_.aType, site_.bType));
}

// Offset in elements of batch index `index` (row-major over the batch sizes).
static int64_t batchOffset(const MatmulSite &site,
                           const std::vector<int64_t> &strides, int64_t index) {
  int64_t offset = 0;
  for (size_t dim = site.batch.size(); dim-- > 0;) {
    int64_t at = index % site.batch[dim];
    if (site.rows && dim + 1 == site.batch.size())
      at = std::min(at * site.m, site.rows - site.m);
    offset += at * strides[dim];
    index /= site.batch[dim];
  }
  return offset;
}

// The number of the matrix that b is for batch index `index`: some indices
// share one, all blocks of rows do.
static int64_t matrixOfB(const MatmulSite &site, int64_t index) {
  int64_t number = 0, count = 1;
  for (size_t dim = site.batch.size(); dim-- > 0;) {
    if (site.bStrides[dim]) {
      number += index % site.batch[dim] * count;
      count *= site.batch[dim];
    }
    index /= site.batch[dim];
  }
  return number;
}

namespace {
/// The two innermost strides: of rows and of columns.
struct Strides {
  int64_t row, column;
};
} // namespace

static Strides innermost(const std::vector<int64_t> &strides) {
  return {strides[strides.size() - 2], strides.back()};
}

static MatrixView matrixB(const MatmulSite &site, const void *b,
                          int64_t index) {
  Strides strides = innermost(site.bStrides);
  auto *at = static_cast<const char *>(b) +
             batchOffset(site, site.bStrides, index) *
                 static_cast<int64_t>(sizeOf(site.bType));
  return {at, site.bType, site.k, site.n, strides.row, strides.column};
}

// The first `k` columns of one matrix of a.
static MatrixView matrixA(const MatmulSite &site, const void *a, int64_t k) {
  Strides strides = innermost(site.aStrides);
  return {a, site.aType, site.m, k, strides.row, strides.column};
}

// Bytes of the rows of a where they must be packed, as whole ones or as parts.
static size_t rowScratch(const MatmulSite &site, TileFormat format) {
  bool isPacked = !isTileRows(matrixA(site, nullptr, site.k), format);
  return isPacked ? rowBytes(format, site.m, site.k) : 0;
}

static bool isEmpty(const MatmulSite &site) {
  return site.m == 0 || site.n == 0 || site.k == 0;
}

// The shape as the library wants it, where it is dense f32.
static std::unique_ptr<OneDnnMatmul> tryLibrary(const MatmulSite &site) {
  Strides a = innermost(site.aStrides), c = innermost(site.cStrides);
  bool dense = site.aType == DType::F32 && site.bType == DType::F32 &&
               site.cType == DType::F32 && a.column == 1 && c.column == 1 &&
               a.row >= site.k && c.row >= site.n;
  if (!dense || isEmpty(site))
    return nullptr;
  if (!libraryWins(site.k, site.n))
    return nullptr;
  return OneDnnMatmul::create({site.m, site.n, site.k, a.row, c.row});
}

Gemm::Gemm(const MatmulSite &site, GemmScratch &scratch)
    : site_(site), scratch_(&scratch) {
  for (DType dtype : {site.aType, site.bType, site.cType})
    checkType(site, dtype);
  TileFormat format = tileFormat(site.aType, site.bType);
  scratch.reserve(GemmScratch::Rows, rowScratch(site, format));
  if (site.bArgument >= 0)
    return;
  size_t bytes = panelBytes(format, site.k, site.n);
  if (site.rows)
    kept_ = Buffer(bytes);
  else
    scratch.reserve(GemmScratch::Panels, bytes);
}

std::shared_ptr<const PackedWeights> Gemm::pack(const void *b) {
  auto weights = std::make_shared<PackedWeights>();
  std::unique_ptr<OneDnnMatmul> library = tryLibrary(site_);
  weights->library = library != nullptr;
  TileFormat format = tileFormat(site_.aType, site_.bType);
  size_t each =
      library ? library->packedBytes() : panelBytes(format, site_.k, site_.n);
  weights->stride = (each + 63) / 64 * 64;
  int64_t count = batchCount();
  int64_t matrices = count ? matrixOfB(site_, count - 1) + 1 : 0;
  weights->bytes = Buffer(weights->stride * static_cast<size_t>(matrices));
  for (int64_t index = 0, next = 0; index < count; ++index) {
    if (matrixOfB(site_, index) != next)
      continue;
    MatrixView view = matrixB(site_, b, index);
    void *to = static_cast<char *>(weights->bytes.data()) +
               static_cast<size_t>(next++) * weights->stride;
    if (library)
      library->pack(static_cast<const float *>(view.data), view.rowStride,
                    view.columnStride, to);
    else {
      packPanels(view, format, to);
      weights->isFinite &= panelsAreFinite(format, site_.k, site_.n, to);
    }
  }
  return weights;
}

void Gemm::use(std::shared_ptr<const PackedWeights> weights) {
  weights_ = std::move(weights);
  library_ = weights_->library ? tryLibrary(site_) : nullptr;
  if (library_)
    scratch_->reserve(GemmScratch::Library, library_->scratchBytes());
}

void Gemm::run(const void *a, const void *b, void *c) {
  for (int64_t index = 0; index < batchCount(); ++index)
    runSlice(index, a, b, c, site_.n, site_.k);
}

// Pairs of products are not cut in two, the library's weights have no parts.
void Gemm::check(int64_t index, int64_t n, int64_t k) const {
  auto fail = [&](auto... what) {
    throw Error(text("matmul ", site_.site, " (", site_.op, " at ",
                     site_.location, ") is called for ", what...));
  };
  if (index < 0 || index >= batchCount())
    fail("slice ", index, " of ", batchCount());
  bool isWhole = n == site_.n && k == site_.k;
  if (n < 0 || n > site_.n || k < 0 || k > site_.k || (k % 2 && k < site_.k))
    fail(n, " columns and sums of ", k, ", it has ", site_.n, " and ", site_.k,
         "; a part of a sum is even");
  if (library_ && !isWhole)
    fail(n, " of ", site_.n, " columns and sums of ", k, " of ", site_.k,
         ", its packed weights have no parts");
}

void Gemm::runSlice(int64_t index, const void *a, const void *b, void *c,
                    int64_t n, int64_t k) {
  check(index, n, k);
  auto at = [&](const std::vector<int64_t> &strides, DType dtype) {
    return batchOffset(site_, strides, index) *
           static_cast<int64_t>(sizeOf(dtype));
  };
  runOne(static_cast<const char *>(a) + at(site_.aStrides, site_.aType),
         panelsOf(b, index),
         static_cast<char *>(c) + at(site_.cStrides, site_.cType), n, k);
}

// Packed before, or now: into scratch, or where the next blocks of rows find
// it.
const void *Gemm::panelsOf(const void *b, int64_t index) {
  int64_t matrix = matrixOfB(site_, index);
  if (weights_)
    return static_cast<const char *>(weights_->bytes.data()) +
           static_cast<size_t>(matrix) * weights_->stride;
  if (site_.bArgument >= 0)
    throw Error(text("matmul ", site_.site, " (", site_.op, " at ",
                     site_.location, ") runs before its weights are packed"));
  if (site_.rows && index % site_.batch.back() && matrix == keptMatrix_)
    return kept_.data();
  keptMatrix_ = matrix;
  void *to = site_.rows ? kept_.data() : scratch_->get(GemmScratch::Panels);
  packPanels(matrixB(site_, b, index), tileFormat(site_.aType, site_.bType),
             to);
  return to;
}

// For measurements: work that only zeros need is done all the same.
static bool multipliesEmptySlots() {
  static const bool asked = std::getenv("MOE_MULTIPLY_EMPTY_SLOTS") != nullptr;
  return asked;
}

void Gemm::runOne(const char *a, const void *panels, char *c, int64_t n,
                  int64_t k) {
  int64_t rowOperations = 2 * n * k;
  if (library_) {
    operationsDone_ += site_.m * rowOperations;
    return library_->run(reinterpret_cast<const float *>(a), panels,
                         reinterpret_cast<float *>(c),
                         scratch_->get(GemmScratch::Library));
  }
  Strides out = innermost(site_.cStrides);
  MatrixView view = matrixA(site_, a, k);
  TileFormat format = tileFormat(site_.aType, site_.bType);
  TileRows rows =
      isTileRows(view, format)
          ? asTileRows(view, format)
          : packRows(view, format, scratch_->get(GemmScratch::Rows));
  bool skipsZeros = weights_ && weights_->isFinite && !multipliesEmptySlots();
  operationsDone_ +=
      rowOperations * multiplyPanels(rows, format, site_.k, panels, skipsZeros,
                                     c, site_.cType, n, out.row, out.column);
}

} // namespace moert
