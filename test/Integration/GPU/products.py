"""Products of matrices with what surrounds them, on a GPU or on the CPU, against numpy in float64.

Writes a function for each case of a grid: subscripts as of numpy.einsum, element types, sizes
around those of tiles, copies and warps, a start and a chain of elementwise operations. Exit status 1
when a result is off or a call does not run.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "CPU"), str(HERE.parents[1] / "oracle")]

from vga_grid import data  # noqa: E402

BOUNDS = {"f32": 5e-6, "f16": 1e-3, "bf16": 5e-3}
# On the CPU, each sum of a 16-bit product is rounded to its type.
CPU_BOUNDS = {"f32": 5e-6, "f16": 5e-3, "bf16": 4e-2}
# f32 sums of products on the tensor cores, which cut off where f32 rounds.
TENSOR_CORE_BOUND = 2e-5


@dataclass(frozen=True)
class Case:
    """Subscripts like "mk,kn->mn"; of the sizes, those of `dynamic` are not in the types."""

    subscripts: str
    sizes: dict
    types: tuple = ("f32", "f32", "f32")
    start: str = "zero"
    chain: tuple = ()
    dynamic: str = ""
    calls: list = field(default_factory=list)  # sizes of the dynamic ones, for each call

    @property
    def axes(self) -> list:
        return self.subscripts.replace("->", ",").split(",")

    @property
    def loops(self) -> str:
        """Those of the result first, then the sums'."""
        x, y, z = self.axes
        return z + "".join(dict.fromkeys(c for c in x + y if c not in z))

    @property
    def name(self) -> str:
        sizes = "_".join(f"{c}{'x' if c in self.dynamic else s}" for c, s in self.sizes.items())
        return "_".join(
            [*self.axes, sizes, *self.types, self.start, *self.chain]
        )


def tensor(case: Case, axes: str, element: str) -> str:
    sizes = ["?" if c in case.dynamic else str(case.sizes[c]) for c in axes]
    return f"tensor<{'x'.join([*sizes, element])}>"


def affine_map(loops: str, axes: str) -> str:
    return f"affine_map<({', '.join(loops)}) -> ({', '.join(axes)})>"


def generic(loops, inputs, output, iterators, body, types) -> str:
    """A linalg.generic; inputs and output are (value, axes, type)."""
    maps = ", ".join(affine_map(loops, axes) for _, axes, _ in [*inputs, output])
    arguments = ", ".join(f"%a{i}: {t}" for i, t in enumerate(types))
    return (
        f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{iterators}]}}\n"
        f"      ins({', '.join(v for v, _, _ in inputs)} : {', '.join(t for _, _, t in inputs)})"
        f" outs({output[0]} : {output[2]}) {{\n  ^bb0({arguments}):\n{body}  }} -> {output[2]}\n"
    )


def extended(name: str, element: str) -> tuple[str, str]:
    if element == "f32":
        return "", name
    return f"    {name}f = arith.extf {name} : {element} to f32\n", f"{name}f"


# What follows a product: other inputs by axes, and the body on %a0 with its result.
CHAIN = {
    "gelu": ([], """    %x2 = arith.mulf %a0, %a0 : T
    %x3 = arith.mulf %x2, %a0 : T
    %bent = arith.mulf %x3, %cubic : T
    %sum = arith.addf %a0, %bent : T
    %inner = arith.mulf %sum, %root : T
    %tanh = math.tanh %inner : T
    %open = arith.addf %tanh, %one : T
    %part = arith.mulf %open, %half : T
    %r = arith.mulf %part, %a0 : T
"""),
    "relu": ([], "    %r = arith.maximumf %a0, %floor : T\n"),
    "residual": (["all"], "    %r = arith.addf %a0, %a1 : T\n"),
    "bias": (["columns"], "    %r = arith.addf %a0, %a1 : T\n"),
    "scale_rows": (["rows"], "    %r = arith.mulf %a0, %a1 : T\n"),
    "bf16": ([], "    %r = arith.truncf %a0 : T to bf16\n"),
    "transpose": ([], ""),
}  # fmt: skip


def chain_axes(kind: str, result: str) -> str:
    return {"all": result, "columns": result[-1:], "rows": result[:-1]}[kind]


