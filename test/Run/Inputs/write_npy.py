"""Writes numbers as a vector of i32 in .npy: write_npy.py OUT NUMBER..."""
import struct
import sys

output, numbers = sys.argv[1], [int(word) for word in sys.argv[2:]]
header = str({"descr": "<i4", "fortran_order": False, "shape": (len(numbers),)})
header = header.ljust(128 - 10 - 1) + "\n"
with open(output, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
    file.write(header.encode() + struct.pack(f"<{len(numbers)}i", *numbers))
