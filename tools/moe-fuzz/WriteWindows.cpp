// Windows that slide over an operand.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

namespace {
/// How windows lie along one dimension.
struct Window {
  int64_t size = 1, stride = 1, low = 0, high = 0, inputDilation = 1,
          dilation = 1;

  int64_t reach() const { return (size - 1) * dilation + 1; }
  /// How many fit into `n` elements, if at least one does.
  int64_t count(int64_t n) const {
    int64_t dilated = (n - 1) * inputDilation + 1;
    return (low + dilated + high - reach()) / stride + 1;
  }
};
} // namespace

// At least one window fits into `n` elements.
static Window drawWindow(Graph &graph, int64_t n) {
  Window window;
  window.size = 1 + graph.draws.below(4);
  window.stride = 1 + graph.draws.below(3);
  window.dilation = graph.draws.oneIn(3) ? 2 : 1;
  window.low = graph.draws.below(3);
  window.high = graph.draws.below(3);
  while (window.low + n + window.high < window.reach())
    ++window.high;
  return window;
}

// One that sees an element always: the greatest of none is infinite, and what
// has infinities is no longer exact.
static Window drawFullWindow(Graph &graph, int64_t n) {
  Window window = drawWindow(graph, n);
  window.dilation = 1;
  window.size = std::min(window.size, n);
  window.low = std::min(window.low, window.size - 1);
  window.high = std::min(window.high, window.size - 1);
  return window;
}

// One entry of each window.
static std::string listOf(const std::vector<Window> &windows,
                          int64_t Window::*field) {
  std::vector<int64_t> numbers;
  for (const Window &window : windows)
    numbers.push_back(window.*field);
  return listOf(numbers);
}

static void writeReduceWindow(Graph &graph, const std::string &op) {
  static const char *kinds[] = {"sum", "max", "min", "prod", "and", "or"};
  Value input = graph.drawAny(1);
  std::string kind = kinds[graph.draws.below(input.isFloat() ? 4 : 6)];
  std::vector<Window> windows(input.rank());
  std::string letters = input.letters;
  size_t always = graph.draws.below(input.rank());
  for (size_t dim = 0; dim < input.rank(); ++dim) {
    if (dim != always && !graph.draws.oneIn(3))
      continue;
    int64_t n = graph.sizeOf(input.letters[dim]);
    bool isFull = kind == "max" || kind == "min";
    windows[dim] = isFull ? drawFullWindow(graph, n) : drawWindow(graph, n);
    letters[dim] = graph.letterOfSize(windows[dim].count(n), letters);
  }
  graph.emit(op + " " + kind + " " + input.name + " window " +
                 listOf(windows, &Window::size) + " strides " +
                 listOf(windows, &Window::stride) + " dilation " +
                 listOf(windows, &Window::dilation) + " low " +
                 listOf(windows, &Window::low) + " high " +
                 listOf(windows, &Window::high) + " : " + graph.type(input) +
                 " -> " + graph.type(letters, input.element),
             letters, input.element);
}

// input [N, S.., C], kernel [K.., C / groups, O] -> [N, T.., O]
static void writeConvolution(Graph &graph, const std::string &op) {
  Value input = graph.drawFloat(3);
  if (input.rank() > 5)
    input = graph.argument(graph.drawLetters(3, 5), input.element);
  size_t spatial = input.rank() - 2;
  int64_t features = graph.sizeOf(input.letters.back());
  int64_t groups = graph.draws.oneIn(2) ? graph.draws.divisorOf(features) : 1;
  std::vector<Window> windows(spatial);
  std::string kernel, letters = input.letters;
  for (size_t i = 0; i < spatial; ++i) {
    int64_t n = graph.sizeOf(input.letters[1 + i]);
    Window &window = windows[i] = drawWindow(graph, n);
    window.inputDilation = graph.draws.oneIn(4) ? 2 : 1;
    letters[1 + i] = graph.letterOfSize(window.count(n), letters);
    kernel += graph.letterOfSize(window.size, kernel);
  }
  kernel += graph.letterOfSize(features / groups, kernel);
  int64_t results = groups * (1 + graph.draws.below(2));
  std::string without = letters.substr(0, letters.size() - 1);
  letters.back() = graph.letterOfSize(results, without);
  if (!graph.isSmall(letters))
    return;
  kernel += graph.letterOfSize(results, kernel);
  Value weights = graph.like(kernel, input.element);
  graph.emit(op + " " + Graph::names({input, weights}) + " strides " +
                 listOf(windows, &Window::stride) + " low " +
                 listOf(windows, &Window::low) + " high " +
                 listOf(windows, &Window::high) + " input_dilation " +
                 listOf(windows, &Window::inputDilation) + " kernel_dilation " +
                 listOf(windows, &Window::dilation) + " groups " +
                 std::to_string(groups) + " : " +
                 graph.types({input, weights}) + " -> " +
                 graph.type(letters, input.element),
             letters, input.element);
}

void addWindowWriters(OpWriters &writers) {
  writers.push_back({"moe.reduce_window", 5, &writeReduceWindow});
  writers.push_back({"moe.convolution", 9, &writeConvolution});
}

} // namespace moe::fuzz