def function(case: Case) -> tuple[str, list, str, str]:
    """Text; the axes and types of the arguments; those of the result."""
    x, y, z = case.axes
    tx, ty, tz = case.types
    arguments = [(x, tx), (y, ty)]
    lines = []
    iterators = ", ".join('"parallel"' if c in z else '"reduction"' for c in case.loops)

    def empty(axes: str, element: str, name: str) -> None:
        sizes = []
        for c in axes:
            if c not in case.dynamic:
                continue
            source, place = next((i, a.index(c)) for i, a in enumerate((x, y)) if c in a)
            sizes.append(f"%d_{c}")
            if f"%d_{c} =" not in "".join(lines):
                lines.append(f"  %i_{c} = arith.constant {place} : index\n"
                             f"  %d_{c} = tensor.dim %arg{source}, %i_{c} : "
                             f"{tensor(case, arguments[source][0], arguments[source][1])}\n")
        lines.append(f"  {name} = tensor.empty({', '.join(sizes)}) : {tensor(case, axes, element)}\n")

    for name, value in (("half", 0.5), ("one", 1.0), ("cubic", 0.044715), ("root", 0.7978845608), ("floor", 0.0)):
        lines.append(f"  %{name} = arith.constant {value} : {tz}\n")
    start = f"%arg{len(arguments)}"
    if case.start == "full":
        arguments.append((z, tz))
    elif case.start == "bias":
        arguments.append((z[-1:], tz))
        empty(z, tz, "%e0")
        others = list(range(len(z) - 1))
        lines.append(f"  %start = linalg.broadcast ins({start} : {tensor(case, z[-1:], tz)}) "
                     f"outs(%e0 : {tensor(case, z, tz)}) dimensions = {others}\n")
        start = "%start"
    else:
        empty(z, tz, "%e0")
        lines.append(f"  %zero = arith.constant 0.0 : {tz}\n  %start = linalg.fill ins(%zero : {tz}) "
                     f"outs(%e0 : {tensor(case, z, tz)}) -> {tensor(case, z, tz)}\n")
        start = "%start"
    # As linalg.matmul has it: operands are extended to the type that sums are in.
    casts, factors = "", []
    for name, element in (("%a0", tx), ("%a1", ty)):
        cast, factor = extended(name, element) if tz == "f32" else ("", name)
        casts, factors = casts + cast, [*factors, factor]
    body = (f"{casts}    %p = arith.mulf {factors[0]}, {factors[1]} : {tz}\n"
            f"    %s = arith.addf %a2, %p : {tz}\n    linalg.yield %s : {tz}\n")
    lines.append("  %y0 = " + generic(
        case.loops,
        [("%arg0", x, tensor(case, x, tx)), ("%arg1", y, tensor(case, y, ty))],
        (start, z, tensor(case, z, tz)), iterators, body, [tx, ty, tz]))
    axes, element, value = z, tz, "%y0"
    for i, link in enumerate(case.chain, 1):
        kinds, text = CHAIN[link]
        inputs = [(value, axes, tensor(case, axes, element))]
        for kind in kinds:
            place = f"%arg{len(arguments)}"
            arguments.append((chain_axes(kind, axes), element))
            inputs.append((place, arguments[-1][0], tensor(case, *arguments[-1])))
        types = [element] * len(inputs)
        after = "bf16" if link == "bf16" else element
        result = axes[::-1] if link == "transpose" else axes
        empty(result, after, f"%e{i}")
        body = text.replace("T", element) + f"    linalg.yield {'%r' if text else '%a0'} : {after}\n"
        lines.append(f"  %y{i} = " + generic(
            axes, inputs, (f"%e{i}", result, tensor(case, result, after)),
            ", ".join(['"parallel"'] * len(axes)), body, [*types, after]))
        axes, element, value = result, after, f"%y{i}"
    given = ", ".join(f"%arg{i}: {tensor(case, *a)}" for i, a in enumerate(arguments))
    result = tensor(case, axes, element)
    text = (f"func.func @{case.name}({given}) -> {result} {{\n{''.join(lines)}"
            f"  return {value} : {result}\n}}\n")
    return text, arguments, axes, element


def reference(case: Case, values: list) -> np.ndarray:
    z, tz = case.axes[2], case.types[2]
    rest = iter(values[2:])
    result = np.einsum(case.subscripts, values[0], values[1])
    if case.start != "zero":
        result = result + next(rest)
    result = data.rounded(result, tz)
    for link in case.chain:
        if link == "gelu":
            inner = 0.7978845608 * (result + 0.044715 * result**3)
            result = 0.5 * result * (1 + np.tanh(inner))
        elif link == "relu":
            result = np.maximum(result, 0)
        elif link == "scale_rows":
            result = result * next(rest)[..., None]
        elif CHAIN[link][0]:
            result = result + next(rest)
        elif link == "transpose":
            result = result.transpose()
    return result


