"""Writes a module with one function for each named op of linalg that is read, each op with an init that counts
and its first operand cut along its first dimension."""

WINDOWS = [None] + ["{{strides = dense<1> : tensor<{0}xi64>, dilations = dense<1> : tensor<{0}xi64>}}".format(n) for n in (1, 2, 3)]
UNARY = "exp log abs ceil floor negf reciprocal sqrt rsqrt square tanh erf".split()
BINARY = "add sub mul div max min".split()

# name, shapes of operands, shape of the result, dimensions of a window, elements of operands and result
OPS = (
    [(name, ["5x3"], "5x3", 0, "f32", "f32") for name in UNARY]
    + [(name, ["5x3", "5x3"], "5x3", 0, e, e) for name in BINARY for e in ("f32", "i32")]
    + [("matmul", ["5x7", "7x3"], "5x3", 0, *e) for e in (("i32", "i32"), ("i8", "i32"), ("bf16", "bf16"), ("i1", "i1"), ("bf16", "f64"))]
    + [
        ("copy", ["5x3"], "5x3", 0, "f32", "f32"),
        ("dot", ["7", "7"], "", 0, "f32", "f32"),
        ("matvec", ["5x7", "7"], "5", 0, "f32", "f32"),
        ("vecmat", ["7", "7x5"], "5", 0, "f32", "f32"),
        ("batch_matvec", ["2x5x7", "2x7"], "2x5", 0, "f32", "f32"),
        ("batch_vecmat", ["2x7", "2x7x5"], "2x5", 0, "f32", "f32"),
        ("mmt4d", ["2x3x4x5", "6x3x7x5"], "2x6x4x7", 0, "f32", "f32"),
        ("batch_mmt4d", ["2x2x3x4x5", "2x6x3x7x5"], "2x2x6x4x7", 0, "f32", "f32"),
        ("batch_reduce_matmul", ["4x5x7", "4x7x3"], "5x3", 0, "f32", "f32"),
        ("conv_1d", ["9", "3"], "7", 0, "f32", "f32"),
        ("conv_2d", ["9x8", "3x2"], "7x7", 0, "f32", "f32"),
        ("conv_3d", ["5x5x5", "2x2x2"], "4x4x4", 0, "f32", "f32"),
        ("conv_1d_nwc_wcf", ["2x9x3", "3x3x4"], "2x7x4", 1, "f32", "f32"),
        ("conv_1d_ncw_fcw", ["2x3x9", "4x3x3"], "2x4x7", 1, "f32", "f32"),
        ("conv_2d_nhwc_fhwc", ["2x7x7x3", "4x3x3x3"], "2x5x5x4", 2, "bf16", "f32"),
        ("conv_2d_ngchw_fgchw", ["2x2x3x5x5", "4x2x3x2x2"], "2x2x4x4x4", 2, "f32", "f32"),
        ("conv_2d_nhwgc_gfhwc", ["2x5x5x2x3", "2x4x2x2x3"], "2x4x4x2x4", 2, "f32", "f32"),
        ("conv_3d_ncdhw_fcdhw", ["1x2x4x4x4", "3x2x2x2x2"], "1x3x3x3x3", 3, "f32", "f32"),
        ("depthwise_conv_1d_nwc_wc", ["2x9x3", "3x3"], "2x7x3", 1, "f32", "f32"),
        ("depthwise_conv_1d_nwc_wcm", ["2x9x3", "3x3x2"], "2x7x3x2", 1, "f32", "f32"),
        ("depthwise_conv_2d_nchw_chw", ["2x3x5x5", "3x2x2"], "2x3x4x4", 2, "f32", "f32"),
        ("depthwise_conv_3d_ndhwc_dhwc", ["1x4x4x4x2", "2x2x2x2"], "1x3x3x3x2", 3, "f32", "f32"),
        ("depthwise_conv_3d_ndhwc_dhwcm", ["1x4x4x4x2", "2x2x2x2x3"], "1x3x3x3x2x3", 3, "f32", "f32"),
    ]
    + [
        ("pooling_" + name, [image, window], result, dims, e, e)
        for e in ("f32", "i32")
        for name, image, window, result, dims in (
            ("nwc_sum", "2x7x3", "3", "2x5x3", 1),
            ("ncw_max", "2x3x7", "3", "2x3x5", 1),
            ("nwc_min", "2x7x3", "3", "2x5x3", 1),
            ("nhwc_sum", "2x7x7x3", "3x3", "2x5x5x3", 2),
            ("nchw_max", "2x3x7x7", "3x3", "2x3x5x5", 2),
            ("nhwc_min", "2x7x7x3", "3x3", "2x5x5x3", 2),
            ("ndhwc_sum", "1x5x5x5x2", "2x2x2", "1x4x4x4x2", 3),
            ("ndhwc_max", "1x5x5x5x2", "2x2x2", "1x4x4x4x2", 3),
        )
    ]
)


def tensor(shape, element):
    return f"tensor<{shape}{'x' if shape else ''}{element}>"


def function(number, name, operands, result, dims, element, to):
    rest = ", {?}" * operands[0].count("x")
    cut = f' {{spmd.sharding = #spmd.sharding<@mesh, [{{"x"}}{rest}]>}}'
    types = [tensor(shape, element) for shape in operands]
    names = [f"%a{i}" for i in range(len(operands))]
    arguments = [f"{name}: {type}" for name, type in zip(names, types)]
    arguments[0] += cut
    return f"""func.func @{name}_{number}({', '.join(arguments)}, %init: {tensor(result, to)}) -> {tensor(result, to)} {{
  %0 = linalg.{name} {WINDOWS[dims] or ''} ins({', '.join(names)} : {', '.join(types)}) outs(%init : {tensor(result, to)}) -> {tensor(result, to)}
  return %0 : {tensor(result, to)}
}}
"""


print('spmd.mesh @mesh ["x"=2]')
for number, op in enumerate(OPS):
    print(function(number, *op))
