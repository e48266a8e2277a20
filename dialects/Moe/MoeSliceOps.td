#ifndef MOE_SLICE_OPS_TD
#define MOE_SLICE_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_ReverseOp : Moe_Op<"reverse", [AllTypesMatch<["input", "result"]>]> {
  let summary = "dimensions read from their end";
  let description = [{
    ```mlir
    // [a b c] -> [c b a]
    %y = moe.reverse %x dims [1] : tensor<4x8xf32>
    ```
    **Constraints:** dims are in range, ascending.
  }];
  let arguments = (ins Moe_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($result)";
}

def Moe_DynamicSliceOp : Moe_Op<"dynamic_slice"> {
  let summary = "a block that begins where scalars say";
  let description = [{
    The block has the result's shape. It lies in the operand always: a start is
    clamped to [0, N - S] where the operand has N elements and the result S.
    ```mlir
    // Layer %i of stacked weights.
    %w = moe.dynamic_slice %weights[%i, %zero, %zero] : tensor<6x64x256xf32> -> tensor<1x64x256xf32>
    ```
    **Constraints:** one start for each dimension; the result has as many
    dimensions, none larger than the operand's; element types are equal.
  }];
  let arguments = (ins Moe_Tensor:$input, Variadic<Moe_I32Scalar>:$starts);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$input `[` $starts `]` attr-dict `:` type($input) `->` type($result)";
}

def Moe_DynamicUpdateSliceOp : Moe_Op<"dynamic_update_slice", [AllTypesMatch<["input", "result"]>]> {
  let summary = "the operand with a block replaced that begins where scalars say";
  let description = [{
    Starts are clamped as in `dynamic_slice`, so that the block lies in the operand.
    ```mlir
    // Row %t of a cache.
    %new = moe.dynamic_update_slice %row into %cache[%t, %zero] : tensor<1x64xf32>, tensor<128x64xf32>
    ```
    **Constraints:** one start for each dimension; the update has as many
    dimensions, none larger than the operand's; element types are equal.
  }];
  let arguments = (ins Moe_Tensor:$update, Moe_Tensor:$input, Variadic<Moe_I32Scalar>:$starts);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = "$update `into` $input `[` $starts `]` attr-dict `:` type($update) `,` type($result)";
}

#endif // MOE_SLICE_OPS_TD
