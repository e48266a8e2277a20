#!/usr/bin/env python3
"""Writes the text fuzzer's first inputs and its dictionary.

  seeds.py CORPUS WORDS

CORPUS becomes a folder with one small module for each function of the repository's
tests and examples: the function with the meshes that stand beside it. WORDS becomes
a libFuzzer dictionary of the words of the project's dialects.
"""

import hashlib
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LARGEST = 6000  # bytes; larger modules are slow and show nothing more


def modules(path):
    """Parts of a test file that stand for themselves."""
    text = path.read_text()
    text = re.sub(r"\s*//(?! -----|---).*", "", text)
    return re.split(r"^// -----.*$|^//--- .*$", text, flags=re.M)


def functions(module):
    """(what stands beside the functions, [functions]) of a module's text."""
    starts = [match.start() for match in re.finditer(r"^func\.func", module, flags=re.M)]
    if not starts:
        return module, []
    ends = starts[1:] + [len(module)]
    return module[: starts[0]], [module[start:end] for start, end in zip(starts, ends)]


def seeds():
    files = sorted(SOURCE.glob("test/**/*.mlir")) + sorted(SOURCE.glob("test/**/*.test"))
    files += sorted(SOURCE.glob("examples/**/*.mlir"))
    for path in files:
        for module in modules(path):
            if "spmd.mesh" not in module and "func.func" not in module:
                continue
            beside, funcs = functions(module)
            if "call @" in module or not funcs:
                yield module
                continue
            for func in funcs:
                yield beside + func


def words():
    found = set()
    for path in sorted(SOURCE.glob("dialects/*/*.td")):
        text = path.read_text()
        dialect = "moe" if "Moe" in path.name else "spmd"
        found.update(f"{dialect}.{name}" for name in re.findall(r'_Op<"(\w+)"', text))
        found.update(re.findall(r"`([\w.]+)`", text))
    found.update(("#spmd.sharding<@mesh, [", "spmd.sharding = ", "tensor<", "xf32>", "xi32>", "xi1>", "unreduced", "replicated"))
    return sorted(found)


def main():
    corpus, dictionary = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    corpus.mkdir(parents=True, exist_ok=True)
    for text in seeds():
        data = text.strip().encode() + b"\n"
        if len(data) <= LARGEST:
            (corpus / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)
    dictionary.write_text("".join(f'"{word}"\n' for word in words()))


if __name__ == "__main__":
    main()
