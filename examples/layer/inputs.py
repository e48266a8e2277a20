#!/usr/bin/env python3
"""Writes arguments for a program: an .npz of normal f32 tensors by name.

  inputs.py -o inputs.npz x=8x32x16 router=16x8 wi=8x16x64 wo=8x64x16
"""

import argparse
import array
import math
import random
import struct
import sys
import zipfile


def npy(shape, values):
    """The bytes of a .npy file (format 1.0) of little-endian f32."""
    dims = "".join(f"{size}, " for size in shape)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dims}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = array.array("f", values)
    if sys.byteorder == "big":
        data.byteswap()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data.tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tensors", nargs="+", metavar="NAME=SHAPE")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    numbers = random.Random(arguments.seed)
    with zipfile.ZipFile(arguments.output, "w") as archive:
        for tensor in arguments.tensors:
            name, _, sizes = tensor.partition("=")
            try:
                shape = [int(size) for size in sizes.split("x")]
            except ValueError:
                parser.error(f"a tensor is NAME=SHAPE like x=8x32, got '{tensor}'")
            values = (numbers.gauss(0, 0.5) for _ in range(math.prod(shape)))
            archive.writestr(f"{name}.npy", npy(shape, values))


if __name__ == "__main__":
    main()
