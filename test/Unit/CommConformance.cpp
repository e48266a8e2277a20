#include "test/Unit/CommConformance.h"

#include "runtime/core/ExchangePlan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace moert;
using moert::test::onEveryRank;

namespace {

using Indices = std::vector<int64_t>;

constexpr unsigned char untouched = 0xa5;

// Prime digits of a job's ranks, major to minor: 6 is (3,2) (2,1).
std::vector<Digit> digitsOf(int ranks) {
  std::vector<Digit> digits;
  int64_t stride = 1;
  for (int64_t prime = 2, rest = ranks; rest > 1; ++prime)
    for (; rest % prime == 0; rest /= prime) {
      digits.insert(digits.begin(), {prime, stride});
      stride *= prime;
    }
  return digits;
}

// A random layout; the same on all ranks for the same generator.
Layout randomLayout(const Indices &shape, std::vector<Digit> digits,
                    std::mt19937_64 &random) {
  Layout layout{shape, std::vector<std::vector<Digit>>(shape.size()), {}};
  std::shuffle(digits.begin(), digits.end(), random);
  for (const Digit &digit : digits) {
    size_t dim = random() % (shape.size() + 1);
    if (dim < shape.size())
      layout.dims[dim].push_back(digit);
  }
  return layout;
}

// What global element `index` is on `rank` before it is reduced: small, so that
// products stay finite, and not exact in binary, so that order shows.
double valueAt(int64_t index, int64_t rank) {
  uint64_t hash = static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15u +
                  static_cast<uint64_t>(rank) * 0xc2b2ae3d27d4eb4fu;
  hash ^= hash >> 29;
  return static_cast<double>(hash % 2001) / 700.0 - 1.4;
}

// One stored element.
struct Element {
  unsigned char bytes[8] = {};
};

template <typename T> Element pack(T value) {
  Element element;
  std::memcpy(element.bytes, &value, sizeof value);
  return element;
}

Element encode(DType dtype, double value) {
  switch (dtype) {
  case DType::F32:
    return pack(static_cast<float>(value));
  case DType::BF16:
    return pack(toBF16(static_cast<float>(value)));
  case DType::F64:
    return pack(value);
  case DType::I1:
    return pack(static_cast<uint8_t>(value > 0));
  case DType::I8:
    return pack(static_cast<int8_t>(value * 60));
  case DType::I32:
    return pack(static_cast<int32_t>(value * 1.4e9));
  case DType::I64:
    return pack(static_cast<int64_t>(value * 6e18));
  }
  return {};
}

template <typename T> T unpack(const Element &element) {
  T value;
  std::memcpy(&value, element.bytes, sizeof value);
  return value;
}

template <typename T> T meetFloat(Reduction reduction, T a, T b) {
  switch (reduction) {
  case Reduction::Sum:
    return a + b;
  case Reduction::Prod:
    return a * b;
  case Reduction::Max:
    return std::isnan(a) || std::isnan(b) ? a + b : std::max(a, b);
  default:
    return std::isnan(a) || std::isnan(b) ? a + b : std::min(a, b);
  }
}

int64_t meetInteger(Reduction reduction, int64_t a, int64_t b) {
  switch (reduction) {
  case Reduction::Sum:
    return static_cast<int64_t>(static_cast<uint64_t>(a) +
                                static_cast<uint64_t>(b));
  case Reduction::Prod:
    return static_cast<int64_t>(static_cast<uint64_t>(a) *
                                static_cast<uint64_t>(b));
  case Reduction::Max:
    return std::max(a, b);
  case Reduction::Min:
    return std::min(a, b);
  case Reduction::And:
    return a & b;
  default:
    return a | b;
  }
}

// The reference: contributions by rising rank, one after the other.
Element reduceElement(DType dtype, Reduction reduction, int64_t index,
                      Indices group) {
  std::sort(group.begin(), group.end());
  auto load = [&](int64_t rank) { return encode(dtype, valueAt(index, rank)); };
  auto fold = [&](auto read, auto meet, auto write) {
    auto sum = read(load(group[0]));
    for (size_t i = 1; i < group.size(); ++i)
      sum = meet(reduction, sum, read(load(group[i])));
    return write(sum);
  };
  switch (dtype) {
  case DType::F32:
    return fold(unpack<float>, meetFloat<float>, pack<float>);
  case DType::F64:
    return fold(unpack<double>, meetFloat<double>, pack<double>);
  case DType::BF16:
    return fold([](const Element &e) { return fromBF16(unpack<uint16_t>(e)); },
                meetFloat<float>,
                [](float value) { return pack(toBF16(value)); });
  case DType::I1:
    return fold(
        [](const Element &e) { return int64_t(unpack<uint8_t>(e)); },
        meetInteger,
        [](int64_t value) { return pack(static_cast<uint8_t>(value & 1)); });
  case DType::I8:
    return fold([](const Element &e) { return int64_t(unpack<int8_t>(e)); },
                meetInteger,
                [](int64_t value) { return pack(static_cast<int8_t>(value)); });
  case DType::I32:
    return fold(
        [](const Element &e) { return int64_t(unpack<int32_t>(e)); },
        meetInteger,
        [](int64_t value) { return pack(static_cast<int32_t>(value)); });
  case DType::I64:
    return fold(unpack<int64_t>, meetInteger, pack<int64_t>);
  }
  return {};
}

// Visits (local offset, global offset) of what `rank` holds.
template <typename Visit>
void forEachHeld(const Layout &layout, int64_t rank, const Visit &visit) {
  Indices local = layout.localShape();
  for (int64_t flat = 0; flat < layout.heldElements(rank); ++flat) {
    int64_t rest = flat, stride = 1, globalStride = 1, offset = 0, global = 0;
    for (size_t dim = local.size(); dim-- > 0;) {
      Range range = layout.range(dim, rank);
      int64_t index = rest % range.size();
      rest /= range.size();
      offset += index * stride;
      global += (index + range.begin) * globalStride;
      stride *= local[dim];
      globalStride *= layout.shape[dim];
    }
    visit(offset, global);
  }
}

// Buffers of one call of a site, and the check of its result.
class Trial {
public:
  Trial(const CollectiveSite &site, int64_t rank)
      : site_(site), rank_(rank), size_(sizeOf(site.dtype)),
        source(site.source.localElements() * size_ + 1, 0xff),
        target(site.target.localElements() * size_ + 1, untouched) {
    bool partial = site.primitive != Primitive::Exchange;
    forEachHeld(site.source, rank, [&](int64_t offset, int64_t global) {
      Element element = encode(site.dtype, valueAt(global, partial ? rank : 0));
      std::memcpy(&source[offset * size_], element.bytes, size_);
    });
  }

