#ifndef MOE_LOWER_PASSES_TD
#define MOE_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoeLowerToCalls : Pass<"moe-lower-to-calls", "mlir::ModuleOp"> {
  let summary = "turn each function into a list of kernel and runtime calls";
  let description = [{
    Expects a partitioned module (or one without a mesh, for one rank): local shapes,
    no annotation, no reshard. Calls that are left are inlined. Afterwards each
    public function @f is `@moe_entry_f(context, arena, arguments, results)`, a list
    of calls, with the loops and branches of the function and with counted loops
    around products that run slice by slice, some of them in blocks of rows: kernels for what this rank computes alone, `moert_matmul` for matrix
    products, `moert_collective` where data moves. Kernels are private functions of
    bare pointers with constant shapes; equal ones are shared. Every temporary has an
    offset in one arena. The module carries its manifest in `moe.manifest`.

    ```mlir
    // before
    func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x8xf32> {moe.parameter}) -> tensor<4x8xf32> {
      %0 = moe.einsum "sm,mh->sh" %x, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
      %1 = math.tanh %0 : tensor<4x8xf32>
      return %1 : tensor<4x8xf32>
    }
    // after
    func.func @moe_entry_f(%context: !llvm.ptr, %arena: !llvm.ptr, %arguments: !llvm.ptr, %results: !llvm.ptr) {
      ...
      call @moert_matmul(%context, %site0, %x, %w, %temporary)
      call @moe_kernel_0(%temporary, %result0)
    ```
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
    "mlir::math::MathDialect", "mlir::scf::SCFDialect", "::moe::MoeDialect", "::spmd::SpmdDialect"];
  let options = [
    Option<"isa", "isa", "std::string", "",
           "Level of instructions that the program may use, such as x86-64-v3; empty is what this host has">,
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "different kernels">,
    Statistic<"numKernelCalls", "kernel-calls", "calls of kernels">,
    Statistic<"numChains", "chains", "pairs of matrix products that run slice by slice">,
    Statistic<"numMatmuls", "matmuls", "matrix products left to the runtime">,
    Statistic<"numCollectives", "collectives", "collectives">,
  ];
}

def MoeVerifyLowered : Pass<"moe-verify-lowered", "mlir::ModuleOp"> {
  let summary = "check Lower's promise: only kernel calls and runtime calls remain";
  let description = [{
    No op of the moe and spmd dialects and no tensor is left, and an entry calls
    nothing but kernels and the functions of runtime/abi/moert.h. The first op that
    breaks the promise is the error.
  }];
}

#endif // MOE_LOWER_PASSES_TD
