"""Pages that a script writes and a test holds current."""

import argparse
import pathlib
import sys


def keep(script, name, tool, page):
    """Writes docs/NAME as `page(path of the tool)`; with --check, fails where it would differ.

    `tool` is the option that names what the figures come from, such as "moe-opt".
    """
    parser = argparse.ArgumentParser()
    parser.add_argument(f"--{tool}", required=True, dest="tool")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    path = pathlib.Path(script).resolve().parent / name
    text = page(arguments.tool)
    if not arguments.check:
        path.write_text(text)
    elif path.read_text() != text:
        sys.exit(f"{path} is not what the compiler does today: run {script} --{tool} {arguments.tool}")
