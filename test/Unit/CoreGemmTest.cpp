#include "runtime/core/Error.h"
#include "runtime/core/Gemm.h"
#include "runtime/core/OneDnn.h"
#include "runtime/core/Tiles.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

using namespace moert;

namespace {

/// A dense row-major site, b constant or not.
MatmulSite denseSite(int64_t m, int64_t n, int64_t k, bool constant,
                     DType dtype = DType::F32) {
  MatmulSite site;
  site.m = m, site.n = n, site.k = k;
  site.aType = site.bType = site.cType = dtype;
  site.aStrides = {k, 1};
  site.bStrides = site.cStrides = {n, 1};
  site.bArgument = constant ? 0 : -1;
  return site;
}

Tensor random(std::vector<int64_t> shape, uint32_t seed,
              DType dtype = DType::F32) {
  Tensor tensor(dtype, std::move(shape));
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    float value = static_cast<float>(static_cast<int32_t>(seed)) * 0x1p-31f;
    if (dtype == DType::BF16)
      tensor.as<uint16_t>()[i] = toBF16(value);
    else
      tensor.as<float>()[i] = value;
  }
  return tensor;
}

Tensor multiply(const MatmulSite &site, const Tensor &a, const Tensor &b) {
  GemmScratch scratch;
  Gemm gemm(site, scratch);
  if (site.bArgument >= 0)
    gemm.use(gemm.pack(b.data()));
  std::vector<int64_t> shape = site.batch;
  shape.push_back(site.m);
  shape.push_back(site.n);
  Tensor c(site.cType, shape);
  gemm.run(a.data(), b.data(), c.data());
  return c;
}

float at(const Tensor &tensor, int64_t i) {
  return tensor.dtype() == DType::BF16 ? fromBF16(tensor.as<uint16_t>()[i])
                                       : tensor.as<float>()[i];
}

/// The definition, one element at a time.
float element(const Tensor &a, const Tensor &b, int64_t n, int64_t k,
              int64_t row, int64_t column) {
  float total = 0;
  for (int64_t first = 0; first < k; first += kBlock(k)) {
    float sum = 0;
    for (int64_t i = first; i < std::min(k, first + kBlock(k)); ++i)
      sum = std::fma(at(a, row * k + i), at(b, i * n + column), sum);
    total = first ? total + sum : sum;
  }
  return total;
}

/// Runs on the instructions called `name`, until it goes; skips where the
/// processor lacks them.
class Instructions {
public:
  explicit Instructions(const std::string &name)
      : before_(tileInstructions()), found_(forceTileInstructions(name)) {}
  ~Instructions() { forceTileInstructions(before_); }
  explicit operator bool() const { return found_; }

private:
  std::string before_;
  bool found_;
};

/// Without instructions for bf16, whose sums have an order of their own.
std::string instructionsForFloats() {
  return Instructions("avx512") ? "avx512" : tileInstructions();
}

} // namespace

// A row's bits depend on K and the element type: not on how many rows there
// are, nor on packing, library or instructions.
TEST(CoreGemm, aRowHasTheSameBitsForEveryM) {
  computeOnOneThread();
  for (DType dtype : {DType::F32, DType::BF16})
    for (int64_t k : {64, 65, 512, 768, 2048})
      for (int64_t n : {8, 512, 2048}) {
        Tensor a = random({512, k}, 1, dtype), b = random({k, n}, 2, dtype);
        Tensor whole = multiply(denseSite(512, n, k, true, dtype), a, b);
        for (int64_t m : {1, 7, 13, 16, 64, 256})
          for (bool constant : {true, false}) {
            Tensor part = multiply(denseSite(m, n, k, constant, dtype), a, b);
            EXPECT_EQ(std::memcmp(part.data(), whole.data(), part.bytes()), 0)
                << m << "x" << k << "x" << n << " constant " << constant;
          }
      }
}

TEST(CoreGemm, everyElementIsTheDefinedChain) {
  Instructions floats(instructionsForFloats());
  for (int64_t k : {0, 1, 63, 512, 513, 1100, 2048})
    for (DType dtype : {DType::F32, DType::BF16}) {
      int64_t m = 11, n = 45;
      Tensor a = random({m, k}, 3, dtype), b = random({k, n}, 4, dtype);
      for (bool constant : {true, false}) {
        MatmulSite site = denseSite(m, n, k, constant, dtype);
        site.cType = DType::F32;
        Tensor c = multiply(site, a, b);
        for (int64_t i = 0; i < m * n; ++i)
          ASSERT_EQ(c.as<float>()[i], element(a, b, n, k, i / n, i % n))
              << k << nameOf(dtype) << i;
      }
    }
}

