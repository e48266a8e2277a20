#include "tools/moe-fuzz/Graph.h"

#include <algorithm>

namespace moe::fuzz {

// Letters are bytes from 1 on; einsums rename theirs.
static constexpr size_t kFirstLetters = 9, kMostLetters = 200;
static constexpr int64_t kMostElements = 600, kMostElementsDeep = 3000;

std::string listOf(const std::vector<int64_t> &numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

static size_t indexOf(char letter) {
  return static_cast<unsigned char>(letter) - 1u;
}
static char letterAt(size_t index) { return static_cast<char>(index + 1); }

static bool has(const std::string &letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

Graph::Graph(Draws &draws) : draws(draws), machine(draws) {
  static const char *floats[] = {"f32", "f32", "bf16", "f64"};
  static const char *integers[] = {"i32", "i32", "i64", "i8"};
  mainFloat = draws.of(floats);
  mainInteger = draws.of(integers);
  isDeep = draws.oneIn(2);
  for (size_t i = 0; i < kFirstLetters; ++i)
    sizes.push_back(machine.drawSize(draws));
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

int64_t Graph::sizeOf(char letter) const { return sizes[indexOf(letter)]; }

int64_t Graph::elements(const std::string &letters) const {
  int64_t count = 1;
  for (char letter : letters)
    count *= sizeOf(letter);
  return count;
}

bool Graph::isSmall(const std::string &letters) const {
  return elements(letters) <= (isDeep ? kMostElementsDeep : kMostElements);
}

bool Graph::hasRoom() const { return sizes.size() < kMostLetters; }

std::string Graph::drawLetters(size_t least, size_t most) {
  size_t count = least + draws.below(most - least + 1);
  std::string letters;
  while (letters.size() < count)
    letters += drawSmallLetter(letters);
  return letters;
}

std::string Graph::drawSomeLetters(size_t least) {
  if (isDeep)
    return drawLetters(std::max<size_t>(least, 3),
                       std::max<size_t>(least, draws.below(4) ? 4 : 5));
  return drawLetters(least, std::max<size_t>(least, 3));
}

size_t Graph::drawLeastRank(size_t least) {
  static const std::vector<size_t> ranks = {0, 3, 4, 4, 4, 4, 5};
  return isDeep ? std::max(least, draws.of(ranks)) : least;
}

char Graph::drawSmallLetter(const std::string &taken) {
  char letter = drawLetter(taken);
  return isSmall(taken + letter) ? letter : letterOfSize(1, taken);
}

char Graph::drawLetter(const std::string &taken) {
  size_t index = draws.below(kFirstLetters);
  while (has(taken, letterAt(index)))
    index = (index + 1) % kFirstLetters;
  return letterAt(index);
}

char Graph::letterOfSize(int64_t size, const std::string &taken) {
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] == size && !has(taken, letterAt(i)))
      return letterAt(i);
  sizes.push_back(size);
  return letterAt(sizes.size() - 1);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<Value> Graph::find(const Wanted &isWanted) {
  std::vector<size_t> wanted;
  for (size_t i = values.size(); i-- > 0;)
    if (isWanted(values[i]))
      wanted.push_back(i);
  if (wanted.empty() || draws.oneIn(8))
    return std::nullopt;
  // The newer of two, so that programs are deep.
  int64_t first = draws.below(wanted.size()),
          second = draws.below(wanted.size());
  return values[wanted[std::min(first, second)]];
}

Value Graph::drawFloat(size_t leastRank) {
  leastRank = drawLeastRank(leastRank);
  if (auto found = find([&](const Value &value) {
        return value.isFloat() && value.rank() >= leastRank;
      }))
    return *found;
  return argument(drawSomeLetters(leastRank), mainFloat);
}

Value Graph::drawInteger(size_t leastRank) {
  leastRank = drawLeastRank(leastRank);
  if (auto found = find([&](const Value &value) {
        return !value.isFloat() && value.rank() >= leastRank &&
               value.element != "i1";
      }))
    return *found;
  return argument(drawSomeLetters(leastRank), mainInteger);
}

Value Graph::drawAny(size_t leastRank) {
  leastRank = drawLeastRank(leastRank);
  if (auto found =
          find([&](const Value &value) { return value.rank() >= leastRank; }))
    return *found;
  return drawFloat(leastRank);
}

Value Graph::drawOf(const std::vector<std::string> &elements) {
  size_t leastRank = drawLeastRank(1);
  if (auto found = find([&](const Value &value) {
        return value.rank() >= leastRank &&
               std::count(elements.begin(), elements.end(), value.element);
      }))
    return *found;
  return argument(drawSomeLetters(leastRank), draws.of(elements));
}

Value Graph::like(const std::string &letters, const std::string &element) {
  if (auto found = find([&](const Value &value) {
        return value.letters == letters && value.element == element;
      }))
    return *found;
  return argument(letters, element);
}

size_t Graph::drawDim(const Value &value) {
  int64_t one = draws.below(value.rank()), other = draws.below(value.rank());
  return std::max(one, other);
}

Value Graph::another(const Value &first) {
  if (auto found = find([&](const Value &value) {
        return value.letters == first.letters &&
               value.element == first.element && value.name != first.name;
      }))
    return *found;
  return argument(first.letters, first.element);
}

Value Graph::drawIndices(const std::string &letters, int64_t bound) {
  if (auto found = find([&](const Value &value) {
        return value.letters == letters && !value.isFloat() &&
               value.element != "i1";
      }))
    return *found;
  return argument(letters, indexType(bound), bound);
}

std::string Graph::indexType(int64_t bound) const {
  return mainInteger == "i8" && bound > 127 ? "i32" : mainInteger;
}

Value Graph::drawScalar() {
  if (auto found = find([&](const Value &value) {
        return value.letters.empty() && value.element == "i32" &&
               value.name != "%seed";
      }))
    return *found;
  return argument("", "i32", 6);
}

Value Graph::seed() {
  for (const Value &value : values)
    if (value.name == "%seed")
      return value;
  arguments += (arguments.empty() ? "" : ", ") +
               std::string("%seed: tensor<i32> {moe.name = \"seed\"}");
  values.insert(values.begin(), {"%seed", "", "i32"});
  for (Outside &region : outside)
    ++region.values;
  return values.front();
}

Value Graph::argument(const std::string &letters, const std::string &element,
                      int64_t bound) {
  std::string name = "a" + std::to_string(nextArgument++);
  arguments += (arguments.empty() ? "%" : ", %") + name + ": " +
               type(letters, element) + " {moe.name = \"" + name + "\"";
  if (bound)
    arguments += ", moe.bound = " + std::to_string(bound) + " : i64";
  if (draws.below(3))
    arguments +=
        ", spmd.sharding = " + machine.drawSharding(draws, letters.size());
  arguments += "}";
  addValue({"%" + name, letters, element});
  return values.back();
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string Graph::type(const std::string &letters,
                        const std::string &element) const {
  std::string text = "tensor<";
  for (char letter : letters)
    text += std::to_string(sizeOf(letter)) + "x";
  return text + element + ">";
}

std::string Graph::types(const std::vector<Value> &list) const {
  std::string text;
  for (const Value &value : list)
    text += (text.empty() ? "" : ", ") + type(value);
  return text;
}

std::string Graph::names(const std::vector<Value> &list) {
  std::string text;
  for (const Value &value : list)
    text += (text.empty() ? "" : ", ") + value.name;
  return text;
}

Value Graph::emit(const std::string &op, const std::string &letters,
                  const std::string &element) {
  std::string name = freshName();
  body += "  " + name + " = " + op + "\n";
  addValue({name, letters, element});
  return values.back();
}

std::vector<Value> Graph::emit(const std::string &op,
                               const std::vector<Value> &results) {
  std::string name = "%" + std::to_string(next++);
  body +=
      "  " + name + ":" + std::to_string(results.size()) + " = " + op + "\n";
  std::vector<Value> made = results;
  for (size_t i = 0; i < made.size(); ++i) {
    made[i].name = name + "#" + std::to_string(i);
    addValue(made[i]);
  }
  return made;
}

void Graph::addLine(const std::string &line) { body += "  " + line + "\n"; }

std::string Graph::freshName() { return "%" + std::to_string(next++); }

void Graph::beginRegion() {
  outside.push_back({std::move(body), values.size()});
  body.clear();
}

std::string Graph::endRegion() {
  std::string inside = std::move(body);
  body = std::move(outside.back().body);
  // Arguments of the function are seen everywhere.
  auto isOfRegion = [](const Value &value) {
    return value.name[1] != 'a' && value.name != "%seed";
  };
  values.erase(std::remove_if(values.begin() + outside.back().values,
                              values.end(), isOfRegion),
               values.end());
  outside.pop_back();
  return inside;
}

void Graph::hide(const Value &value) {
  values.erase(
      std::find_if(values.begin(), values.end(), [&](const Value &other) {
        return other.name == value.name;
      }));
}

// Whether the text has the name and not only a longer one.
static bool isUsed(const std::string &text, const std::string &name) {
  for (size_t at = text.find(name); at != std::string::npos;
       at = text.find(name, at + 1)) {
    char behind = text[at + name.size()];
    // A definition begins its line.
    bool isDefinition = at >= 3 && text[at - 3] == '\n';
    if (!std::isdigit(behind) && behind != '#' && !isDefinition)
      return true;
  }
  return false;
}

std::string Graph::finish() {
  std::string text = "\n" + body;
  std::vector<Value> results;
  for (size_t i = values.size(); i-- > 0 && results.size() < 8;)
    if (values[i].name[1] != 'a' && values[i].name != "%seed" &&
        !isUsed(text, values[i].name))
      results.push_back(values[i]);
  std::string attributed;
  for (const Value &value : results) {
    attributed += (attributed.empty() ? "" : ", ") + type(value);
    if (draws.oneIn(2))
      attributed +=
          " {spmd.sharding = " + machine.drawSharding(draws, value.rank()) +
          "}";
  }
  return machine.text() + "func.func @forward(" + arguments + ") -> (" +
         attributed + ") {\n" + body + "  return" +
         (results.empty() ? "" : " " + names(results) + " : ") +
         types(results) + "\n}\n";
}

} // namespace moe::fuzz