BF16, F16 = ("bf16",) * 3, ("f16",) * 3
SUMS, MIXED, WEIGHTS = ("bf16", "bf16", "f32"), ("f16", "bf16", "f32"), ("f32", "bf16", "f32")
ROWS = [{"m": m} for m in (0, 1, 2, 5, 16, 17, 33, 130)]


def cases() -> list:
    def of(subscripts: str, sizes: str, types=("f32",) * 3, **others) -> Case:
        pairs = {part[0]: int(part[1:]) for part in sizes.split()}
        return Case(subscripts, pairs, types, **others)

    rows = {"dynamic": "m", "calls": ROWS}
    found = []
    # Any number of rows, operands by rows and by columns, each type.
    for types in (("f32",) * 3, BF16, F16, SUMS, WEIGHTS, MIXED):
        for subscripts in ("mk,kn->mn", "mk,nk->mn"):
            found.append(of(subscripts, "m1 k96 n72", types, start="bias", **rows))
            found.append(of(subscripts, "m1 k71 n37", types, start="full", **rows))
        for subscripts in ("km,kn->mn", "km,nk->mn"):
            found.append(of(subscripts, "k40 m24 n136", types))
            found.append(of(subscripts, "k35 m67 n19", types))
    # Known rows.
    for m in (1, 2, 3, 8, 16, 40):
        for types in (("f32",) * 3, BF16):
            found.append(of("mk,kn->mn", f"m{m} k256 n200", types))
            found.append(of("mk,nk->mn", f"m{m} k320 n24", types))
    # Large tiles, in groups.
    for types in (("f32",) * 3, BF16):
        found.append(of("mk,kn->mn", "m1153 k40 n1800", types))
        found.append(of("mk,nk->mn", "m1201 k24 n1700", types))
    # Batches, shared operands, heads, sums over several axes, results in other orders.
    for types in (("f32",) * 3, BF16):
        found += [
            of("bmk,bkn->bmn", "b3 m5 k64 n40", types),
            of("bmk,bnk->bmn", "b3 m20 k24 n33", types, start="bias"),
            of("bmk,kn->bmn", "b3 m7 k64 n40", types, start="full"),
            of("bmk,hkn->bhmn", "b2 m6 k32 h3 n16", types),
            of("bshd,hdn->bsn", "b2 s9 h3 d16 n24", types),
            of("bhsd,hdn->bsn", "b2 s9 h3 d16 n24", types),
            of("bhsd,hnd->bsn", "b2 s70 h3 d11 n24", types),
            of("bsk,khd->bhsd", "b2 s20 k48 h3 d32", types),
            of("mk,kn->nm", "m20 k48 n33", types),
            of("mk,kn->nm", "m3 k48 n64", types, start="bias"),
            of("mk,k->m", "m70 k256", types),
            of("mk,k->m", "m70 k45", types, start="full"),
            of("k,kn->n", "k256 n72", types, chain=("gelu",)),
            of("bmk,bk->bm", "b3 m40 k64", types),
        ]  # fmt: skip
    every = {"dynamic": "bmkn", "calls": [
        {"b": 2, "m": m, "k": k, "n": n}
        for m, k, n in ((1, 64, 40), (3, 0, 5), (20, 33, 31), (70, 100, 130), (1, 1, 1), (4, 9, 0))
    ]}  # fmt: skip
    for types in (("f32",) * 3, BF16, WEIGHTS):
        found.append(of("bmk,bkn->bmn", "b1 m1 k1 n1", types, start="full", **every))
        found.append(of("bmk,bnk->bmn", "b1 m1 k1 n1", types, **every))
    # What follows.
    for types in (("f32",) * 3, SUMS, BF16):
        found += [
            of("mk,kn->mn", "m1 k64 n48", types, start="bias", chain=("gelu",), **rows),
            of("mk,nk->mn", "m1 k64 n48", types, chain=("bias", "gelu", "residual"), **rows),
            of("mk,kn->mn", "m1 k64 n30", types, chain=("scale_rows", "residual"), **rows),
            of("mk,kn->mn", "m1 k64 n48", types, chain=("residual", "transpose"), **rows),
        ]  # fmt: skip
    found.append(of("mk,kn->mn", "m1 k64 n48", SUMS, chain=("residual", "bf16"), **rows))
    # What a library computes, where there is one.
    for types in (SUMS, BF16, F16):
        found += [
            of("mk,kn->mn", "m256 k96 n72", types),
            of("mk,nk->mn", "m200 k64 n136", types, start="bias"),
            of("km,kn->mn", "m144 k72 n56", types, start="full"),
            of("km,nk->mn", "m131 k35 n19", types, start="bias", chain=("residual",)),
            of("mk,kn->mn", "m256 k64 n512", types, chain=("bias", "gelu")),
            of("mk,nk->mn", "m128 k512 n64", types, chain=("relu",)),
            of("mk,kn->nm", "m40 k64 n160", types, start="full"),
            of("bmk,bkn->bmn", "b3 m150 k64 n40", types),
            of("bmk,bnk->bmn", "b3 m129 k48 n33", types, start="bias"),
            of("bmk,hkn->bhmn", "b1 m160 k32 h3 n16", types, start="full"),
            of("bsk,khd->bhsd", "b1 s140 k48 h3 d32", types),
            of("bmk,kn->bmn", "b4 m130 k64 n40", types, chain=("bias",)),
            of("bhgmk,bhnk->bhgmn", "b2 h2 g1 m300 k64 n136", types),
        ]  # fmt: skip
    found.append(of("mk,kn->mn", "m192 k64 n48", SUMS, chain=("gelu", "bf16")))
    found.append(of("bhmk,bhkn->bhmn", "b2 h2 m10 k16 n24", chain=("residual", "transpose")))
    return found


