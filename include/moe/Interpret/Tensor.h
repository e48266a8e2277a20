// A tensor value of the interpreter: a shape, an element type and eight bytes
// an element.
#pragma once

#include "moe/Interpret/Numbers.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace moe::interpret {

/// One element moved without looking at it; zero in every arithmetic is 0.
using Word [[gnu::may_alias]] = uint64_t;

/// Elements in row-major order: double or Residue for floats (by mode), int64_t
/// for integers. Copies share the elements, so write only to a tensor that was
/// just made.
class Tensor {
public:
  Tensor() = default;
  /// A tensor of zeros.
  Tensor(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);
  /// A tensor of zeros of `type`'s shape; a type that is no tensor has rank 0.
  static Tensor ofType(mlir::Type type);
  /// The same elements under another shape of equal size.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  mlir::Type getElementType() const { return elementType; }
  int64_t getRank() const { return shape.size(); }
  int64_t getElements() const { return elements; }
  bool hasFloats() const { return mlir::isa<mlir::FloatType>(elementType); }

  template <typename T> const T *data() const {
    static_assert(sizeof(T) == sizeof(Word));
    return reinterpret_cast<const T *>(storage.get());
  }
  template <typename T> T *data() {
    static_assert(sizeof(T) == sizeof(Word));
    return reinterpret_cast<T *>(storage.get());
  }
  const Word *words() const { return data<Word>(); }
  Word *words() { return data<Word>(); }

  /// The global index "[1, 2]" of a row-major position.
  std::string indexText(int64_t position) const;
  /// Element at `position` as text that parses back to the same value.
  std::string elementText(int64_t position, Mode mode) const;
  /// "[[1, 2], [3, 4]]".
  std::string text(Mode mode) const;

private:
  llvm::SmallVector<int64_t, 4> shape;
  mlir::Type elementType;
  int64_t elements = 0;
  std::shared_ptr<std::byte[]> storage;
};

/// Product of the sizes.
int64_t elementsOf(llvm::ArrayRef<int64_t> shape);
/// Row-major strides in elements.
llvm::SmallVector<int64_t, 4> stridesOf(llvm::ArrayRef<int64_t> shape);
/// Shape and element type of a tensor type; a scalar has rank 0.
llvm::ArrayRef<int64_t> shapeOf(mlir::Type type);
mlir::Type elementTypeOf(mlir::Type type);
/// "f32", "tensor<...>" printed.
std::string typeText(mlir::Type type);

/// Brings every element into its type: floats are rounded (float mode; bf16 by
/// way of f32, as f32 accumulation does), integers wrapped.
void roundToType(Tensor &tensor, Mode mode);

/// Calls body(numbers) with the arithmetic of `elementType` in `mode`.
template <typename Body>
auto withNumbers(Mode mode, mlir::Type elementType, Body body) {
  if (auto integer = mlir::dyn_cast<mlir::IntegerType>(elementType))
    return body(IntegerNumbers(integer.getWidth()));
  if (mlir::isa<mlir::IndexType>(elementType))
    return body(IntegerNumbers(64));
  if (mode == Mode::Exact)
    return body(ExactNumbers());
  return body(FloatNumbers());
}

/// The same for types that are floats.
template <typename Body> auto withFloats(Mode mode, Body body) {
  return mode == Mode::Exact ? body(ExactNumbers()) : body(FloatNumbers());
}

/// Width in bits of an integer or index type.
inline unsigned widthOf(mlir::Type integer) {
  return mlir::isa<mlir::IndexType>(integer)
             ? 64
             : mlir::cast<mlir::IntegerType>(integer).getWidth();
}

} // namespace moe::interpret
