// Feeds text to the parser and, where it is a module, to the whole pipeline: an
// error is a diagnostic, whatever the text.
//
// MLIR's own textual forms are dense, so that bytes changed anywhere seldom
// parse again. The mutator therefore works on words and lines: it exchanges
// words of one kind for others seen before and moves numbers to where sizes
// break, and leaves a quarter of its work to libFuzzer.
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <random>

using namespace mlir;

//===----------------------------------------------------------------------===//
// Words and lines
//===----------------------------------------------------------------------===//

namespace {

using Random = std::minstd_rand;

enum class WordKind { Space, Name, Number, String, Mark };

struct Word {
  WordKind kind;
  std::string text;
};

size_t pick(Random &random, size_t count) { return random() % count; }

WordKind kindAt(StringRef text) {
  char first = text.front();
  if (isspace(static_cast<unsigned char>(first)))
    return WordKind::Space;
  if (llvm::isDigit(first))
    return WordKind::Number;
  if (first == '"')
    return WordKind::String;
  return llvm::isAlpha(first) || StringRef("%@#!_^").contains(first)
             ? WordKind::Name
             : WordKind::Mark;
}

// Sizes are numbers of their own: "4x8xf32" is 4 x8 xf32.
size_t lengthOf(WordKind kind, StringRef text) {
  switch (kind) {
  case WordKind::Space:
    return 1;
  case WordKind::Number:
    return text.find_if_not(llvm::isDigit);
  case WordKind::String: {
    size_t end = text.find('"', 1);
    return end == StringRef::npos ? end : end + 1;
  }
  case WordKind::Name: {
    size_t end = text.drop_front().find_if_not([](char c) {
      return llvm::isAlnum(c) || StringRef("_.$").contains(c);
    });
    return end == StringRef::npos ? end : end + 1;
  }
  case WordKind::Mark:
    return text.starts_with("->") ? 2 : 1;
  }
  llvm_unreachable("all kinds have a length");
}

std::vector<Word> split(StringRef text) {
  std::vector<Word> words;
  while (!text.empty()) {
    WordKind kind = kindAt(text);
    if (kind == WordKind::Name && text.front() == 'x' && text.size() > 1 &&
        llvm::isDigit(text[1]))
      kind = WordKind::Mark;
    StringRef word = text.take_front(lengthOf(kind, text));
    words.push_back({kind, word.str()});
    text = text.drop_front(word.size());
  }
  return words;
}

/// Words and lines of inputs that were run, from which the mutator draws.
class Vocabulary {
public:
  void learn(StringRef text) {
    for (Word &word : split(text))
      if (word.kind != WordKind::Space)
        keep(words[static_cast<int>(word.kind)], std::move(word.text));
    llvm::SmallVector<StringRef> all;
    text.split(all, '\n');
    for (StringRef line : all)
      if (!line.trim().empty())
        keep(lines, line.str());
  }
  const std::string *word(WordKind kind, Random &random) const {
    return draw(words[static_cast<int>(kind)], random);
  }
  const std::string *line(Random &random) const { return draw(lines, random); }

private:
  static constexpr size_t kMost = 4096;

  struct Pool {
    std::vector<std::string> list;
    llvm::StringSet<> known;
  };
  static void keep(Pool &pool, std::string text) {
    if (pool.list.size() < kMost && pool.known.insert(text).second)
      pool.list.push_back(std::move(text));
  }
  static const std::string *draw(const Pool &pool, Random &random) {
    return pool.list.empty() ? nullptr
                             : &pool.list[pick(random, pool.list.size())];
  }

