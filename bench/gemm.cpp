// Matrix products with bias and gelu: compiled programs beside oneDNN and
// libxsmm with packed weights, one thread. bench/gemm.py compiles the programs,
// interleaves and prints ratios.
//
//   gemm-bench product-f32-64x512x2048.moe --benchmark_filter=onednn
//
// A program's first matmul says what the others compute: c[m,n] of each of its
// batch, and, where its weights are constant, gelu(c + bias). A name is
// FILE/who; items are the product's floating point operations.
#include "bench/Case.h"

#ifdef MOERT_HAVE_ONEDNN
#include <dnnl.hpp>
#endif
#ifdef MOE_HAVE_XSMM
#include <libxsmm.h>
#endif

#include <cstring>
#include <memory>
#include <unordered_map>

using namespace moert;

namespace {

/// What a program's matmul computes.
struct Product {
  int64_t batch = 1, m, k, n;
  DType dtype;
  bool isConstantB; ///< b is packed before, and bias and gelu follow.

  explicit Product(const MatmulSite &site)
      : m(site.m), k(site.k), n(site.n), dtype(site.aType),
        isConstantB(site.bArgument >= 0) {
    for (int64_t size : site.batch)
      batch *= size;
  }
  int64_t operations() const { return 2 * batch * m * k * n; }
};

/// Dense operands a [batch, m, k], b [batch, k, n], bias [n].
struct Operands {
  explicit Operands(const Product &p)
      : a(p.dtype, {p.batch, p.m, p.k}), b(p.dtype, {p.batch, p.k, p.n}),
        bias(DType::F32, {p.n}),
        c(p.isConstantB ? p.dtype : DType::F32, {p.batch, p.m, p.n}) {
    for (Tensor *tensor : {&a, &b, &bias})
      fillRandom(*tensor);
  }
  Tensor a, b, bias, c;
};

void *matrix(Tensor &tensor, int64_t index) {
  return static_cast<char *>(tensor.data()) +
         static_cast<size_t>(index) * tensor.bytes() /
             static_cast<size_t>(tensor.shape()[0]);
}

void runOurs(benchmark::State &state, Case &program) {
  for (auto _ : state)
    program.run();
  state.SetLabel(program.kernel());
  Product product(program.manifest().matmuls.at(0));
  state.SetItemsProcessed(state.iterations() * product.operations());
}

#ifdef MOERT_HAVE_ONEDNN
using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;

dnnl::memory::data_type typeOf(DType dtype) {
  return dtype == DType::BF16 ? dnnl::memory::data_type::bf16
                              : dnnl::memory::data_type::f32;
}

/// Bias and gelu are the matmul's own.
class OneDnn {
public:
  explicit OneDnn(const Product &p)
      : p_(p), operands_(p), engine_(dnnl::engine::kind::cpu, 0),
        stream_(engine_) {
    Desc a({p.m, p.k}, typeOf(p.dtype), Tag::ab);
    Desc b({p.k, p.n}, typeOf(p.dtype), p.isConstantB ? Tag::any : Tag::ab);
    Desc bias({1, p.n}, typeOf(DType::F32), Tag::ab);
    Desc c({p.m, p.n}, typeOf(operands_.c.dtype()), Tag::ab);
    dnnl::primitive_attr attributes;
    dnnl::post_ops after;
    after.append_eltwise(1, dnnl::algorithm::eltwise_gelu_tanh, 0, 0);
    if (p.isConstantB)
      attributes.set_post_ops(after);
    dnnl::matmul::primitive_desc description(
        p.isConstantB ? dnnl::matmul::desc(a, b, bias, c)
                      : dnnl::matmul::desc(a, b, c),
        attributes, engine_);
    matmul_ = dnnl::matmul(description);
    for (int64_t i = 0; i < p.batch; ++i)
      addCall(a, b, bias, c, i, description.weights_desc());
  }

  void run() {
    for (const auto &call : calls_)
      matmul_.execute(stream_, call);
  }

private:
  void addCall(const Desc &a, const Desc &b, const Desc &bias, const Desc &c,
               int64_t index, const Desc &packed) {
    Desc plain({p_.k, p_.n}, typeOf(p_.dtype), Tag::ab);
    dnnl::memory weights(plain, engine_, matrix(operands_.b, index));
    if (p_.isConstantB) {
      dnnl::memory from = weights;
      weights = dnnl::memory(packed, engine_);
      dnnl::reorder(from, weights).execute(stream_, from, weights);
    }
    calls_.push_back(
        {{DNNL_ARG_SRC, dnnl::memory(a, engine_, matrix(operands_.a, index))},
         {DNNL_ARG_WEIGHTS, weights},
         {DNNL_ARG_DST, dnnl::memory(c, engine_, matrix(operands_.c, index))}});
    if (p_.isConstantB)
      calls_.back().insert(
          {DNNL_ARG_BIAS, dnnl::memory(bias, engine_, operands_.bias.data())});
  }

