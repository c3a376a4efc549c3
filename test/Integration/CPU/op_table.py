"""Every operation of arith, of linalg, and what math has beside functions of floats, against numpy.

math_table.py has the functions. Exit status 1 when something does not compile, or is wrong. With
--compile, functions are compiled only, by a pipeline of vga-opt, and the operation of each error must
be the one that was written.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "oracle")]

from vga_grid import data  # noqa: E402
from vga_ops import element_ops, linalg_ops  # noqa: E402
from vga_ops.element_ops import FLOATS, FRACTION, INTEGERS, LOWEST, WIDTH  # noqa: E402
from vga_ops.linalg_ops import shape_of  # noqa: E402

SHAPE = (7, 5)
ACCUMULATORS = {"f16": "f32", "bf16": "f32", "i8": "i32", "i16": "i32"}


def text_of(shape: tuple, kind: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{kind}>"


class Function:
    """A function of one operation: its text, its inputs, and the results with what they may be off."""

    def __init__(self, operation: str, inputs: list, results: list, body: str) -> None:
        self.operation, self.inputs, self.results, self.body = operation, inputs, results, body

    def text(self, name: str) -> str:
        types = [text_of(np.shape(values), kind) for kind, values in self.inputs]
        arguments = ", ".join(f"%x{i}: {type}" for i, type in enumerate(types))
        out = ", ".join(text_of(np.shape(values), kind) for kind, values, _ in self.results)
        names = ", ".join(f"%r{i}" for i in range(len(self.results)))
        return (f"func.func @{name}({arguments}) -> ({out}) {{\n  {names} = {self.body}\n"
                f"  return {names} : {out}\n}}\n")  # fmt: skip


def random_values(rng: np.random.Generator, kind: str, shape: tuple, use: str = "any") -> np.ndarray:
    if kind == "i1":
        return rng.integers(-1, 1, shape)
    if kind in WIDTH:
        bits = WIDTH[kind]
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        if use == "places":
            return rng.integers(0, bits, shape)
        if use == "power":
            return rng.integers(-4, 9, shape)
        values = rng.integers(low, high, shape, endpoint=True)
        small = rng.integers(-9, 10, shape)
        values = np.where(rng.random(shape) < 0.5, values, small)
        if use != "divisor":
            values.flat[:3] = [low, high, 0]
        return np.where((values == 0) | (values == -1), 3, values) if use == "divisor" else values
    values = rng.standard_normal(shape) * 3
    if use == "positive":
        values = np.abs(values) * 5
    elif use == "low":
        values = -np.abs(values)
    elif use == "high":
        values = np.abs(values)
    elif use == "near one":
        values = np.sign(values) * rng.uniform(0.5, 2, shape)
    elif use == "any":
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, np.ldexp(1.0, LOWEST[kind] - 1), 1.0]
        places = rng.permutation(values.size)[: len(special)]
        values.flat[places] = special
    return data.rounded(values, kind)


def slack(kind: str, magnitude: np.ndarray, units: float) -> np.ndarray:
    """What a result of this size may be off."""
    if kind not in FRACTION:
        return np.zeros(np.shape(magnitude))
    unit = 2.0 ** -(FRACTION[kind] + 1)
    with np.errstate(all="ignore"):
        return units * np.maximum(np.abs(magnitude).astype(np.float64) * unit, 2.0 ** (LOWEST[kind] - FRACTION[kind]))


def element_functions(rng, rows):
    for operation, operands, kinds, body, reference in rows:
        operands = [o if isinstance(o, tuple) else (o, "any") for o in operands]
        values = [random_values(rng, kind, SHAPE, use) for kind, use in operands]
        with np.errstate(all="ignore"):
            wanted = reference(*values)
        types = {f"t{i}": text_of(SHAPE, kind) for i, (kind, _) in enumerate(operands)}
        types |= {f"r{i}": text_of(SHAPE, kind) for i, kind in enumerate(kinds)}
        results = [(kind, array, slack(kind, array, 4)) for kind, array in zip(kinds, wanted)]
        inputs = [(kind, array) for (kind, _), array in zip(operands, values)]
        yield Function(operation, inputs, results, body.format(*[f"%x{i}" for i in range(9)], **types))


def structured(name: str, inputs: list, start, kind: str, wanted, magnitude, attributes: str = "",
               before: str = "", after: str = "", units: float = 64) -> Function:  # fmt: skip
    """The last operand is the start of the result."""
    types = [text_of(np.shape(v), k) for k, v in inputs]
    out = text_of(np.shape(start), kind)
    names = ", ".join(f"%x{i}" for i in range(len(inputs)))
    ins = f"ins({names} : {', '.join(types)}) " if inputs else ""
    body = f"linalg.{name} {before}{attributes} {ins}outs(%x{len(inputs)} : {out}){after}"
    if name != "map":
        body += "" if after else f" -> {out}"
    return Function(f"linalg.{name}", [*inputs, (kind, start)],
                    [(kind, wanted, slack(kind, magnitude, units))], body)  # fmt: skip


def small(rng, kind: str, shape: tuple) -> np.ndarray:
    if kind in WIDTH:
        return rng.integers(-100, 100, shape)
    return data.rounded(rng.standard_normal(shape), kind)


def wrapped(values: np.ndarray, kind: str) -> np.ndarray:
    return element_ops.wrap(values.astype(object), kind) if kind in WIDTH else values


def product_functions(rng, kind: str, accumulator: str):
    tables = {name: (axes, 1, 1) for name, axes in (linalg_ops.CONTRACTIONS | linalg_ops.CONVOLUTIONS).items()}
    for name, (axes, _, _) in list(tables.items()):
        if name.endswith("conv_2d_nhwc_hwcf") or name == "depthwise_conv_2d_nchw_chw":
            tables[f"{name} strided"] = (axes, 2, 3)
    for name, (axes, stride, dilation) in tables.items():
        of_x, of_w, of_y = axes.split(" ")
        x = small(rng, kind, shape_of(of_x, stride, dilation))
        w, y = small(rng, kind, shape_of(of_w)), small(rng, accumulator, shape_of(of_y))
        wanted = linalg_ops.contract(x, w, y, axes, stride, dilation)
        size = linalg_ops.contract(abs(x), abs(w), abs(y), axes, stride, dilation)
        attributes = "" if stride == 1 else (
            f"{{strides = dense<{stride}> : tensor<2xi64>, dilations = dense<{dilation}> : tensor<2xi64>}}")
        yield structured(name.split(" ")[0], [(kind, x), (kind, w)], y, accumulator,
                         wrapped(wanted, accumulator), size, attributes)  # fmt: skip


def quantized_functions(rng):
    for name, axes in linalg_ops.QUANTIZED.items():
        of_x, of_w, of_y = axes.split(" ")
        x, w, y = small(rng, "i8", shape_of(of_x)), small(rng, "i8", shape_of(of_w)), small(rng, "i32", shape_of(of_y))
        wanted = linalg_ops.contract(x - 3, w + 7, y, axes)
        function = structured(name, [("i8", x), ("i8", w)], y, "i32", wanted, wanted)
        body = function.body.replace("%x0, %x1 :", "%x0, %x1, %three, %less :").replace("i8>)", "i8>, i32, i32)")
        function.body = body
        function.constants = ("  %three = arith.constant 3 : i32\n  %less = arith.constant -7 : i32\n")
        yield function


def pooling_functions(rng, kind: str):
    for name, axes in linalg_ops.POOLINGS.items():
        is_unsigned = name.endswith("unsigned")
        if is_unsigned and kind in FLOATS:
            continue
        of_x, of_w, of_y = axes.split(" ")
        x, y = small(rng, kind, shape_of(of_x)), small(rng, kind, shape_of(of_y))
        if is_unsigned:
            x, y = abs(x), abs(y)
        combine = {"sum": np.add, "max": np.maximum, "min": np.minimum}[name.split("_")[2]]
        wanted = wrapped(linalg_ops.pool(x, y, axes, combine), kind)
        size = linalg_ops.pool(abs(x), abs(y), axes, np.add)
        yield structured(name, [(kind, x), (kind, np.zeros(shape_of(of_w)))], y, kind, wanted, size)


def shape_functions(rng, kind: str):
    """Elementwise operations, and those that move elements."""
    is_float = kind in FLOATS
    add = "arith.addf" if is_float else "arith.addi"
    x, y, z = (small(rng, kind, SHAPE) for _ in range(3))
    positive = abs(x) + 1 if not is_float else data.rounded(abs(x) + 0.25, kind)
    divisor = np.where(y == 0, 3, y)
    quotient = x / divisor if is_float else np.array(
        [element_ops._truncdiv(int(a), int(b)) for a, b in zip(x.flat, divisor.flat)]).reshape(SHAPE)
    binary = {"add": (y, x + y), "sub": (y, x - y), "mul": (y, x * y), "div": (divisor, quotient),
              "max": (y, np.maximum(x, y)), "min": (y, np.minimum(x, y))}  # fmt: skip
    for name, (second, wanted) in binary.items():
        yield structured(name, [(kind, x), (kind, second)], z, kind, wrapped(wanted, kind), wanted, units=4)
    if is_float:
        unary = {"abs": abs(x), "ceil": np.ceil(x), "exp": np.exp(x), "floor": np.floor(x), "negf": -x,
                 "round": np.trunc(x + np.copysign(0.5, x)), "square": x * x, "tanh": np.tanh(x)}  # fmt: skip
        for name, wanted in unary.items():
            yield structured(name, [(kind, x)], z, kind, wanted, wanted, units=16)
        for name, wanted in {"log": np.log(positive), "reciprocal": 1 / positive, "sqrt": np.sqrt(positive),
                             "rsqrt": 1 / np.sqrt(positive)}.items():  # fmt: skip
            yield structured(name, [(kind, positive)], z, kind, wanted, 1 + abs(wanted), units=16)
        wanted = np.vectorize(__import__("math").erf)(x)
        yield structured("erf", [(kind, x)], z, kind, wanted, wanted, units=16)
        wanted = positive**y
        yield structured("powf", [(kind, positive), (kind, y)], z, kind, wanted, wanted, units=16)
        ones = np.exp(x - x.max(1, keepdims=True))
        ones /= ones.sum(1, keepdims=True)
        yield structured("softmax", [(kind, x)], z, kind, ones, 1 + ones, before="dimension(1)")
        yield structured("elementwise", [(kind, x)], z, kind, np.exp(x), np.exp(x), units=16,
                         before="kind=#linalg.elementwise_kind<exp>")  # fmt: skip
    else:
        wanted = abs(x) // positive
        yield structured("div_unsigned", [(kind, abs(x)), (kind, positive)], z, kind, wanted, wanted)
    condition = rng.integers(-1, 1, SHAPE)
    wanted = np.where(condition != 0, x, y)
    yield structured("select", [("i1", condition), (kind, x), (kind, y)], z, kind, wanted, wanted)
    yield structured("copy", [(kind, x)], z, kind, x, x)
    yield structured("map", [(kind, x), (kind, y)], z, kind, wrapped(x + y, kind), x + y, before=f"{{ {add} }}")
    cube = small(rng, kind, (7, 5, 3))
    out = small(rng, kind, (3, 7, 5))
    yield structured("transpose", [(kind, cube)], out, kind, cube.transpose(2, 0, 1), out,
                     after=" permutation = [2, 0, 1]")  # fmt: skip
    out = small(rng, kind, (7, 3, 5))
    wanted = np.repeat(x[:, None], 3, 1)
    yield structured("broadcast", [(kind, x)], out, kind, wanted, wanted, after=" dimensions = [1]")
    start = small(rng, kind, (7, 3))
    wanted = start + cube.sum(1)
    yield structured("reduce", [(kind, cube)], start, kind, wrapped(wanted, kind), abs(cube).sum(1) + abs(start),
                     before=f"{{ {add} }}", after=" dimensions = [1]")  # fmt: skip
    b, c = small(rng, kind, (2, 6, 9)), small(rng, kind, (9, 2))
    start = small(rng, kind, (6, 2))
    wanted = start + np.einsum("bik,kb->ib", b, c)
    size = abs(start) + np.einsum("bik,kb->ib", abs(b), abs(c))
    maps = "affine_map<(b,i,k)->(b,i,k)>, affine_map<(b,i,k)->(k,b)>, affine_map<(b,i,k)->(i,b)>"
    yield structured("contract", [(kind, b), (kind, c)], start, kind, wrapped(wanted, kind), size,
                     before=f"indexing_maps = [{maps}]")  # fmt: skip
    tiles = small(rng, kind, (2, 3, 4, 2))
    plain = small(rng, kind, (8, 6))
    text = text_of((2, 3, 4, 2), kind), text_of((8, 6), kind)
    packed = plain.reshape(2, 4, 3, 2).transpose(0, 2, 1, 3)
    yield Function("linalg.pack", [(kind, plain), (kind, tiles)], [(kind, packed, slack(kind, packed, 0))],
                   f"linalg.pack %x0 inner_dims_pos = [0, 1] inner_tiles = [4, 2] into %x1 : {text[1]} -> {text[0]}")
    unpacked = tiles.transpose(0, 2, 1, 3).reshape(8, 6)
    yield Function("linalg.unpack", [(kind, tiles), (kind, plain)], [(kind, unpacked, slack(kind, unpacked, 0))],
                   f"linalg.unpack %x0 inner_dims_pos = [0, 1] inner_tiles = [4, 2] into %x1 : {text[0]} -> {text[1]}")


def all_functions(kinds: list[str]):
    rng = np.random.default_rng(0)
    for kind in kinds:
        if kind in FLOATS:
            yield from element_functions(rng, element_ops.float_rows(kind))
        else:
            yield from element_functions(rng, element_ops.integer_rows(kind))
        if kind == "i1":
            continue
        yield from shape_functions(rng, kind)
        yield from pooling_functions(rng, kind)
        for accumulator in dict.fromkeys((ACCUMULATORS.get(kind, kind), kind)):
            yield from product_functions(rng, kind, accumulator)
    yield from element_functions(
        rng, (row for row in element_ops.conversion_rows()
              if {o[0] if isinstance(o, tuple) else o for o in row[1]} | set(row[2]) <= set(kinds)))
    if {"i8", "i32"} <= set(kinds):
        yield from quantized_functions(rng)


def module_text(function: Function, name: str) -> str:
    text = function.text(name)
    constants = getattr(function, "constants", "")
    return text.replace("{\n", "{\n" + constants, 1)


def save(path: Path, values: np.ndarray, kind: str) -> None:
    if kind in WIDTH:
        array = np.asarray(values)
        np.save(path, array != 0 if kind == "i1" else array.astype(f"i{WIDTH[kind] // 8}"))
    else:
        data.save(str(path), np.asarray(values, np.float64), kind)


def load(path: Path, kind: str) -> np.ndarray:
    if kind not in WIDTH:
        return data.load(str(path), kind)
    stored = np.load(path)
    return -stored.astype(np.int64) if kind == "i1" else stored


def is_right(actual, kind: str, wanted, slack_of) -> np.ndarray:
    if kind == "i1":
        return (actual != 0) == (np.asarray(wanted) != 0)
    if kind in WIDTH:
        return np.asarray(actual.astype(object) == np.asarray(wanted, object), bool)
    wanted = np.asarray(wanted, np.float64)
    with np.errstate(all="ignore"):
        rounded = np.where(np.isnan(wanted), wanted, data.rounded(wanted, kind))
        near = np.abs(actual - wanted) <= slack_of
    return near | (actual == rounded) | (np.isnan(actual) & np.isnan(wanted))


def run(options, functions: list[Function]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="vga-ops-") as scratch:
        folder = Path(scratch)
        calls, texts = [], []
        for number, function in enumerate(functions):
            name = f"f{number}"
            for place, (kind, values) in enumerate(function.inputs):
                save(folder / f"{name}.{place}.npy", values, kind)
            calls.append({"entry": name, "inputs": [f"{name}.{i}.npy" for i in range(len(function.inputs))],
                          "outputs": [f"{name}.out{i}.npy" for i in range(len(function.results))]})  # fmt: skip
            texts.append(module_text(function, name))
        (folder / "table.mlir").write_text("".join(texts))
        (folder / "table.json").write_text(json.dumps(calls))
        done = subprocess.run(
            [options.vga_run, f"--target={options.target}", options.level, str(folder / "table.mlir"), "--runs",
             str(folder / "table.json")], capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            print(done.stderr[:4000])
            failed += 1
        for number, function in enumerate(functions):
            for place, (kind, wanted, slack_of) in enumerate(function.results):
                file = folder / f"f{number}.out{place}.npy"
                text = f"{function.operation} of {', '.join(k for k, _ in function.inputs)}"
                if not file.exists():
                    failed += 1
                    print(f"FAIL {text}: no result")
                    continue
                actual = load(file, kind)
                right = is_right(actual, kind, wanted, slack_of)
                if right.all():
                    continue
                failed += 1
                at = np.unravel_index(int(np.argmin(right)), right.shape)
                operands = [np.asarray(v)[at] for _, v in function.inputs if np.shape(v) == right.shape]
                print(f"FAIL {text}: result {place} at {tuple(map(int, at))} of {operands}: {actual[at]!r}, "
                      f"expected {np.asarray(wanted)[at]!r}; {int((~right).sum())} such")  # fmt: skip
    print(f"op table: {len(functions)} functions, {failed} failed")
    return 1 if failed else 0


def compile_only(options, functions: list[Function]) -> int:
    texts = [module_text(function, "f") for function in functions]
    done = subprocess.run(
        [options.compile, "-", "--split-input-file", f"--pass-pipeline=builtin.module({options.passes})",
         "-o", "/dev/null"],
        input="// -----\n".join(texts), capture_output=True, text=True, check=False)  # fmt: skip
    starts = np.cumsum([1] + [text.count("\n") + 1 for text in texts])
    refused, failed = {}, 0
    for line, message in re.findall(r"^<stdin>:(\d+):\d+: error: (.*)$", done.stderr, re.M):
        number = int(np.searchsorted(starts, int(line), side="right")) - 1
        refused.setdefault(number, message)
    for number, message in refused.items():
        name = functions[number].operation.split(" ")[0]
        if f"'{name}' op" not in message:
            failed += 1
            print(f"FAIL {name} of {', '.join(k for k, _ in functions[number].inputs)}: {message}")
        elif options.verbose:
            print(f"{name} of {', '.join(k for k, _ in functions[number].inputs)}: {message}")
    if done.returncode not in (0, 1) or (done.returncode == 1 and not refused):
        failed += 1
        print(done.stderr[-2000:])
    print(f"op table: {len(functions) - len(refused)} functions compiled, {len(refused)} refused, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vga-run", default="vga-run")
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--level", default="-O1", help="its option of that kind")
    parser.add_argument("--types", nargs="*", default=[*FLOATS, *INTEGERS], help="element types")
    parser.add_argument("--filter", default="", help="only operations that match this")
    parser.add_argument("--without", help="no operations that match this")
    parser.add_argument("--compile", metavar="PATH", help="the vga-opt to compile with")
    parser.add_argument("--passes", metavar="TEXT", help="its pipeline")
    parser.add_argument("--verbose", action="store_true", help="list what is refused, too")
    options = parser.parse_args()
    functions = [f for f in all_functions(options.types) if re.search(options.filter, f.operation)]
    if options.without:
        functions = [f for f in functions if not re.search(options.without, f.operation)]
    if options.compile:
        return compile_only(options, functions)
    # vga-run takes and gives no i16.
    kinds = [{kind for kind, *_ in [*f.inputs, *f.results]} for f in functions]
    return run(options, [f for f, used in zip(functions, kinds) if "i16" not in used])


if __name__ == "__main__":
    sys.exit(main())