  Pool words[5], lines;
};

Vocabulary &vocabulary() {
  static Vocabulary known;
  return known;
}

//===----------------------------------------------------------------------===//
// Mutations
//===----------------------------------------------------------------------===//

// Where sizes, ranks, positions and bytes break.
constexpr const char *kNumbers[] = {"0",
                                    "1",
                                    "2",
                                    "3",
                                    "7",
                                    "8",
                                    "64",
                                    "65",
                                    "127",
                                    "1000003",
                                    "2147483647",
                                    "2147483648",
                                    "4294967296",
                                    "4294967297",
                                    "46341",
                                    "3037000500",
                                    "-1",
                                    "1.0",
                                    "-2147483649",
                                    "4611686018427387904",
                                    "0x7F800000",
                                    "?",
                                    "9223372036854775807",
                                    "9223372036854775808"};

std::string otherNumber(StringRef text, Random &random) {
  int64_t value = 0;
  if (random() % 3 || text.getAsInteger(10, value))
    return kNumbers[pick(random, std::size(kNumbers))];
  uint64_t bits = value;
  uint64_t nearby[] = {bits + 1, bits - 1, bits * 2, bits / 2};
  return std::to_string(static_cast<int64_t>(nearby[pick(random, 4)]));
}

void mutateWord(std::vector<Word> &words, Random &random) {
  size_t index = pick(random, words.size());
  while (words[index].kind == WordKind::Space && index + 1 < words.size())
    ++index;
  Word &word = words[index];
  switch (random() % 8) {
  case 0:
    words.erase(words.begin() + index);
    return;
  case 1:
    words.insert(words.begin() + index, Word(word));
    return;
  case 2: {
    Word &other = words[pick(random, words.size())];
    if (other.kind == word.kind)
      std::swap(word.text, other.text);
    return;
  }
  default:
    if (word.kind == WordKind::Number && random() % 2)
      word.text = otherNumber(word.text, random);
    else if (const std::string *text = vocabulary().word(word.kind, random))
      word.text = *text;
  }
}

void mutateLine(std::string &text, Random &random) {
  llvm::SmallVector<StringRef> all;
  StringRef(text).split(all, '\n');
  llvm::SmallVector<std::string> lines(all.begin(), all.end());
  size_t index = pick(random, lines.size());
  switch (random() % 4) {
  case 0:
    lines.erase(lines.begin() + index);
    break;
  case 1:
    lines.insert(lines.begin() + index, std::string(lines[index]));
    break;
  case 2:
    std::swap(lines[index], lines[pick(random, lines.size())]);
    break;
  default:
    if (const std::string *line = vocabulary().line(random))
      lines.insert(lines.begin() + index, *line);
  }
  text = llvm::join(lines, "\n");
}

} // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  Random random(seed);
  if (size == 0 || pick(random, 4) == 0)
    return LLVMFuzzerMutate(data, size, most);
  std::string text(reinterpret_cast<char *>(data), size);
  if (pick(random, 4) == 0)
    mutateLine(text, random);
  std::vector<Word> words = split(text);
  for (size_t edits = pick(random, 4); edits && !words.empty(); --edits)
    mutateWord(words, random);
  text.clear();
  for (const Word &word : words)
    text += word.text;
  size = std::min(text.size(), most);
  memcpy(data, text.data(), size);
  return size;
}

//===----------------------------------------------------------------------===//
// The target
//===----------------------------------------------------------------------===//

namespace {

/// Says at exit how far the inputs came: a fuzzer whose inputs are all refused
/// by the parser finds nothing.
struct Tally {
  size_t inputs = 0, parsed = 0, compiled = 0;
  ~Tally() {
    llvm::errs() << "tally: " << inputs << " inputs, " << parsed << " parsed, "
                 << compiled << " compiled\n";
  }
};

} // namespace

// Attributes and types live as long as their context, so each input has its
// own.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static DialectRegistry registry = [] {
    DialectRegistry made;
    moe::registerEverything(made);
    return made;
  }();
  static Tally tally;
  ++tally.inputs;
  // MLIR's lexer looks for the zero behind the text.
  std::string text(reinterpret_cast<const char *>(data), size);
  vocabulary().learn(text);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.getDiagEngine().registerHandler(
      [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return 0;
  ++tally.parsed;
  moe::PipelineOptions options;
  options.last = moe::Stage::Lower;
  tally.compiled += succeeded(moe::runPipeline(*module, options));
  return 0;
}
