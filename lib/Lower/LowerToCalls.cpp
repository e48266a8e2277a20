// Functions on tensors become flat programs: see Passes.td.
#include "EinsumSites.h"
#include "EmitHost.h"
#include "EntryLowering.h"
#include "moe/Lower/Passes.h"

#include "runtime/core/Isa.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/ScopeExit.h"

namespace moe {
#define GEN_PASS_DEF_MOELOWERTOCALLS
#include "moe/Lower/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;
using namespace moe::lower;

namespace {

// Makes what costs nothing anew in each block that reads it, so that a block
// looks the same whether it is a loop's or a function's.
static void sinkCheap(func::FuncOp function, const OpLowerings &lowerings) {
  function.walk([&](Operation *op) {
    const OpLowering *lowering = lowerings.find(op);
    if (!lowering || !lowering->isCheap || op->getNumOperands() ||
        constantData(op->getResult(0)))
      return;
    llvm::SmallMapVector<Block *, Operation *, 4> copies;
    for (OpOperand &use :
         llvm::make_early_inc_range(op->getResult(0).getUses())) {
      Block *block = use.getOwner()->getBlock();
      if (block == op->getBlock())
        continue;
      Operation *&copy = copies[block];
      if (!copy)
        copy = OpBuilder::atBlockBegin(block).clone(*op);
      use.set(copy->getResult(0));
    }
  });
}

struct LowerToCalls : moe::impl::MoeLowerToCallsBase<LowerToCalls> {
  using MoeLowerToCallsBase::MoeLowerToCallsBase;

  void runOnOperation() override {
    try {
      moert::Isa level = isa.empty() ? moert::hostIsa() : moert::parseIsa(isa);
      if (succeeded(lowerModule(getOperation(), level)))
        return;
    } catch (const std::exception &error) {
      getOperation().emitError() << error.what();
    }
    signalPassFailure();
  }

  // Calls that were kept so far: an entry is one program, with one plan of its
  // memory.
  LogicalResult inlineCalls(ModuleOp module) {
    auto calls = module.getOps<func::FuncOp>();
    if (llvm::none_of(calls, [](func::FuncOp f) { return f.getNoInline(); }))
      return success();
    module.walk([](Operation *op) {
      if (llvm::isa<func::FuncOp, func::CallOp>(op))
        op->removeAttr("no_inline");
    });
    OpPassManager manager(ModuleOp::getOperationName());
    return success(
        succeeded(parsePassPipeline("inline{default-pipeline=}", manager)) &&
        succeeded(runPipeline(manager, module)));
  }

  // A scalar that chooses one of two tensors is a branch; MLIR makes such of
  // branches that hand on what there is.
  void branchOnScalars(ModuleOp module) {
    module.walk([](arith::SelectOp op) {
      if (llvm::isa<TensorType>(op.getCondition().getType()) ||
          !llvm::isa<TensorType>(op.getType()))
        return;
      auto yield = [](Value value) {
        return [value](OpBuilder &builder, Location loc) {
          scf::YieldOp::create(builder, loc, value);
        };
      };
      OpBuilder builder(op);
      auto branch = scf::IfOp::create(builder, op.getLoc(), op.getCondition(),
                                      yield(op.getTrueValue()),
                                      yield(op.getFalseValue()));
      op.replaceAllUsesWith(branch.getResult(0));
      op.erase();
    });
  }

  LogicalResult lowerModule(ModuleOp module, moert::Isa level) {
    if (failed(inlineCalls(module)))
      return failure();
    splitLongEinsums(module);
    branchOnScalars(module);
    OpLowerings lowerings(&getContext());
    ManifestWriter manifest(module);
    KernelLibrary kernels(module);
    ConstantLibrary constants(module);
    std::vector<HostProgram> programs;
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isPrivate())
        continue;
      if (!llvm::hasSingleElement(function.getBody()))
        return function.emitOpError("needs one block to become an entry");
      sinkCheap(function, lowerings);
      SliceChains chains = takeSliceChains(function, lowerings);
      llvm::scope_exit guard([&] { destroySliceChains(chains); });
      numChains += chains.size();
      FailureOr<Residency> residency = Residency::decide(function, lowerings);
      if (failed(residency))
        return failure();
      HostProgram &program = programs.emplace_back();
      program.name = function.getSymName().str();
      EntryLowering(function, lowerings, *residency, chains, kernels, constants,
                    manifest, program)
          .run();
      manifest.addEntry(function, program);
    }
    for (const KernelLibrary::Kernel &kernel : kernels.all()) {
      manifest.addKernel(kernel.symbol, kernel.op, kernel.calls);
      numKernelCalls += kernel.calls;
    }
    for (const HostProgram &program : programs)
      emitHost(module, program, constants.all());
    numKernels = kernels.all().size();
    numMatmuls = manifest.matmuls();
    numCollectives = manifest.collectives();
    finishModule(module, functions, manifest.str(level));
    return success();
  }

  void finishModule(ModuleOp module, ArrayRef<func::FuncOp> functions,
                    const std::string &manifest) {
    module->setAttr(kManifestAttr, StringAttr::get(&getContext(), manifest));
    for (func::FuncOp function : functions)
      function.erase();
    for (spmd::MeshOp mesh :
         llvm::make_early_inc_range(module.getOps<spmd::MeshOp>()))
      mesh.erase();
  }
};

} // namespace
