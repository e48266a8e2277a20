// The 64-bit mixer under random inputs, poison, and moe.random.
#pragma once

#include <cstdint>

namespace moe::interpret {

/// Step between streams: 2^64 over the golden ratio, odd.
inline constexpr uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;

/// SplitMix64's finalizer (Steele, Lea and Flood 2014): a bijection of 64 bits.
inline uint64_t mix(uint64_t z) {
  z ^= z >> 30;
  z *= 0xBF58476D1CE4E5B9;
  z ^= z >> 27;
  z *= 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// Random bits number `index` of the stream `key`.
inline uint64_t randomBits(uint64_t key, uint64_t index) {
  return mix(mix(key) + kGoldenGamma * (index + 1));
}

} // namespace moe::interpret
