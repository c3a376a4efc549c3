"""Sums of many products, such as tensor cores may cut off, on a GPU or on the CPU.

Products of matrices and gates whose depth is large, of elements that make sums hard: all of one
sign, alternating, with a large offset in common. Each is held against numpy in float64, and its
error is printed: the largest one of an element, relative to the sum of the absolute values of its
products, which is what a sum in f32 can be held to. Exit status 1 when one is over its bound.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "CPU"), str(HERE.parents[1] / "oracle")]

from vga_grid import data  # noqa: E402

# Of a sum whose parts are rounded; of one that tensor cores cut off (docs/semantics.md, 1.5): a
# unit of f32's last place for each product of 16 terms, as cutting off loses up to a whole one,
# rounding half, and all in one direction.
ROUNDED, UNIT = 2e-5, 2.0**-23
PATTERNS = ["normal", "positive", "alternating", "offset"]


@dataclass(frozen=True)
class Case:
    """A product of [m, depth] and [depth, n], or a gate of m positions for n heads."""

    kind: str
    m: int
    n: int
    element: str
    pattern: str
    depth: int

    @property
    def name(self) -> str:
        return f"{self.kind}_m{self.m}_n{self.n}_{self.element}_{self.pattern}"

    @property
    def source_heads(self) -> int:
        """A gate sums over heads of 256 channels."""
        return self.depth // 256


def elements(rng: np.random.Generator, pattern: str, shape: tuple, axis: int) -> np.ndarray:
    values = rng.standard_normal(shape)
    if pattern == "positive":
        return np.abs(values)
    if pattern == "alternating":  # neighbors along the depth nearly cancel
        signs = np.where(np.arange(shape[axis]) % 2, -1.0, 1.0)
        return (1 + values / 64) * np.expand_dims(signs, tuple(set(range(len(shape))) - {axis}))
    if pattern == "offset":
        return values + 100
    return values


def inputs(rng: np.random.Generator, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Both factors, as matrices; of alternating ones, the second has one sign."""
    second = "positive" if case.pattern == "alternating" else case.pattern
    x = elements(rng, case.pattern, (case.m, case.depth), 1)
    y = elements(rng, second, (case.depth, case.n), 0)
    return data.rounded(x, case.element), data.rounded(y, case.element)


def function(case: Case) -> str:
    t, m, n, k = case.element, case.m, case.n, case.depth
    if case.kind == "gate":
        source = f"tensor<1x{case.source_heads}x{m}x256x{t}>"
        weight = f"tensor<{case.source_heads}x256x{n}x{t}>"
        return f"""func.func @{case.name}(%x: {source}, %w: {weight}) -> tensor<1x{n}x{m}xf32> {{
  %g = vga.gate %x, %w activation identity mixing cross_head : {source}, {weight}
  return %g : tensor<1x{n}x{m}xf32>
}}
"""
    x, y, z = f"tensor<{m}x{k}x{t}>", f"tensor<{k}x{n}x{t}>", f"tensor<{m}x{n}xf32>"
    return f"""func.func @{case.name}(%x: {x}, %y: {y}) -> {z} {{
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {z}
  %start = linalg.fill ins(%zero : f32) outs(%e : {z}) -> {z}
  %z = linalg.matmul ins(%x, %y : {x}, {y}) outs(%start : {z}) -> {z}
  return %z : {z}
}}
"""


def cases(options: argparse.Namespace) -> list[Case]:
    element_types = ["f32"] if options.tf32 else ["bf16", "f16"]
    found = []
    for pattern in PATTERNS:
        for element in element_types:
            # Few rows, tiles of mma.sync, tiles of wgmma.
            for m, n in ((8, 64), (72, 72), (256, 128)):
                found.append(Case("product", m, n, element, pattern, options.depth))
            if not options.tf32:
                found.append(Case("gate", 64, 16, element, pattern, options.depth))
    return [case for case in found if options.filter in case.name]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--mgpu", default="", help="its option of that name")
    parser.add_argument("--depth", type=int, default=65536, help="a multiple of 256")
    parser.add_argument("--filter", default="", help="only functions whose name has this")
    parser.add_argument("--library", action="store_true", help="let cuBLASLt multiply, too")
    parser.add_argument("--tf32", action="store_true", help="products of f32, rounded to tf32")
    options = parser.parse_args()
    chosen = cases(options)
    rng = np.random.default_rng(0)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="vga-long-sums-") as scratch:
        folder, runs, factors = Path(scratch), [], []
        module = "\n".join(function(case) for case in chosen)
        (folder / "sums.mlir").write_text(module, encoding="utf-8")
        for number, case in enumerate(chosen):
            x, y = inputs(rng, case)
            factors.append((x, y))
            if case.kind == "gate":
                heads = case.source_heads
                x = x.reshape(case.m, heads, 256).transpose(1, 0, 2)[None]
                y = y.reshape(heads, 256, case.n)
            data.save(str(folder / f"{number}.x.npy"), x, case.element)
            data.save(str(folder / f"{number}.y.npy"), y, case.element)
            runs.append({
                "entry": case.name,
                "inputs": [f"{number}.x.npy", f"{number}.y.npy"],
                "outputs": [f"{number}.z.npy"],
            })  # fmt: skip
        (folder / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
        command = [options.vga_run, str(folder / "sums.mlir"), f"--target={options.target}",
                   *[f"--mgpu={options.mgpu}"] * bool(options.mgpu), "--runs", str(folder / "runs.json"),
                   *["--no-cublas"] * (options.target == "cuda" and not options.library), *["--tf32"] * options.tf32]  # fmt: skip
        if subprocess.run(command, check=False).returncode:
            print("long sums: vga-run failed")
            return 1
        for number, (case, (x, y)) in enumerate(zip(chosen, factors)):
            actual = data.load(str(folder / f"{number}.z.npy"), "f32").astype(np.float64)
            if case.kind == "gate":
                actual = actual[0].T
            expected, size = x @ y, np.abs(x) @ np.abs(y)
            error = float(np.max(np.abs(actual - expected) / size))
            bias = float(np.mean((actual - expected) / size * np.sign(expected)))
            bound = ROUNDED if case.kind == "gate" else max(ROUNDED, case.depth / 16 * UNIT)
            if options.tf32:  # factors are rounded to 10 bits of fraction
                bound = 2.0**-10
            verdict = "" if error <= bound else f" over its bound of {bound:.1e}"
            failed += bool(verdict)
            print(f"{case.name}: error {error:.2e}, bias {bias:+.2e}{verdict}")
    print(f"long sums: {len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
