#include "moe/Pipeline/Explain.h"

#include "moe/Propagate/Alternatives.h"
#include "moe/Propagate/Materializer.h"
#include "moe/Propagate/Origins.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace moe;
using namespace moe::propagate;

static ValueReport report(const FunctionGraph &graph, int tensor,
                          const DimOrigin &origin) {
  ValueReport entry;
  entry.value = graph.describeNode(graph.getGraph().tensors[tensor].producer);
  entry.dim = origin.dim;
  entry.axes = graph.describe(origin.axes);
  entry.annotation = graph.describeOrigin(origin.origin).str();
  for (int node : origin.chain)
    entry.chain.push_back(graph.describeNode(node));
  return entry;
}

static EndReport report(const FunctionGraph &graph, const ReshardEnd &end) {
  EndReport entry;
  entry.node = graph.describeNode(end.node);
  for (int origin : end.origins)
    entry.annotations.push_back(graph.describeOrigin(origin).str());
  return entry;
}

static ReshardReport report(const FunctionGraph &graph,
                            const Decisions &decisions,
                            const Resharding &resharding) {
  ReshardReport entry;
  const Graph &plain = graph.getGraph();
  entry.made = report(graph, producerEnd(plain, decisions, resharding));
  entry.needed = report(graph, consumerEnd(plain, decisions, resharding));
  entry.rule = describeRule(graph, decisions, resharding);
  entry.functionBytes = std::llround(totalBytes(plain, decisions));
  if (std::optional<Alternative> alternative =
          cheapestAlternative(graph, decisions, resharding)) {
    entry.alternative = alternative->text;
    entry.alternativeBytes = std::llround(alternative->bytes);
  }
  return entry;
}

// On a copy: what Propagate would write shows what it reshards.
static void explainFunction(func::FuncOp func, PropagationReport &into) {
  FunctionGraph graph(func);
  if (!func.getBody().hasOneBlock() || failed(graph.build()))
    return;
  Decisions decisions = decide(graph.getGraph());
  Materializer materializer(func, graph, decisions);
  if (failed(materializer.run()))
    return;
  for (int tensor : llvm::seq<int>(0, graph.getGraph().tensors.size()))
    for (const DimOrigin &origin :
         originsOf(graph.getGraph(), decisions, tensor)) {
      ValueReport entry = report(graph, tensor, origin);
      entry.function = func.getSymName().str();
      into.values.push_back(std::move(entry));
    }
  for (const Resharding &resharding : materializer.reshardings)
    into.reshards.try_emplace(resharding.reason.str(),
                              report(graph, decisions, resharding));
}

PropagationReport moe::explainPropagation(ModuleOp module) {
  PropagationReport report;
  OwningOpRef<ModuleOp> copy = module.clone();
  // spmd-propagate will say the same errors once more.
  ScopedDiagnosticHandler silence(module.getContext(),
                                  [](Diagnostic &) { return success(); });
  for (auto func : copy->getOps<func::FuncOp>())
    if (!func.isExternal())
      explainFunction(func, report);
  return report;
}
