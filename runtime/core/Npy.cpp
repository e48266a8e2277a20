// The .npy format: magic, version, a Python dictionary with three keys, data.
#include "runtime/core/Error.h"
#include "runtime/core/Formats.h"

#include <cstring>

namespace moert {

static constexpr char kMagic[] = "\x93NUMPY";
// NumPy writes 128 bytes or so; a tensor of 32 dimensions needs less than 1 KB.
static constexpr uint32_t kLongestHeader = 64 << 10;
static constexpr size_t kMostDims = 32;

//===-- The dictionary ----------------------------------------------------===//

namespace {
/// {'descr': '<f4', 'fortran_order': False, 'shape': (8, 16), } and nothing
/// else: each key once, any order, spaces between tokens.
class DictParser {
public:
  DictParser(const std::string &source, const std::string &where)
      : next_(source.data()), end_(next_ + source.size()), where_(where) {}

  std::string descr;
  std::vector<int64_t> shape;
  bool fortranOrder = false;

  void parse() {
    expect('{');
    while (!take('}')) {
      parseEntry();
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (next_ != end_ || seen_ != 7)
      fail();
  }

private:
  [[noreturn]] void fail() const {
    throw Error(text(where_, " has a malformed .npy header; it must be a "
                             "dictionary of 'descr', 'fortran_order' and "
                             "'shape'"));
  }

  void skipSpace() {
    while (next_ != end_ && (*next_ == ' ' || *next_ == '\n'))
      ++next_;
  }
  bool take(char token) {
    skipSpace();
    if (next_ == end_ || *next_ != token)
      return false;
    ++next_;
    return true;
  }
  void expect(char token) {
    if (!take(token))
      fail();
  }
  bool takeWord(const char *word) {
    skipSpace();
    size_t length = std::strlen(word);
    if (static_cast<size_t>(end_ - next_) < length ||
        std::memcmp(next_, word, length) != 0)
      return false;
    next_ += length;
    return true;
  }

  std::string parseString() {
    char quote = take('"') ? '"' : '\'';
    if (quote == '\'')
      expect('\'');
    std::string value;
    while (next_ != end_ && *next_ != quote && *next_ != '\\')
      value += *next_++;
    expect(quote);
    return value;
  }

  int64_t parseSize() {
    skipSpace();
    if (next_ == end_ || *next_ < '0' || *next_ > '9')
      fail();
    int64_t value = 0;
    for (; next_ != end_ && *next_ >= '0' && *next_ <= '9'; ++next_)
      if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
          __builtin_add_overflow(value, int64_t{*next_ - '0'}, &value))
        fail();
    return value;
  }

