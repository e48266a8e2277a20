#include "moe/Interpret/Tensor.h"

#include "runtime/core/DType.h"
#include <charconv>

using namespace mlir;

namespace moe::interpret {

int64_t elementsOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

SmallVector<int64_t, 4> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 4> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

ArrayRef<int64_t> shapeOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? tensor.getShape() : ArrayRef<int64_t>();
}

Type elementTypeOf(Type type) { return getElementTypeOrSelf(type); }

std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

Tensor::Tensor(ArrayRef<int64_t> shape, Type elementType)
    : shape(shape), elementType(elementType), elements(elementsOf(shape)),
      storage(new std::byte[elements * sizeof(Word)]()) {}

Tensor Tensor::ofType(Type type) {
  return Tensor(shapeOf(type), elementTypeOf(type));
}

Tensor Tensor::reshaped(ArrayRef<int64_t> newShape) const {
  assert(elementsOf(newShape) == elements && "reshape keeps the elements");
  Tensor result = *this;
  result.shape.assign(newShape.begin(), newShape.end());
  return result;
}

void roundToType(Tensor &tensor, Mode mode) {
  Type type = tensor.getElementType();
  int64_t count = tensor.getElements();
  if (!tensor.hasFloats()) {
    unsigned width = widthOf(type);
    auto *values = tensor.data<int64_t>();
    for (int64_t i = 0; width < 64 && i < count; ++i)
      values[i] = wrapInteger(values[i], width);
    return;
  }
  if (mode == Mode::Exact || type.isF64())
    return;
  auto *values = tensor.data<double>();
  if (type.isF32())
    for (int64_t i = 0; i < count; ++i)
      values[i] = static_cast<float>(values[i]);
  else
    for (int64_t i = 0; i < count; ++i)
      values[i] = moert::fromBF16(moert::toBF16(static_cast<float>(values[i])));
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string Tensor::indexText(int64_t position) const {
  SmallVector<int64_t, 4> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    index[dim] = position % shape[dim];
    position /= shape[dim];
  }
  std::string text = "[";
  for (auto [dim, value] : llvm::enumerate(index))
    text += (dim ? ", " : "") + std::to_string(value);
  return text + "]";
}

// Shortest digits that read back as the same number.
template <typename Float> static std::string shortest(Float value) {
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string Tensor::elementText(int64_t position, Mode mode) const {
  if (!hasFloats())
    return std::to_string(data<int64_t>()[position]);
  if (mode == Mode::Exact)
    return data<Residue>()[position].str();
  double value = data<double>()[position];
  if (std::isnan(value))
    return "nan"; // whatever its sign
  return elementType.isF64() ? shortest(value)
                             : shortest(static_cast<float>(value));
}

std::string Tensor::text(Mode mode) const {
  if (shape.empty())
    return elementText(0, mode);
  std::string text;
  SmallVector<int64_t, 4> strides = stridesOf(shape);
  auto append = [&](auto &&self, size_t dim, int64_t position) -> void {
    if (dim == shape.size()) {
      text += elementText(position, mode);
      return;
    }
    text += '[';
    for (int64_t i = 0; i < shape[dim]; ++i) {
      text += i ? ", " : "";
      self(self, dim + 1, position + i * strides[dim]);
    }
    text += ']';
  };
  append(append, 0, 0);
  return text;
}

} // namespace moe::interpret
