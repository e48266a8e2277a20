#include "runtime/comm/Reduce.h"

#include <algorithm>
#include <type_traits>

namespace moert {

namespace {

struct BF16 {
  uint16_t bits;
};

// I1 in its byte: arithmetic modulo 2.
struct Bit {
  uint8_t value;
};

// What a stored element is while it is being reduced.
template <typename T> struct Accumulator {
  // Unsigned, so that integers wrap instead of overflowing.
  using Type =
      typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                  std::common_type<T>>::type;
  static Type load(T value) { return static_cast<Type>(value); }
  static T store(Type value) { return static_cast<T>(value); }
};
template <> struct Accumulator<BF16> {
  using Type = float;
  static float load(BF16 value) { return fromBF16(value.bits); }
  static BF16 store(float value) { return {toBF16(value)}; }
};
template <> struct Accumulator<Bit> {
  using Type = uint8_t;
  static uint8_t load(Bit bit) { return bit.value & 1; }
  static Bit store(uint8_t value) { return {static_cast<uint8_t>(value & 1)}; }
};

// Order of the stored type: the accumulator of integers is unsigned.
template <typename T, typename A> bool less(A a, A b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(a) < static_cast<T>(b);
  else
    return a < b;
}

template <typename T, Reduction R, typename A> A combine(A a, A b) {
  if constexpr (R == Reduction::Sum)
    return static_cast<A>(a + b);
  else if constexpr (R == Reduction::Prod)
    return static_cast<A>(a * b);
  else if constexpr (R == Reduction::Max)
    // A NaN on either side wins: comparisons with it are false.
    return less<T>(b, a) || a != a ? a : b;
  else if constexpr (R == Reduction::Min)
    return less<T>(a, b) || a != a ? a : b;
  else if constexpr (std::is_floating_point_v<A>)
    return a;
  else if constexpr (R == Reduction::And)
    return static_cast<A>(a & b);
  else
    return static_cast<A>(a | b);
}

template <typename T, Reduction R>
void reduceAs(const void *const *contributions, size_t count, int64_t elements,
              void *out) {
  using A = typename Accumulator<T>::Type;
  // A block's accumulators stay in the first-level cache.
  constexpr int64_t blockElements = 1024;
  A accumulators[blockElements];
  for (int64_t begin = 0; begin < elements; begin += blockElements) {
    int64_t size = std::min(blockElements, elements - begin);
    const T *first = static_cast<const T *>(contributions[0]) + begin;
    for (int64_t i = 0; i < size; ++i)
      accumulators[i] = Accumulator<T>::load(first[i]);
    for (size_t c = 1; c < count; ++c) {
      const T *next = static_cast<const T *>(contributions[c]) + begin;
      for (int64_t i = 0; i < size; ++i)
        accumulators[i] =
            combine<T, R>(accumulators[i], Accumulator<T>::load(next[i]));
    }
    T *result = static_cast<T *>(out) + begin;
    for (int64_t i = 0; i < size; ++i)
      result[i] = Accumulator<T>::store(accumulators[i]);
  }
}

template <typename T>
void reduceBy(Reduction reduction, const void *const *contributions,
              size_t count, int64_t elements, void *out) {
  switch (reduction) {
  case Reduction::None:
    return;
  case Reduction::Sum:
    return reduceAs<T, Reduction::Sum>(contributions, count, elements, out);
  case Reduction::Max:
    return reduceAs<T, Reduction::Max>(contributions, count, elements, out);
  case Reduction::Min:
    return reduceAs<T, Reduction::Min>(contributions, count, elements, out);
  case Reduction::Prod:
    return reduceAs<T, Reduction::Prod>(contributions, count, elements, out);
  case Reduction::And:
    return reduceAs<T, Reduction::And>(contributions, count, elements, out);
  case Reduction::Or:
    return reduceAs<T, Reduction::Or>(contributions, count, elements, out);
  }
}

} // namespace

void reduceRuns(DType dtype, Reduction reduction,
                const void *const *contributions, size_t count,
                int64_t elements, void *out) {
  switch (dtype) {
  case DType::F32:
    return reduceBy<float>(reduction, contributions, count, elements, out);
  case DType::BF16:
    return reduceBy<BF16>(reduction, contributions, count, elements, out);
  case DType::F64:
    return reduceBy<double>(reduction, contributions, count, elements, out);
  case DType::I1:
    return reduceBy<Bit>(reduction, contributions, count, elements, out);
  case DType::I8:
    return reduceBy<int8_t>(reduction, contributions, count, elements, out);
  case DType::I32:
    return reduceBy<int32_t>(reduction, contributions, count, elements, out);
  case DType::I64:
    return reduceBy<int64_t>(reduction, contributions, count, elements, out);
  }
}

void checkReduction(DType dtype, Reduction reduction) {
  if (reduction == Reduction::None)
    throw Error("a reduction needs its kind: sum, max, min, prod, and or or");
  if (isFloat(dtype) &&
      (reduction == Reduction::And || reduction == Reduction::Or))
    throw Error(text("reduction ", nameOf(reduction), " works on bits, but ",
                     nameOf(dtype), " is a float; use min or max"));
}

} // namespace moert
