// Evaluation of moe.einsum: operands are contracted two at a time, left to
// right, as batched matrix products of contiguous copies.
//
//   "gsec,gsm->egcm":  batch g, rows ec, sum s, columns m
//
// Sums run over the summed letters in a fixed order (that of their first
// occurrence) and in the full precision of the arithmetic, so that the result
// does not depend on how many rows or columns there are.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

using LetterSizes = llvm::DenseMap<char, int64_t>;

/// A tensor whose dimensions have names.
struct Named {
  std::string letters;
  Tensor tensor;

  bool has(char letter) const {
    return letters.find(letter) != std::string::npos;
  }
};

SmallVector<int64_t, 4> shapeFor(StringRef letters, const LetterSizes &sizes) {
  SmallVector<int64_t, 4> shape;
  for (char letter : letters)
    shape.push_back(sizes.lookup(letter));
  return shape;
}

// The same elements with dimensions in the order of `letters`.
Named permuted(const Named &from, StringRef letters, const LetterSizes &sizes) {
  if (from.letters == letters)
    return from;
  Strides strides = stridesOf(from.tensor.getShape()), source;
  for (char letter : letters)
    source.push_back(strides[from.letters.find(letter)]);
  SmallVector<int64_t, 4> shape = shapeFor(letters, sizes);
  Named to{letters.str(), Tensor(shape, from.tensor.getElementType())};
  copyStrided(shape, from.tensor.words(), source, to.tensor.words(),
              stridesOf(shape));
  return to;
}

/// Letters of two operands by what a contraction does with them.
struct Roles {
  std::string batch, rows, sum, columns;
};

Roles rolesOf(const Named &a, const Named &b, StringRef kept) {
  Roles roles;
  for (char letter : a.letters) {
    if (!b.has(letter))
      roles.rows += letter;
    else if (kept.contains(letter))
      roles.batch += letter;
    else
      roles.sum += letter;
  }
  for (char letter : b.letters)
    if (!a.has(letter))
      roles.columns += letter;
  return roles;
}

template <typename Numbers> class Contraction {
public:
  Contraction(Numbers numbers, const LetterSizes &sizes)
      : numbers(numbers), sizes(sizes) {}

  /// Sums out the letters of `from` that are not in `kept`.
  Named reduce(const Named &from, StringRef kept) {
    std::string letters, summed;
    for (char letter : from.letters)
      (kept.contains(letter) ? letters : summed) += letter;
    if (summed.empty())
      return from;
    Named operand = permuted(from, summed + letters, sizes);
    Named to{letters,
             Tensor(shapeFor(letters, sizes), from.tensor.getElementType())};
    const auto *in = operand.tensor.data<Value>();
    auto *out = to.tensor.data<Value>();
    int64_t n = to.tensor.getElements();
    for (int64_t i = 0, e = operand.tensor.getElements(); i < e; ++i)
      out[i % n] = numbers.add(out[i % n], in[i]);
    return to;
  }

  /// The product of `a` and `b`, summed over common letters not in `kept`.
  Named contract(Named a, Named b, StringRef kept) {
    Roles roles = rolesOf(a, b, kept);
    // Columns are the inner loop: take the longer side.
    if (count(roles.rows) > count(roles.columns)) {
      std::swap(a, b);
      std::swap(roles.rows, roles.columns);
    }
    a = permuted(a, roles.batch + roles.rows + roles.sum, sizes);
    b = permuted(b, roles.batch + roles.sum + roles.columns, sizes);
    int64_t batch = count(roles.batch), m = count(roles.rows),
            k = count(roles.sum), n = count(roles.columns);
    std::string letters = roles.batch + roles.rows + roles.columns;
    Named to{letters,
             Tensor(shapeFor(letters, sizes), a.tensor.getElementType())};
    for (int64_t i = 0; i < batch; ++i)
      numbers.multiplyAdd(a.tensor.template data<Value>() + i * m * k,
                          b.tensor.template data<Value>() + i * k * n,
                          to.tensor.template data<Value>() + i * m * n, m, k,
                          n);
    return to;
  }

private:
  using Value = typename Numbers::Value;
  int64_t count(StringRef letters) const {
    return elementsOf(shapeFor(letters, sizes));
  }
  Numbers numbers;
  const LetterSizes &sizes;
};

LogicalResult evaluateEinsum(EinsumOp op, Evaluation &evaluation) {
  LetterSizes sizes;
  SmallVector<Named> operands;
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    operands.push_back({op.getInputLetters(i).str(), evaluation.operand(i)});
    for (auto [letter, size] :
         llvm::zip(operands[i].letters, operands[i].tensor.getShape()))
      sizes[letter] = size;
  }
  Tensor &result = evaluation.result(0);
  evaluation.withNumbers(result, [&](auto numbers) {
    Contraction contraction(numbers, sizes);
    // Letters that operands from `i` on and the result still need.
    auto needed = [&](size_t i) {
      std::string letters = op.getResultLetters().str();
      for (; i < operands.size(); ++i)
        letters += operands[i].letters;
      return letters;
    };
    Named product = operands[0];
    for (size_t i = 1; i < operands.size(); ++i)
      product = contraction.contract(
          contraction.reduce(product, needed(i)),
          contraction.reduce(operands[i], needed(i + 1) + product.letters),
          needed(i + 1));
    product = contraction.reduce(product, op.getResultLetters());
    Tensor ordered = permuted(product, op.getResultLetters(), sizes).tensor;
    // Copied, because rounding would write into a shared operand.
    std::copy_n(ordered.words(), ordered.getElements(), result.words());
  });
  return success();
}

} // namespace

void attachContractionEvaluations(MLIRContext &context) {
  attachEvaluation<EinsumOp, &evaluateEinsum>(context);
}

} // namespace moe::interpret
