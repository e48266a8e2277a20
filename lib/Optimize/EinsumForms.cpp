#include "moe/Optimize/EinsumForms.h"

using namespace mlir;
using namespace moe;

EinsumForms::EinsumForms(EinsumOp op, IndexAlgebra &algebra)
    : op(op), result(op.getResultLetters()) {
  for (auto [number, input] : llvm::enumerate(op.getInputs())) {
    Form form = algebra.formOf(input);
    StringRef letters = op.getInputLetters(number);
    form.rename([&](DimId dim) { return letters[dim]; });
    (form.isIndexed() ? indexed : dense).push_back(number);
    operands.push_back(std::move(form));
    auto type = cast<RankedTensorType>(input.getType());
    for (auto [letter, size] : llvm::zip(letters, type.getShape()))
      if (sizes.try_emplace(letter, size).second &&
          !llvm::is_contained(result, letter))
        summed += letter;
  }
}

bool EinsumForms::sumsDenseProducts() {
  for (char letter : summed)
    if (llvm::count_if(dense, [&](unsigned number) {
          return op.getInputLetters(number).contains(letter);
        }) > 1)
      return true;
  return false;
}

SmallVector<int64_t> EinsumForms::sizesOf(ArrayRef<DimId> letters) const {
  SmallVector<int64_t> list;
  for (DimId letter : letters)
    list.push_back(sizeOf(letter));
  return list;
}

SmallVector<unsigned> EinsumForms::all() const {
  return llvm::to_vector(llvm::seq<unsigned>(0, operands.size()));
}

std::optional<Form> EinsumForms::product(IndexAlgebra &algebra,
                                         ArrayRef<unsigned> numbers) {
  Type type = cast<RankedTensorType>(op.getType()).getElementType();
  std::optional<Form> form = Form{{Term()}};
  for (unsigned number : numbers)
    if (form)
      form = algebra.multiply(*form, operands[number], type);
  return form;
}
