// A random program while it is written: values by letters, and the text.
#pragma once

#include "tools/moe-fuzz/Machine.h"

#include <functional>
#include <optional>

namespace moe::fuzz {

/// A value of the program. Each letter is a dimension and stands for one size,
/// so that einsums, broadcasts and elementwise ops of any two values fit
/// together.
struct Value {
  std::string name, letters, element;

  bool isFloat() const { return element.find('f') != std::string::npos; }
  size_t rank() const { return letters.size(); }
};

/// Writes one function @forward. What an op needs and no value gives becomes an
/// argument, so that every op can be written at any time.
class Graph {
public:
  explicit Graph(Draws &draws);

  Draws &draws;
  const Machine machine;
  /// The types that most values have.
  std::string mainFloat, mainInteger;
  /// Whether arguments have three or four dimensions rather than one to three.
  bool isDeep = false;

  //===--- Sizes ---===//

  int64_t sizeOf(char letter) const;
  int64_t elements(const std::string &letters) const;
  /// Between `least` and `most` letters, all different, of a small tensor.
  std::string drawLetters(size_t least, size_t most);
  /// As many as most values have in this program, at least `least`.
  std::string drawSomeLetters(size_t least);
  /// A letter of `size` that `taken` does not have.
  char letterOfSize(int64_t size, const std::string &taken);
  /// A letter of any size that `taken` does not have.
  char drawLetter(const std::string &taken);
  /// The same, of size 1 where a tensor with it and `taken` would be large.
  char drawSmallLetter(const std::string &taken);
  /// Whether a tensor of these letters is small enough to be run.
  bool isSmall(const std::string &letters) const;
  /// Whether there is room for another op.
  bool hasRoom() const;

  //===--- Values ---===//

  using Wanted = std::function<bool(const Value &)>;
  /// A value, newer ones oftener; nothing where none is wanted.
  std::optional<Value> find(const Wanted &isWanted);
  Value drawFloat(size_t leastRank = 0);
  Value drawInteger(size_t leastRank = 0);
  /// Of any type.
  Value drawAny(size_t leastRank = 0);
  /// One of those types.
  Value drawOf(const std::vector<std::string> &elements);
  /// A value of that type.
  Value like(const std::string &letters, const std::string &element);
  /// A dimension of it, oftener a later one: fewer values have those.
  size_t drawDim(const Value &value);
  /// Of the type of `first`, but not it: x - x folds to a constant.
  Value another(const Value &first);
  /// Integers of any type but i1.
  Value drawIndices(const std::string &letters, int64_t bound);
  /// Integers that hold indices below `bound`: the main ones, if they can.
  std::string indexType(int64_t bound) const;
  /// A tensor<i32> of a small number.
  Value drawScalar();
  Value argument(const std::string &letters, const std::string &element,
                 int64_t bound = 0);
  Value seed();

  //===--- Text ---===//

  /// "tensor<2x3xf32>".
  std::string type(const std::string &letters,
                   const std::string &element) const;
  std::string type(const Value &value) const {
    return type(value.letters, value.element);
  }
  /// Types of all, with commas between; the same for names.
  std::string types(const std::vector<Value> &values) const;
  static std::string names(const std::vector<Value> &values);

  /// Adds a line "%n = <op>" whose result has those letters and elements.
  Value emit(const std::string &op, const std::string &letters,
             const std::string &element);
  /// The same with several results.
  std::vector<Value> emit(const std::string &op,
                          const std::vector<Value> &results);

  /// Adds a line as it is, of ops whose results no other entry may take.
  void addLine(const std::string &line);
  /// "%n", a name that nothing has.
  std::string freshName();
  /// What is written until the end is the body of a region; values of it are
  /// seen in it only.
  void beginRegion();
  /// The lines of the region.
  std::string endRegion();
  /// How many regions are open.
  size_t depth() const { return outside.size(); }
  /// A value that something else makes, such as an argument of a region.
  void addValue(const Value &value) { values.push_back(value); }
  /// Writes some op, as the program around draws them.
  std::function<void()> writeOp;

  /// Keeps a value from other ops: one with infinities, say.
  void hide(const Value &value);

  /// The module, whose results are the values that nothing uses, and at most
  /// eight.
  std::string finish();

private:
  /// The rank that a value must have: at least that of the op that takes it,
  /// and in a deep program mostly 4.
  size_t drawLeastRank(size_t least);

  /// What is around an open region.
  struct Outside {
    std::string body;
    size_t values;
  };

  std::vector<int64_t> sizes; ///< By letter.
  std::vector<Value> values;
  std::vector<Outside> outside;
  std::string arguments, body;
  int64_t next = 0, nextArgument = 0;
};

/// "[1, 2]".
std::string listOf(const std::vector<int64_t> &numbers);

} // namespace moe::fuzz
