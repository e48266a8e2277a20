#ifndef MOE_WINDOW_OPS_TD
#define MOE_WINDOW_OPS_TD

include "dialects/Moe/MoeBase.td"

def Moe_ReduceWindowOp : Moe_Op<"reduce_window"> {
  let summary = "windows that slide over the operand, each reduced to one value";
  let description = [{
    Element o of the result reduces the operand's elements
    o * stride + w * dilation - low, w in [0, window), in each dimension; those before
    the first and behind the last element change nothing. A dimension with window 1
    and stride 1 stays as it is.
    ```mlir
    // Windows of three, every second one: [1 5 2 4 3 0] -> [5 5 4]
    %y = moe.reduce_window max %x window [1, 3] strides [1, 2] dilation [1, 1] low [0, 1] high [0, 1]
        : tensor<4x6xf32> -> tensor<4x3xf32>
    ```
    Kinds and their accumulation are those of `reduce`, in row-major order of the
    window.

    **Constraints:** shapes are static; one entry for each dimension; windows,
    strides and dilation are positive, low and high not negative; the result
    has (low + n + high - (window - 1) * dilation - 1) / stride + 1 elements in each
    dimension, rounded down, or 0; `and` and `or` take integers.
  }];
  let arguments = (ins Spmd_ReductionKindAttr:$kind, Moe_Tensor:$input, DenseI64ArrayAttr:$window,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilation,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = [{
    custom<Reduction>($kind) $input `window` $window `strides` $strides `dilation` $dilation
    `low` $low `high` $high attr-dict `:` type($input) `->` type($result)
  }];
}

def Moe_ConvolutionOp : Moe_Op<"convolution"> {
  let summary = "sums of products of windows with a kernel";
  let description = [{
    input [N, S.., C], kernel [K.., C / groups, O] -> result [N, T.., O], with one to
    three spatial dimensions S. The result's element at t reads the kernel's element
    k with the input's element (t * stride + k * kernel_dilation - low) /
    input_dilation, where that is whole and in range, and with 0 elsewhere.
    Features form `groups` equal groups: those of group g of the result read those
    of group g of the input only.
    ```mlir
    // Depthwise over a sequence, causal: three elements before and the own one.
    %y = moe.convolution %x, %w strides [1] low [3] high [0] input_dilation [1] kernel_dilation [1] groups 16
        : tensor<2x32x16xf32>, tensor<4x1x16xf32> -> tensor<2x32x16xf32>
    ```
    Sums of floats accumulate in f32, in row-major order of the kernel.

    **Constraints:** shapes are static; input, kernel and result have one rank, 3 to
    5; one entry for each spatial dimension; strides and dilations are positive, low
    and high not negative; groups are positive and divide C and O; the kernel has
    C / groups input features; the result has N, O and
    (low + d + high - (k - 1) * kernel_dilation - 1) / stride + 1 elements, rounded
    down, or 0, where d = (s - 1) * input_dilation + 1 (0 when s is 0); element types
    are equal, or the operands bf16 and the result f32.
  }];
  let arguments = (ins Moe_Tensor:$input, Moe_Tensor:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DenseI64ArrayAttr:$input_dilation, DenseI64ArrayAttr:$kernel_dilation,
                       I64Attr:$groups);
  let results = (outs Moe_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $kernel `strides` $strides `low` $low `high` $high `input_dilation` $input_dilation
    `kernel_dilation` $kernel_dilation `groups` $groups attr-dict
    `:` type($input) `,` type($kernel) `->` type($result)
  }];
}

#endif // MOE_WINDOW_OPS_TD