  void parseShape() {
    expect('(');
    while (!take(')')) {
      shape.push_back(parseSize());
      if (shape.size() > kMostDims)
        fail();
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }

  void see(unsigned bit) {
    if (seen_ & bit)
      fail();
    seen_ |= bit;
  }

  void parseEntry() {
    std::string key = parseString();
    expect(':');
    if (key == "descr") {
      see(1);
      descr = parseString();
    } else if (key == "fortran_order") {
      see(2);
      fortranOrder = takeWord("True");
      if (!fortranOrder && !takeWord("False"))
        fail();
    } else if (key == "shape") {
      see(4);
      parseShape();
    } else {
      fail();
    }
  }

  const char *next_;
  const char *end_;
  const std::string &where_;
  unsigned seen_ = 0;
};
} // namespace

//===-- Element types -----------------------------------------------------===//

// NumPy has no bf16: ml_dtypes stores it as two raw bytes, others as u2. MLIR's
// i8 has no sign, so unsigned bytes (raw text) are i8 with the same bits.
static const struct {
  const char *descr;
  DType dtype;
} kDescriptions[] = {
    {"<f4", DType::F32},  {"<V2", DType::BF16}, {"|V2", DType::BF16},
    {"<u2", DType::BF16}, {"<f8", DType::F64},  {"|b1", DType::I1},
    {"|i1", DType::I8},   {"|u1", DType::I8},   {"<i4", DType::I32},
    {"<i8", DType::I64},
};

static std::optional<DType> dtypeOf(const std::string &descr) {
  for (const auto &entry : kDescriptions)
    if (descr == entry.descr)
      return entry.dtype;
  return std::nullopt;
}

static const char *descrOf(DType dtype) {
  for (const auto &entry : kDescriptions)
    if (dtype == entry.dtype)
      return entry.descr;
  return "?";
}

//===-- Reading -----------------------------------------------------------===//

static std::string readHeader(ByteReader &reader, uint64_t &offset,
                              uint64_t bytes, const std::string &where) {
  unsigned char start[12] = {};
  if (bytes < sizeof start)
    throw Error(text(where, " is truncated: ", bytes,
                     " bytes are too few for an .npy header"));
  reader.read(offset, start, 10);
  if (std::memcmp(start, kMagic, 6) != 0)
    throw Error(text(where, " is not an .npy file: it does not begin with "
                            "'\\x93NUMPY'"));
  bool longLength = start[6] == 2 || start[6] == 3;
  if (!longLength && start[6] != 1)
    throw Error(text(where, " has .npy version ", int(start[6]),
                     "; 1, 2 and 3 are known"));
  if (longLength)
    reader.read(offset + 10, start + 10, 2);
  uint32_t length = start[8] | start[9] << 8 | uint32_t{start[10]} << 16 |
                    uint32_t{start[11]} << 24;
  uint64_t prefix = longLength ? 12 : 10;
  if (length > kLongestHeader || length > bytes - prefix)
    throw Error(text(where, " has an .npy header of ", length, " bytes; ",
                     length > kLongestHeader ? uint64_t{kLongestHeader}
                                             : bytes - prefix,
                     " are the most possible"));
  std::string header(length, '\0');
  reader.read(offset + prefix, header.data(), length);
  offset += prefix + length;
  return header;
}

StoredTensor scanNpyAt(ByteReader &reader, const std::string &where,
                       uint64_t offset, uint64_t bytes,
                       const std::string &name) {
  uint64_t end = offset + bytes;
  std::string header = readHeader(reader, offset, bytes, where);
  DictParser dict(header, where);
  dict.parse();
  StoredTensor stored{name,   dtypeOf(dict.descr), dict.descr, dict.shape,
                      offset, end - offset};
  // One dimension has one order.
  stored.fortranOrder = dict.fortranOrder && dict.shape.size() > 1;
  if (!stored.dtype)
    return stored;
  auto size = static_cast<int64_t>(sizeOf(*stored.dtype));
  uint64_t wanted =
      static_cast<uint64_t>(elementCount(dict.shape, size) * size);
  if (wanted != stored.bytes)
    throw Error(text(
        where, wanted > stored.bytes ? " is truncated: " : " is too long: ",
        "its shape ", shapeText(dict.shape), " of '", dict.descr, "' takes ",
        wanted, " bytes, ", stored.bytes, " are there"));
  return stored;
}

std::vector<StoredTensor> scanNpy(const InputFile &file) {
  std::unique_ptr<ByteReader> reader =
      readStored(file, 0, file.size(), kHeaderWindow);
  return {scanNpyAt(*reader, text("'", file.path(), "'"), 0, file.size(), "")};
}

//===-- Writing -----------------------------------------------------------===//

std::string npyHeader(const TensorView &tensor) {
  std::string dict = text("{'descr': '", descrOf(tensor.dtype),
                          "', 'fortran_order': False, 'shape': (");
  for (int64_t size : tensor.shape)
    dict += text(size, ", ");
  dict += "), }";
  // Ten bytes of magic, version and length; then spaces so that data is
  // aligned.
  dict.append((128 - (10 + dict.size() + 1) % 64) % 64, ' ');
  dict += '\n';
  std::string header(kMagic, 6);
  header += {'\x01', '\0', static_cast<char>(dict.size() & 255),
             static_cast<char>(dict.size() >> 8)};
  return header + dict;
}

void writeNpy(OutputFile &file, const std::vector<TensorView> &tensors) {
  const TensorView &tensor = tensors.front();
  file.write(npyHeader(tensor));
  file.write(tensor.data, bytesOf(tensor));
}

} // namespace moert
