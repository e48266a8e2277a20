#ifndef MOE_ORDER_OPS_TD
#define MOE_ORDER_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_ArgReduceOp : Moe_Op<"arg_reduce"> {
  let summary = "the greatest or least along a dimension, and its index";
  let description = [{
    Of equal values the one of the lowest index. -0 equals 0; NaN is taken only
    where there is nothing else, as in `top_k`.
    ```mlir
    // [3 1 3] -> 3 at 0
    %v, %i = moe.arg_reduce max %x dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi32>
    ```
    **Constraints:** the kind is max or min; 0 <= dim < rank; the dimension is not
    empty; both results have the other dimensions, the values the operand's element
    type; indices are integers that hold every index of `dim`.
  }];
  let arguments = (ins Spmd_ReductionKindAttr:$kind, Moe_Tensor:$input, I64Attr:$dim);
  let results = (outs Moe_Tensor:$values, Moe_IntegerTensor:$indices);
  let assemblyFormat = "custom<Reduction>($kind) $input `dim` $dim attr-dict `:` type($input) `->` type($values) `,` type($indices)";
}

def Moe_SortOp : Moe_Op<"sort", [
    RangedTypesMatchWith<"results have the types of the operands", "inputs", "results", "$_self">]> {
  let summary = "lines along a dimension in the order of the first operand";
  let description = [{
    The first operand holds the keys; the others are moved along with them. Equal
    keys stay in the order in which they are (-0 equals 0); NaN comes last, whether
    the order ascends or descends.
    ```mlir
    // keys [3 1 2], values [a b c] -> [1 2 3], [b c a]
    %k, %v = moe.sort %keys, %values dim 1 : tensor<4x8xf32>, tensor<4x8xi32>
    %d = moe.sort %keys dim 1 descending : tensor<4x8xf32>
    ```
    **Constraints:** at least one operand; 0 <= dim < rank; shapes are equal.
  }];
  let arguments = (ins Variadic<Moe_Tensor>:$inputs, I64Attr:$dim, UnitAttr:$descending);
  let results = (outs Variadic<Moe_Tensor>:$results);
  let assemblyFormat = "$inputs `dim` $dim (`descending` $descending^)? attr-dict `:` type($inputs)";
}

#endif // MOE_ORDER_OPS_TD
