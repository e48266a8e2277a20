#include "moe/Interpret/Replay.h"

#include "lib/Interpret/BalancedAssignment.h"
#include "lib/Interpret/GroupGate.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Location.h"
#include "moe/IR/Moe.h"
#include "moe/IR/RoutingChoices.h"
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace moe::interpret {

//===----------------------------------------------------------------------===//
// One difference
//===----------------------------------------------------------------------===//

namespace {

/// Two choices that differ, and the scores that made each.
struct Disagreement {
  int64_t position; // in the choices' tensor
  std::string got, wanted;
  double gotScore, wantedScore;
};

/// Decides whether the scores of one op tie, and counts those that do.
class Judge {
public:
  Judge(Operation *op, const Tensor &choices, double tolerance, double greatest,
        int64_t &ties)
      : op(op), choices(choices), tolerance(tolerance), greatest(greatest),
        ties(ties) {}

  LogicalResult accept(const Disagreement &two) {
    // Equal infinities tie; NaN never does.
    if (two.gotScore == two.wantedScore ||
        std::fabs(two.gotScore - two.wantedScore) <= tolerance * greatest) {
      ++ties;
      return success();
    }
    return op->emitOpError()
           << "chose otherwise at global index "
           << choices.indexText(two.position) << ": got " << two.got
           << ", wanted " << two.wanted << ", whose scores "
           << number(two.gotScore) << " and " << number(two.wantedScore)
           << " differ by more than " << number(tolerance)
           << " of the greatest score " << number(greatest);
  }

private:
  static std::string number(double value) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.9g", value);
    return text;
  }

  Operation *op;
  const Tensor &choices;
  double tolerance, greatest;
  int64_t &ties;
};

//===----------------------------------------------------------------------===//
// The k best
//===----------------------------------------------------------------------===//

/// Lines of k choices among the n scores of a line.
struct BestOf {
  Operation *op;
  const Tensor &scores;
  int64_t dim, k;
  double tolerance;

  /// Judges `fed` against the indices `own`, which become those of `fed`.
  LogicalResult follow(const Tensor &fed, Tensor &own, int64_t &ties) const {
    Judge judge(op, fed, tolerance, greatestChosen(own), ties);
    bool isGood = true;
    forEachLine(
        own.getShape(), dim, [&](int64_t begin, int64_t stride, int64_t) {
          isGood =
              isGood && succeeded(followLine(begin, stride, fed, own, judge));
        });
    return success(isGood);
  }

  /// The score that choice `index` at `position` of the choices has.
  double scoreOf(int64_t position, int64_t stride, int64_t index) const {
    int64_t n = scores.getShape()[dim];
    int64_t line = position / (k * stride) * (n * stride) + position % stride;
    return scores.data<double>()[line + index * stride];
  }

private:
  double greatestChosen(const Tensor &own) const {
    double greatest = 0;
    forEachLine(
        own.getShape(), dim, [&](int64_t begin, int64_t stride, int64_t) {
          for (int64_t i = 0; i < k; ++i) {
            int64_t at = begin + i * stride;
            double score =
                std::fabs(scoreOf(begin, stride, own.data<int64_t>()[at]));
            if (std::isfinite(score))
              greatest = std::max(greatest, score);
          }
        });
    return greatest;
  }

  LogicalResult followLine(int64_t begin, int64_t stride, const Tensor &fed,
                           Tensor &own, Judge &judge) const {
    llvm::SmallDenseSet<int64_t> chosen;
    for (int64_t i = 0; i < k; ++i) {
      int64_t at = begin + i * stride;
      int64_t got = fed.data<int64_t>()[at];
      int64_t &wanted = own.data<int64_t>()[at];
      if (failed(checkIndex(fed, at, got, chosen)))
        return failure();
      if (got == wanted)
        continue;
      if (failed(judge.accept({at, std::to_string(got), std::to_string(wanted),
                               scoreOf(begin, stride, got),
                               scoreOf(begin, stride, wanted)})))
        return failure();
      wanted = got;
    }
    return success();
  }

  LogicalResult checkIndex(const Tensor &fed, int64_t at, int64_t got,
                           llvm::SmallDenseSet<int64_t> &chosen) const {
    int64_t n = scores.getShape()[dim];
    if (got < 0 || got >= n)
      return op->emitOpError() << "got choice " << got << " at global index "
                               << fed.indexText(at) << ", there are " << n;
    if (!chosen.insert(got).second)
      return op->emitOpError() << "got choice " << got << " twice, again at "
                               << "global index " << fed.indexText(at);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

/// Follows the choices of one op in one evaluation of it.
class Follower {
public:
  Follower(Operation *op, Evaluation &evaluation,
           ArrayRef<std::pair<unsigned, Tensor>> choices, double tolerance,
           int64_t &ties)
      : op(op), evaluation(evaluation), choices(choices), tolerance(tolerance),
        ties(ties) {}

  LogicalResult run() {
    return llvm::TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](TopKOp topK) { return follow(topK); })
        .Case([&](ArgReduceOp argReduce) { return follow(argReduce); })
        .Case([&](SortOp sort) { return follow(sort); })
        .Case([&](GatingOp gating) { return follow(gating); })
        .Case([&](BalancedAssignmentOp op) { return follow(op); })
        .Case([&](arith::CmpFOp) { return followCompare(); })
        .Case([&](arith::FPToSIOp cast) {
          bool isBit = getElementTypeOrSelf(cast.getType()).isInteger(1);
          return followRounding<int64_t>([isBit](double x, double n) {
            n = isBit ? -n : n; // the bit 1 is -1
            // n stands for [n, n+1), at and below zero for (n-1, n].
            return std::clamp(x, n > 0 ? n : n - 1, n < 0 ? n : n + 1);
          });
        })
        .Case([&](math::FloorOp) {
          return followRounding<double>(
              [](double x, double n) { return std::clamp(x, n, n + 1); });
        })
        .Case([&](math::CeilOp) {
          return followRounding<double>(
              [](double x, double n) { return std::clamp(x, n - 1, n); });
        })
        .Default([](Operation *) { return success(); });
  }

private:
  LogicalResult follow(TopKOp op);
  LogicalResult follow(ArgReduceOp op);
  LogicalResult follow(SortOp op);
  LogicalResult follow(BalancedAssignmentOp op);
  LogicalResult followBest(const BestOf &best, const Tensor &fed,
                           Tensor &values, Tensor &indices);
  LogicalResult followLine(SortOp op, int64_t begin, int64_t stride,
                           MutableArrayRef<int64_t> order, Judge &judge);
  LogicalResult checkLoads(int64_t group, const Tensor &fed, int64_t experts);
  LogicalResult follow(GatingOp op);
  LogicalResult fillGroup(GatingOp op, int64_t group);
  LogicalResult followCompare();
  template <typename Element, typename Nearest>
  LogicalResult followRounding(Nearest nearest);

  Operation *op;
  Evaluation &evaluation;
  ArrayRef<std::pair<unsigned, Tensor>> choices;
  double tolerance;
  int64_t &ties;
};

// Takes over the indices; values are then those of the scores.
LogicalResult Follower::followBest(const BestOf &best, const Tensor &fed,
                                   Tensor &values, Tensor &indices) {
  if (failed(best.follow(fed, indices, ties)))
    return failure();
  forEachLine(indices.getShape(), best.dim,
              [&](int64_t begin, int64_t stride, int64_t k) {
                for (int64_t i = 0; i < k; ++i) {
                  int64_t at = begin + i * stride;
                  values.data<double>()[at] =
                      best.scoreOf(begin, stride, indices.data<int64_t>()[at]);
                }
              });
  return success();
}

LogicalResult Follower::follow(TopKOp op) {
  BestOf best{op, evaluation.operand(0), static_cast<int64_t>(op.getDim()),
              static_cast<int64_t>(op.getK()), tolerance};
  return followBest(best, choices[0].second, evaluation.result(0),
                    evaluation.result(1));
}

// The one best, seen as the k best with k = 1.
LogicalResult Follower::follow(ArgReduceOp op) {
  const Tensor &scores = evaluation.operand(0);
  int64_t dim = op.getDim();
  BestOf best{op, scores, dim, 1, tolerance};
  SmallVector<int64_t> shape(scores.getShape());
  shape[dim] = 1;
  Tensor values = evaluation.result(0).reshaped(shape),
         indices = evaluation.result(1).reshaped(shape);
  return followBest(best, choices[0].second.reshaped(shape), values, indices);
}

//===----------------------------------------------------------------------===//
// Sort
//===----------------------------------------------------------------------===//

// Makes `order`, that of a line's keys, the order in which the other run has
// the integers that were moved along.
LogicalResult Follower::followLine(SortOp op, int64_t begin, int64_t stride,
                                   MutableArrayRef<int64_t> order,
                                   Judge &judge) {
  const double *keys = evaluation.operand(0).data<double>();
  auto keyOf = [&](int64_t i) { return keys[begin + i * stride]; };
  for (size_t i = 0; i < order.size(); ++i) {
    int64_t at = begin + static_cast<int64_t>(i) * stride;
    auto *found = std::find_if(order.begin() + i, order.end(), [&](int64_t j) {
      return llvm::all_of(choices, [&](const auto &choice) {
        return evaluation.operand(choice.first)
                   .template data<int64_t>()[begin + j * stride] ==
               choice.second.template data<int64_t>()[at];
      });
    });
    const Tensor &fed = choices[0].second;
    std::string got = fed.elementText(at, Mode::Float);
    if (found == order.end())
      return op.emitOpError()
             << "got " << got << " at global index " << fed.indexText(at)
             << ", no key that is left goes with it";
    if (found == order.begin() + i)
      continue;
    std::string wanted =
        evaluation.operand(choices[0].first)
            .elementText(begin + order[i] * stride, Mode::Float);
    if (failed(judge.accept({at, got, wanted, keyOf(*found), keyOf(order[i])})))
      return failure();
    std::rotate(order.begin() + i, found, found + 1);
  }
  return success();
}

LogicalResult Follower::follow(SortOp op) {
  const Tensor &keys = evaluation.operand(0);
  Judge judge(op, choices[0].second, tolerance, greatestMagnitude(keys), ties);
  bool isGood = true;
  SmallVector<int64_t> order;
  forEachLine(
      keys.getShape(), op.getDim(),
      [&](int64_t begin, int64_t stride, int64_t n) {
        orderOf(
            FloatNumbers(), n, op.getDescending(),
            [&](int64_t i) { return keys.data<double>()[begin + i * stride]; },
            order);
        isGood =
            isGood && succeeded(followLine(op, begin, stride, order, judge));
        for (unsigned t = 0; t < op.getNumOperands(); ++t)
          for (int64_t i = 0; i < n; ++i)
            evaluation.result(t).words()[begin + i * stride] =
                evaluation.operand(t).words()[begin + order[i] * stride];
      });
  return success(isGood);
}

//===----------------------------------------------------------------------===//
// Gates
//===----------------------------------------------------------------------===//

// The experts fed for a group exist and have room.
LogicalResult Follower::checkLoads(int64_t group, const Tensor &fed,
                                   int64_t experts) {
  int64_t tokens = fed.getShape()[1], load = balancedLoad(tokens, experts);
  SmallVector<int64_t> used(experts, 0);
  for (int64_t at = group * tokens; at < (group + 1) * tokens; ++at) {
    int64_t expert = fed.data<int64_t>()[at];
    if (expert < 0 || expert >= experts)
      return op->emitOpError()
             << "got choice " << expert << " at global index "
             << fed.indexText(at) << ", there are " << experts;
    if (++used[expert] > load)
      return op->emitOpError()
             << "got choice " << expert << " at global index "
             << fed.indexText(at) << ", it has its " << load << " already";
  }
  return success();
}

// Two assignments of a group tie when their sums do. Scores may differ by the
// tolerance and, being counted in units, by one of these.
LogicalResult Follower::follow(BalancedAssignmentOp op) {
  const Tensor &scores = evaluation.operand(0), &fed = choices[0].second;
  int64_t tokens = scores.getShape()[1], experts = scores.getShape()[2];
  auto *own = evaluation.result(0).data<int64_t>();
  auto *slot = evaluation.result(1).data<int64_t>();
  double greatest = greatestMagnitude(scores) + kScoreUnit / tolerance;
  for (int64_t g = 0; g < scores.getShape()[0]; ++g) {
    if (failed(checkLoads(g, fed, experts)))
      return failure();
    int64_t differing = 0, first = 0, groups = 0;
    double got = 0, wanted = 0;
    SmallVector<int64_t> used(experts, 0);
    for (int64_t at = (g + 1) * tokens; at-- > g * tokens;) {
      int64_t choice = fed.data<int64_t>()[at];
      if (choice == own[at])
        continue;
      ++differing;
      first = at;
      got += scores.data<double>()[at * experts + choice];
      wanted += scores.data<double>()[at * experts + own[at]];
    }
    Judge judge(op, fed, tolerance,
                2 * static_cast<double>(differing) * greatest, groups);
    if (differing &&
        failed(judge.accept({first, std::to_string(fed.data<int64_t>()[first]),
                             std::to_string(own[first]), got, wanted})))
      return failure();
    ties += differing;
    for (int64_t at = g * tokens; at < (g + 1) * tokens; ++at) {
      own[at] = fed.data<int64_t>()[at];
      slot[at] = used[own[at]]++;
    }
  }
  return success();
}

LogicalResult Follower::follow(GatingOp op) {
  BestOf best{op, evaluation.operand(0), 2, static_cast<int64_t>(op.getK()),
              tolerance};
  if (failed(best.follow(choices[0].second, evaluation.result(0), ties)))
    return failure();
  for (int64_t group = 0; group < evaluation.operand(0).getShape()[0]; ++group)
    if (failed(fillGroup(op, group)))
      return failure();
  return success();
}

// Weights and slots of a group from its experts. A second choice without a slot
// was either not kept or found none: kept is what agrees with the other run.
LogicalResult Follower::fillGroup(GatingOp op, int64_t group) {
  const Tensor &gates = evaluation.operand(0);
  int64_t tokens = gates.getShape()[1], experts = gates.getShape()[2],
          k = op.getK(), begin = group * tokens * k;
  GroupGate gate(FloatNumbers(), gates.getElementType(), tokens, experts, k,
                 static_cast<int64_t>(op.getCapacity()));
  auto *expert = evaluation.result(0).data<int64_t>() + begin;
  auto *slot = evaluation.result(1).data<int64_t>() + begin;
  auto *weight = evaluation.result(2).data<double>() + begin;
  for (int64_t s = 0; s < tokens; ++s)
    gate.normalise(gates.data<double>() + (group * tokens + s) * experts,
                   expert + s * k, weight + s * k);
  if (!op.getRandom()) {
    gate.fill(expert, [](int64_t, bool) { return true; }, slot, weight);
    return success();
  }
  const Tensor &slots = choices[1].second;
  const double *random = evaluation.operand(1).data<double>() + group * tokens;
  // Random numbers are in [0, 1), and so are the gates.
  Judge judge(op, slots, tolerance, /*greatest=*/1, ties);
  const int64_t *fed = slots.data<int64_t>() + begin;
  bool isGood = true;
  gate.fill(
      expert,
      [&](int64_t at, bool fits) {
        if (at % k == 0)
          return true;
        bool own = gate.keepsSecond(random[at / k], weight[at]);
        bool other = fed[at] >= 0 || (own && !fits);
        if (own != other)
          isGood =
              isGood &&
              succeeded(judge.accept({begin + at, other ? "kept" : "not kept",
                                      own ? "kept" : "not kept", random[at / k],
                                      2 * weight[at]}));
        return other;
      },
      slot, weight);
  if (!isGood)
    return failure();
  for (int64_t at = 0; at < tokens * k; ++at)
    if (slot[at] != fed[at])
      return op->emitOpError() << "got slot " << fed[at] << " at global index "
                               << slots.indexText(begin + at)
                               << ", by the choices it is " << slot[at];
  return success();
}

LogicalResult Follower::followCompare() {
  const Tensor &fed = choices[0].second, &a = evaluation.operand(0),
               &b = evaluation.operand(1);
  Judge judge(op, fed, tolerance,
              std::max(greatestMagnitude(a), greatestMagnitude(b)), ties);
  auto *own = evaluation.result(0).data<int64_t>();
  for (int64_t i = 0, e = fed.getElements(); i < e; ++i) {
    bool got = fed.data<int64_t>()[i], wanted = own[i];
    if (got != wanted &&
        failed(
            judge.accept({i, got ? "true" : "false", wanted ? "true" : "false",
                          a.data<double>()[i], b.data<double>()[i]})))
      return failure();
    own[i] = got;
  }
  return success();
}

template <typename Element, typename Nearest>
LogicalResult Follower::followRounding(Nearest nearest) {
  const Tensor &fed = choices[0].second, &scores = evaluation.operand(0);
  Judge judge(op, fed, tolerance, greatestMagnitude(scores), ties);
  auto *own = evaluation.result(0).data<Element>();
  for (int64_t i = 0, e = fed.getElements(); i < e; ++i) {
    Element got = fed.data<Element>()[i], wanted = own[i];
    if (got == wanted || (got != got && wanted != wanted))
      continue;
    double score = scores.data<double>()[i];
    if (failed(judge.accept({i, fed.elementText(i, Mode::Float),
                             evaluation.result(0).elementText(i, Mode::Float),
                             nearest(score, static_cast<double>(got)), score})))
      return failure();
    own[i] = got;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// All ops
//===----------------------------------------------------------------------===//

/// The floats that are rounded to bf16, or made of such.
class RoundedValues {
public:
  explicit RoundedValues(Block &block) {
    for (Value argument : block.getArguments())
      add(argument, false);
    for (Operation &op : block)
      for (Value result : op.getResults())
        add(result, llvm::any_of(op.getOperands(), [&](Value operand) {
              return contains(operand);
            }));
  }
  bool contains(Value value) const { return values.contains(value); }

private:
  void add(Value value, bool isDerived) {
    Type type = getElementTypeOrSelf(value.getType());
    if (type.isBF16() || (isDerived && isa<FloatType>(type)))
      values.insert(value);
  }
  llvm::DenseSet<Value> values;
};

} // namespace

static double toleranceFor(Operation *op, const RoundedValues &rounded) {
  double tolerance = 0;
  for (Value operand : op->getOperands()) {
    Type type = rounded.contains(operand)
                    ? BFloat16Type::get(op->getContext())
                    : getElementTypeOrSelf(operand.getType());
    tolerance = std::max(tolerance, toleranceOf(type));
  }
  return tolerance;
}

FailureOr<Replay> Replay::create(func::FuncOp entry,
                                 const NamedTensors &choices) {
  Replay replay;
  RoundedValues rounded(entry.getBody().front());
  for (const RoutingChoice &choice : findRoutingChoices(entry)) {
    auto found = choices.find(choice.name);
    if (found == choices.end())
      return entry.emitError() << "the choices lack '" << choice.name << "'";
    Operation *op = choice.value.getOwner();
    Site &site = replay.sites[op];
    site.result.op = op->getName().getStringRef().str();
    site.result.location = describeLocation(op->getLoc());
    // The slots of a gate say which of its second choices were kept.
    bool isKeeping = isa<GatingOp>(op) && choice.value.getResultNumber() == 1;
    site.result.choices +=
        found->second.getElements() /
        (isKeeping ? cast<GatingOp>(op).getK() : uint64_t{1});
    site.choices.push_back({choice.value.getResultNumber(), found->second});
    site.tolerance = toleranceFor(op, rounded);
  }
  return replay;
}

LogicalResult Replay::follow(Operation *op, Evaluation &evaluation) {
  auto found = sites.find(op);
  if (found == sites.end())
    return success();
  Site &site = found->second;
  return Follower(op, evaluation, site.choices, site.tolerance,
                  site.result.ties)
      .run();
}

SmallVector<ChoiceSite> Replay::getSites() const {
  SmallVector<ChoiceSite> results;
  for (const auto &[op, site] : sites)
    results.push_back(site.result);
  return results;
}

std::string Replay::summary() const {
  int64_t choices = 0, ties = 0;
  std::string where;
  for (const ChoiceSite &site : getSites()) {
    choices += site.choices;
    ties += site.ties;
    if (site.ties)
      where += (where.empty() ? ": " : ", ") + site.op + " at " +
               site.location + " (" + std::to_string(site.ties) + ")";
  }
  if (choices == 0)
    return "";
  if (ties == 0)
    return "routing equal: all " + std::to_string(choices) + " choices";
  return std::to_string(ties) +
         (ties == 1 ? " routing choice ties (of "
                    : " routing choices tie (of ") +
         std::to_string(choices) + ")" + where;
}

} // namespace moe::interpret