  void check() const {
    std::vector<unsigned char> want(target.size(), untouched);
    forEachHeld(site_.target, rank_, [&](int64_t offset, int64_t global) {
      Element element =
          site_.primitive == Primitive::Exchange
              ? encode(site_.dtype, valueAt(global, 0))
              : reduceElement(site_.dtype, site_.reduction, global,
                              groupOf(site_.source.unreduced, rank_));
      std::memcpy(&want[offset * size_], element.bytes, size_);
    });
    EXPECT_TRUE(target == want)
        << "rank " << rank_ << ", " << nameOf(site_.primitive) << " "
        << nameOf(site_.dtype) << " " << nameOf(site_.reduction) << " "
        << site_.source.str() << " to " << site_.target.str();
  }

private:
  CollectiveSite site_;
  int64_t rank_;
  size_t size_;

public:
  // One byte more than needed: never a null pointer.
  std::vector<unsigned char> source;
  std::vector<unsigned char> target;
};

CollectiveSite siteOf(Primitive primitive, DType dtype, Layout source,
                      Layout target, Reduction reduction = Reduction::None) {
  CollectiveSite site;
  site.primitive = primitive;
  site.dtype = dtype;
  site.source = std::move(source);
  site.target = std::move(target);
  site.reduction = reduction;
  site.op = "test.op";
  site.location = "test.mlir:1:1";
  return site;
}

void number(std::vector<CollectiveSite> &sites) {
  for (size_t i = 0; i < sites.size(); ++i)
    sites[i].site = static_cast<int32_t>(i);
}

const std::vector<Indices> shapes = {{8, 6},    {7, 5}, {2, 3}, {13},
                                     {3, 4, 5}, {1},    {}};

std::vector<CollectiveSite> randomExchanges(int ranks, size_t perShape) {
  std::mt19937_64 random(7);
  std::vector<CollectiveSite> sites;
  std::vector<Digit> digits = digitsOf(ranks);
  for (const Indices &shape : shapes)
    for (size_t i = 0; i < perShape; ++i)
      sites.push_back(siteOf(Primitive::Exchange,
                             allDTypes[random() % std::size(allDTypes)],
                             randomLayout(shape, digits, random),
                             randomLayout(shape, digits, random)));
  number(sites);
  return sites;
}

// Every reduction of every element type, over random sub-groups.
std::vector<CollectiveSite> randomReductions(int ranks) {
  std::mt19937_64 random(11);
  std::vector<CollectiveSite> sites;
  for (DType dtype : allDTypes)
    for (Reduction reduction :
         {Reduction::Sum, Reduction::Max, Reduction::Min, Reduction::Prod,
          Reduction::And, Reduction::Or}) {
      bool bits = reduction == Reduction::And || reduction == Reduction::Or;
      if (bits && isFloat(dtype))
        continue;
      for (int scatter = 0; scatter < 2; ++scatter) {
        const Indices &shape = shapes[random() % 5];
        std::vector<Digit> cut, group;
        for (const Digit &digit : digitsOf(ranks))
          (random() % 2 ? cut : group).push_back(digit);
        Layout source = randomLayout(shape, cut, random);
        source.unreduced = group;
        Layout target = source;
        target.unreduced.clear();
        if (scatter)
          for (const Digit &digit : group)
            target.dims[random() % shape.size()].push_back(digit);
        sites.push_back(
            siteOf(scatter ? Primitive::ReduceScatter : Primitive::AllReduce,
                   dtype, source, target, reduction));
      }
    }
  number(sites);
  return sites;
}

void runAll(Communicator &comm, const std::vector<CollectiveSite> &sites) {
  comm.prepare(sites);
  for (const CollectiveSite &site : sites) {
    Trial trial(site, comm.rank());
    comm.run(site.site, trial.source.data(), trial.target.data());
    trial.check();
  }
}

} // namespace

