#include "runtime/comm/Communicator.h"

#include "runtime/comm/CommunicatorState.h"
#include "runtime/comm/JobTable.h"
#include "runtime/comm/Reduce.h"
#include "runtime/core/Refinement.h"

#include <chrono>
#include <csignal>
#include <map>
#include <thread>
#include <unistd.h>

namespace moert {

Communicator::Communicator(int rank, int size, const CommOptions &options)
    : rank_(rank), size_(size), state_(std::make_unique<State>()) {
  state_->options = options;
  state_->injection = parseInjection(options.inject);
  // A part holds a whole header, and its length is an int.
  if (options.maxMessageBytes < 64 || options.maxMessageBytes > INT32_MAX)
    throw Error(text("messages of at most ", options.maxMessageBytes,
                     " bytes; the limit lies between 64 and ", INT32_MAX));
}

Communicator::~Communicator() = default;

// One call as the recorder and the counters see it. A call that throws stays
// entered: that is where the rank failed.
class Communicator::Call {
public:
  Call(Communicator &comm, int32_t site, bool mayStrike)
      : state_(*comm.state_),
        counters_(site >= 0 ? comm.planOf(site).counters : state_.setUp) {
    const std::optional<Injection> &injection = state_.injection;
    if (mayStrike && injection && injection->rank == comm.rank_ &&
        injection->site == site && injection->call == counters_.calls)
      comm.strike(injection->fault);
    counters_.calls += mayStrike;
    state_.recorder->enter(++state_.calls, site);
  }
  void leave() { counters_.seconds += state_.recorder->leave(); }

private:
  State &state_;
  SiteCounters &counters_;
};

void Communicator::strike(const std::string &fault) {
  if (fault == "return")
    throw InjectedReturn();
  if (fault == "throw")
    throw Error("injected failure");
  if (fault == "exit0")
    ::_exit(0);
  if (fault == "kill")
    std::raise(SIGKILL);
  if (fault == "stop")
    std::raise(SIGSTOP);
  // never, stall: alive, but without a step.
  while (true)
    std::this_thread::sleep_for(std::chrono::seconds(1));
}

uint32_t digestOf(const CollectiveSite &site) {
  std::string all =
      text(nameOf(site.primitive), nameOf(site.dtype), nameOf(site.reduction),
           site.source.str(), site.target.str());
  if (site.map)
    all += site.map->str();
  for (const Digit &digit : site.group)
    all += text(",", digit.size, ",", digit.stride);
  uint32_t hash = 2166136261u;
  for (char c : all)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

static void planRagged(SitePlan &plan, int64_t size, int64_t rank) {
  const CollectiveSite &site = plan.site;
  checkDigits(site.source, size);
  checkDigits(site.target, size);
  // As a layout, the group's digits are checked for overlap too.
  Layout group{{1}, {site.group}, {}};
  if (!Refinement::of(size, {&group}))
    throw Error("digits of its group cross");
  std::vector<int64_t> from = site.source.localShape();
  std::vector<int64_t> to = site.target.localShape();
  if (from.empty() || to.size() != from.size() ||
      !std::equal(from.begin() + 1, from.end(), to.begin() + 1))
    throw Error(text("rows of ", shapeText(from), " and of ", shapeText(to),
                     " have different shapes"));
  plan.group = groupOf(site.group, rank);
  for (size_t i = 0; i < plan.group.size(); ++i)
    if (plan.group[i] == rank)
      plan.groupIndex = static_cast<int64_t>(i);
  plan.rowBytes = static_cast<int64_t>(plan.elementBytes);
  for (size_t dim = 1; dim < from.size(); ++dim)
    plan.rowBytes *= from[dim];
  plan.sourceRows = from[0];
  plan.targetRows = to[0];
}

SitePlan Communicator::planSite(const CollectiveSite &site) const {
  SitePlan plan;
  plan.site = site;
  plan.digest = digestOf(site);
  plan.elementBytes = sizeOf(site.dtype);
  switch (site.primitive) {
  case Primitive::Exchange:
    plan.plan = site.map ? planExchange(site.source, site.target, *site.map,
                                        size_, rank_)
                         : planExchange(site.source, site.target, size_, rank_);
    break;
  case Primitive::AllReduce:
    checkReduction(site.dtype, site.reduction);
    plan.plan = planAllReduce(site.source, site.target, size_, rank_);
    break;
  case Primitive::ReduceScatter:
    checkReduction(site.dtype, site.reduction);
    plan.plan = planReduceScatter(site.source, site.target, size_, rank_);
    break;
  case Primitive::AllToAllRagged:
    planRagged(plan, size_, rank_);
    break;
  }
  return plan;
}

void Communicator::prepare(const std::vector<CollectiveSite> &sites) {
  std::vector<SitePlan> plans;
  for (size_t i = 0; i < sites.size(); ++i) {
    int32_t number = static_cast<int32_t>(i);
    if (sites[i].site != number)
      throw Error(text("collective ", i, " of the manifest calls itself ",
                       sites[i].site, "; sites are numbered from 0"));
    try {
      plans.push_back(planSite(sites[i]));
    } catch (const Error &error) {
      throw Error(text(describeSite(sites, number), ": ", error.what()));
    }
  }
  state_->plans = std::move(plans);
  state_->sites = sites;
  sitesChanged();
}

size_t Communicator::siteCount() const { return state_->plans.size(); }

SitePlan &Communicator::planOf(int32_t site) {
  if (site < 0 || static_cast<size_t>(site) >= state_->plans.size())
    throw Error(text("collective ", site, " is not one of the program's ",
                     state_->plans.size()));
  return state_->plans[static_cast<size_t>(site)];
}

void Communicator::begin(SitePlan &plan, const void *source, void *target,
                         const int64_t *sendRows, int64_t *receiveRows) {
  const std::vector<CollectiveSite> &sites = state_->sites;
  if (plan.inFlight)
    throw Error(text(describeSite(sites, plan.site.site),
                     " is started again before it is done"));
  if (state_->inFlight.size() >= maxInFlight)
    throw Error(text(describeSite(sites, plan.site.site), ": ", maxInFlight,
                     " collectives are in flight already, the most allowed"));
  plan.inFlight = true;
  state_->inFlight.push_back({state_->operations++,
                              state_->begun++ % maxInFlight, &plan, source,
                              target, sendRows, receiveRows});
  post(state_->inFlight.back());
}

void Communicator::finishThrough(SitePlan &plan) {
  while (plan.inFlight) {
    Operation &oldest = state_->inFlight.front();
    complete(oldest);
    oldest.plan->inFlight = false;
    state_->inFlight.pop_front();
  }
}

static void requireRagged(const SitePlan &plan, bool ragged,
                          const std::vector<CollectiveSite> &sites) {
  if ((plan.site.primitive == Primitive::AllToAllRagged) != ragged)
    throw Error(text(describeSite(sites, plan.site.site), " is ",
                     nameOf(plan.site.primitive), " and was called as ",
                     ragged ? "all_to_all_ragged" : "one of fixed size"));
}

void Communicator::run(int32_t site, const void *source, void *target) {
  Call call(*this, site, true);
  SitePlan &plan = planOf(site);
  requireRagged(plan, false, state_->sites);
  begin(plan, source, target, nullptr, nullptr);
  finishThrough(plan);
  call.leave();
}

void Communicator::start(int32_t site, const void *source, void *target) {
  Call call(*this, site, true);
  SitePlan &plan = planOf(site);
  requireRagged(plan, false, state_->sites);
  begin(plan, source, target, nullptr, nullptr);
  call.leave();
}

void Communicator::done(int32_t site) {
  Call call(*this, site, false);
  finishThrough(planOf(site));
  call.leave();
}

void Communicator::allToAllRagged(int32_t site, const void *source,
                                  const int64_t *sendRows, void *target,
                                  int64_t *receiveRows) {
  Call call(*this, site, true);
  SitePlan &plan = planOf(site);
  requireRagged(plan, true, state_->sites);
  int64_t rows = 0;
  for (size_t i = 0; i < plan.group.size(); ++i) {
    if (sendRows[i] < 0)
      throw Error(text(describeSite(state_->sites, site), ": rank ", rank_,
                       " sends ", sendRows[i], " rows to rank ", plan.group[i],
                       "; a number of rows is not negative"));
    rows += sendRows[i];
  }
  if (rows > plan.sourceRows)
    throw Error(text(describeSite(state_->sites, site), ": rank ", rank_,
                     " sends ", rows, " rows of the ", plan.sourceRows,
                     " that its buffer holds"));
  begin(plan, source, target, sendRows, receiveRows);
  finishThrough(plan);
  call.leave();
}

void Communicator::barrier() {
  Call call(*this, barrierSite, true);
  exchangeBytes(barrierSite, 0, "");
  call.leave();
}

void Communicator::broadcast(std::string &bytes, int root) {
  Call call(*this, broadcastSite, true);
  std::vector<std::string> all = exchangeBytes(broadcastSite, root, bytes);
  if (rank_ != root)
    bytes = std::move(all.at(0));
  call.leave();
}

std::vector<std::string> Communicator::allGather(const std::string &bytes) {
  Call call(*this, allGatherSite, true);
  std::vector<std::string> all = exchangeBytes(allGatherSite, 0, bytes);
  call.leave();
  return all;
}

std::vector<std::string> Communicator::gather(const std::string &bytes,
                                              int root) {
  Call call(*this, gatherSite, true);
  std::vector<std::string> all = exchangeBytes(gatherSite, root, bytes);
  call.leave();
  return all;
}

void Communicator::agree(const std::string &what, const std::string &value) {
  std::map<std::string, std::vector<int>> ranksByValue;
  std::vector<std::string> values = allGather(value);
  for (int rank = 0; rank < size_; ++rank)
    ranksByValue[values[rank]].push_back(rank);
  if (ranksByValue.size() == 1)
    return;
  std::string message = text("ranks disagree on the ", what, ":");
  for (const auto &[other, ranks] : ranksByValue) {
    message += text(message.back() == ':' ? " " : ", ", "'",
                    other.substr(0, 24), other.size() > 24 ? "..." : "",
                    ranks.size() > 1 ? "' on ranks " : "' on rank ");
    for (size_t i = 0; i < ranks.size() && i < 8; ++i)
      message += text(i ? " " : "", ranks[i]);
    if (ranks.size() > 8)
      message += text(" and ", ranks.size() - 8, " more");
  }
  throw Error(message + "; start all ranks alike");
}

const SiteCounters &Communicator::counters(int32_t site) const {
  return state_->plans.at(static_cast<size_t>(site)).counters;
}

const SiteCounters &Communicator::setUpCounters() const {
  return state_->setUp;
}

void Communicator::resetCounters() {
  for (SitePlan &plan : state_->plans)
    plan.counters = {};
  state_->setUp = {};
}

} // namespace moert
