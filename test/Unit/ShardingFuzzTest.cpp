// Random programs with random annotations, partitioned and compared with the
// global program: bit for bit in exact numbers, or something is wrong.
//
// MOE_FUZZ_SEEDS=BEGIN:END runs other seeds than the default ones, and
// MOE_FUZZ_PRINT=1 prints the programs that fail.
#include "test/Unit/RandomProgram.h"

#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace mlir;
using namespace moe::interpret;

namespace {

class ShardingFuzz : public testing::Test {
protected:
  ShardingFuzz() {
    DialectRegistry registry;
    moe::registerEverything(registry);
    registerEvaluations(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler(
        [this](Diagnostic &diagnostic) { errors += diagnostic.str() + "\n"; });
  }

  // Whether the program still computes the same behind `last`.
  bool isSame(const std::string &text, moe::Stage last, uint64_t seed) {
    errors.clear();
    auto global = parseSourceString<ModuleOp>(text, &context);
    if (!global)
      return false;
    OwningOpRef<ModuleOp> partitioned = global->clone();
    moe::PipelineOptions options;
    options.last = last;
    if (failed(moe::runPipeline(*partitioned, options)))
      return false;
    InputOptions inputs;
    inputs.mode = Mode::Exact;
    inputs.seed = seed;
    return succeeded(
        compareExecutions(*global, *partitioned, "forward", inputs));
  }

  MLIRContext context;
  std::string errors;
};

std::pair<uint64_t, uint64_t> seeds() {
  const char *given = std::getenv("MOE_FUZZ_SEEDS");
  if (!given)
    return {0, 150};
  auto [begin, end] = StringRef(given).split(':');
  return {std::strtoull(begin.str().c_str(), nullptr, 10),
          std::strtoull(end.str().c_str(), nullptr, 10)};
}

TEST_F(ShardingFuzz, AnyShardingGivesTheSameNumbers) {
  auto [begin, end] = seeds();
  for (uint64_t seed = begin; seed < end; ++seed) {
    std::string text = moe::fuzz::RandomProgram(seed).text();
    for (moe::Stage last :
         {moe::Stage::Propagate, moe::Stage::Partition, moe::Stage::Optimize}) {
      if (isSame(text, last, seed))
        continue;
      ADD_FAILURE() << "seed " << seed << " behind "
                    << moe::stageName(last).str() << ": " << errors
                    << (std::getenv("MOE_FUZZ_PRINT") ? text : "");
      break;
    }
  }
}

} // namespace