TEST(Conformance, ExchangesOfEveryTypeAndShape) {
  onEveryRank([](Communicator &comm) {
    runAll(comm, randomExchanges(comm.size(), 12));
  });
}

// Large enough that transports do not pack: few long runs, and many short ones.
TEST(Conformance, LargeExchangesInFewAndManyRuns) {
  onEveryRank([](Communicator &comm) {
    std::mt19937_64 random(3);
    std::vector<CollectiveSite> sites;
    for (const Indices &shape : {Indices{24, 8191}, Indices{8191, 24}})
      for (int i = 0; i < 6; ++i)
        sites.push_back(
            siteOf(Primitive::Exchange, i % 2 ? DType::F64 : DType::BF16,
                   randomLayout(shape, digitsOf(comm.size()), random),
                   randomLayout(shape, digitsOf(comm.size()), random)));
    number(sites);
    runAll(comm, sites);
  });
}

TEST(Conformance, ReductionsOfEveryKindAndType) {
  onEveryRank(
      [](Communicator &comm) { runAll(comm, randomReductions(comm.size())); });
}

TEST(Conformance, NaNWinsMaxAndMin) {
  onEveryRank([](Communicator &comm) {
    Layout source{{2}, {{}}, {{comm.size(), 1}}}, target{{2}, {{}}, {}};
    std::vector<CollectiveSite> sites = {
        siteOf(Primitive::AllReduce, DType::F32, source, target,
               Reduction::Max),
        siteOf(Primitive::AllReduce, DType::F32, source, target,
               Reduction::Min)};
    number(sites);
    comm.prepare(sites);
    for (int32_t site : {0, 1}) {
      float in[2] = {comm.rank() == 0 ? NAN : 1.0f, float(comm.rank())};
      float out[2] = {};
      comm.run(site, in, out);
      EXPECT_TRUE(std::isnan(out[0]));
      EXPECT_EQ(out[1], site == 0 ? float(comm.size() - 1) : 0.0f);
    }
  });
}

