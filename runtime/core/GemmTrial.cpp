#include "runtime/core/GemmTrial.h"

#include "runtime/core/Error.h"
#include "runtime/core/Gemm.h"
#include "runtime/core/Isa.h"
#include "runtime/core/OneDnn.h"
#include "runtime/core/Tiles.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

namespace moert {

// One row, a number that no tile divides, and what is timed.
static constexpr int64_t kProbes[] = {1, 13};
static constexpr int64_t kTimed = 64;
// Noise must not choose: the library has to be faster by this much.
static constexpr double kMargin = 0.97;

namespace {
template <typename Run> double secondsOf(Run run) {
  auto start = std::chrono::steady_clock::now();
  run();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

/// The same product by both, on random numbers whose sums show every change of
/// order.
class Trial {
public:
  Trial(int64_t k, int64_t n)
      : k_(k), n_(n), a_(floats(kTimed * k)), b_(floats(k * n)),
        ours_(floats(kTimed * n)), theirs_(floats(kTimed * n)),
        panels_(panelBytes(TileFormat::Floats, k, n)) {
    fillRandom(a_, 1);
    fillRandom(b_, 2);
    packPanels({b_.data(), DType::F32, k, n, n, 1}, TileFormat::Floats,
               panels_.data());
  }

  bool libraryWins() {
    for (int64_t m : kProbes)
      if (!agrees(m))
        return false;
    if (!agrees(kTimed))
      return false;
    // In turn, so that a slower moment of the host meets both; the best of
    // each, since noise only ever adds.
    double tiles = secondsOf([&] { runTiles(kTimed); });
    double library = secondsOf([&] { runLibrary(); });
    for (int i = 0; i < 3; ++i) {
      tiles = std::min(tiles, secondsOf([&] { runTiles(kTimed); }));
      library = std::min(library, secondsOf([&] { runLibrary(); }));
    }
    return library <= kMargin * tiles;
  }

private:
  static size_t floats(int64_t count) {
    return static_cast<size_t>(count) * sizeof(float);
  }

  static void fillRandom(Buffer &buffer, uint32_t seed) {
    auto *to = static_cast<float *>(buffer.data());
    for (size_t i = 0; i < buffer.size() / sizeof(float); ++i) {
      seed = seed * 1664525u + 1013904223u;
      to[i] = static_cast<float>(static_cast<int32_t>(seed)) * 0x1p-31f;
    }
  }

  void runTiles(int64_t m) {
    multiplyPanels({a_.data(), m, k_, k_}, TileFormat::Floats, k_,
                   panels_.data(), /*skipsZeros=*/false, ours_.data(),
                   DType::F32, n_, n_, 1);
  }

  void runLibrary() {
    library_->run(static_cast<const float *>(a_.data()), packed_.data(),
                  static_cast<float *>(theirs_.data()), scratch_.data());
  }

  // The same bits for m rows; afterwards runLibrary() computes m rows.
  bool agrees(int64_t m) {
    library_ = OneDnnMatmul::create({m, n_, k_, k_, n_});
    if (!library_)
      return false;
    packed_ = Buffer(library_->packedBytes());
    scratch_ = Buffer(library_->scratchBytes());
    library_->pack(static_cast<const float *>(b_.data()), n_, 1,
                   packed_.data());
    runTiles(m);
    runLibrary();
    return std::memcmp(ours_.data(), theirs_.data(), floats(m * n_)) == 0;
  }

  int64_t k_, n_;
  Buffer a_, b_, ours_, theirs_, panels_, packed_, scratch_;
  std::unique_ptr<OneDnnMatmul> library_;
};

/// Of the process: by k and n, whether the library wins.
struct Outcomes {
  std::mutex mutex;
  std::map<std::pair<int64_t, int64_t>, bool> byShape;
};
} // namespace

static Outcomes &outcomes() {
  static Outcomes all;
  return all;
}

bool libraryWins(int64_t k, int64_t n) {
  std::lock_guard<std::mutex> lock(outcomes().mutex);
  auto &known = outcomes().byShape;
  auto it = known.find({k, n});
  if (it == known.end())
    it = known.emplace(std::pair(k, n), Trial(k, n).libraryWins()).first;
  return it->second;
}

//===-- Between processes -------------------------------------------------===//

static constexpr char kLibrary[] = "library", kTiles[] = "tiles";

std::string trialOutcomes() {
  std::lock_guard<std::mutex> lock(outcomes().mutex);
  std::string lines;
  for (const auto &[shape, wins] : outcomes().byShape)
    lines += text(shape.first, " ", shape.second, " ", wins ? kLibrary : kTiles,
                  "\n");
  return lines;
}

void recallTrials(const std::string &lines) {
  std::lock_guard<std::mutex> lock(outcomes().mutex);
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    int64_t k = 0, n = 0;
    std::string winner;
    if (words >> k >> n >> winner && (winner == kLibrary || winner == kTiles))
      outcomes().byShape.emplace(std::pair(k, n), winner == kLibrary);
  }
}

// What the system tells of the first processor; "" where it tells nothing.
static std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  std::string name;
  for (std::string line; std::getline(file, line) && !line.empty();)
    for (const char *field : {"vendor_id", "cpu family", "model", "stepping"})
      if (line.compare(0, std::strlen(field), field) == 0)
        name += line + "\n";
  return name;
}

std::string trialHost() {
  return text(processorName(), nameOf(hostIsa()), "\n", oneDnnVersion(), " ",
              oneDnnIsa());
}

} // namespace moert
