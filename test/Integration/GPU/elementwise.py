"""What is not attention, on a GPU or on the CPU, against numpy in float64.

Calls the functions in Inputs/elementwise.mlir, with sizes around those of vectors, warps and
blocks, empty ones included. Exit status 1 when a result is off or a call does not run.
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
sys.path[:0] = [str(HERE.parent / "CPU"), str(HERE.parents[1] / "oracle")]

from vga_grid import data  # noqa: E402

BOUNDS = {"f32": 5e-6, "f16": 1e-3, "bf16": 5e-3, "f64": 1e-12, "i1": 0, "i32": 0, "i64": 0}
ROWS = [0, 1, 3, 33, 257]


class Calls:
    """Collects calls: inputs with their types, and what the results must be."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.calls: list[tuple] = []

    def normal(self, *shape: int, type: str = "f32") -> tuple[np.ndarray, str]:
        return data.rounded(self.rng.standard_normal(shape), type), type

    def integers(self, low: int, high: int, *shape: int, type: str = "i32"):
        return self.rng.integers(low, high, shape), type

    def add(self, entry: str, inputs: list, results: list, continues: bool = False) -> None:
        """continues: with the states that the call of entry before this one has left."""
        self.calls.append((entry, inputs, results, continues))


def number(value: int, type: str = "i64") -> tuple[np.ndarray, str]:
    return np.array(value), type


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    if x.size == 0:
        return x
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def add_elements(calls: Calls, rows: int) -> None:
    x, y = calls.normal(rows, 256), calls.normal(rows, 256)
    calls.add("residual", [x, y], [(x[0] + y[0], "f32")])
    x, b = calls.normal(rows, 72), calls.normal(72, type="bf16")
    calls.add("narrow", [x, b], [(data.rounded(x[0], "bf16") * b[0], "bf16")])
    for columns in (1, 37):
        x, y = calls.normal(rows, columns, type="f16"), calls.normal(rows, type="f16")
        calls.add("ragged", [x, y], [(x[0] - y[0][:, None], "f16")])
    x, y = calls.normal(rows, 20), calls.normal(rows, 20)
    calls.add("compare", [x, y], [(x[0] < y[0], "i1"), (np.maximum(x[0], y[0]), "f32")])
    x = (np.abs(calls.normal(rows, 6)[0]) + 0.1, "f64")
    calls.add("double", [x], [(np.sqrt(x[0]) / x[0], "f64")])


def add_model(calls: Calls, rows: int) -> None:
    tokens, past = calls.integers(0, 256, rows), 7
    token, position = calls.normal(256, 256), calls.normal(512, 256)
    calls.add(
        "embed", [tokens, number(past), token, position],
        [(token[0][tokens[0]] + position[0][past : past + rows], "f32")],
    )  # fmt: skip
    x, w = calls.normal(rows, 256), calls.normal(256)
    rms = np.sqrt((x[0] ** 2).mean(1, keepdims=True) + 1e-5)
    calls.add("rms_norm", [x, w], [(x[0] / rms * w[0], "f32")])
    x, b = calls.normal(rows, 1024), calls.normal(1024)
    u = x[0] + b[0]
    inner = 0.7978845608 * (u + 0.044715 * u**3)
    calls.add("gelu", [x, b], [(0.5 * u * (1 + np.tanh(inner)), "f32")])


def add_functions(calls: Calls, rows: int) -> None:
    x = (data.rounded(calls.rng.uniform(-9, 9, rows), "f32"), "f32")
    p = (data.rounded(np.exp(calls.rng.uniform(-9, 9, rows)), "f32"), "f32")
    values = [
        np.exp(x[0]), np.exp2(x[0]), np.tanh(x[0]), np.vectorize(math.erf, otypes=[float])(x[0]),
        1 / np.sqrt(p[0]), np.log(p[0]), np.log1p(p[0]), np.cos(x[0]) + np.sin(x[0]),
    ]  # fmt: skip
    calls.add("functions", [x, p], [(value, "f32") for value in values])
    x, p = calls.normal(rows), (np.abs(calls.normal(rows)[0]) + 0.5, "f32")
    p = (data.rounded(p[0], "f32"), "f32")
    powers = [p[0] ** x[0], np.expm1(x[0]), np.sinh(x[0])]
    calls.add("powers", [x, p], [(value, "f32") for value in powers])
    x = (calls.rng.uniform(-700, 700, rows), "f64")
    small = (calls.rng.uniform(0.1, 1, rows) * 10.0 ** calls.rng.integers(-12, 1, rows), "f64")
    positive = (np.exp(x[0]), "f64")
    # Of arguments of all sizes, values of about one.
    values = [
        np.exp(x[0]) * np.exp(-x[0]), np.exp2(x[0]) * np.exp2(-x[0]), np.tanh(small[0]) / small[0],
        np.log1p(small[0]) / small[0], np.log(positive[0]), np.log2(positive[0]), np.log10(positive[0]),
    ]  # fmt: skip
    calls.add("double_functions", [x, small, positive], [(value, "f64") for value in values])
    x = calls.normal(rows, 64, type="bf16")
    calls.add("narrow_sigmoid", [x], [(1 / (1 + np.exp(-x[0])), "bf16")])


