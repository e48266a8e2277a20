"""Sizes of the GShard language model and the words for them.

One letter per size, the same in Python, in the einsums of model.mlir and in the
documentation: G groups, S tokens a group, M model width, N heads, D width of a
head, H hidden width, E experts, C slots of an expert in a group, V vocabulary.
"""

from dataclasses import dataclass

# G, S, M, N, D, H, E, V and the number of layers; D = 0 means M / N.
PRESETS = {
    # Seconds in the interpreter, and still two MoE layers.
    "tiny": dict(G=8, S=32, M=32, N=4, D=0, H=64, E=8, V=256, layers=4),
    # No size is a multiple of 4 ranks: uneven and empty blocks everywhere.
    "uneven": dict(G=6, S=20, M=24, N=3, D=0, H=40, E=6, V=256, layers=2),
    "bench": dict(G=8, S=256, M=512, N=8, D=0, H=2048, E=8, V=256, layers=4),
    # GShard's MoE(2048E, 36L): every other layer has 2048 experts of
    # 2 x 1024 x 8192 weights, 18 x 34.4e9 = 618e9 in all. Compiled, not run.
    "600b": dict(G=2048, S=1024, M=1024, N=16, D=128, H=8192, E=2048, V=256, layers=36),
}

DTYPES = ("f32", "bf16")


def capacity(tokens, experts, factor=2):
    """Slots of one expert for one group: `factor` times the even share, rounded
    up to a multiple of 4 and never 0 (the rule of Lingvo's GShard layer).

    >>> capacity(256, 8), capacity(100, 8), capacity(8, 64)
    (64, 28, 4)
    """
    even = tokens * factor // experts
    return max(4, -(-even // 4) * 4)


@dataclass(frozen=True)
class Sizes:
    """The numbers of one model; see the module's words."""

    G: int
    S: int
    M: int
    N: int
    D: int
    H: int
    E: int
    V: int
    layers: int
    dtype: str = "f32"

    def __post_init__(self):
        for name in ("G", "S", "M", "N", "D", "H", "V"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.E < 2:
            raise ValueError(f"a top-2 gate needs at least 2 experts, got E = {self.E}")
        if self.layers < 2:
            raise ValueError(f"layers must be at least 2 (one dense, one MoE), got {self.layers}")
        if self.S < 2:
            raise ValueError(f"predicting the next token needs S of at least 2, got {self.S}")
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {self.dtype}")

    @property
    def C(self):
        return capacity(self.S, self.E)

    @property
    def moe_layers(self):
        return self.layers // 2

    @property
    def parameters(self):
        """Number of weights in the whole model."""
        attention = 4 * self.M * self.N * self.D + 2 * self.M
        ffn = 2 * self.M * self.H
        dense = self.layers - self.moe_layers
        return (self.layers * attention + dense * ffn + self.moe_layers * self.E * (ffn + self.M)
                + 2 * self.V * self.M + self.S * self.M + self.M)


def make_sizes(preset, dtype="f32", **overrides):
    """The sizes of a preset with some of them replaced (None keeps the preset's)."""
    values = dict(PRESETS[preset])
    values.update({name: value for name, value in overrides.items() if value is not None})
    if values["D"] == 0:
        if values["M"] % values["N"]:
            raise ValueError(f"M = {values['M']} is not a multiple of {values['N']} heads; give --head-dim")
        values["D"] = values["M"] // values["N"]
    return Sizes(dtype=dtype, **values)