// Several in flight, finished out of order, others run in between.
TEST(Conformance, StartsFinishInAnyAskedOrder) {
  onEveryRank([](Communicator &comm) {
    std::vector<CollectiveSite> sites = randomExchanges(comm.size(), 4);
    std::vector<CollectiveSite> more = randomReductions(comm.size());
    sites.insert(sites.end(), more.begin(), more.end());
    std::mt19937_64 random(5);
    std::shuffle(sites.begin(), sites.end(), random);
    number(sites);
    comm.prepare(sites);
    for (size_t begin = 0; begin + 6 <= sites.size(); begin += 6) {
      std::vector<Trial> trials;
      for (size_t i = 0; i < 6; ++i)
        trials.emplace_back(sites[begin + i], comm.rank());
      for (size_t i : {0, 1, 2, 3})
        comm.start(sites[begin + i].site, trials[i].source.data(),
                   trials[i].target.data());
      comm.run(sites[begin + 4].site, trials[4].source.data(),
               trials[4].target.data());
      comm.start(sites[begin + 5].site, trials[5].source.data(),
                 trials[5].target.data());
      for (size_t i : {2, 0, 5, 1, 3})
        comm.done(sites[begin + i].site);
      for (const Trial &trial : trials)
        trial.check();
    }
  });
}

// However many set-up calls pass in between, what is in flight keeps its place.
TEST(Conformance, BarriersPassThoseInFlight) {
  onEveryRank([](Communicator &comm) {
    std::vector<Digit> digits = digitsOf(comm.size());
    CollectiveSite site =
        siteOf(Primitive::Exchange, DType::F32, {{8, 6}, {digits, {}}, {}},
               {{8, 6}, {{}, digits}, {}});
    std::vector<CollectiveSite> sites = {site, site};
    number(sites);
    comm.prepare(sites);
    Trial first(sites[0], comm.rank()), second(sites[1], comm.rank());
    comm.start(0, first.source.data(), first.target.data());
    for (int i = 0; i < 31; ++i)
      comm.barrier();
    comm.start(1, second.source.data(), second.target.data());
    comm.done(1);
    first.check();
    second.check();
  });
}

