#ifndef MOE_SCAN_OPS_TD
#define MOE_SCAN_OPS_TD

include "dialects/Moe/MoeBase.td"

// Every element reduced with those before it; NaN wins where `reduce` of the
// same kind lets it win.
class Moe_ScanOp<string mnemonic, string kind>
    : Moe_Op<mnemonic, [AllTypesMatch<["input", "result"]>]> {
  let arguments = (ins Moe_Tensor:$input, I64Attr:$dim, UnitAttr:$exclusive);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `dim` $dim (`exclusive` $exclusive^)? attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    /// What `reduce` of this kind does with all, the scan does with each and
    /// those before it.
    static constexpr ::spmd::ReductionKind kKind = ::spmd::ReductionKind::}] # kind # [{;
  }];
}

def Moe_CumsumOp : Moe_ScanOp<"cumsum", "Sum"> {
  let summary = "running sum along a dimension";
  let description = [{
    ```mlir
    // [3 1 2] -> exclusive [0 3 4], inclusive [3 4 6]
    %position = moe.cumsum %mask dim 1 exclusive : tensor<2x4x3xi32>
    ```
    Sums of floats accumulate in f32.

    **Constraints:** 0 <= dim < rank.
  }];
}

def Moe_CumprodOp : Moe_ScanOp<"cumprod", "Prod"> {
  let summary = "running product along a dimension";
  let description = [{
    ```mlir
    // [3 1 2] -> exclusive [1 3 3], inclusive [3 3 6]
    %kept = moe.cumprod %decay dim 1 : tensor<2x4x3xf32>
    ```
    Products of floats accumulate in f32.

    **Constraints:** 0 <= dim < rank.
  }];
}

def Moe_CummaxOp : Moe_ScanOp<"cummax", "Max"> {
  let summary = "running maximum along a dimension";
  let description = [{
    ```mlir
    // [1 3 2] -> exclusive [-inf 1 3], inclusive [1 3 3]
    %most = moe.cummax %x dim 1 : tensor<2x4x3xf32>
    ```
    An exclusive scan of integers begins with the least one. Behind a NaN all are
    NaN.

    **Constraints:** 0 <= dim < rank.
  }];
}

def Moe_CumminOp : Moe_ScanOp<"cummin", "Min"> {
  let summary = "running minimum along a dimension";
  let description = [{
    ```mlir
    // [3 1 2] -> exclusive [inf 3 1], inclusive [3 1 1]
    %least = moe.cummin %x dim 1 : tensor<2x4x3xf32>
    ```
    An exclusive scan of integers begins with the greatest one. Behind a NaN all
    are NaN.

    **Constraints:** 0 <= dim < rank.
  }];
}

#endif // MOE_SCAN_OPS_TD
