// Element types of the runtime: their sizes, their names, and bf16 as bits.
#pragma once

#include "runtime/core/Error.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace moert {

/// Element types of local buffers. I1 takes one byte and holds 0 or 1.
enum class DType : uint8_t { F32, BF16, F64, I1, I8, I32, I64 };

/// Every element type, for loops in tests and tables.
inline constexpr DType allDTypes[] = {DType::F32, DType::BF16, DType::F64,
                                      DType::I1,  DType::I8,   DType::I32,
                                      DType::I64};

/// Bytes of one element in a buffer.
inline size_t sizeOf(DType dtype) {
  switch (dtype) {
  case DType::I1:
  case DType::I8:
    return 1;
  case DType::BF16:
    return 2;
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::F64:
  case DType::I64:
    return 8;
  }
  return 0;
}

inline bool isFloat(DType dtype) {
  return dtype == DType::F32 || dtype == DType::BF16 || dtype == DType::F64;
}

/// The manifest's name: "f32", "bf16", "f64", "i1", "i8", "i32", "i64".
inline const char *nameOf(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "f32";
  case DType::BF16:
    return "bf16";
  case DType::F64:
    return "f64";
  case DType::I1:
    return "i1";
  case DType::I8:
    return "i8";
  case DType::I32:
    return "i32";
  case DType::I64:
    return "i64";
  }
  return "?";
}

/// The inverse of nameOf. Throws Error on an unknown name.
inline DType parseDType(std::string_view name) {
  for (DType dtype : allDTypes)
    if (name == nameOf(dtype))
      return dtype;
  throw Error(text("unknown element type '", name,
                   "'; known are f32, bf16, f64, i1, i8, i32 and i64"));
}

/// The value of bf16 `bits`: the upper half of an f32, so this is exact.
inline float fromBF16(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// `value` rounded to the nearest bf16, ties to even; NaN stays NaN.
inline uint16_t toBF16(float value) {
  uint32_t wide;
  std::memcpy(&wide, &value, sizeof wide);
  if ((wide & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>((wide >> 16) | 0x40u);
  return static_cast<uint16_t>((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
}

} // namespace moert
