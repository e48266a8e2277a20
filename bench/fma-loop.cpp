// Prints how many GFLOP/s one thread reaches with nothing but fused
// multiply-adds of f32: the limit that matrix products are held against.
#include <chrono>
#include <cstdio>

// Enough sums that none waits for its own last one.
constexpr int kSums = 12;
typedef float Lanes __attribute__((vector_size(64)));

int main() {
  Lanes sums[kSums] = {};
  Lanes factor = sums[0] + 0.999f, term = sums[0] + 0.001f;
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    constexpr long kTurns = 10'000'000;
    auto start = std::chrono::steady_clock::now();
    for (long turn = 0; turn < kTurns; ++turn)
      for (Lanes &sum : sums) {
        sum = sum * factor + term;
        asm volatile("" : "+v"(sum)); // Each is made, in a register.
      }
    std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - start;
    double speed = kTurns * kSums * 32.0 / took.count() * 1e-9;
    best = speed > best ? speed : best;
  }
  std::printf("%.1f\n", best);
}