TEST(Conformance, RaggedRowsArriveBySender) {
  onEveryRank([](Communicator &comm) {
    std::vector<CollectiveSite> sites;
    std::vector<Digit> digits = digitsOf(comm.size());
    // All ranks, and each digit alone as a sub-group.
    std::vector<std::vector<Digit>> groups = {digits, {}};
    for (const Digit &digit : digits)
      groups.push_back({digit});
    for (const std::vector<Digit> &group : groups) {
      Layout rows{{40 * comm.size(), 3}, {{{comm.size(), 1}}, {}}, {}};
      Layout room{{100 * comm.size(), 3}, {{{comm.size(), 1}}, {}}, {}};
      sites.push_back(
          siteOf(Primitive::AllToAllRagged, DType::I32, rows, room));
      sites.back().group = group;
    }
    number(sites);
    comm.prepare(sites);
    auto rowsOf = [](int64_t from, int64_t to, int32_t round) {
      return (from * 5 + to * 3 + round) % 5;
    };
    for (int32_t round = 0; round < 3; ++round)
      for (const CollectiveSite &site : sites) {
        Indices group = groupOf(site.group, comm.rank());
        Indices send, receive(group.size(), -1);
        std::vector<int32_t> in, out(300, -7), want;
        for (int64_t peer : group) {
          send.push_back(rowsOf(comm.rank(), peer, round));
          for (int64_t i = 0; i < send.back() * 3; ++i)
            in.push_back(
                static_cast<int32_t>(comm.rank() * 10000 + peer * 100 + i));
        }
        for (int64_t peer : group)
          for (int64_t i = 0; i < rowsOf(peer, comm.rank(), round) * 3; ++i)
            want.push_back(
                static_cast<int32_t>(peer * 10000 + comm.rank() * 100 + i));
        in.resize(120);
        want.resize(300, -7);
        comm.allToAllRagged(site.site, in.data(), send.data(), out.data(),
                            receive.data());
        EXPECT_EQ(out, want);
        for (size_t i = 0; i < group.size(); ++i)
          EXPECT_EQ(receive[i], rowsOf(group[i], comm.rank(), round));
      }
  });
}

// A rank sends what its buffer holds and no more.
TEST(Conformance, RaggedRowsBeyondTheBufferAreRefused) {
  onEveryRank([](Communicator &comm) {
    int64_t ranks = comm.size();
    CollectiveSite site = siteOf(Primitive::AllToAllRagged, DType::I32,
                                 {{2 * ranks}, {{{ranks, 1}}}, {}},
                                 {{3 * ranks * ranks}, {{{ranks, 1}}}, {}});
    site.group = {{ranks, 1}};
    comm.prepare({site});
    Indices send(ranks, 0), receive(ranks, -1);
    std::vector<int32_t> in(3, comm.rank()), out(3 * ranks, -1);
    auto sendToFirst = [&](int64_t rows) {
      send[0] = rows;
      comm.allToAllRagged(0, in.data(), send.data(), out.data(),
                          receive.data());
    };
    EXPECT_THROW(sendToFirst(3), Error);
    EXPECT_THROW(sendToFirst(-1), Error);
    sendToFirst(2);
    EXPECT_EQ(receive, Indices(ranks, comm.rank() == 0 ? 2 : 0));
  });
}

TEST(Conformance, SetUpCallsMoveBytesOfAnyLength) {
  onEveryRank([](Communicator &comm) {
    for (size_t length : {size_t(0), size_t(1), size_t(3 << 20)})
      for (int root : {0, comm.size() - 1}) {
        std::string bytes(comm.rank() == root ? length : 5, 'x');
        comm.broadcast(bytes, root);
        EXPECT_EQ(bytes, std::string(length, 'x'));
        comm.barrier();
        std::string mine(length / (comm.rank() + 1), 'a' + comm.rank());
        std::vector<std::string> all = comm.allGather(mine);
        std::vector<std::string> some = comm.gather(mine, root);
        ASSERT_EQ(all.size(), static_cast<size_t>(comm.size()));
        EXPECT_EQ(some.size(), comm.rank() == root ? all.size() : 0);
        for (int rank = 0; rank < comm.size(); ++rank) {
          std::string want(length / (rank + 1), 'a' + rank);
          EXPECT_EQ(all[rank], want);
          if (comm.rank() == root)
            EXPECT_EQ(some[rank], want);
        }
      }
  });
}

TEST(Conformance, DisagreementIsToldToEveryRank) {
  onEveryRank([](Communicator &comm) {
    comm.agree("program", "same");
    if (comm.size() == 1)
      return;
    try {
      comm.agree("program", comm.rank() == 1 ? "other" : "same");
      ADD_FAILURE() << "rank " << comm.rank() << " noticed nothing";
    } catch (const Error &error) {
      EXPECT_NE(std::string(error.what()).find("'other' on rank 1"),
                std::string::npos)
          << error.what();
    }
  });
}

