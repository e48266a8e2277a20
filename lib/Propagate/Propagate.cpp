// spmd-propagate: reads the function, decides, writes the decisions.
#include "moe/Propagate/Materializer.h"
#include "moe/Propagate/Passes.h"

using namespace mlir;
using namespace moe::propagate;

namespace moe {
#define GEN_PASS_DEF_SPMDPROPAGATE
#include "moe/Propagate/Passes.h.inc"
} // namespace moe

namespace {

struct PropagatePass : moe::impl::SpmdPropagateBase<PropagatePass> {
  LogicalResult propagate(func::FuncOp func) {
    if (!func.getBody().hasOneBlock())
      return func.emitError() << "function @" << func.getName() << " has "
                              << func.getBody().getBlocks().size()
                              << " blocks; only straight code is propagated";
    FunctionGraph graph(func);
    if (failed(graph.build()))
      return failure();
    Decisions decisions = decide(graph.getGraph());
    Materializer materializer(func, graph, decisions);
    if (failed(materializer.run()))
      return failure();
    numReshards += materializer.reshards;
    numOpenOps += decisions.openOps;
    numSweeps += decisions.sweeps;
    numReceivedBytes += static_cast<int64_t>(materializer.receivedBytes);
    return success();
  }

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && failed(propagate(func)))
        return signalPassFailure();
  }
};

} // namespace
