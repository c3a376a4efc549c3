#!/usr/bin/env python3
"""Checks that every rule of docs/semantics.md names tests that are there.

usage: check_rules.py SOURCE_DIR

After a rule, `Tests:` lists files, with the functions in them that are meant,
and grid(PATTERN), which must match the name of a case of the numerical grid.
"""

import pathlib
import re
import subprocess
import sys


def rules(text):
    """(name, body) of each rule: a paragraph that starts with **1.2 Title.**"""
    starts = list(re.finditer(r"^\*\*(\d+\.\d+ [^*]+)\.\*\*", text, re.MULTILINE))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return [(m[1], text[m.end() : end]) for m, end in zip(starts, ends, strict=True)]


def check_references(references, source, cases):
    """What is wrong with the references of one rule."""
    found = 0
    for path, functions in re.findall(r"`(test/[^`]+)`(?:\s*\(([^)]*)\))?", references):
        found += 1
        if not (source / path).is_file():
            yield f"there is no {path}"
            continue
        text = (source / path).read_text(encoding="utf-8")
        for function in re.findall(r"`@(\w+)`", functions):
            if not re.search(rf"func(\.func)? @{function}\b", text):
                yield f"there is no @{function} in {path}"
    for pattern in re.findall(r"grid\(`([^`]+)`\)", references):
        found += 1
        if not any(re.search(pattern, name) for name in cases):
            yield f"no case of the grid matches {pattern}"
    if not found:
        yield "there are no tests"


def main():
    source = pathlib.Path(sys.argv[1])
    grid = source / "test/Integration/CPU/grid.py"
    cases = subprocess.run(
        [sys.executable, grid, "--list"], capture_output=True, text=True, check=True
    ).stdout.split()
    text = (source / "docs/semantics.md").read_text(encoding="utf-8")
    problems = 0
    for name, body in rules(text):
        _, _, references = body.partition("\nTests:")
        for problem in check_references(references, source, cases):
            problems += 1
            print(f"docs/semantics.md: {name}: {problem}")
    print(f"{len(rules(text))} rules, {problems} problems")
    return 1 if problems or not rules(text) else 0


if __name__ == "__main__":
    sys.exit(main())
