#include "moe/Lower/Contraction.h"

#include <algorithm>

using namespace moe;

static bool has(const std::string &letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

namespace {

// One operand (or the result) as a row-major buffer over its letters.
class Strides {
public:
  Strides(const std::string &letters, const std::map<char, int64_t> &sizes) {
    int64_t stride = 1;
    for (size_t i = letters.size(); i-- > 0;) {
      strides[letters[i]] = stride;
      stride *= sizes.at(letters[i]);
    }
  }
  // 0 where the buffer does not have the letter: it is repeated.
  int64_t of(char letter) const {
    auto it = strides.find(letter);
    return it == strides.end() ? 0 : it->second;
  }

private:
  std::map<char, int64_t> strides;
};

// Letters by the role they have.
struct Roles {
  std::string batch, m, n, k;
  bool isMatmul = true;
};

// Some letters that are one dimension.
struct Group {
  std::string letters;
  int64_t size = 1;
};

class Planner {
public:
  Planner(const std::string &a, const std::string &b, const std::string &c,
          const std::map<char, int64_t> &sizes)
      : a(a), b(b), c(c), sizes(sizes) {}

  std::optional<Contraction> plan(bool keepB) {
    Roles roles = classify();
    if (!roles.isMatmul)
      return std::nullopt;
    // The weight's order decides, so that it is not copied at every call.
    std::string k = keepB ? pick(b, roles.k) : pick(a, roles.k);
    if (!isOne(k, {a})) {
      result.aCopy = roles.batch + pick(a, roles.m) + k;
      a = result.aCopy;
    }
    if (!isOne(k, {b})) {
      result.bCopy = roles.batch + k + pick(b, roles.n);
      b = result.bCopy;
    }
    Group m = largest(group(pick(a, roles.m), {a, c}));
    Group n = largest(group(pick(b, roles.n), {b, c}));
    std::string rest = roles.batch;
    for (char letter : roles.m + roles.n)
      if (!has(m.letters, letter) && !has(n.letters, letter))
        rest += letter;
    fill(group(pick(c, rest), {a, b, c}), m, n, k);
    return result;
  }

private:
  std::string a, b, c;
  const std::map<char, int64_t> &sizes;
  Contraction result;

  Roles classify() const {
    Roles roles;
    for (char letter : a) {
      if (has(b, letter))
        (has(c, letter) ? roles.batch : roles.k) += letter;
      else if (has(c, letter))
        roles.m += letter;
      else
        roles.isMatmul = false;
    }
    for (char letter : b)
      if (!has(a, letter)) {
        if (has(c, letter))
          roles.n += letter;
        else
          roles.isMatmul = false;
      }
    roles.isMatmul &= !roles.k.empty() && !roles.m.empty() && !roles.n.empty();
    return roles;
  }

  // `letters` in the order of `term`.
  static std::string pick(const std::string &term, const std::string &letters) {
    std::string picked;
    for (char letter : term)
      if (has(letters, letter))
        picked += letter;
    return picked;
  }

  // Whether `second` directly continues `first` in each of `terms`.
  bool continues(char first, char second,
                 const std::vector<std::string> &terms) const {
    for (const std::string &term : terms) {
      Strides strides(term, sizes);
      if (strides.of(first) != sizes.at(second) * strides.of(second))
        return false;
    }
    return true;
  }

  bool isOne(const std::string &letters,
             const std::vector<std::string> &terms) const {
    for (size_t i = 1; i < letters.size(); ++i)
      if (!continues(letters[i - 1], letters[i], terms))
        return false;
    return true;
  }

  // Neighbours among `letters` that are one dimension in all `terms`, joined.
  std::vector<Group> group(const std::string &letters,
                           const std::vector<std::string> &terms) const {
    std::vector<Group> groups;
    for (char letter : letters) {
      if (groups.empty() ||
          !continues(groups.back().letters.back(), letter, terms))
        groups.emplace_back();
      groups.back().letters += letter;
      groups.back().size *= sizes.at(letter);
    }
    return groups;
  }

  static Group largest(const std::vector<Group> &groups) {
    return *std::max_element(
        groups.begin(), groups.end(),
        [](const Group &x, const Group &y) { return x.size < y.size; });
  }

  void fill(const std::vector<Group> &batch, const Group &m, const Group &n,
            const std::string &k) {
    Strides inA(a, sizes), inB(b, sizes), inC(c, sizes);
    for (const Group &part : batch) {
      result.batch.push_back(part.size);
      result.batchLetters += part.letters;
      result.aStrides.push_back(inA.of(part.letters.back()));
      result.bStrides.push_back(inB.of(part.letters.back()));
      result.cStrides.push_back(inC.of(part.letters.back()));
    }
    result.m = m.size;
    result.n = n.size;
    for (char letter : k)
      result.k *= sizes.at(letter);
    char mLast = m.letters.back(), nLast = n.letters.back(), kLast = k.back();
    for (int64_t stride : {inA.of(mLast), inA.of(kLast)})
      result.aStrides.push_back(stride);
    for (int64_t stride : {inB.of(kLast), inB.of(nLast)})
      result.bStrides.push_back(stride);
    for (int64_t stride : {inC.of(mLast), inC.of(nLast)})
      result.cStrides.push_back(stride);
  }
};

} // namespace

std::optional<Contraction>
moe::planContraction(const ContractionProblem &problem) {
  bool swap = problem.isConstantA && !problem.isConstantB;
  Planner planner(swap ? problem.b : problem.a, swap ? problem.a : problem.b,
                  problem.c, problem.sizes);
  std::optional<Contraction> result =
      planner.plan(/*keepB=*/swap || problem.isConstantB);
  if (result)
    result->isSwapped = swap;
  return result;
}
