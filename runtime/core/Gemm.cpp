#include "runtime/core/Gemm.h"

#include "runtime/core/Error.h"
#include "runtime/core/GemmTrial.h"
#include "runtime/core/OneDnn.h"
#include "runtime/core/Tiles.h"

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

size_t Gemm::sharedBytes() const {
  return shared_ && site_.panelsOf < 0 ? shared_->bytes.size() : 0;
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
    offset += index % site.batch[dim] * strides[dim];
    index /= site.batch[dim];
  }
  return offset;
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
  if (!isTileRows(rowsOf(nullptr), format))
    scratch.reserve(GemmScratch::Rows, rowBytes(format, site.m, site.k));
  if (site.bArgument < 0 && site.panelsOf < 0)
    scratch.reserve(GemmScratch::Panels, panelBytes(format, site.k, site.n));
}

MatrixView Gemm::rowsOf(const void *a) const {
  Strides strides = innermost(site_.aStrides);
  return {a, site_.aType, site_.m, site_.k, strides.row, strides.column};
}

std::shared_ptr<const PackedWeights> Gemm::pack(const void *b) {
  auto weights = std::make_shared<PackedWeights>();
  std::unique_ptr<OneDnnMatmul> library = tryLibrary(site_);
  weights->library = library != nullptr;
  TileFormat format = tileFormat(site_.aType, site_.bType);
  size_t each =
      library ? library->packedBytes() : panelBytes(format, site_.k, site_.n);
  weights->stride = (each + 63) / 64 * 64;
  weights->bytes = Buffer(weights->stride * static_cast<size_t>(batchCount()));
  for (int64_t index = 0; index < batchCount(); ++index) {
    MatrixView view = matrixB(site_, b, index);
    void *to = static_cast<char *>(weights->bytes.data()) +
               static_cast<size_t>(index) * weights->stride;
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
    runSlice(index, a, b, c);
}

void Gemm::runSlice(int64_t index, const void *a, const void *b, void *c) {
  if (index < 0 || index >= batchCount())
    throw Error(text("matmul ", site_.site, " (", site_.op, " at ",
                     site_.location, ") is called for slice ", index, " of ",
                     batchCount()));
  auto at = [&](const std::vector<int64_t> &strides, DType dtype) {
    return batchOffset(site_, strides, index) *
           static_cast<int64_t>(sizeOf(dtype));
  };
  runOne(static_cast<const char *>(a) + at(site_.aStrides, site_.aType), b,
         static_cast<char *>(c) + at(site_.cStrides, site_.cType), index);
}

void Gemm::usePanelsOf(Gemm &owner) {
  if (!owner.shared_) {
    owner.shared_ = std::make_shared<SharedPanels>();
    owner.shared_->k = owner.site_.k;
    owner.shared_->bytes = Buffer(panelBytes(
        tileFormat(site_.aType, site_.bType), owner.site_.k, owner.site_.n));
  }
  shared_ = owner.shared_;
}

const void *Gemm::packPanelsOf(const void *b, int64_t index, void *to) const {
  packPanels(matrixB(site_, b, index), tileFormat(site_.aType, site_.bType),
             to);
  return to;
}

// Packed before, or now.
const void *Gemm::panelsOf(const void *b, int64_t index) {
  if (weights_)
    return static_cast<const char *>(weights_->bytes.data()) +
           static_cast<size_t>(index) * weights_->stride;
  if (site_.bArgument >= 0)
    throw Error(text("matmul ", site_.site, " (", site_.op, " at ",
                     site_.location, ") runs before its weights are packed"));
  if (!shared_)
    return packPanelsOf(b, index, scratch_->get(GemmScratch::Panels));
  if (site_.panelsOf < 0) {
    shared_->index = index;
    return packPanelsOf(b, index, shared_->bytes.data());
  }
  if (shared_->index != index)
    throw Error(text("matmul ", site_.site, " (", site_.op, " at ",
                     site_.location, ") is called for slice ", index,
                     ", the panels of matmul ", site_.panelsOf,
                     " are those of slice ", shared_->index));
  return shared_->bytes.data();
}

// For measurements: work that only zeros need is done all the same.
static bool multipliesEmptySlots() {
  static const bool asked = std::getenv("MOE_MULTIPLY_EMPTY_SLOTS") != nullptr;
  return asked;
}

void Gemm::runOne(const char *a, const void *b, char *c, int64_t index) {
  const void *panels = panelsOf(b, index);
  int64_t rowOperations = 2 * site_.n * site_.k;
  if (library_) {
    operationsDone_ += site_.m * rowOperations;
    return library_->run(reinterpret_cast<const float *>(a), panels,
                         reinterpret_cast<float *>(c),
                         scratch_->get(GemmScratch::Library));
  }
  Strides out = innermost(site_.cStrides);
  MatrixView view = rowsOf(a);
  TileFormat format = tileFormat(site_.aType, site_.bType);
  TileRows rows =
      isTileRows(view, format)
          ? asTileRows(view, format)
          : packRows(view, format, scratch_->get(GemmScratch::Rows));
  bool skipsZeros = weights_ && weights_->isFinite && !multipliesEmptySlots();
  operationsDone_ +=
      rowOperations *
      multiplyPanels(rows, format, site_.wholeK ? site_.wholeK : site_.k,
                     {panels, shared_ ? shared_->k : site_.k}, skipsZeros, c,
                     site_.cType, site_.n, out.row, out.column);
}

} // namespace moert