// Pairs of bf16 add two products in a step; the sum is the same but for
// rounding.
TEST(CoreGemm, pairsOfBF16AddUpToTheSum) {
  Instructions pairs("avx512_bf16");
  if (!pairs)
    GTEST_SKIP() << "skipped: no avx512_bf16";
  for (int64_t k : {0, 1, 2, 63, 512, 513, 1100, 2048})
    for (int64_t stride : {k, k + 1, k + 2}) {
      int64_t m = 11, n = 45;
      Tensor a = random({m, stride}, 3, DType::BF16),
             b = random({k, n}, 4, DType::BF16);
      MatmulSite site = denseSite(m, n, k, true, DType::BF16);
      site.aStrides = {stride, 1};
      site.cType = DType::F32;
      Tensor c = multiply(site, a, b);
      for (int64_t i = 0; i < m * n; ++i) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < k; ++j) {
          double product =
              double(at(a, i / n * stride + j)) * double(at(b, j * n + i % n));
          sum += product;
          size += std::abs(product);
        }
        ASSERT_NEAR(c.as<float>()[i], sum, 1e-6 * size) << k << " " << i;
      }
    }
}

// What runs on AVX2 or without vectors gives the bits of AVX-512.
TEST(CoreGemm, instructionsDoNotChangeABit) {
  for (int64_t n : {8, 16, 17, 40})
    for (int64_t k : {65, 1100}) {
      Tensor a = random({13, k}, 11), b = random({k, n}, 12);
      Tensor wanted = multiply(denseSite(13, n, k, false), a, b);
      for (const char *name : {"avx2", "scalar"}) {
        Instructions others(name);
        if (!others)
          continue;
        Tensor c = multiply(denseSite(13, n, k, false), a, b);
        EXPECT_EQ(std::memcmp(c.data(), wanted.data(), c.bytes()), 0)
            << name << " n " << n << " k " << k;
      }
    }
}

// bf16 results are the f32 sums, rounded once.
TEST(CoreGemm, bf16IsRoundedAtTheEnd) {
  Instructions floats(instructionsForFloats());
  Tensor a = random({5, 100}, 5, DType::BF16),
         b = random({100, 9}, 6, DType::BF16);
  Tensor c = multiply(denseSite(5, 9, 100, true, DType::BF16), a, b);
  for (int64_t i = 0; i < 45; ++i)
    EXPECT_EQ(c.as<uint16_t>()[i], toBF16(element(a, b, 9, 100, i / 9, i % 9)));
}

// Batches, a transposed a, a transposed b and a transposed c, all by strides.
TEST(CoreGemm, stridesReachEveryLayout) {
  MatmulSite site = denseSite(6, 40, 10, false);
  site.batch = {3};
  site.aStrides = {60, 1, 6};
  site.bStrides = {400, 1, 10};
  site.cStrides = {240, 1, 6};
  Tensor a = random({180}, 7), b = random({1200}, 8);
  for (int64_t argument : {-1, 0}) {
    site.bArgument = argument;
    Tensor c = multiply(site, a, b);
    for (int64_t batch = 0; batch < 3; ++batch)
      for (int64_t m = 0; m < 6; ++m)
        for (int64_t n = 0; n < 40; ++n) {
          float sum = 0;
          for (int64_t k = 0; k < 10; ++k)
            sum = std::fma(a.as<float>()[batch * 60 + k * 6 + m],
                           b.as<float>()[batch * 400 + n * 10 + k], sum);
          ASSERT_EQ(c.as<float>()[batch * 240 + n * 6 + m], sum);
        }
  }
}

