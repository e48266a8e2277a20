#include "tools/moe-fuzz/Draws.h"

namespace moe::fuzz {

void Draws::begin(size_t newPart) {
  part = newPart;
  if (drawn.size() <= part)
    drawn.resize(part + 1);
}

int64_t Draws::below(int64_t count) {
  if (count <= 1)
    return 0;
  std::vector<uint32_t> &numbers = drawn[part];
  uint64_t number = 0;
  if (!repeats)
    number = random();
  else if (part < given.size() && numbers.size() < given[part].size())
    number = given[part][numbers.size()];
  numbers.push_back(
      static_cast<uint32_t>(number % static_cast<uint64_t>(count)));
  return numbers.back();
}

int64_t Draws::divisorOf(int64_t number) {
  std::vector<int64_t> divisors;
  for (int64_t divisor = 1; divisor <= number; ++divisor)
    if (number % divisor == 0)
      divisors.push_back(divisor);
  return of(divisors);
}

std::string Draws::subset(const std::string &letters) {
  std::string kept;
  for (char letter : letters)
    if (below(3))
      kept += letter;
  return kept;
}

std::string Draws::shuffled(std::string letters) {
  for (size_t i = 0; i + 1 < letters.size(); ++i)
    std::swap(letters[i],
              letters[i + static_cast<size_t>(below(letters.size() - i))]);
  return letters;
}

} // namespace moe::fuzz
