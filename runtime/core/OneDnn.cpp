#include "runtime/core/OneDnn.h"

#include "runtime/core/Gemm.h"
#include "runtime/core/Isa.h"

#ifdef MOERT_HAVE_ONEDNN
#include <dlfcn.h>
#include <dnnl.hpp>
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

class PackedMatmul : public OneDnnMatmul {
public:
  explicit PackedMatmul(const DenseShape &shape)
      : shape_(shape), engine_(dnnl::engine::kind::cpu, 0), stream_(engine_),
        aDesc_({shape.m, shape.k}, kF32, {shape.aRowStride, 1}),
        cDesc_({shape.m, shape.n}, kF32, {shape.cRowStride, 1}),
        description_(
            dnnl::matmul::desc(aDesc_, Desc({shape.k, shape.n}, kF32, Tag::any),
                               cDesc_),
            engine_),
        matmul_(description_), a_(aDesc_, engine_, nullptr),
        b_(description_.weights_desc(), engine_, nullptr),
        c_(cDesc_, engine_, nullptr) {}

  bool isPacked() const {
    return description_.weights_desc() !=
           Desc({shape_.k, shape_.n}, kF32, {shape_.n, 1});
  }

  size_t packedBytes() const override {
    return description_.weights_desc().get_size();
  }

  void pack(const float *b, int64_t rowStride, int64_t columnStride,
            void *packed) override {
    dnnl::memory from(
        Desc({shape_.k, shape_.n}, kF32, {rowStride, columnStride}), engine_,
        const_cast<float *>(b));
    dnnl::memory to(description_.weights_desc(), engine_, packed);
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
  }

  void run(const float *a, const void *packed, float *c) override {
    a_.set_data_handle(const_cast<float *>(a));
    b_.set_data_handle(const_cast<void *>(packed));
    c_.set_data_handle(c);
    matmul_.execute(
        stream_,
        {{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}});
    stream_.wait();
  }

private:
  DenseShape shape_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  Desc aDesc_, cDesc_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul matmul_;
  dnnl::memory a_, b_, c_;
};

} // namespace

std::unique_ptr<OneDnnMatmul> OneDnnMatmul::create(const DenseShape &shape) {
  // Below AVX-512 it packs nothing, and a row's bits change with the number of
  // rows.
  if (hostIsa() < Isa::V4)
    return nullptr;
  try {
    auto primitive = std::make_unique<PackedMatmul>(shape);
    return primitive->isPacked() ? std::move(primitive) : nullptr;
  } catch (const dnnl::error &) {
    return nullptr;
  }
}

#else

bool haveOneDnn() { return false; }
std::string oneDnnVersion() { return ""; }
void computeOnOneThread() {}
std::unique_ptr<OneDnnMatmul> OneDnnMatmul::create(const DenseShape &) {
  return nullptr;
}

#endif

} // namespace moert
