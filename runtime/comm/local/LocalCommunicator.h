// Threads as ranks.
#pragma once

#include "runtime/comm/local/LocalWorld.h"

namespace moert {

class LocalCommunicator final : public Communicator {
public:
  LocalCommunicator(LocalWorld &world, int rank);
  ~LocalCommunicator() override;

  const char *transport() const override { return "local"; }
  std::string host() const override;
  void watch(bool on) override;
  [[noreturn]] void abort(int code, const std::string &why) override;
  int64_t scratchBytes() const override { return 0; }

private:
  std::vector<std::string> exchangeBytes(int32_t site, int root,
                                         const std::string &bytes) override;
  void sitesChanged() override;
  void post(Operation &operation) override;
  void complete(Operation &operation) override;

  LocalSlot &await(int peer, const Operation &operation, uint32_t phase);
  void read(LocalSlot &slot, int peer, int64_t bytes, SitePlan &plan);
  void completePhase(Operation &operation, uint32_t phase);
  void completeRagged(Operation &operation);
  void takeAll(Operation &operation);
  static void outlastReaders(const LocalSlot &slot);

  LocalWorld &world_;
  LocalRank &self_;
};

} // namespace moert
