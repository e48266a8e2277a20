#include "lib/Lower/OpLowering.h"
#include "moe/IR/Moe.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlir;

// An op that can be distributed but not compiled would fail at the very end of
// the road.
TEST(LoweringTable, EveryOpWithAShardingRuleHasALowering) {
  DialectRegistry registry;
  moe::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  moe::lower::OpLowerings table(&context);
  // Views of other values, what Partition replaces, and numbers outside of
  // tensors.
  std::set<std::string> without = {"moe.reshape", "moe.stop_gradient",
                                   "spmd.annotate", "spmd.reshard",
                                   "tensor.extract"};
  int count = 0;
  for (RegisteredOperationName name : context.getRegisteredOperations()) {
    if (!name.hasInterface<spmd::ShardingRuleOpInterface>())
      continue;
    bool isListed = without.count(name.getStringRef().str());
    EXPECT_NE(table.contains(name), isListed) << name.getStringRef().str();
    ++count;
  }
  EXPECT_GT(count, 60);
}
