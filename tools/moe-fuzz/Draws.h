// The numbers that a random program is made of.
//
// A program is written by asking for numbers, and any list of numbers makes a
// legal program. So a failing program is made smaller by making its list
// shorter and its numbers less, and never by looking at what it says.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace moe::fuzz {

/// Numbers in parts, one for each thing that is written: the machine, the
/// results, then each op.
using Parts = std::vector<std::vector<uint32_t>>;

class Draws {
public:
  /// Draws anew; the same seed gives the same numbers.
  explicit Draws(uint64_t seed) : random(seed) {}
  /// Repeats `given`; beyond the end of a part every number is 0.
  explicit Draws(Parts given) : given(std::move(given)), repeats(true) {}

  /// Goes on to part `part`, which must not have begun.
  void begin(size_t part);
  /// How many parts there are to repeat; 0 where numbers are drawn anew.
  size_t partsGiven() const { return given.size(); }

  /// A number in [0, count), 0 where count is 0. Of what the numbers stand for
  /// 0 must be the simplest.
  int64_t below(int64_t count);
  /// True once in `count` times; false is the simpler.
  bool oneIn(int64_t count) { return below(count) == count - 1; }
  /// One of a list; the first is the simplest.
  template <typename List> auto of(const List &list) {
    return *(std::begin(list) + below(std::size(list)));
  }
  /// A number that divides `number`; 1 is the simplest.
  int64_t divisorOf(int64_t number);
  /// Each of the letters is kept two times of three.
  std::string subset(const std::string &letters);
  std::string shuffled(std::string letters);

  /// What was drawn, in parts: given back, it makes the same program.
  const Parts &taken() const { return drawn; }

private:
  std::mt19937_64 random;
  Parts given, drawn;
  bool repeats = false;
  size_t part = 0;
};

} // namespace moe::fuzz
