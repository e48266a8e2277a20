#!/usr/bin/env python3
"""Makes a batch of byte tokens, a .npy file of int32 [rows, length].

The rows are taken at even distances from a text file, so that a batch shows all of
it; bytes are the tokens. Without a file a small synthetic text stands in.

  tokens.py --rows 8 --length 32 --text king-james.txt -o tokens.npy
"""

import argparse
import array
import struct
import sys


def synthetic_text(size):
    """Sentences of a made-up tongue: enough structure for routing to differ."""
    subjects = ("the token", "an expert", "each rank", "no slot", "the gate", "one group")
    verbs = ("chooses", "keeps", "sends", "drops", "gathers", "weighs")
    objects = ("its neighbour", "a second expert", "the last block", "every byte", "nothing", "the mask")
    sentences = []
    state, length = 1, 0
    while length < size:
        words = []
        for choices in (subjects, verbs, objects):
            state = (state * 1103515245 + 12345) % 2**31
            words.append(choices[(state >> 16) % len(choices)])
        sentences.append(" ".join(words).capitalize() + ".\n")
        length += len(sentences[-1])
    return "".join(sentences).encode()


def rows_of(text, rows, length):
    """`rows` pieces of `length` bytes at even distances, first byte to last.

    >>> rows_of(b"abcdefgh", 3, 2)
    [b'ab', b'de', b'gh']
    """
    last = len(text) - length
    starts = [0 if rows == 1 else last * row // (rows - 1) for row in range(rows)]
    return [text[start:start + length] for start in starts]


def npy(rows):
    """The bytes of a .npy file (format 1.0) holding the rows as little-endian int32."""
    header = f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    values = array.array("i", list(b"".join(rows)))
    if sys.byteorder == "big":
        values.byteswap()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values.tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=32)
    parser.add_argument("--text", help="file to take bytes from (default: a synthetic text)")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    if arguments.rows < 1 or arguments.length < 1:
        parser.error(f"rows and length must be positive, got {arguments.rows} and {arguments.length}")
    if arguments.text:
        with open(arguments.text, "rb") as file:
            text = file.read()
    else:
        text = synthetic_text(max(65536, arguments.rows * arguments.length))
    if len(text) < arguments.length:
        parser.error(f"the text has {len(text)} bytes, a row needs {arguments.length}")
    with open(arguments.output, "wb") as file:
        file.write(npy(rows_of(text, arguments.rows, arguments.length)))


if __name__ == "__main__":
    main()
