#include "runtime/core/Panels.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace moert {

namespace {
/// How elements of type Element become words: Count of them fill one.
struct FromFloat {
  using Element = float;
  using Unit = float;
  static constexpr int64_t count = 1;
  static float unit(float value) { return value; }
};
struct Widened {
  using Element = uint16_t;
  using Unit = float;
  static constexpr int64_t count = 1;
  static float unit(uint16_t value) { return fromBF16(value); }
};
struct Paired {
  using Element = uint16_t;
  using Unit = uint16_t;
  static constexpr int64_t count = 2;
  static uint16_t unit(uint16_t value) { return value; }
};
} // namespace

// Units 0, 1, ... of one word from as many rows of b. Loops of their own, since
// they have vectors.
template <typename Form>
static void packWords(const typename Form::Element *const (&rows)[Form::count],
                      int64_t width, typename Form::Unit *to) {
  if constexpr (Form::count == 1)
    std::transform(rows[0], rows[0] + width, to, Form::unit);
  else
    for (int64_t column = 0; column < width; ++column) {
      to[2 * column] = Form::unit(rows[0][column]);
      to[2 * column + 1] = Form::unit(rows[1][column]);
    }
}

// One panel of `width` columns that lie side by side.
template <typename Form>
static void packDense(const typename Form::Element *from, const MatrixView &b,
                      int64_t width, typename Form::Unit *to) {
  constexpr int64_t count = Form::count;
  int64_t k = 0;
  for (; k + count <= b.rows; k += count, to += kPanel * count) {
    const typename Form::Element *rows[count];
    for (int64_t i = 0; i < count; ++i)
      rows[i] = from + (k + i) * b.rowStride;
    packWords<Form>(rows, width, to);
  }
  if (k < b.rows) // The half of a pair.
    for (int64_t column = 0; column < width; ++column)
      to[column * count] = Form::unit(from[k * b.rowStride + column]);
}

// Four words of four columns, whose words lie side by side, as four words of
// neighbours.
static void transposeBlock(const char *from, int64_t columnBytes, char *to) {
  typedef uint32_t Words __attribute__((vector_size(16)));
  Words column[4];
  for (int64_t i = 0; i < 4; ++i)
    std::memcpy(&column[i], from + i * columnBytes, sizeof(Words));
  Words low01 = __builtin_shufflevector(column[0], column[1], 0, 4, 1, 5);
  Words low23 = __builtin_shufflevector(column[2], column[3], 0, 4, 1, 5);
  Words high01 = __builtin_shufflevector(column[0], column[1], 2, 6, 3, 7);
  Words high23 = __builtin_shufflevector(column[2], column[3], 2, 6, 3, 7);
  Words words[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                    __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                    __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                    __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int64_t i = 0; i < 4; ++i)
    std::memcpy(to + i * kPanel * 4, &words[i], sizeof(Words));
}

// The whole blocks of a panel of `width` columns that each lie side by side.
// Returns how many words and columns they have.
template <typename Form>
static std::pair<int64_t, int64_t>
transposePanel(const typename Form::Element *from, const MatrixView &b,
               int64_t width, typename Form::Unit *to) {
  bool isWords = sizeof(typename Form::Element) * Form::count == 4;
  if (b.rowStride != 1 || !isWords)
    return {0, 0};
  int64_t words = b.rows / Form::count / 4 * 4, columns = width / 4 * 4;
  int64_t columnBytes = b.columnStride * int64_t{sizeof(*from)};
  for (int64_t column = 0; column < columns; column += 4)
    for (int64_t word = 0; word < words; word += 4)
      transposeBlock(reinterpret_cast<const char *>(
                         from + column * b.columnStride + word * Form::count),
                     columnBytes,
                     reinterpret_cast<char *>(to + (word * kPanel + column) *
                                                       Form::count));
  return {words, columns};
}