// Blocks of a transposed b are turned four by four; what is left of them, one
// by one.
TEST(CoreGemm, aTransposedBGivesTheSameBits) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (int64_t k : {1, 3, 4, 7, 8, 9, 66, 1100})
      for (int64_t n : {1, 3, 4, 31, 36, 45}) {
        Tensor a = random({5, k}, 9, dtype), b = random({k, n}, 10, dtype);
        Tensor turned(dtype, {n, k});
        size_t size = sizeOf(dtype);
        for (int64_t i = 0; i < k * n; ++i)
          std::memcpy(static_cast<char *>(turned.data()) +
                          static_cast<size_t>(i % n * k + i / n) * size,
                      static_cast<char *>(b.data()) +
                          static_cast<size_t>(i) * size,
                      size);
        MatmulSite site = denseSite(5, n, k, false, dtype);
        Tensor wanted = multiply(site, a, b);
        site.bStrides = {1, k};
        Tensor c = multiply(site, a, turned);
        EXPECT_EQ(std::memcmp(c.data(), wanted.data(), c.bytes()), 0)
            << nameOf(dtype) << " k " << k << " n " << n;
      }
}

// Slots that no token took are zero rows: with weights they are skipped, with
// another b they are not.
TEST(CoreGemm, zeroRowsGiveTheBitsOfTheirProducts) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (int64_t taken : {0, 1, 8, 13, 61, 64}) {
      int64_t m = 64, k = 1100, n = 45;
      Tensor a = random({m, k}, 13, dtype), b = random({k, n}, 14, dtype);
      auto *slots = static_cast<char *>(a.data());
      size_t begin = static_cast<size_t>(taken * k) * sizeOf(dtype);
      std::memset(slots + begin, 0, a.bytes() - begin);
      if (begin < a.bytes()) // The last slot's last element is -0.
        slots[a.bytes() - 1] = char(0x80);
      for (DType to : {DType::F32, DType::BF16}) {
        MatmulSite site = denseSite(m, n, k, true, dtype);
        site.cType = to;
        Tensor skipped = multiply(site, a, b);
        site.bArgument = -1;
        Tensor wanted = multiply(site, a, b);
        EXPECT_EQ(std::memcmp(skipped.data(), wanted.data(), wanted.bytes()), 0)
            << nameOf(dtype) << " taken " << taken;
      }
    }
}

TEST(CoreGemm, onlyWorkThatWasDoneIsCounted) {
  Tensor a = random({64, 32}, 18), b = random({32, 48}, 19);
  std::memset(a.as<float>() + 16 * 32, 0, 48 * 32 * sizeof(float));
  for (bool constant : {true, false}) {
    GemmScratch scratch;
    Gemm gemm(denseSite(64, 48, 32, constant), scratch);
    if (constant)
      gemm.use(gemm.pack(b.data()));
    Tensor c(DType::F32, {64, 48});
    gemm.run(a.data(), b.data(), c.data());
    // The library multiplies all.
    int64_t rows = constant && gemm.kernel() != "onednn" ? 16 : 64;
    EXPECT_EQ(gemm.operationsDone(), 2 * rows * 48 * 32) << constant;
  }
}

TEST(CoreGemm, zeroTimesInfinityIsNotSkipped) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (float weight : {INFINITY, -INFINITY, NAN}) {
      Tensor a(dtype, {16, 70}), b = random({70, 40}, 15, dtype);
      if (dtype == DType::BF16)
        b.as<uint16_t>()[69 * 40 + 39] = toBF16(weight);
      else
        b.as<float>()[69 * 40 + 39] = weight;
      MatmulSite site = denseSite(16, 40, 70, true, dtype);
      site.cType = DType::F32;
      Tensor c = multiply(site, a, b);
      for (int64_t i = 0; i < c.elements(); ++i)
        EXPECT_EQ(std::isnan(c.as<float>()[i]), i % 40 == 39) << i;
    }
}

TEST(CoreGemm, aBatchOfWeightsIsPackedOnce) {
  MatmulSite site = denseSite(16, 64, 64, true);
  site.batch = {4};
  site.aStrides = {16 * 64, 64, 1};
  site.bStrides = {64 * 64, 64, 1};
  site.cStrides = {16 * 64, 64, 1};
  Tensor a = random({4, 16, 64}, 9), b = random({4, 64, 64}, 10);
  Tensor packed = multiply(site, a, b);
  site.bArgument = -1;
  Tensor plain = multiply(site, a, b);
  EXPECT_EQ(std::memcmp(packed.data(), plain.data(), plain.bytes()), 0);
}