def complaint(path: Path, expected: np.ndarray, element: str, bound: float) -> str | None:
    try:
        actual = data.load(str(path), element)
    except (OSError, ValueError) as error:
        return f"result not readable: {error}"
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    gap, norm = np.linalg.norm(actual - expected), np.linalg.norm(expected)
    if not gap <= bound * norm:
        return f"off by {gap / norm if norm else math.inf:.2e}, bound {bound:.0e}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--filter", default="", help="only functions whose name has this")
    parser.add_argument("--no-cublas", action="store_true", help="by kernels only")
    parser.add_argument("--tf32", action="store_true", help="products of f32, rounded to tf32")
    parser.add_argument("--emit", action="store_true", help="write the functions, and end")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.filter in case.name]
    if options.tf32:
        chosen = [case for case in chosen if case.types[0] == "f32"]
    functions = [function(case) for case in chosen]
    module = "\n".join(text for text, *_ in functions)
    if options.emit:
        print(module)
        return 0
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="vga-products-") as scratch:
        folder, runs, checks = Path(scratch), [], []
        (folder / "products.mlir").write_text(module, encoding="utf-8")
        for case, (_, arguments, _, element) in zip(chosen, functions):
            for call in case.calls or [{}]:
                sizes = case.sizes | call
                values = []
                for i, (axes, type) in enumerate(arguments):
                    shape = [sizes[c] for c in axes]
                    values.append(data.rounded(rng.standard_normal(shape), type))
                    data.save(str(folder / f"{len(runs)}.in{i}.npy"), values[-1], type)
                number = len(runs)
                runs.append({
                    "entry": case.name,
                    "inputs": [f"{number}.in{i}.npy" for i in range(len(arguments))],
                    "outputs": [f"{number}.out.npy"],
                })  # fmt: skip
                bound = (CPU_BOUNDS if options.target == "cpu" else BOUNDS)[element]
                if element == "f32" and case.types[0] != "f32":
                    bound = TENSOR_CORE_BOUND
                if options.tf32:
                    bound = max(bound, BOUNDS["f16"])  # as many bits of fraction
                checks.append((case.name, call, reference(case, values), element, bound))
        (folder / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
        done = subprocess.run(
            [options.vga_run, str(folder / "products.mlir"), f"--target={options.target}",
             "--runs", str(folder / "runs.json"), *["--no-cublas"] * options.no_cublas,
             *["--tf32"] * options.tf32],
            check=False,
        )  # fmt: skip
        if done.returncode:
            print("products: vga-run failed")
            return 1
        failed = 0
        for number, (name, call, expected, element, bound) in enumerate(checks):
            path = folder / f"{number}.out.npy"
            if problem := complaint(path, np.asarray(expected, float), element, bound):
                print(f"FAIL {name} {call}: {problem}")
                failed += 1
    print(f"products: {len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
