#include "runtime/core/Panels.h"

#include <algorithm>

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

// One panel of `width` columns from `from`; the loop over the smaller stride is
// the inner one, so that memory is read in its order.
template <typename Form>
static void packPanel(const typename Form::Element *from, const MatrixView &b,
                      int64_t width, typename Form::Unit *to) {
  constexpr int64_t count = Form::count;
  auto put = [&](int64_t k, int64_t column) {
    to[(k / count * kPanel + column) * count + k % count] =
        Form::unit(from[k * b.rowStride + column * b.columnStride]);
  };
  if (b.columnStride <= b.rowStride)
    for (int64_t k = 0; k < b.rows; ++k)
      for (int64_t column = 0; column < width; ++column)
        put(k, column);
  else
    for (int64_t column = 0; column < width; ++column)
      for (int64_t k = 0; k < b.rows; ++k)
        put(k, column);
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
