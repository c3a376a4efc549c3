"""Every operation of the math dialect, of every float type, against numpy of higher precision.

Each is run on a table of arguments - small, large, special - as vectors and element by element.
Exit status 1 when a result is off by more units in the last place than the operation may be.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "oracle")]

from vga_grid import data  # noqa: E402

LONG = np.longdouble
# Bits of the fraction, the lowest exponent of a normal number, the largest number.
FORMATS = {
    "f16": (10, -14, 65504.0),
    "bf16": (7, -126, 255.0 * 2.0**120),
    "f32": (23, -126, float(np.finfo(np.float32).max)),
    "f64": (52, -1022, float(np.finfo(np.float64).max)),
}


def from_double(function):
    """A function of Python floats, on arrays: for what numpy lacks."""

    def apply(x):
        with np.errstate(all="ignore"):
            return np.array([_call(function, float(value)) for value in x], LONG)

    return apply


def _call(function, value: float) -> float:
    try:
        return function(value)
    except (ValueError, OverflowError):
        return math.nan


def rsqrt(x):
    return 1 / np.sqrt(x)


def round_half_away(x):
    return np.where(np.isfinite(x), np.copysign(np.floor(np.abs(x) + LONG(0.5)), x), x)


# The reference, and how many units in the last place results of f16 and bf16, f32, f64 may be off.
UNARY = {
    "absf": (np.abs, (0, 0, 0)),
    "acos": (np.arccos, (1, 2, 2)),
    "acosh": (np.arccosh, (1, 3, 3)),
    "asin": (np.arcsin, (1, 3, 2)),
    "asinh": (np.arcsinh, (1, 3, 3)),
    "atan": (np.arctan, (1, 3, 2)),
    "atanh": (np.arctanh, (1, 3, 3)),
    "cbrt": (np.cbrt, (1, 2, 4)),
    "ceil": (np.ceil, (0, 0, 0)),
    "cos": (np.cos, (1, 2, 2)),
    "cosh": (np.cosh, (1, 3, 2)),
    "erf": (from_double(math.erf), (1, 4, 4)),
    "erfc": (from_double(math.erfc), (1, 6, 8)),
    "exp": (np.exp, (1, 2, 2)),
    "exp2": (np.exp2, (1, 3, 2)),
    "expm1": (np.expm1, (1, 4, 3)),
    "floor": (np.floor, (0, 0, 0)),
    "log": (np.log, (1, 2, 2)),
    "log10": (np.log10, (1, 3, 3)),
    "log1p": (np.log1p, (1, 4, 3)),
    "log2": (np.log2, (1, 2, 2)),
    "round": (round_half_away, (0, 0, 0)),
    "roundeven": (np.rint, (0, 0, 0)),
    "rsqrt": (rsqrt, (1, 2, 2)),
    "sin": (np.sin, (1, 2, 2)),
    "sinh": (np.sinh, (1, 4, 3)),
    "sqrt": (np.sqrt, (0, 0, 0)),
    "tan": (np.tan, (1, 3, 3)),
    "tanh": (np.tanh, (1, 4, 3)),
    "trunc": (np.trunc, (0, 0, 0)),
}
BINARY = {
    "atan2": (np.arctan2, (1, 4, 3)),
    "copysign": (np.copysign, (0, 0, 0)),
    "powf": (np.power, (1, 3, 3)),
}


def arguments_of(kind: str) -> np.ndarray:
    """Magnitudes from the smallest denormal to the largest number, and what functions turn at."""
    bits, lowest, largest = FORMATS[kind]
    rng = np.random.default_rng(0)
    exponents = np.arange(lowest - bits, math.frexp(largest)[1])
    if len(exponents) > 300:
        exponents = np.unique(np.concatenate([exponents[::8], np.arange(-70, 70), exponents[:3]]))
    scales = np.ldexp(1.0, exponents.astype(np.int64))
    around = np.concatenate([
        [0.0, 1.0, 2.0, 0.5, 1.5, 2.5, 1e-5, 3e-8, 5e-39, 0.7, 88.0, 89.0, 103.0, 709.0, 745.0],
        np.arange(1, 9) * (math.pi / 4), np.linspace(0.0, 4.0, 65), np.linspace(4.0, 20.0, 33),
        1.0 + np.ldexp(1.0, -np.arange(1, bits + 1)), 1.0 - np.ldexp(1.0, -np.arange(1, bits + 2)),
    ])
    magnitudes = np.concatenate([scales, scales * rng.uniform(1.0, 2.0, len(scales)), around, [largest]])
    with np.errstate(over="ignore"):
        magnitudes = data.rounded(np.minimum(magnitudes, largest), kind)
    magnitudes = np.unique(magnitudes)
    return np.concatenate([magnitudes, -magnitudes, [np.inf, -np.inf, np.nan]])


# Softmax is made of them: below the smallest normal number of f32 they are 0.
FLUSHED = ("exp", "exp2")
# The polynomial of kernels ends where results are denormal.
FLUSHED_IN_KERNELS = (*FLUSHED, "erfc")


def may_be_zero(flushed: tuple, operation: str, kind: str, wanted: np.ndarray) -> np.ndarray:
    return (operation in flushed) & (kind != "f64") & (np.abs(wanted) < 2.0**-125)


def units_off(actual: np.ndarray, expected: np.ndarray, kind: str) -> np.ndarray:
    """How many units in the last place of the expected number each result is off."""
    bits, lowest, largest = FORMATS[kind]
    with np.errstate(all="ignore"):
        _, exponents = np.frexp(np.where(np.isfinite(expected), expected, 0).astype(LONG))
        unit = np.ldexp(LONG(1), np.maximum(exponents - 1, lowest) - bits)
        # What is beyond the largest number by more than half a unit rounds to inf.
        beyond = np.abs(expected) >= LONG(largest) * (1 + np.ldexp(LONG(1), -bits - 2))
        rounded = np.where(beyond & np.isfinite(expected), np.copysign(np.inf, expected), expected)
        off = np.abs(actual.astype(LONG) - expected) / unit
        same = (np.isnan(actual) & np.isnan(rounded)) | (actual == rounded)
        # A result next to the largest number may be it, or inf.
        near = np.isinf(actual) != np.isinf(rounded)
        edge = near & (np.abs(expected) > LONG(largest) * (1 - np.ldexp(LONG(1), -bits + 2)))
        edge &= np.abs(expected) < LONG(largest) * (1 + np.ldexp(LONG(1), -bits + 2))
    off = np.where(same | edge, 0, off)
    return np.where(np.isnan(off), np.inf, off)


def shape_text(count: int, width: int, kind: str) -> str:
    return f"tensor<{count}x{width}x{kind}>" if width else f"tensor<{count}x{kind}>"


def function(name: str, operation: str, operands: int, text: str) -> str:
    names = ["%x", "%y"][:operands]
    arguments = ", ".join(f"{n}: {text}" for n in names)
    return (f"func.func @{name}({arguments}) -> {text} {{\n"
            f"  %z = math.{operation} {', '.join(names)} : {text}\n  return %z : {text}\n}}\n")  # fmt: skip


def kernel_function(name: str, operation: str, operands: int, text: str) -> str:
    """One for each element, as kernels have them."""
    names = ["%x", "%y"][:operands]
    rank = text.count("x", 0, text.rfind("x") + 1)
    element = text[text.rfind("x") + 1 : -1]
    axes = ", ".join("ij"[:rank])
    maps = ", ".join([f"affine_map<({axes}) -> ({axes})>"] * (operands + 1))
    kinds = ", ".join(['"parallel"'] * rank)
    arguments = ", ".join(f"{n}: {text}" for n in names)
    elements = ", ".join(f"{n}e: {element}" for n in [*names, "%o"])
    return (f"func.func @{name}({arguments}) -> {text} {{\n"
            f"  %e = tensor.empty() : {text}\n"
            f"  %z = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}\n"
            f"      ins({', '.join(names)} : {', '.join([text] * operands)}) outs(%e : {text}) {{\n"
            f"  ^bb0({elements}):\n"
            f"    %r = math.{operation} {', '.join(n + 'e' for n in names)} : {element}\n"
            f"    linalg.yield %r : {element}\n  }} -> {text}\n  return %z : {text}\n}}\n")  # fmt: skip


def expand_as_in_kernels(text: str, vga_opt: str) -> str:
    """The arithmetic that a GPU has for the functions, for the CPU."""
    passes = "math-extend-to-supported-types,vga-gpu-expand-math,vga-expand-exp"
    done = subprocess.run(
        [vga_opt, f"--pass-pipeline=builtin.module(gpu.module({passes}))"],
        input=f"gpu.module @kernels {{\n{text}}}\n", capture_output=True, text=True, check=True)  # fmt: skip
    head, body = done.stdout.split("gpu.module @kernels {\n")
    return head.replace("module {\n", "") + body.rsplit("}", 2)[0]


class Table:
    """The functions of a module, and their calls."""

    def __init__(self, folder: Path, vga_opt: str | None) -> None:
        self.folder = folder
        self.vga_opt = vga_opt
        self.functions: list[str] = []
        self.calls: list[dict] = []
        self.expected: list[tuple] = []

    def add(self, operation: str, kind: str, width: int, operands: list[np.ndarray], reference, bound):
        """`width` is that of rows, which are short where elements are to be computed one by one."""
        name = f"{operation}_{kind}_{width}"
        count = len(operands[0]) // max(width, 1)
        length = count * max(width, 1)
        shape = (count, width) if width else (count,)
        paths = []
        for number, values in enumerate(operands):
            path = f"{name}.{number}.npy"
            data.save(str(self.folder / path), values[:length].reshape(shape), kind)
            paths.append(path)
        make = kernel_function if self.vga_opt else function
        self.functions.append(make(name, operation, len(operands), shape_text(count, width, kind)))
        self.calls.append({"entry": name, "inputs": paths, "outputs": [f"{name}.out.npy"]})
        with np.errstate(all="ignore"):
            wanted = reference(*(values[:length].astype(LONG) for values in operands))
        self.expected.append((name, kind, bound, [v[:length] for v in operands], wanted))

    def run(self, command: list[str]) -> int:
        text = "".join(self.functions)
        if self.vga_opt:
            text = expand_as_in_kernels(text, self.vga_opt)
        (self.folder / "table.mlir").write_text(text, encoding="utf-8")
        (self.folder / "table.json").write_text(json.dumps(self.calls), encoding="utf-8")
        done = subprocess.run(
            [*command, str(self.folder / "table.mlir"), "--runs", str(self.folder / "table.json")],
            capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            print(done.stderr[:2000])
            return 1
        in_kernels = self.vga_opt or "--target=cuda" in command
        flushed = FLUSHED_IN_KERNELS if in_kernels else FLUSHED
        failed = 0
        for name, kind, bound, operands, wanted in self.expected:
            actual = data.load(str(self.folder / f"{name}.out.npy"), kind).reshape(-1)
            off = units_off(actual, wanted, kind)
            off[may_be_zero(flushed, name.split("_")[0], kind, wanted) & (actual == 0)] = 0
            worst = int(np.argmax(off))
            if off[worst] <= max(bound, 0.5):  # rounding is half a unit
                continue
            failed += 1
            at = ", ".join(repr(float(v[worst])) for v in operands)
            print(f"FAIL {name}({at}) = {actual[worst]!r}, expected {float(wanted[worst])!r}: "
                  f"off by {float(off[worst]):.3g} units, bound {bound}; "
                  f"{int((off > max(bound, 0.5)).sum())} such results")  # fmt: skip
        print(f"math table: {len(self.expected) - failed} functions passed, {failed} failed")
        return 1 if failed else 0


def build(table: Table, kinds: list[str], pattern: str) -> None:
    rng = np.random.default_rng(1)
    for kind in kinds:
        x = arguments_of(kind)
        column = {"f16": 0, "bf16": 0, "f32": 1, "f64": 2}[kind]
        # The arithmetic of kernels is the same in both.
        for width in (0,) if table.vga_opt else (0, 3):
            for operation, (reference, bounds) in UNARY.items():
                if pattern in operation:
                    table.add(operation, kind, width, [x], reference, bounds[column])
            for operation, (reference, bounds) in BINARY.items():
                if pattern in operation:
                    y = rng.permutation(x)
                    table.add(operation, kind, width, [x, y], reference, bounds[column])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True, metavar="PATH", help="the vga-run to test")
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--mcpu", help="its option of that name")
    parser.add_argument("-O", default="3", metavar="LEVEL", help="its option of that name")
    parser.add_argument("--types", nargs="*", default=list(FORMATS), help="element types")
    parser.add_argument(
        "--expanded-by", metavar="PATH", help="the vga-opt that makes the arithmetic of kernels of them"
    )
    parser.add_argument("--filter", default="", help="only operations with this in their name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vga-math-") as scratch:
        table = Table(Path(scratch), options.expanded_by)
        build(table, options.types, options.filter)
        command = [options.vga_run, f"-O{options.O}", f"--target={options.target}"]
        if options.mcpu:
            command.append(f"--mcpu={options.mcpu}")
        return table.run(command)


if __name__ == "__main__":
    sys.exit(main())