def add_sums(calls: Calls, rows: int) -> None:
    for columns in (1, 31, 256, 1000):
        x = calls.normal(rows, columns)
        calls.add("softmax", [x], [(softmax(x[0], 1), "f32")])
    x = calls.normal(rows, 50, 7)
    calls.add("softmax_columns", [x], [(softmax(x[0], 1), "f32")])
    x, to = calls.normal(rows, 3000), calls.normal(rows)
    # Of one sign: what cancels has no relative error to speak of.
    x = (np.abs(x[0]), "f32")
    calls.add("row_sums", [x, to], [(x[0].sum(1) + to[0], "f32")])
    x, to = calls.normal(rows, 56, type="bf16"), calls.normal(rows, type="bf16")
    calls.add("row_maxima", [x, to], [(np.maximum(x[0].max(1, initial=-np.inf), to[0]), "bf16")])
    # All of one sign: a neutral element that is 0 or -1 would be the result.
    for low, high in ((5, 1000), (-1000, -5)):
        x, to = calls.integers(low, high, rows, 37, type="i64"), calls.integers(low, high, rows, type="i64")
        limits = np.column_stack((x[0], to[0]))
        calls.add("index_limits", [x, to], [(limits.min(1), "i64"), (limits.max(1), "i64")])
    x, y = calls.normal(rows, 300, type="f64"), calls.normal(rows, 300, type="f64")
    calls.add("distances", [x, y], [(((x[0] - y[0]) ** 2).sum(1), "f64")])
    x = (np.abs(calls.normal(rows, 100)[0]), "f32")
    calls.add("column_sums", [x], [(x[0].sum(0), "f32")])
    x = (calls.rng.random((rows, 19)) < 0.3, "i1")
    calls.add("count", [x], [(np.array(x[0].sum()), "i64")])
    x = calls.normal(rows, 40)
    calls.add("arg_max", [x], [(x[0].argmax(1), "i32")])


def add_moves(calls: Calls, rows: int) -> None:
    x, start = calls.normal(rows, 8, 64, type="bf16"), rows // 3
    moved = x[0][start:].transpose(1, 0, 2)
    calls.add("move", [x, number(start)], [(np.concatenate([moved, moved], 2), "bf16")])
    x = calls.normal(rows, 128)
    calls.add("heads", [x], [(x[0].reshape(1, rows, 2, 64).transpose(0, 2, 1, 3), "f32")])
    x = calls.normal(rows, 5)
    calls.add("pad", [x], [(np.pad(x[0], ((3, 2), (1, 4)), constant_values=1), "f32")])
    some, past = min(rows, 20), 11
    cache, x = calls.normal(1, 32, 2, 64), calls.normal(1, some, 2, 64)
    longer = cache[0].copy()
    longer[:, past : past + some] = x[0]
    calls.add("append", [cache, x, number(past)], [(longer, "f32")])


def add_host(calls: Calls) -> None:
    x = calls.normal(4)
    calls.add(
        "constants", [x],
        [(x[0] * [1, 2, 3, 4], "f32"), (np.array([[7, 8], [9, 10]]), "i64"),
         (np.full(3, 0.5), "f16"), x],
    )  # fmt: skip
    calls.add("numbers", [(np.array([5, 6, 7]), "i32")], [(np.array([12, 7]), "i32")])
    for rows, count in ((0, 1), (5, 0), (40, 300)):
        x, at = (np.abs(calls.normal(rows, 33)[0]), "f32"), calls.integers(0, 33, count, type="i64")
        table = x[0].sum(0)
        calls.add("lookup", [x, at], [(table[at[0]], "f32"), (table, "f32")])
    for n in (1, 3):
        x = calls.normal(300)
        calls.add("control", [x, number(n, "i32")], [(-x[0] if n < 2 else x[0], "f32")])


def complaint(path: Path, expected: np.ndarray, element: str) -> str | None:
    try:
        actual = data.load(str(path), element)
    except (OSError, ValueError) as error:
        return f"result not readable: {error}"
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    gap, norm = np.linalg.norm(actual - expected), np.linalg.norm(expected)
    if not gap <= BOUNDS[element] * norm:
        return f"off by {gap / norm if norm else math.inf:.2e}, bound {BOUNDS[element]:.0e}"
    return None


def run(title: str, calls: Calls, module: str, description: str | None) -> int:
    """Calls the functions of Inputs/MODULE; the exit status."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--filter", default="", help="only functions whose name has this")
    parser.add_argument("--module", default=HERE / "Inputs" / module, help="other code for it")
    options = parser.parse_args()
    chosen = [call for call in calls.calls if options.filter in call[0]]
    with tempfile.TemporaryDirectory(prefix="vga-elements-") as scratch:
        folder, runs, checks = Path(scratch), [], []
        for i, (entry, inputs, results, continues) in enumerate(chosen):
            names = [f"{i}.in{j}.npy" for j in range(len(inputs))]
            for name, (values, element) in zip(names, inputs):
                data.save(str(folder / name), values, element)
            outputs = [f"{i}.out{j}.npy" for j in range(len(results))]
            run = {"entry": entry, "inputs": names, "outputs": outputs, "continues": continues}
            runs.append(run)
            checks += [(entry, folder / o, *r) for o, r in zip(outputs, results)]
        (folder / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
        done = subprocess.run(
            [options.vga_run, str(options.module), f"--target={options.target}",
             "--runs", str(folder / "runs.json")],
            check=False,
        )  # fmt: skip
        if done.returncode:
            print(f"{title}: vga-run failed")
            return 1
        failed = 0
        for entry, path, expected, element in checks:
            if problem := complaint(path, np.asarray(expected, float), element):
                print(f"FAIL {entry} {path.name}: {problem}")
                failed += 1
    print(f"{title}: {len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    calls = Calls()
    for rows in ROWS:
        for add in (add_elements, add_model, add_functions, add_sums, add_moves):
            add(calls, rows)
    add_host(calls)
    return run("elementwise", calls, "elementwise.mlir", __doc__)


if __name__ == "__main__":
    sys.exit(main())
