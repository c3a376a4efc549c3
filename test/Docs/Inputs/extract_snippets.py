#!/usr/bin/env python3
"""Prints the ```mlir fences of .td and .md files for `vga-opt -split-input-file`.

usage: extract_snippets.py [--without TEXT]... FILE...

Every fence becomes one module, after a comment that says where it is from. Left
out is a fence whose info string goes on after `mlir`: it is a part of something,
which run_snippets.py looks after, and one that has a TEXT in it.
"""

import argparse
import dataclasses
import re
import sys
import textwrap


@dataclasses.dataclass
class Snippet:
    """The text between two fences; line is that of the opening one."""

    path: str
    line: int
    language: str
    options: str
    text: str

    @property
    def place(self):
        return f"{self.path}:{self.line}"


def read_snippets(path):
    """All fenced blocks of a file, in order."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    snippets, opening, body = [], None, []
    for number, line in enumerate(lines, start=1):
        fence = re.fullmatch(r"\s*```\s*(\S*)\s*(.*?)\s*", line)
        if not fence:
            body.append(line)
        elif opening is None:
            opening, body = (number, *fence.groups()), []
        else:
            snippets.append(Snippet(path, *opening, "\n".join(body) + "\n"))
            opening = None
    if opening is not None:
        sys.exit(f"{path}:{opening[0]}: the fence is not closed")
    return snippets


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", metavar="TEXT", action="append", default=[])
    parser.add_argument("files", metavar="FILE", nargs="+")
    arguments = parser.parse_args()
    snippets = [
        snippet
        for path in arguments.files
        for snippet in read_snippets(path)
        if snippet.language == "mlir" and not snippet.options
        and not any(text in snippet.text for text in arguments.without)
    ]
    if not snippets:
        sys.exit("no ```mlir fence in " + " ".join(arguments.files))
    modules = (f"// {s.place}\n{textwrap.dedent(s.text)}" for s in snippets)
    print("\n// -----\n\n".join(modules), end="")


if __name__ == "__main__":
    main()
