#ifndef MOE_GROUPED_OPS_TD
#define MOE_GROUPED_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_GroupedEinsumOp : Moe_Op<"grouped_einsum"> {
  let summary = "rows times the weights of their group, groups of any size";
  let description = [{
    rows [B.., R, K], weights [E, K, N], sizes [B.., E] -> result [B.., R, N]. Rows lie
    sorted by group: the first sizes[0] rows are multiplied by weights[0], the next
    sizes[1] by weights[1], and so on. Rows beyond the last group give zeros, and a
    negative size counts as 0.
    ```mlir
    // Five rows, of which two go to expert 0, none to expert 1 and two to expert 2.
    %y = moe.grouped_einsum %rows, %weights sizes %sizes
        : tensor<5x8xf32>, tensor<3x8x16xf32>, tensor<3xi32> -> tensor<5x16xf32>
    ```
    Sums of floats accumulate in f32. After Partition rows and weights are local;
    `first` (of shape [B..]) then says at which row the first group begins, which
    may be negative or beyond the last, and rows before it give zeros.

    **Constraints:** weights have rank 3; rows have at least two dimensions; K agrees;
    sizes are as written above, first as well; element types are equal, or the
    operands bf16 and the result f32; the result's shape is as written above.
  }];
  let arguments = (ins Moe_Tensor:$rows, Moe_Tensor:$weights, Moe_I32Tensor:$sizes,
                       Optional<Moe_IntegerTensor>:$first);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = [{
    $rows `,` $weights `sizes` $sizes (`first` $first^)? attr-dict
    `:` type($rows) `,` type($weights) `,` type($sizes) (`,` type($first)^)? `->` type($result)
  }];
}

#endif // MOE_GROUPED_OPS_TD