// One panel of `width` columns from `from`; the loop over the smaller stride is
// the inner one, so that memory is read in its order.
template <typename Form>
static void packPanel(const typename Form::Element *from, const MatrixView &b,
                      int64_t width, typename Form::Unit *to) {
  constexpr int64_t count = Form::count;
  if (b.columnStride == 1)
    return packDense<Form>(from, b, width, to);
  auto put = [&](int64_t k, int64_t column) {
    to[(k / count * kPanel + column) * count + k % count] =
        Form::unit(from[k * b.rowStride + column * b.columnStride]);
  };
  if (b.columnStride <= b.rowStride)
    for (int64_t k = 0; k < b.rows; ++k)
      for (int64_t column = 0; column < width; ++column)
        put(k, column);
  else {
    auto [words, columns] = transposePanel<Form>(from, b, width, to);
    for (int64_t column = 0; column < width; ++column)
      for (int64_t k = column < columns ? words * count : 0; k < b.rows; ++k)
        put(k, column);
  }
}

// Calls `pack` with the form that makes words of `format` from `dtype`.
template <typename Pack>
static void withForm(TileFormat format, DType dtype, Pack pack) {
  if (format == TileFormat::BF16Pairs)
    pack(Paired());
  else if (dtype == DType::BF16)
    pack(Widened());
  else
    pack(FromFloat());
}

template <typename Form>
static void packPanelsAs(const MatrixView &b, TileFormat format, void *panels) {
  auto *from = static_cast<const typename Form::Element *>(b.data);
  auto *to = static_cast<typename Form::Unit *>(panels);
  int64_t words = wordsOf(format, b.rows);
  int64_t units = words * kPanel * Form::count;
  for (int64_t first = 0; first < b.columns; first += kPanel, to += units) {
    int64_t width = std::min(kPanel, b.columns - first);
    if (width < kPanel || words * Form::count > b.rows)
      std::fill(to, to + units, typename Form::Unit());
    packPanel<Form>(from + first * b.columnStride, b, width, to);
  }
}

template <typename Form>
static void packRowsAs(const MatrixView &a, TileFormat format, void *rows) {
  auto *from = static_cast<const typename Form::Element *>(a.data);
  auto *to = static_cast<typename Form::Unit *>(rows);
  int64_t units = wordsOf(format, a.columns) * Form::count;
  for (int64_t row = 0; row < a.rows; ++row, to += units) {
    const typename Form::Element *at = from + row * a.rowStride;
    if (a.columnStride == 1) // A loop of its own, since it has vectors.
      std::transform(at, at + a.columns, to, Form::unit);
    else
      for (int64_t column = 0; column < a.columns; ++column)
        to[column] = Form::unit(at[column * a.columnStride]);
    std::fill(to + a.columns, to + units, typename Form::Unit());
  }
}

void packPanels(const MatrixView &b, TileFormat format, void *panels) {
  withForm(format, b.dtype,
           [&](auto form) { packPanelsAs<decltype(form)>(b, format, panels); });
}

// The exponent of what is not finite is all ones. No way out of the loop, so
// that it has vectors.
template <typename Bits>
static bool areFinite(const void *data, size_t bytes, Bits exponent) {
  auto *bits = static_cast<const Bits *>(data);
  Bits found = 0;
  for (size_t i = 0; i < bytes / sizeof(Bits); ++i)
    found |= (bits[i] & exponent) == exponent;
  return !found;
}

bool panelsAreFinite(TileFormat format, int64_t k, int64_t n,
                     const void *panels) {
  size_t bytes = panelBytes(format, k, n);
  return format == TileFormat::BF16Pairs
             ? areFinite<uint16_t>(panels, bytes, 0x7F80)
             : areFinite<uint32_t>(panels, bytes, 0x7F800000);
}

bool isTileRows(const MatrixView &a, TileFormat format) {
  if (a.columnStride != 1)
    return false;
  if (format == TileFormat::Floats)
    return a.dtype == DType::F32;
  // A pair must not reach into what follows the row.
  return a.rowStride % 2 == 0 && a.columns % 2 == 0;
}

TileRows asTileRows(const MatrixView &a, TileFormat format) {
  return {a.data, a.rows, wordsOf(format, a.columns),
          wordsOf(format, a.rowStride)};
}

TileRows packRows(const MatrixView &a, TileFormat format, void *rows) {
  withForm(format, a.dtype,
           [&](auto form) { packRowsAs<decltype(form)>(a, format, rows); });
  int64_t words = wordsOf(format, a.columns);
  return {rows, a.rows, words, words};
}

} // namespace moert
