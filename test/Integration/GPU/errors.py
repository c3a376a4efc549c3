"""Calls that end with an error, on a GPU or on the CPU: one line that says what is wrong and where.

The functions are those of test/vga-run/append-checks.mlir. On a GPU, the kernel finds out.

Exit status 1 when a call does not fail, or says something else.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

MODULE = Path(__file__).resolve().parents[2] / "vga-run/append-checks.mlir"
ROOM = "vga.append: position of sequence {}: expected 0 to 5, got {}"
PAGES = (
    "vga.append: entry {} of sequence {} in block_table: expected at least 0 and less than 4 "
    "(the pages of cache), got {}"
)

# Positions, the block table if there is one, the error.
CASES = {
    "beyond": ([0, 6], None, ROOM.format(1, 6)),
    "below": ([-1, 0], None, ROOM.format(0, -1)),
    "far_below": ([0, -(2**31)], None, ROOM.format(1, -(2**31))),
    "beyond_pages": ([0, 6], [[0, 3], [1, 2]], ROOM.format(1, 6)),
    "no_page": ([5, 0], [[9, 4], [0, 9]], PAGES.format(1, 0, 4)),
    "negative_page": ([5, 0], [[9, 3], [-1, 9]], PAGES.format(0, 1, -1)),
}


def find_line(function: str) -> int:
    """That of the append in a function of the module."""
    lines = MODULE.read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if f"func.func @{function}(" in line)
    return next(i for i in range(first, len(lines)) if "vga.append" in lines[i]) + 1


def run(options: argparse.Namespace, folder: Path, position: list, table: list | None) -> list[str]:
    """The lines that vga-run writes on stderr."""
    function = "contiguous" if table is None else "paged"
    cache = (2, 1, 8) if table is None else (4, 1, 4)
    arrays = [np.ones((2, 1, 3), np.float32), np.zeros(cache, np.float32), np.array(position, np.int32)]
    if table is not None:
        arrays.append(np.array(table, np.int32))
    command = [options.vga_run, f"--target={options.target}", MODULE, "--entry", function]
    if options.target != "cuda":
        command.append("--check-pages")
    for i, array in enumerate(arrays):
        np.save(folder / f"{i}.npy", array)
        command += ["--input", folder / f"{i}.npy"]
    output = folder / "out.npy"
    done = subprocess.run(
        [*map(str, command), "--output", output], capture_output=True, text=True, check=False
    )
    if done.returncode != 1 or output.exists():
        return [f"exit status {done.returncode}", *done.stderr.splitlines()]
    return done.stderr.splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--target", default="cpu", help="its option of that name")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="vga-errors-") as scratch:
        for name, (position, table, text) in CASES.items():
            line = find_line("contiguous" if table is None else "paged")
            expected = [f"vga-run: error: {MODULE}:{line}:8: {text}"]
            actual = run(options, Path(scratch), position, table)
            if actual != expected:
                print(f"FAIL {name}: {actual}, expected {expected}")
                failed += 1
    print(f"errors: {len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
