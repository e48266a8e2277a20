#include "moe/Interpret/Numbers.h"

#include <vector>

namespace moe::interpret {

double FloatNumbers::apply(Function function, double x) const {
  switch (function) {
  case Function::Exp:
    return std::exp(x);
  case Function::Exp2:
    return std::exp2(x);
  case Function::Expm1:
    return std::expm1(x);
  case Function::Log:
    return std::log(x);
  case Function::Log1p:
    return std::log1p(x);
  case Function::Tanh:
    return std::tanh(x);
  case Function::Erf:
    return std::erf(x);
  case Function::Sqrt:
    return std::sqrt(x);
  case Function::Rsqrt:
    return 1 / std::sqrt(x);
  case Function::Sin:
    return std::sin(x);
  case Function::Cos:
    return std::cos(x);
  case Function::Pow:
  case Function::Rem:
    break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double FloatNumbers::apply(Function function, double x, double y) const {
  return function == Function::Pow ? std::pow(x, y) : std::fmod(x, y);
}

// The inner loop runs along n, so that it is contiguous and vectorises without
// reordering the sum over k; four steps of k at once save traffic on c.
template <typename T>
static void multiplyAddRows(const T *a, const T *b, T *c, int64_t m, int64_t k,
                            int64_t n) {
  for (int64_t i = 0; i < m; ++i, a += k, c += n) {
    int64_t step = 0;
    for (; step + 4 <= k; step += 4) {
      const T *b0 = b + step * n, *b1 = b0 + n, *b2 = b1 + n, *b3 = b2 + n;
      T a0 = a[step], a1 = a[step + 1], a2 = a[step + 2], a3 = a[step + 3];
      for (int64_t j = 0; j < n; ++j)
        c[j] = (((c[j] + a0 * b0[j]) + a1 * b1[j]) + a2 * b2[j]) + a3 * b3[j];
    }
    for (; step < k; ++step)
      for (int64_t j = 0; j < n; ++j)
        c[j] += a[step] * b[step * n + j];
  }
}

void FloatNumbers::multiplyAdd(const double *a, const double *b, double *c,
                               int64_t m, int64_t k, int64_t n) const {
  multiplyAddRows(a, b, c, m, k, n);
}

void IntegerNumbers::multiplyAdd(const int64_t *a, const int64_t *b, int64_t *c,
                                 int64_t m, int64_t k, int64_t n) const {
  // Signed and unsigned of one size may alias; only unsigned may overflow.
  multiplyAddRows(reinterpret_cast<const uint64_t *>(a),
                  reinterpret_cast<const uint64_t *>(b),
                  reinterpret_cast<uint64_t *>(c), m, k, n);
}

static bool allFinite(const Residue *values, int64_t count) {
  return std::all_of(values, values + count,
                     [](Residue value) { return value.isFinite(); });
}

void ExactNumbers::multiplyAdd(const Residue *a, const Residue *b, Residue *c,
                               int64_t m, int64_t k, int64_t n) const {
  if (!allFinite(a, m * k) || !allFinite(b, k * n) || !allFinite(c, m * n)) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t step = 0; step < k; ++step)
        for (int64_t j = 0; j < n; ++j)
          c[i * n + j] = c[i * n + j] + a[i * k + step] * b[step * n + j];
    return;
  }
  // A product is below 2^122, so 2^128 has room for 63 of them and a start.
  constexpr int64_t kRun = 62;
  std::vector<unsigned __int128> sums(n);
  for (int64_t i = 0; i < m; ++i, a += k, c += n) {
    for (int64_t j = 0; j < n; ++j)
      sums[j] = c[j].bits();
    for (int64_t begin = 0; begin < k; begin += kRun) {
      for (int64_t step = begin; step < std::min(k, begin + kRun); ++step)
        for (int64_t j = 0; j < n; ++j)
          sums[j] += static_cast<unsigned __int128>(a[step].bits()) *
                     b[step * n + j].bits();
      for (int64_t j = 0; j < n; ++j)
        sums[j] = Residue::reduce(sums[j]).bits();
    }
    for (int64_t j = 0; j < n; ++j)
      c[j] = Residue::fromBits(static_cast<uint64_t>(sums[j]));
  }
}

} // namespace moe::interpret
