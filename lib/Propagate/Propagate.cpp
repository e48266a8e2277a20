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
  using SpmdPropagateBase::SpmdPropagateBase;

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
    if (failed(refuseConflicts(graph, decisions, materializer.reshardings,
                               conflicts)))
      return failure();
    numReshards += materializer.reshardings.size();
    numOpenOps += decisions.openOps;
    numSweeps += decisions.sweeps;
    for (const Resharding &resharding : materializer.reshardings)
      numReceivedBytes += static_cast<int64_t>(resharding.bytes);
    return success();
  }

  LogicalResult readErrorOn() {
    for (const std::string &name : errorOn)
      if (name == "replicate")
        conflicts.replicate = true;
      else if (name == "implicit-reshard")
        conflicts.implicitReshard = true;
      else
        return getOperation().emitError()
               << "error-on takes replicate and implicit-reshard, got '" << name
               << "'";
    return success();
  }

  void runOnOperation() override {
    if (failed(readErrorOn()))
      return signalPassFailure();
    // Private functions are part of the graphs of those that call them.
    llvm::SmallPtrSet<Operation *, 16> called;
    getOperation().walk([&](func::CallOp call) {
      if (func::FuncOp callee = spmd::calleeOf(call);
          callee && callee.isPrivate())
        called.insert(callee);
    });
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && !called.contains(func) &&
          failed(propagate(func)))
        return signalPassFailure();
  }

  ErrorOn conflicts;
};

} // namespace
