"""Writes the matrix of an .npy file in other spellings.

  respell_npy.py TOKENS.npy PACKED.npz FORTRAN.npy
"""

import ast
import sys
import zipfile

source, packed, fortran = sys.argv[1:]
with open(source, "rb") as file:
    raw = file.read()
length = int.from_bytes(raw[8:10], "little")
header, data = ast.literal_eval(raw[10:10 + length].decode()), raw[10 + length:]
rows, columns = header["shape"]
width = len(data) // (rows * columns)
assert not header["fortran_order"] and rows > 1 and columns > 1

with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("tokens.npy", "w", force_zip64=True) as member:  # as NumPy does
        member.write(raw)

text = str({**header, "fortran_order": True}).encode() + b"\n"
with open(fortran, "wb") as file:
    file.write(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
    for column in range(columns):
        for row in range(rows):
            at = (row * columns + column) * width
            file.write(data[at:at + width])
