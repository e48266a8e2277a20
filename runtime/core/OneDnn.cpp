#include "runtime/core/OneDnn.h"

#include "runtime/core/Gemm.h"
#include "runtime/core/Isa.h"

#ifdef MOERT_HAVE_ONEDNN
#include <dlfcn.h>
#include <dnnl.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#endif

namespace moert {

OneDnnMatmul::~OneDnnMatmul() = default;

#ifdef MOERT_HAVE_ONEDNN

bool haveOneDnn() { return true; }

std::string oneDnnVersion() {
  const dnnl_version_t *version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." +
         std::to_string(version->minor) + "." + std::to_string(version->patch);
}

int oneDnnIsa() { return static_cast<int>(dnnl_get_effective_cpu_isa()); }

// Asked from the OpenMP that oneDNN has loaded: linking one ourselves could
// bring a second into the process.
void computeOnOneThread() {
  using SetThreads = void (*)(int);
  if (auto set = reinterpret_cast<SetThreads>(
          dlsym(RTLD_DEFAULT, "omp_set_num_threads")))
    set(1);
}

namespace {

using Tag = dnnl::memory::format_tag;
using Desc = dnnl::memory::desc;
constexpr auto kF32 = dnnl::memory::data_type::f32;

/// Immutable, and with scratch that the caller brings, so that several threads
/// may execute it.
struct Primitive {
  explicit Primitive(const DenseShape &shape)
      : engine(dnnl::engine::kind::cpu, 0),
        a({shape.m, shape.k}, kF32, {shape.aRowStride, 1}),
        c({shape.m, shape.n}, kF32, {shape.cRowStride, 1}),
        description(
            dnnl::matmul::desc(a, Desc({shape.k, shape.n}, kF32, Tag::any), c),
            callersScratch(), engine),
        matmul(description) {}

  bool isPacked(const DenseShape &shape) const {
    return description.weights_desc() !=
           Desc({shape.k, shape.n}, kF32, {shape.n, 1});
  }

  dnnl::engine engine;
  Desc a, c;
  dnnl::matmul::primitive_desc description;
  dnnl::matmul matmul;

private:
  static dnnl::primitive_attr callersScratch() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
  }
};

/// The primitives used last, by shape. Making one takes some hundred
/// microseconds.
class PrimitiveTable {
public:
  using Shared = std::shared_ptr<const Primitive>;

  Shared get(const DenseShape &shape) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto key = std::tuple(shape.m, shape.n, shape.k, shape.aRowStride,
                          shape.cRowStride);
    auto it = byShape_.find(key);
    if (it == byShape_.end())
      it = byShape_.emplace(key, Entry{std::make_shared<Primitive>(shape), 0})
               .first;
    it->second.used = ++uses_;
    Shared primitive = it->second.primitive;
    dropOldest();
    return primitive;
  }

  size_t size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return byShape_.size();
  }

private:
  using Key = std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t>;
  struct Entry {
    Shared primitive;
    uint64_t used; ///< The larger, the later.
  };

  void dropOldest() {
    if (byShape_.size() > kMostPrimitives)
      byShape_.erase(std::min_element(byShape_.begin(), byShape_.end(),
                                      [](const auto &x, const auto &y) {
                                        return x.second.used < y.second.used;
                                      }));
  }

  std::mutex mutex_;
  uint64_t uses_ = 0;
  std::map<Key, Entry> byShape_;
};

PrimitiveTable &primitives() {
  static PrimitiveTable table;
  return table;
}

class PackedMatmul : public OneDnnMatmul {
public:
  PackedMatmul(const DenseShape &shape, PrimitiveTable::Shared primitive)
      : shape_(shape), primitive_(std::move(primitive)),
        stream_(primitive_->engine), a_(memory(primitive_->a)),
        b_(memory(primitive_->description.weights_desc())),
        c_(memory(primitive_->c)),
        scratch_(memory(primitive_->description.scratchpad_desc())) {}

  size_t packedBytes() const override {
    return primitive_->description.weights_desc().get_size();
  }
  size_t scratchBytes() const override {
    return primitive_->description.scratchpad_desc().get_size();
  }

  void pack(const float *b, int64_t rowStride, int64_t columnStride,
            void *packed) override {
    dnnl::memory from(
        Desc({shape_.k, shape_.n}, kF32, {rowStride, columnStride}),
        primitive_->engine, const_cast<float *>(b));
    b_.set_data_handle(packed);
    dnnl::reorder(from, b_).execute(stream_, from, b_);
    stream_.wait();
  }

  void run(const float *a, const void *packed, float *c,
           void *scratch) override {
    a_.set_data_handle(const_cast<float *>(a));
    b_.set_data_handle(const_cast<void *>(packed));
    c_.set_data_handle(c);
    scratch_.set_data_handle(scratch);
    primitive_->matmul.execute(stream_, {{DNNL_ARG_SRC, a_},
                                         {DNNL_ARG_WEIGHTS, b_},
                                         {DNNL_ARG_DST, c_},
                                         {DNNL_ARG_SCRATCHPAD, scratch_}});
    stream_.wait();
  }

private:
  dnnl::memory memory(const Desc &description) const {
    return dnnl::memory(description, primitive_->engine, nullptr);
  }

  DenseShape shape_;
  PrimitiveTable::Shared primitive_;
  dnnl::stream stream_;
  dnnl::memory a_, b_, c_, scratch_;
};

} // namespace

size_t primitivesKept() { return primitives().size(); }

std::unique_ptr<OneDnnMatmul> OneDnnMatmul::create(const DenseShape &shape) {
  // Below AVX-512 it packs nothing, and a row's bits change with the number of
  // rows.
  if (hostIsa() < Isa::V4)
    return nullptr;
  try {
    PrimitiveTable::Shared primitive = primitives().get(shape);
    if (!primitive->isPacked(shape))
      return nullptr;
    return std::make_unique<PackedMatmul>(shape, std::move(primitive));
  } catch (const dnnl::error &) {
    return nullptr;
  }
}

#else

bool haveOneDnn() { return false; }
std::string oneDnnVersion() { return ""; }
int oneDnnIsa() { return 0; }
void computeOnOneThread() {}
size_t primitivesKept() { return 0; }
std::unique_ptr<OneDnnMatmul> OneDnnMatmul::create(const DenseShape &) {
  return nullptr;
}

#endif

} // namespace moert