// Rows to pack, panels of a b that changes, the library's own.
TEST(CoreGemm, noRunAllocates) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (bool constant : {true, false})
      for (bool turned : {true, false}) {
        int64_t m = 64, n = 48, k = 512;
        MatmulSite site = denseSite(m, n, k, constant, dtype);
        if (turned)
          site.aStrides = {1, m};
        Tensor a = random({m, k}, 16, dtype), b = random({k, n}, 17, dtype);
        Tensor c(site.cType, {m, n});
        GemmScratch scratch;
        Gemm gemm(site, scratch);
        if (constant)
          gemm.use(gemm.pack(b.data()));
        size_t bytes = scratch.bytes();
        EXPECT_GE(bytes, turned || !constant ? size_t(n * k * 2) : 0);
        gemm.run(a.data(), b.data(), c.data());
        EXPECT_EQ(scratch.bytes(), bytes);
      }
}

TEST(CoreGemm, weightsThatAreNotPackedAreAnError) {
  GemmScratch scratch;
  Gemm gemm(denseSite(2, 2, 2, true), scratch);
  Tensor a = random({2, 2}, 1), c(DType::F32, {2, 2});
  try {
    gemm.run(a.data(), a.data(), c.data());
    FAIL();
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("runs before its weights"),
              std::string::npos);
  }
}

// The table is bounded; a shape that is there is not made again.
TEST(CoreGemm, primitivesAreSharedAndBounded) {
  if (!OneDnnMatmul::create({16, 64, 64, 64, 64}))
    GTEST_SKIP() << "skipped: no packed kernels of oneDNN here";
  size_t before = primitivesKept();
  auto one = OneDnnMatmul::create({16, 64, 64, 64, 64});
  EXPECT_EQ(primitivesKept(), before);
  for (int64_t m = 1; m <= int64_t(kMostPrimitives) + 9; ++m)
    OneDnnMatmul::create({m, 64, 64, 64, 64});
  EXPECT_EQ(primitivesKept(), kMostPrimitives);
  // One that the table has dropped still runs.
  Tensor a = random({16, 64}, 1), b = random({64, 64}, 2);
  Buffer packed(one->packedBytes()), scratch(one->scratchBytes());
  one->pack(b.as<float>(), 64, 1, packed.data());
  Tensor c(DType::F32, {16, 64});
  one->run(a.as<float>(), packed.data(), c.as<float>(), scratch.data());
  Tensor wanted = multiply(denseSite(16, 64, 64, false), a, b);
  EXPECT_EQ(std::memcmp(c.data(), wanted.data(), c.bytes()), 0);
}

// 101 rows in 4 blocks of 26, of which the last two share 3.
TEST(CoreGemm, blocksOfRowsGiveTheBitsOfTheWhole) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (bool constant : {true, false}) {
      int64_t m = 101, n = 45, k = 70;
      Tensor a = random({2, m, k}, 16, dtype), b = random({2, k, n}, 17, dtype);
      MatmulSite site = denseSite(m, n, k, constant, dtype);
      site.batch = {2};
      site.aStrides = {m * k, k, 1};
      site.bStrides = {k * n, n, 1};
      site.cStrides = {m * n, n, 1};
      Tensor whole = multiply(site, a, b);
      site.batch = {2, 4};
      site.rows = m, site.m = 26;
      site.aStrides = {m * k, k, k, 1};
      site.bStrides = {k * n, 0, n, 1};
      site.cStrides = {m * n, n, n, 1};
      GemmScratch scratch;
      Gemm gemm(site, scratch);
      if (constant)
        gemm.use(gemm.pack(b.data()));
      Tensor c(dtype, {2, m, n});
      gemm.run(a.data(), b.data(), c.data());
      EXPECT_EQ(gemm.operationsDone(), 2 * 8 * 26 * n * k);
      EXPECT_EQ(std::memcmp(c.data(), whole.data(), c.bytes()), 0);
      // Another b at the same place, and out of turn.
      Tensor other = random({2, k, n}, 18, dtype);
      if (constant)
        continue;
      std::memcpy(b.data(), other.data(), b.bytes());
      for (int64_t slice : {4, 5, 6, 7, 0, 1, 2, 3})
        gemm.runSlice(slice, a.data(), b.data(), c.data(), n, k);
      Gemm fresh(site, scratch);
      fresh.run(a.data(), b.data(), whole.data());
      EXPECT_EQ(std::memcmp(c.data(), whole.data(), c.bytes()), 0);
    }
}

