// Evaluations of moe.iota, one_hot, gather, scatter and random.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"
#include "moe/Interpret/Mix.h"

using namespace mlir;

namespace moe::interpret {
namespace {

LogicalResult evaluateIota(IotaOp op, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    auto *out = result.data<Value>();
    forEachLine(result.getShape(), op.getDim(),
                [&](int64_t begin, int64_t stride, int64_t n) {
                  for (int64_t i = 0; i < n; ++i)
                    out[begin + i * stride] = numbers.fromInteger(i);
                });
  });
  return success();
}

LogicalResult evaluateOneHot(OneHotOp, Evaluation &evaluation) {
  const Tensor &indices = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  int64_t size = result.getShape().back();
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *index = indices.data<int64_t>();
    auto *out = result.data<Value>();
    for (int64_t i = 0, e = indices.getElements(); i < e; ++i)
      if (index[i] >= 0 && index[i] < size)
        out[i * size + index[i]] = numbers.fromInteger(1);
  });
  return success();
}

// table [B.., N, R..], indices [B.., I..] -> [B.., I.., R..], each run of R..
// copied whole; results start as zeros.
LogicalResult evaluateGather(GatherOp op, Evaluation &evaluation) {
  const Tensor &table = evaluation.operand(0), &indices = evaluation.operand(1);
  int64_t batchDims = op.getBatchDims();
  int64_t batch = elementsOf(table.getShape().take_front(batchDims)),
          size = table.getShape()[batchDims],
          run = elementsOf(table.getShape().drop_front(batchDims + 1)),
          perBatch = elementsOf(indices.getShape().drop_front(batchDims));
  const auto *index = indices.data<int64_t>();
  Word *out = evaluation.result(0).words();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < perBatch; ++i, ++index, out += run)
      if (*index >= 0 && *index < size)
        std::copy_n(table.words() + (b * size + *index) * run, run, out);
  return success();
}

// One element that is there and an update of it.
template <typename Numbers, typename Value>
Value scattered(Numbers numbers, ScatterKind kind, Value old, Value update) {
  switch (kind) {
  case ScatterKind::Add:
    return numbers.add(old, update);
  case ScatterKind::Max:
    return numbers.max(old, update);
  case ScatterKind::Set:
    break;
  }
  return update;
}

// input [B.., N, R..], indices [B.., I..], updates [B.., I.., R..], in
// row-major order of the updates.
LogicalResult evaluateScatter(ScatterOp op, Evaluation &evaluation) {
  const Tensor &updates = evaluation.operand(0), &input = evaluation.operand(1),
               &indices = evaluation.operand(2);
  Tensor &result = evaluation.result(0);
  std::copy_n(input.words(), input.getElements(), result.words());
  int64_t batchDims = op.getBatchDims();
  int64_t batch = elementsOf(input.getShape().take_front(batchDims)),
          size = input.getShape()[batchDims],
          run = elementsOf(input.getShape().drop_front(batchDims + 1)),
          perBatch = elementsOf(indices.getShape().drop_front(batchDims));
  const auto *index = indices.data<int64_t>();
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *update = updates.data<Value>();
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t i = 0; i < perBatch; ++i, ++index, update += run) {
        if (*index < 0 || *index >= size)
          continue;
        auto *slice = result.data<Value>() + (b * size + *index) * run;
        for (int64_t r = 0; r < run; ++r)
          slice[r] = scattered(numbers, op.getKind(), slice[r], update[r]);
      }
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Random numbers; the formula stands in the description of moe.random
//===----------------------------------------------------------------------===//

constexpr double kUnit = 1.0 / (1 << 24);

float uniformOf(uint64_t bits) {
  return static_cast<float>(static_cast<double>(bits >> 40) * kUnit);
}

float normalOf(uint64_t bits) {
  double a = static_cast<double>((bits >> 40) + 1) * kUnit;
  double b = static_cast<double>((bits >> 16) & 0xFFFFFF) * kUnit;
  return static_cast<float>(std::sqrt(-2 * std::log(a)) *
                            std::cos(2 * M_PI * b));
}

LogicalResult evaluateRandom(RandomOp op, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  int64_t rank = result.getRank();
  ArrayRef<int64_t> global =
      op.getGlobalShape() ? *op.getGlobalShape() : result.getShape();
  Strides strides = stridesOf(global);
  uint64_t first = 0;
  if (op.getGlobalShape())
    for (int64_t dim = 0; dim < rank; ++dim)
      first += *evaluation.operand(1 + dim).data<int64_t>() * strides[dim];
  auto seed = static_cast<uint64_t>(*evaluation.operand(0).data<int64_t>());
  uint64_t key = mix(seed + kGoldenGamma * (op.getStream() + 1));
  bool isNormal = op.getDistribution() == Distribution::Normal;
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    auto *out = result.data<Value>();
    // Padding behind the global end gets numbers too; it is never read.
    forEachRow<1>(
        result.getShape(), {strides}, [&](auto offsets, int64_t n, auto steps) {
          for (int64_t i = 0; i < n; ++i) {
            uint64_t bits = mix(key + first + offsets[0] + i * steps[0]);
            *out++ =
                numbers.fromDouble(isNormal ? normalOf(bits) : uniformOf(bits));
          }
        });
  });
  return success();
}

} // namespace

void attachIndexEvaluations(MLIRContext &context) {
  attachEvaluation<IotaOp, &evaluateIota>(context);
  attachEvaluation<OneHotOp, &evaluateOneHot>(context);
  attachEvaluation<GatherOp, &evaluateGather>(context);
  attachEvaluation<ScatterOp, &evaluateScatter>(context);
  attachEvaluation<RandomOp, &evaluateRandom>(context);
}

} // namespace moe::interpret