// Counted bytes: what a rank lacked, and what another sent.
TEST(Conformance, CountersSayWhatMoved) {
  onEveryRank([](Communicator &comm) {
    std::vector<CollectiveSite> sites = randomExchanges(comm.size(), 6);
    runAll(comm, sites);
    int64_t sent = 0, received = 0;
    for (const CollectiveSite &site : sites) {
      const SiteCounters &counters = comm.counters(site.site);
      EXPECT_EQ(counters.calls, 1);
      int64_t lacking = site.target.heldElements(comm.rank());
      int64_t both = 1;
      for (size_t dim = 0; dim < site.target.shape.size(); ++dim) {
        Range a = site.source.range(dim, comm.rank());
        Range b = site.target.range(dim, comm.rank());
        both *=
            Range{std::max(a.begin, b.begin), std::min(a.end, b.end)}.size();
      }
      EXPECT_EQ(counters.receivedBytes,
                (lacking - both) * static_cast<int64_t>(sizeOf(site.dtype)));
      EXPECT_EQ(counters.headerBytes, counters.messages * 32);
      sent += counters.sentBytes;
      received += counters.receivedBytes;
    }
    int64_t balance = 0;
    for (const std::string &text :
         comm.allGather(std::to_string(sent - received)))
      balance += std::stoll(text);
    EXPECT_EQ(balance, 0);
  });
}

TEST(Conformance, MoreInFlightThanAllowedAreRefused) {
  onEveryRank([](Communicator &comm) {
    Layout whole{{6}, {{}}, {}};
    std::vector<CollectiveSite> sites(
        33, siteOf(Primitive::Exchange, DType::F32, whole, whole));
    number(sites);
    comm.prepare(sites);
    float in[6] = {}, out[33][6];
    for (int32_t site = 0; site < 32; ++site)
      comm.start(site, in, out[site]);
    EXPECT_THROW(comm.start(32, in, out[32]), Error);
    comm.done(0);
    comm.start(32, in, out[32]);
    comm.done(32);
  });
}

TEST(Conformance, IllFormedSitesAreRefusedByName) {
  onEveryRank([](Communicator &comm) {
    Layout whole{{6}, {{}}, {}}, cut{{6}, {{{5 * comm.size(), 1}}}, {}};
    auto refusal = [&](const CollectiveSite &site) -> std::string {
      try {
        comm.prepare({site});
      } catch (const Error &error) {
        return error.what();
      }
      return "accepted";
    };
    std::string text =
        refusal(siteOf(Primitive::Exchange, DType::F32, whole, cut));
    EXPECT_NE(text.find("test.op at test.mlir:1:1"), std::string::npos) << text;
    EXPECT_NE(text.find("does not divide"), std::string::npos) << text;
    Layout partial{{6}, {{}}, {{comm.size(), 1}}};
    text = refusal(siteOf(Primitive::AllReduce, DType::F32, partial, whole,
                          Reduction::And));
    EXPECT_NE(text.find("works on bits"), std::string::npos) << text;
  });
}

TEST(Conformance, MisuseIsAnErrorOfTheRank) {
  onEveryRank([](Communicator &comm) {
    Layout whole{{6}, {{}}, {}};
    comm.prepare({siteOf(Primitive::Exchange, DType::F32, whole, whole)});
    float in[6] = {}, out[6];
    EXPECT_THROW(comm.run(1, in, out), Error);
    EXPECT_THROW(comm.allToAllRagged(0, in, nullptr, out, nullptr), Error);
    comm.start(0, in, out);
    EXPECT_THROW(comm.start(0, in, out), Error);
    comm.done(0);
    comm.done(0);
  });
}
