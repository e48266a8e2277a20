// Matrix products with constant weights: ours beside oneDNN and libxsmm with
// packed weights, one thread. bench/gemm.py interleaves them and prints ratios.
//
//   gemm-bench --benchmark_filter='f32/64x512x2048/'
//
// A name is dtype/MxKxN[xBATCH]/who; items are floating point operations.
#include "runtime/core/Gemm.h"

#include <benchmark/benchmark.h>

#ifdef MOERT_HAVE_ONEDNN
#include <dnnl.hpp>
#endif
#ifdef MOE_HAVE_XSMM
#include <libxsmm.h>
#endif

#include <cstring>
#include <string>

using namespace moert;

namespace {

struct Shape {
  int64_t m, k, n, batch;
};

// The products of a 512-wide model, of its experts, and rows that no tile
// divides.
constexpr Shape kShapes[] = {
    {256, 512, 2048, 1}, {64, 512, 2048, 1},  {64, 2048, 512, 1},
    {13, 512, 2048, 1},  {16, 512, 2048, 1},  {61, 512, 2048, 1},
    {64, 512, 2048, 8},  {16, 512, 2048, 8},  {512, 2048, 512, 8},
    {1024, 512, 16, 1},  {2048, 512, 512, 1},
};

/// The operands of one product: a [batch, m, k], b [batch, k, n], both dense.
struct Operands {
  Operands(const Shape &shape, DType dtype)
      : a(dtype, {shape.batch, shape.m, shape.k}),
        b(dtype, {shape.batch, shape.k, shape.n}),
        c(DType::F32, {shape.batch, shape.m, shape.n}) {
    fill(a);
    fill(b);
  }
  static void fill(Tensor &tensor) {
    uint32_t seed = 1;
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      seed = seed * 1664525u + 1013904223u;
      float value = static_cast<float>(static_cast<int32_t>(seed)) * 0x1p-31f;
      if (tensor.dtype() == DType::BF16)
        tensor.as<uint16_t>()[i] = toBF16(value);
      else
        tensor.as<float>()[i] = value;
    }
  }
  Tensor a, b, c;
};

void count(benchmark::State &state, const Shape &s) {
  state.SetItemsProcessed(state.iterations() * 2 * s.batch * s.m * s.n * s.k);
}

void runOurs(benchmark::State &state, Shape s, DType dtype) {
  Operands operands(s, dtype);
  MatmulSite site;
  site.batch = {s.batch};
  site.m = s.m, site.n = s.n, site.k = s.k;
  site.aType = site.bType = dtype;
  site.cType = DType::F32;
  site.aStrides = {s.m * s.k, s.k, 1};
  site.bStrides = {s.k * s.n, s.n, 1};
  site.cStrides = {s.m * s.n, s.n, 1};
  site.bArgument = 0;
  GemmScratch scratch;
  Gemm gemm(site, scratch);
  gemm.use(gemm.pack(operands.b.data()));
  for (auto _ : state)
    gemm.run(operands.a.data(), operands.b.data(), operands.c.data());
  state.SetLabel(gemm.kernel());
  count(state, s);
}

#ifdef MOERT_HAVE_ONEDNN
void runOneDnn(benchmark::State &state, Shape s, DType dtype) {
  using Desc = dnnl::memory::desc;
  using Tag = dnnl::memory::format_tag;
  auto type = dtype == DType::BF16 ? dnnl::memory::data_type::bf16
                                   : dnnl::memory::data_type::f32;
  Operands operands(s, dtype);
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  Desc a({s.m, s.k}, type, Tag::ab), b({s.k, s.n}, type, Tag::any);
  Desc c({s.m, s.n}, dnnl::memory::data_type::f32, Tag::ab);
  dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, b, c), engine);
  dnnl::matmul matmul(description);
  std::vector<dnnl::memory> weights;
  auto at = [&](Tensor &tensor, int64_t index) {
    return static_cast<char *>(tensor.data()) +
           static_cast<size_t>(index) * tensor.bytes() /
               static_cast<size_t>(s.batch);
  };
  for (int64_t i = 0; i < s.batch; ++i) {
    dnnl::memory plain(Desc({s.k, s.n}, type, Tag::ab), engine,
                       at(operands.b, i));
    weights.emplace_back(description.weights_desc(), engine);
    dnnl::reorder(plain, weights.back()).execute(stream, plain, weights.back());
  }
  for (auto _ : state)
    for (int64_t i = 0; i < s.batch; ++i) {
      dnnl::memory source(a, engine, at(operands.a, i));
      dnnl::memory target(c, engine, at(operands.c, i));
      matmul.execute(stream,
                     {{DNNL_ARG_SRC, source},
                      {DNNL_ARG_WEIGHTS, weights[static_cast<size_t>(i)]},
                      {DNNL_ARG_DST, target}});
    }
  count(state, s);
}
#endif

#ifdef MOE_HAVE_XSMM
// Column-major in libxsmm's words: c^T[n, m] = b^T[n, k] a^T[k, m], one panel
// of 64 columns of packed b after the other.
void runXsmm(benchmark::State &state, Shape s) {
  constexpr int64_t kWide = 64;
  int64_t wide = std::min(kWide, s.n);
  Operands operands(s, DType::F32);
  Tensor packed(DType::F32, {s.batch, s.n / wide, s.k, wide});
  for (int64_t e = 0; e < s.batch; ++e)
    for (int64_t n = 0; n < s.n; ++n)
      for (int64_t k = 0; k < s.k; ++k)
        packed.as<float>()[((e * (s.n / wide) + n / wide) * s.k + k) * wide +
                           n % wide] =
            operands.b.as<float>()[(e * s.k + k) * s.n + n];
  auto i32 = [](int64_t value) { return static_cast<libxsmm_blasint>(value); };
  libxsmm_blasint ldb = i32(s.k), lda = i32(wide), ldc = i32(s.n);
  float alpha = 1, beta = 0;
  libxsmm_smmfunction kernel =
      libxsmm_smmdispatch(i32(wide), i32(s.m), i32(s.k), &lda, &ldb, &ldc,
                          &alpha, &beta, nullptr, nullptr);
  if (!kernel)
    return state.SkipWithError("no kernel of libxsmm");
  for (auto _ : state)
    for (int64_t e = 0; e < s.batch; ++e)
      for (int64_t n = 0; n < s.n / wide; ++n)
        kernel(packed.as<float>() + (e * (s.n / wide) + n) * s.k * wide,
               operands.a.as<float>() + e * s.m * s.k,
               operands.c.as<float>() + e * s.m * s.n + n * wide);
  count(state, s);
}
#endif

} // namespace

int main(int argc, char **argv) {
  computeOnOneThread();
  for (DType dtype : {DType::F32, DType::BF16})
    for (const Shape &s : kShapes) {
      std::string name =
          std::string(nameOf(dtype)) + "/" + std::to_string(s.m) + "x" +
          std::to_string(s.k) + "x" + std::to_string(s.n) +
          (s.batch > 1 ? "x" + std::to_string(s.batch) : std::string()) + "/";
      benchmark::RegisterBenchmark((name + "ours").c_str(), runOurs, s, dtype);
#ifdef MOERT_HAVE_ONEDNN
      benchmark::RegisterBenchmark((name + "onednn").c_str(), runOneDnn, s,
                                   dtype);
#endif
#ifdef MOE_HAVE_XSMM
      if (dtype == DType::F32)
        benchmark::RegisterBenchmark((name + "libxsmm").c_str(), runXsmm, s);
#endif
    }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