// All blocks of rows share their matrix of weights.
TEST(CoreGemm, weightsOfBlocksArePackedOnce) {
  MatmulSite site = denseSite(8, 64, 64, true);
  GemmScratch scratch;
  Gemm whole(site, scratch);
  Tensor b = random({64, 64}, 18);
  whole.use(whole.pack(b.data()));
  site.batch = {4};
  site.rows = 32;
  site.aStrides = site.cStrides = {64, 64, 1};
  site.bStrides = {0, 64, 1};
  Gemm blocks(site, scratch);
  blocks.use(blocks.pack(b.data()));
  EXPECT_EQ(blocks.packedBytes(), whole.packedBytes());
}

// Zeros behind the first products change no bit, so those may be left out; what
// lies there is not read. Sums are cut as the whole ones are.
TEST(CoreGemm, partsOfSumsHaveTheBitsOfSumsWithZeros) {
  for (DType dtype : {DType::F32, DType::BF16})
    for (std::pair<int64_t, int64_t> sum : {std::pair<int64_t, int64_t>{70, 32},
                                            {1100, 1040},
                                            {1100, 48},
                                            {600, 528},
                                            {64, 64},
                                            {64, 0}}) {
      int64_t k = sum.first, some = sum.second;
      int64_t m = 9, n = 77, columns = 40;
      Tensor a = random({m, k}, 19, dtype), b = random({k, n}, 20, dtype);
      auto fill = [&](char byte) {
        size_t size = sizeOf(dtype);
        for (int64_t row = 0; row < m; ++row)
          std::memset(static_cast<char *>(a.data()) +
                          static_cast<size_t>(row * k + some) * size,
                      byte, static_cast<size_t>(k - some) * size);
      };
      MatmulSite site = denseSite(m, n, k, false, dtype);
      fill(0);
      Tensor whole = multiply(site, a, b);
      fill(char(0xff)); // NaN
      GemmScratch scratch;
      Gemm gemm(site, scratch);
      Tensor c = random({m, n}, 21, dtype), before = random({m, n}, 21, dtype);
      gemm.runSlice(0, a.data(), b.data(), c.data(), columns, some);
      EXPECT_EQ(gemm.operationsDone(), 2 * m * columns * some);
      for (int64_t i = 0; i < m * n; ++i)
        ASSERT_EQ(at(c, i), at(i % n < columns ? whole : before, i))
            << nameOf(dtype) << " " << some << " of " << k << " at " << i;
    }
}

TEST(CoreGemm, wrongPartsAreErrors) {
  MatmulSite site = denseSite(8, 16, 24, false);
  site.batch = {3};
  site.aStrides = site.bStrides = site.cStrides = {0, 24, 1};
  GemmScratch scratch;
  Gemm gemm(site, scratch);
  auto errorOf = [&](int64_t slice, int64_t n, int64_t k) -> std::string {
    try { // Nothing may be touched.
      gemm.runSlice(slice, nullptr, nullptr, nullptr, n, k);
    } catch (const Error &error) {
      return error.what();
    }
    return "";
  };
  for (int64_t slice : {int64_t(-1), int64_t(3), INT64_MIN, INT64_MAX})
    EXPECT_NE(errorOf(slice, 16, 24).find("of 3"), std::string::npos);
  for (int64_t n : {int64_t(-1), int64_t(17), INT64_MIN, INT64_MAX})
    EXPECT_NE(errorOf(0, n, 24).find("it has 16 and 24"), std::string::npos);
  for (int64_t k :
       {int64_t(-1), int64_t(25), int64_t(23), INT64_MIN, INT64_MAX})
    EXPECT_NE(errorOf(0, 16, k).find("it has 16 and 24"), std::string::npos);
}

TEST(CoreGemm, otherElementTypesAreRefused) {
  GemmScratch scratch;
  EXPECT_THROW(Gemm(denseSite(1, 1, 1, false, DType::I32), scratch), Error);
}

// Ranks of one process make the same primitives at the same moment: what the
// library shares between them may not race.
TEST(CoreGemm, threadsMayPackAndRunTheSameShapesAtOnce) {
  constexpr int kThreads = 4;
  Tensor a = random({64, 96}, 1), b = random({96, 128}, 2);
  std::vector<Tensor> results(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      computeOnOneThread();
      for (int64_t n = 1; n <= 128; ++n)
        results[static_cast<size_t>(thread)] =
            multiply(denseSite(64, n, 96, true), a, b);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const Tensor &result : results)
    EXPECT_EQ(
        0, std::memcmp(result.data(), results[0].data(), results[0].bytes()));
}
