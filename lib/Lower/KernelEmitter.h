// Writes one kernel: a private function of bare pointers with constant shapes,
//
//   func.func private @moe_kernel_3(%x: !llvm.ptr, %y: !llvm.ptr) {
//     scf.for %i = 0 to 32 { load x[i]; exp; store y[i] } }
//
// What a kernel reads decides its parameters: the first time that it touches a
// buffer or a block number, a parameter is added.
#pragma once

#include "HostProgram.h"
#include "OpLowering.h"
#include "Residency.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moe::lower {

/// Which buffer of the host program each value lies in, by its root.
using BufferMap = llvm::DenseMap<mlir::Value, int>;

class KernelEmitter {
public:
  /// Begins a kernel that is in no module yet. `buffers` must hold the roots of
  /// all stored values that it reads or writes; `blocks` are those that a chain
  /// is cut into.
  KernelEmitter(mlir::Location location, const OpLowerings &lowerings,
                const Residency &residency, const BufferMap &buffers,
                HostProgram &program, const RowBlocks &blocks = {});
  ~KernelEmitter();

  /// The kernel of one stored result that has an element form: a loop over all
  /// elements, one over the row-major index where that is all that matters.
  void storeAll(mlir::OpResult value);
  /// Copies stored `source` into buffer `target`, whose dimension i is
  /// dimension order[i] of the source.
  void permute(mlir::Value source, llvm::ArrayRef<int64_t> order, int target);
  /// The same in the source's own order.
  void copy(mlir::Value source, int target);

  /// Writes a truth value to the first byte of buffer `target`.
  void storeTruth(mlir::Value truth, int target);

  /// Ends the kernel and hands it over; buffers() and numbers() are then what
  /// the host passes.
  mlir::OwningOpRef<mlir::func::FuncOp> finish();
  llvm::ArrayRef<int> buffers() const { return bufferParameters; }
  llvm::ArrayRef<int> numbers() const { return numberParameters; }

  //===--- for the ops' lowerings
  //------------------------------------------===//

  mlir::ImplicitLocOpBuilder b;
  ScalarMath math;

  /// Elements live in registers as: bf16 as f32 (always exactly a bf16), all
  /// others as themselves.
  mlir::Type registerType(mlir::Type element);
  static mlir::Type elementType(mlir::Value tensor);
  static llvm::ArrayRef<int64_t> shape(mlir::Value tensor);

  /// The element of `tensor` at `index`: loaded, or computed here.
  mlir::Value element(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index);
  /// Writes an element of a stored value; a bf16 is rounded here.
  void store(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index,
             mlir::Value element);
  /// Reads back what this kernel wrote to a result.
  mlir::Value load(mlir::Value tensor, llvm::ArrayRef<mlir::Value> index);
  /// `value` as `type` holds it: rounded for bf16, unchanged otherwise.
  mlir::Value round(mlir::Type element, mlir::Value value);

  /// A number that the host passes.
  mlir::Value blockNumber(const BlockNumber &number);
  /// The first row of the block of rows that a chain is at.
  mlir::Value firstRow();
  /// How many indices of dimension `dim` a kernel visits: all, but of a block
  /// of causal scores only the columns up to the diagonal.
  mlir::Value extent(mlir::Value tensor, int64_t dim);
  /// A constant that the host passes, so that kernels may differ in it.
  mlir::Value passed(int64_t constant);

  /// Index arithmetic on i64; constants fold.
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value isBelow(mlir::Value x, mlir::Value y); // unsigned
  mlir::Value toIndex(mlir::Value integer);
  /// An index as an element of `type` (integer or float register).
  mlir::Value fromIndex(mlir::Type type, mlir::Value index);
  /// A float in a register of another width.
  mlir::Value toFloat(mlir::Type registerType, mlir::Value x);
  mlir::Value constant(mlir::Type registerType, double value);
  mlir::Value integer(mlir::Type type, int64_t value);

  using Body = llvm::function_ref<void(mlir::Value)>;
  using NestBody = llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)>;
  using CarryBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      mlir::Value, mlir::ValueRange)>;
  /// for i in [0, n). `keepRolled` asks LLVM to vectorise the loop as it is.
  void loop(int64_t n, Body body, bool keepRolled = false);
  void loop(mlir::Value n, Body body, bool keepRolled = false);
  /// Nested loops over `sizes`, the last innermost.
  void nest(llvm::ArrayRef<int64_t> sizes, NestBody body);
  void nest(llvm::ArrayRef<mlir::Value> sizes, NestBody body);
  /// A loop that carries values; returns the last ones.
  llvm::SmallVector<mlir::Value> carry(int64_t n, mlir::ValueRange initial,
                                       CarryBody body);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body,
              llvm::function_ref<void()> otherwise = nullptr);

  /// An array of `n` elements of a register type that only this kernel uses: on
  /// its stack while all arrays there are small together, else in the arena.
  struct LocalArray {
    mlir::Value pointer;
    mlir::Type type;
  };
  LocalArray localArray(mlir::Type type, int64_t n);
  mlir::Value get(LocalArray array, mlir::Value at);
  void set(LocalArray array, mlir::Value at, mlir::Value value);

private:
  struct Scope;
  mlir::Value compute(mlir::OpResult value, llvm::ArrayRef<mlir::Value> index);
  mlir::Value parameter(int buffer);
  mlir::Value pointerTo(mlir::Value tensor);
  mlir::Value address(mlir::Value pointer, mlir::Type storage,
                      mlir::Value linear);
  mlir::Value linearIndex(mlir::Value tensor,
                          llvm::ArrayRef<mlir::Value> index);
  mlir::Value loadAt(mlir::Value pointer, mlir::Type element,
                     mlir::Value linear);
  void storeAt(mlir::Value pointer, mlir::Type element, mlir::Value linear,
               mlir::Value value);
  bool isFlat(mlir::Value value);

  const OpLowerings &lowerings;
  const Residency &residency;
  const BufferMap &bufferMap;
  HostProgram &program;
  RowBlocks blocks;
  mlir::OwningOpRef<mlir::func::FuncOp> function;
  llvm::SmallVector<int> bufferParameters, numberParameters;
  int64_t stackBytes = 0;
  llvm::DenseMap<int, mlir::Value> bufferPointers;
  llvm::DenseMap<int, mlir::Value> numberValues;
  /// Elements computed so far, one table for each open loop: what an outer loop
  /// computed is visible in an inner one.
  std::vector<std::map<std::pair<void *, std::vector<void *>>, mlir::Value>>
      computed;
};

} // namespace moe::lower
