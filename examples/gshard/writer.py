"""Writes MLIR functions whose tensor types are spelled with size letters.

`$gsm` stands for tensor<GxSxMxT> with the numbers of the model and its element
type, `$gse.i32` for another element type, `$.f32` for a scalar tensor; q, k and t
are S again (queries, keys), u is S - 1, and digits are themselves.
"""

import re

TYPE = re.compile(r"\$([a-z0-9]*)(?:\.([a-z]+[0-9]+))?")


class Writer:
    """Collects the lines of one function."""

    def __init__(self, sizes):
        self.sizes = sizes
        self.lines = []
        self.indent = "  "

    def type_of(self, letters, dtype=None):
        """
        The tensor type: type_of("gsm") is tensor<8x32x32xf32> in the tiny model.
        """
        return f"tensor<{''.join(f'{self._size(c)}x' for c in letters)}{dtype or self.sizes.dtype}>"

    def _size(self, letter):
        if letter.isdigit():
            return int(letter)
        if letter in "qkt":
            return self.sizes.S
        if letter == "u":
            return self.sizes.S - 1
        return getattr(self.sizes, letter.upper())

    def expand(self, text):
        return TYPE.sub(lambda match: self.type_of(*match.groups()), text)

    def __call__(self, text):
        """Appends lines, expanding `$` types; their indentation and a blank end go."""
        for line in text.removeprefix("\n").rstrip().splitlines():
            self.lines.append((self.indent + "  " + self.expand(line.strip())).rstrip())

    def constant(self, name, value, letters, dtype=None):
        """`%name`, a tensor full of one value."""
        self(f"%{name} = arith.constant dense<{value}> : {self.type_of(letters, dtype)}")
        return f"%{name}"

    def widen(self, value, letters):
        """The value in f32: itself in an f32 model."""
        if self.sizes.dtype == "f32":
            return value
        self(f"{value}_wide = arith.extf {value} : ${letters} to ${letters}.f32")
        return f"{value}_wide"

    def narrow(self, value, letters):
        """The f32 value in the model's element type: itself in an f32 model."""
        if self.sizes.dtype == "f32":
            return value
        self(f"{value}_narrow = arith.truncf {value} : ${letters}.f32 to ${letters}")
        return f"{value}_narrow"

    def function(self, head, returned, types):
        """The text of the function: head, lines so far, return."""
        body = "\n".join(self.lines)
        end = self.expand(f"{self.indent}  return {', '.join(returned)} : {', '.join(types)}")
        return f"{self.indent}{self.expand(head)} {{\n{body}\n{end}\n{self.indent}}}\n"
