// Lowers one function on tensors into its host program: where each value lies,
// and which step makes it.
#pragma once

#include "HostProgram.h"
#include "KernelEmitter.h"
#include "Libraries.h"
#include "ManifestWriter.h"
#include "Reuse.h"
#include "SliceChain.h"
#include "TurnViews.h"
#include "moe/IR/ControlFlow.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moe::lower {

class EntryLowering {
public:
  /// `blocks` are those of the chain whose middle `function` is.
  EntryLowering(mlir::func::FuncOp function, const OpLowerings &lowerings,
                const Residency &residency, const SliceChains &chains,
                KernelLibrary &kernels, ConstantLibrary &constants,
                ManifestWriter &manifest, HostProgram &program,
                const RowBlocks &blocks = {})
      : function(function), lowerings(lowerings), residency(residency),
        reuse(function, lowerings, residency), chains(chains), kernels(kernels),
        constants(constants), manifest(manifest), program(program),
        blocks(blocks) {}

  /// The whole function, from its arguments to its results.
  void run();

  /// The steps of `function`, the middle of a chain, on buffers `arguments`;
  /// the first may be overwritten, the others are the next turn's too. Returns
  /// the buffer of its result.
  int runOn(llvm::ArrayRef<int> arguments);

private:
  //===--- EntryLowering.cpp: memory and steps ---===//
  static int64_t bytesOf(mlir::RankedTensorType type);
  int newBuffer(Buffer buffer) {
    program.buffers.push_back(buffer);
    return program.buffers.size() - 1;
  }
  int newArenaBuffer(mlir::RankedTensorType type);
  int bufferOf(mlir::Value value) const {
    return buffers.lookup(Residency::root(value));
  }
  bool ownsBuffer(mlir::Value root) const;
  bool isLastReader(mlir::Operation *op, mlir::Value value) const;
  void placeArguments();
  int placeResult(mlir::Value value);
  void placeOverOperand(mlir::Operation *op);
  void placeConstant(mlir::Value value, mlir::DenseElementsAttr data);
  void placeTurnView(mlir::Value value, const TurnView &view);
  void finishResult(mlir::Value value, int64_t number);
  void addStep(Step step);
  void addKernel(mlir::Location location, llvm::StringRef op,
                 llvm::function_ref<void(KernelEmitter &)> write);

  //===--- EntryLowering.cpp: ops ---===//
  void lower(mlir::Block &block);
  void lower(mlir::Operation *op);
  void lowerCollective(spmd::CollectiveOpInterface op);
  void lowerReindex(spmd::ReindexOp op);
  void lowerDone(spmd::DoneOp op);

  //===--- EntryProducts.cpp: products and chains of two ---===//
  int permuted(EinsumOp op, mlir::Value value, llvm::StringRef have,
               const std::string &want);
  int placeOperand(EinsumOp op, unsigned operand, const std::string &order);
  Step matmulStep(Step::Kind kind, EinsumOp op, const Contraction &contraction,
                  int aBuffer, int bBuffer);
  void lowerMatmul(EinsumOp op);
  void addSlice(Step step, int result, const BlockNumber &n,
                const BlockNumber &k);
  void lowerChain(mlir::Operation *call, SliceChain chain);
  int lowerMiddle(const SliceChain &chain, llvm::ArrayRef<int> arguments);

  //===--- EntryFlows.cpp: loops and branches ---===//
  using Flows = llvm::ArrayRef<spmd::Flow>;
  void lowerControlFlow(mlir::Operation *op);
  void placeFlow(mlir::Operation *op, const spmd::Flow &flow);
  void addCopy(mlir::Value from, int to, mlir::Location location);
  void addCopy(int from, int to, mlir::RankedTensorType type,
               mlir::Location location);
  void handOn(mlir::Operation *terminator, Flows flows);
  void addMark(Step::Kind kind, mlir::Location location) {
    addStep(Step(kind, location));
  }
  int placeCondition(mlir::Value condition, mlir::Location location);
  void lowerFor(mlir::scf::ForOp op, Flows flows, Step begin);
  void lowerIf(mlir::scf::IfOp op, Flows flows, Step begin);
  void lowerWhile(mlir::scf::WhileOp op, Flows flows, Step begin);

  mlir::func::FuncOp function;
  const OpLowerings &lowerings;
  const Residency &residency;
  Reuse reuse;
  const SliceChains &chains;
  KernelLibrary &kernels;
  ConstantLibrary &constants;
  ManifestWriter &manifest;
  HostProgram &program;
  RowBlocks blocks;
  BufferMap buffers;
  /// Arena buffers that nothing may overwrite.
  llvm::DenseSet<int> pinned;
  llvm::DenseMap<mlir::Value, int64_t> resultNumbers;
  llvm::DenseMap<mlir::Value, Step> underWay;
};

} // namespace moe::lower