  Product p_;
  Operands operands_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul matmul_;
  std::vector<std::unordered_map<int, dnnl::memory>> calls_;
};
#endif

#if defined(MOE_HAVE_XSMM) && defined(MOERT_HAVE_ONEDNN)
/// c starts as the bias; oneDNN's gelu follows, as libxsmm has none.
/// Column-major in libxsmm's words: c^T[n, m] = b^T[n, k] a^T[k, m], one panel
/// of 64 columns of packed b after the other.
class Xsmm {
public:
  explicit Xsmm(const Product &p)
      : p_(p), operands_(p), wide_(std::min<int64_t>(64, p.n)),
        packed_(DType::F32, {p.batch, p.n / wide_, p.k, wide_}),
        engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    pack();
    auto i32 = [](int64_t value) {
      return static_cast<libxsmm_blasint>(value);
    };
    libxsmm_blasint ldb = i32(p.k), lda = i32(wide_), ldc = i32(p.n);
    float alpha = 1, beta = p.isConstantB ? 1 : 0;
    kernel_ = libxsmm_smmdispatch(i32(wide_), i32(p.m), i32(p.k), &lda, &ldb,
                                  &ldc, &alpha, &beta, nullptr, nullptr);
    Desc all({p.batch * p.m, p.n}, typeOf(DType::F32), Tag::ab);
    c_ = dnnl::memory(all, engine_, operands_.c.data());
    gelu_ = dnnl::eltwise_forward(dnnl::eltwise_forward::primitive_desc(
        dnnl::eltwise_forward::desc(dnnl::prop_kind::forward_inference,
                                    dnnl::algorithm::eltwise_gelu_tanh, all, 0,
                                    0),
        engine_));
  }

  bool exists() const { return kernel_ != nullptr; }

  void run() {
    auto *c = operands_.c.as<float>();
    if (p_.isConstantB)
      for (int64_t row = 0; row < p_.batch * p_.m; ++row)
        std::memcpy(c + row * p_.n, operands_.bias.data(),
                    operands_.bias.bytes());
    else
      pack();
    for (int64_t e = 0; e < p_.batch; ++e)
      for (int64_t panel = 0; panel < p_.n / wide_; ++panel)
        kernel_(packed_.as<float>() +
                    (e * (p_.n / wide_) + panel) * p_.k * wide_,
                operands_.a.as<float>() + e * p_.m * p_.k,
                c + e * p_.m * p_.n + panel * wide_);
    if (p_.isConstantB)
      gelu_.execute(stream_, {{DNNL_ARG_SRC, c_}, {DNNL_ARG_DST, c_}});
  }

private:
  void pack() {
    auto *to = packed_.as<float>();
    for (int64_t e = 0; e < p_.batch; ++e)
      for (int64_t first = 0; first < p_.n; first += wide_)
        for (int64_t k = 0; k < p_.k; ++k, to += wide_)
          std::memcpy(to,
                      operands_.b.as<float>() + (e * p_.k + k) * p_.n + first,
                      static_cast<size_t>(wide_) * sizeof(float));
  }

  Product p_;
  Operands operands_;
  int64_t wide_;
  Tensor packed_;
  libxsmm_smmfunction kernel_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::memory c_;
  dnnl::eltwise_forward gelu_;
};
#endif

template <typename Library>
void runLibrary(benchmark::State &state, Library &library,
                const Product &product) {
  for (auto _ : state)
    library.run();
  state.SetItemsProcessed(state.iterations() * product.operations());
}

/// Made when its benchmark first runs: all together take too much memory.
template <typename Library>
void registerLibrary(const std::string &name, const Product &product) {
  auto library = std::make_shared<std::unique_ptr<Library>>();
  benchmark::RegisterBenchmark(
      name.c_str(), [library, product](benchmark::State &state) {
        if (!*library)
          *library = std::make_unique<Library>(product);
        runLibrary(state, **library, product);
      });
}

void add(Case &program) {
  Product product(program.manifest().matmuls.at(0));
  benchmark::RegisterBenchmark((program.name() + "/ours").c_str(), runOurs,
                               std::ref(program));
#ifdef MOERT_HAVE_ONEDNN
  registerLibrary<OneDnn>(program.name() + "/onednn", product);
#ifdef MOE_HAVE_XSMM
  if (product.dtype == DType::F32 && Xsmm(product).exists())
    registerLibrary<Xsmm>(program.name() + "/libxsmm", product);
#endif
#endif
}

} // namespace

int main(int argc, char **argv) { return runCases(argc, argv, add); }
