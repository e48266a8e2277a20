#include "runtime/core/Sha256.h"

#include <algorithm>

namespace moert {

// The first 32 bits of the fractional parts of the cube roots of the first 64
// primes, from which the standard takes them.
static constexpr uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, int by) {
  return value >> by | value << (32 - by);
}

void Sha256::block(const unsigned char *bytes) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i)
    w[i] = uint32_t{bytes[4 * i]} << 24 | uint32_t{bytes[4 * i + 1]} << 16 |
           uint32_t{bytes[4 * i + 2]} << 8 | bytes[4 * i + 3];
  for (int i = 16; i < 64; ++i) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  std::array<uint32_t, 8> s = state_;
  for (int i = 0; i < 64; ++i) {
    uint32_t e = s[4], a = s[0];
    uint32_t add = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                   ((e & s[5]) ^ (~e & s[6])) + kRounds[i] + w[i];
    uint32_t top = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                   ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    s = {add + top, s[0], s[1], s[2], s[3] + add, s[4], s[5], s[6]};
  }
  for (int i = 0; i < 8; ++i)
    state_[i] += s[i];
}

void Sha256::update(const void *data, size_t bytes) {
  auto *next = static_cast<const unsigned char *>(data);
  bytes_ += bytes;
  if (!pending_.empty()) {
    size_t taken = std::min(bytes, 64 - pending_.size());
    pending_.append(reinterpret_cast<const char *>(next), taken);
    next += taken;
    bytes -= taken;
    if (pending_.size() < 64)
      return;
    block(reinterpret_cast<const unsigned char *>(pending_.data()));
    pending_.clear();
  }
  for (; bytes >= 64; bytes -= 64, next += 64)
    block(next);
  pending_.assign(reinterpret_cast<const char *>(next), bytes);
}

std::string Sha256::hex() {
  uint64_t bits = bytes_ * 8;
  std::string padding(1, '\x80');
  padding.append((119 - bytes_ % 64) % 64, '\0');
  for (int shift = 56; shift >= 0; shift -= 8)
    padding += static_cast<char>(bits >> shift);
  update(padding);
  std::string text;
  for (uint32_t word : state_)
    for (int shift = 28; shift >= 0; shift -= 4)
      text += "0123456789abcdef"[word >> shift & 15];
  return text;
}

} // namespace moert
