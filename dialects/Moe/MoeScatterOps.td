#ifndef MOE_SCATTER_OPS_TD
#define MOE_SCATTER_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_ScatterKindAttr : EnumAttr<Moe_Dialect, Moe_ScatterKind, "scatter_kind">;

def Moe_ScatterOp : Moe_Op<"scatter", [AllTypesMatch<["input", "result"]>]> {
  let summary = "slices put into the input where indices say";
  let description = [{
    The mirror of `gather`: the first `batch_dims` dimensions of all three go
    together, the next dimension of the input is the one indexed:
    input [B.., N, R..], indices [B.., I..], updates [B.., I.., R..] -> [B.., N, R..].
    ```mlir
    %y = moe.scatter add %updates into %x[%rows] batch_dims 0
        : tensor<2x4x64xf32>, tensor<256x64xf32>, tensor<2x4xi32>
    ```
    `add` adds updates to what is there, `max` takes the greater (NaN wins), `set`
    replaces it. Updates come in row-major order: sums of floats accumulate in f32 in
    that order, and of several that set one slice the last stays. An index outside of
    [0, N) drops its update.

    **Constraints:** batch dimensions agree; indices are integers; the updates'
    shape is as written above and their element type the input's.
  }];
  let arguments = (ins Moe_ScatterKindAttr:$kind, Moe_Tensor:$updates, Moe_Tensor:$input,
                       Moe_IntegerTensor:$indices, I64Attr:$batch_dims);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = [{
    custom<ScatterKind>($kind) $updates `into` $input `[` $indices `]` `batch_dims` $batch_dims attr-dict
    `:` type($updates) `,` type($input) `,` type($indices)
  }];
}

#endif // MOE_SCATTER_OPS_TD
