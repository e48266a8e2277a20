// SHA-256, by which ranks and caches tell programs apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace moert {

/// The SHA-256 of what update() was given, piece by piece.
///
///   Sha256 hash;
///   hash.update(manifest);
///   hash.update(code);
///   std::string name = hash.hex();   // 64 digits
class Sha256 {
public:
  void update(const std::string &bytes) { update(bytes.data(), bytes.size()); }
  void update(const void *data, size_t bytes);
  /// Ends the sum; call once.
  std::string hex();

private:
  void block(const unsigned char *bytes);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                 0x1f83d9ab, 0x5be0cd19};
  std::string pending_;
  uint64_t bytes_ = 0;
};

} // namespace moert
