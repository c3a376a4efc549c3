"""The node tests of ONNX's Attention, run by vga-run and held against their expected outputs.

The onnx package brings cases with inputs, expected outputs and tolerances (opsets 23 to 25). Each
is written as a function of vga: cases of rank 3 are split into heads, past keys and values are
concatenated, `is_causal` and windows are lined up as ONNX does. `qk_matmul_output`, the scores,
which vga.attention does not return, is written in linalg beside it; the scores after the softmax
need its lse. Exit status 1 when a case fails or there are fewer than there should be.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

MINIMUM = 93
ELEMENTS = {
    "float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64",
    "bool": "i1", "int64": "i64", "int32": "i32",
}
INPUTS = ("Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen")
BF16_TOLERANCE = 2**-6  # that of ONNX's own runner: two units in the last place
D5 = "(b, g, r, i, j, d)"


class NotExpressible(Exception):
    """What a case wants and vga has no form of."""


def tensor(shape, element: str) -> str:
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


@dataclass
class Value:
    name: str
    shape: tuple[int, ...]
    element: str

    @property
    def type(self) -> str:
        return tensor(self.shape, self.element)


@dataclass
class Function:
    """The text of a function, operation by operation."""

    lines: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, text: str, shape, element: str) -> Value:
        self.count += 1
        value = Value(f"%{self.count}", tuple(shape), element)
        self.lines.append(f"  {value.name} = {text}")
        return value

    def empty(self, shape, element: str) -> Value:
        return self.add(f"tensor.empty() : {tensor(shape, element)}", shape, element)

    def constant(self, number: str, element: str) -> Value:
        self.count += 1
        self.lines.append(f"  %{self.count} = arith.constant {number} : {element}")
        return Value(f"%{self.count}", (), element)

    def reshape(self, of: Value, kind: str, groups: str, shape) -> Value:
        sizes = f" output_shape {list(shape)}" if kind == "expand" else ""
        return self.add(
            f"tensor.{kind}_shape {of.name} {groups}{sizes} : {of.type} into "
            f"{tensor(shape, of.element)}", shape, of.element,
        )

    def swap_heads(self, of: Value) -> Value:
        """[B,S,H,D] as [B,H,S,D], and back."""
        b, s, h, d = of.shape
        out = self.empty((b, h, s, d), of.element)
        self.count += 1
        self.lines.append(
            f"  %{self.count} = linalg.transpose ins({of.name} : {of.type}) "
            f"outs({out.name} : {out.type}) permutation = [0, 2, 1, 3]"
        )
        return Value(f"%{self.count}", out.shape, of.element)

    def concat(self, a: Value, b: Value) -> Value:
        shape = (*a.shape[:2], a.shape[2] + b.shape[2], a.shape[3])
        return self.add(
            f"tensor.concat dim(2) {a.name}, {b.name} : ({a.type}, {b.type}) -> "
            f"{tensor(shape, a.element)}", shape, a.element,
        )

    def pad(self, of: Value, axis: int, to: int, number: str | None = None) -> Value:
        """More at the end of an axis: zeros, or the number."""
        missing = to - of.shape[axis]
        if not missing:
            return of
        padding = self.constant(number or "0.0", of.element)
        shape = tuple(to if n == axis else size for n, size in enumerate(of.shape))
        high = [missing if n == axis else 0 for n in range(len(shape))]
        arguments = ", ".join(f"%p{n}: index" for n in range(len(shape)))
        self.count += 1
        self.lines += [
            f"  %{self.count} = tensor.pad {of.name} low{[0] * len(shape)} high{high} {{",
            f"  ^bb0({arguments}):",
            f"    tensor.yield {padding.name} : {of.element}",
            f"  }} : {of.type} to {tensor(shape, of.element)}",
        ]
        return Value(f"%{self.count}", shape, of.element)

    def pad_mask(self, mask: Value, to: int) -> Value:
        """ONNX: where a mask ends, it hides."""
        hidden = {"f16": "0xFC00", "bf16": "0xFF80", "f32": "0xFF800000", "i1": "0"}
        return self.pad(mask, len(mask.shape) - 1, to, hidden[mask.element])

    def lengths(self, batch: int, length: int) -> Value:
        text = f"arith.constant dense<{length}> : {tensor((batch,), 'i64')}"
        return self.add(text, (batch,), "i64")


@dataclass
class Problem:
    """A case, bound: attributes, and values by the name of the input."""

    attributes: dict
    values: dict[str, Value]
    scores_wanted: bool

    def get(self, name: str, default=None):
        return self.attributes.get(name, default)


def is_positional(p: Problem) -> bool:
    windows = (p.get("left_window_size", -1), p.get("right_window_size", -1))
    return bool(p.get("is_causal", 0)) or max(windows) >= 0


def clauses(p: Problem, length: Value | None, alignment: str) -> str:
    """What vga.attention is told besides its operands."""
    text = f" kv_length({length.name} : {length.type})" if length else ""
    left, right = p.get("left_window_size", -1), p.get("right_window_size", -1)
    if p.get("is_causal", 0):
        text += " causal"
    if left >= 0 or right >= 0:
        text += f" window [{left}, {right}]"
    if is_positional(p):
        text += f" alignment {alignment}"
    if p.get("scale"):
        text += f" scale {p.get('scale'):.9e}"
    if p.get("softcap"):
        text += f" softcap {p.get('softcap'):.9e}"
    return text


def line_up(f: Function, p: Problem, queries: int, k, v, new_keys: int):
    """Lengths, alignment, keys and values with which query i is at position i + past.

    Positions of queries begin where the past ends. With fewer new keys than queries, keys that
    do not count are appended; with more, causal queries do not see past the last query.
    """
    if "nonpad_kv_seqlen" in p.values:
        return p.values["nonpad_kv_seqlen"], "length", k, v
    if "past_key" not in p.values:
        return None, "top_left", k, v
    if new_keys == queries or not is_positional(p):
        return None, "bottom_right", k, v
    b, _, keys, _ = k.shape
    count = keys - new_keys + queries
    if new_keys > queries:
        if not p.get("is_causal", 0):
            raise NotExpressible("a window that is not causal, and more new keys than queries")
        return f.lengths(b, count), "length", k, v
    return f.lengths(b, keys), "bottom_right", f.pad(k, 2, count), f.pad(v, 2, count)


def write_scores(f: Function, p: Problem, q, k, mask, lse, offset: int) -> Value:
    """qk_matmul_output in linalg, on [B,Hkv,group,Sq,Sk], back to [B,Hq,Sq,Sk]."""
    mode = p.get("qk_matmul_output_mode", 0)
    (b, hq, sq, d), (_, hkv, sk, _) = q.shape, k.shape
    group = hq // hkv
    q5 = f.reshape(q, "expand", "[[0], [1, 2], [3], [4]]", (b, hkv, group, sq, d))
    shape = (b, hkv, group, sq, sk)
    zero = f.constant("0.0", "f32")
    empty = f.empty(shape, "f32")
    zeros = f.add(
        f"linalg.fill ins({zero.name} : f32) outs({empty.name} : {empty.type}) -> {empty.type}",
        shape, "f32",
    )
    e = q.element
    extend = "" if e == "f32" else (
        f"    %xq = arith.extf %a : {e} to f32\n    %xk = arith.extf %c : {e} to f32\n"
    )
    names = ("%a", "%c") if e == "f32" else ("%xq", "%xk")
    product = f.add(
        f"linalg.generic {{indexing_maps = [affine_map<{D5} -> (b, g, r, i, d)>, "
        f"affine_map<{D5} -> (b, g, j, d)>, affine_map<{D5} -> (b, g, r, i, j)>], "
        'iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", '
        f'"reduction"]}} ins({q5.name}, {k.name} : {q5.type}, {k.type}) '
        f"outs({zeros.name} : {zeros.type}) {{\n  ^bb0(%a: {e}, %c: {e}, %s: f32):\n{extend}"
        f"    %m = arith.mulf {names[0]}, {names[1]} : f32\n    %n = arith.addf %s, %m : f32\n"
        f"    linalg.yield %n : f32\n  }} -> {zeros.type}",
        shape, "f32",
    )
    scale = p.get("scale") or d**-0.5
    body = [f"%scale = arith.constant {scale:.9e} : f32", "%t0 = arith.mulf %s, %scale : f32"]
    last = "%t0"
    if p.get("softcap") and mode >= 1:
        body += [
            f"%cap = arith.constant {p.get('softcap'):.9e} : f32",
            f"%t1 = arith.divf {last}, %cap : f32", "%t2 = math.tanh %t1 : f32",
            "%t3 = arith.mulf %t2, %cap : f32",
        ]
        last = "%t3"
    operands, maps, arguments = [product], ["affine_map<(b, g, r, i, j) -> (b, g, r, i, j)>"], ["%s: f32"]
    if mode >= 2 and mask is not None:
        last = add_mask(f, p, mask, (b, hkv, group, sq, sk), operands, maps, arguments, body, last)
    if mode >= 2 and p.get("is_causal", 0) or p.get("left_window_size", -1) >= 0:
        left = p.get("left_window_size", -1)
        body += [
            "%i = linalg.index 3 : index", "%j = linalg.index 4 : index",
            f"%o = arith.constant {offset} : index", "%at = arith.addi %i, %o : index",
            "%sees = arith.cmpi sle, %j, %at : index",
            f"%left = arith.constant {left if left >= 0 else sk + sq} : index",
            "%far = arith.subi %at, %left : index", "%near = arith.cmpi sge, %j, %far : index",
            "%both = arith.andi %sees, %near : i1",
            "%hidden = arith.constant 0xFF800000 : f32",
            f"%t6 = arith.select %both, {last}, %hidden : f32",
        ]
        last = "%t6"
    if mode == 3:
        lse5 = f.reshape(lse, "expand", "[[0], [1, 2], [3]]", (b, hkv, group, sq))
        operands.append(lse5)
        maps.append("affine_map<(b, g, r, i, j) -> (b, g, r, i)>")
        arguments.append("%row: f32")
        body += [
            f"%t7 = arith.subf {last}, %row : f32", "%t8 = math.exp %t7 : f32",
            "%none = arith.constant 0xFF800000 : f32", "%zero = arith.constant 0.0 : f32",
            "%empty = arith.cmpf oeq, %row, %none : f32",
            "%t9 = arith.select %empty, %zero, %t8 : f32",
        ]
        last = "%t9"
    if e != "f32":
        body.append(f"%narrow = arith.truncf {last} : f32 to {e}")
        last = "%narrow"
    out = f.empty(shape, e)
    maps.append("affine_map<(b, g, r, i, j) -> (b, g, r, i, j)>")
    lines = "".join(f"    {line}\n" for line in body)
    scores = f.add(
        f"linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = ["
        + ", ".join(['"parallel"'] * 5)
        + f"]}} ins({', '.join(o.name for o in operands)} : {', '.join(o.type for o in operands)}) "
        f"outs({out.name} : {out.type}) {{\n  ^bb0({', '.join(arguments)}, %out: {e}):\n{lines}"
        f"    linalg.yield {last} : {e}\n  }} -> {out.type}",
        shape, e,
    )
    return f.reshape(scores, "collapse", "[[0], [1, 2], [3], [4]]", (b, hq, sq, sk))


def add_mask(f: Function, p: Problem, mask, shape, operands, maps, arguments, body, last) -> str:
    """The mask as one more operand, right-aligned; heads as [Hkv,group] if there is one for each."""
    sizes = dict(zip(("b", "h", "i", "j"), (1,) * (4 - len(mask.shape)) + mask.shape))
    b, hkv, group, sq, sk = shape
    results = []
    for axis, full in zip("bhij", (b, hkv * group, sq, sk)):
        if axis in "bhij"[4 - len(mask.shape) :]:
            results.append("0" if sizes[axis] == 1 and full != 1 else axis)
    if "h" in results:
        at = results.index("h")
        groups, wide, place = [], [], 0
        for number, size in enumerate(mask.shape):
            count = 2 if number == at else 1
            groups.append(list(range(place, place + count)))
            wide += [hkv, group] if number == at else [size]
            place += count
        mask = f.reshape(mask, "expand", str(groups), tuple(wide))
        results[at : at + 1] = ["g", "r"]
    operands.append(mask)
    maps.append(f"affine_map<(b, g, r, i, j) -> ({', '.join(results)})>")
    arguments.append(f"%mask: {mask.element}")
    if mask.element == "i1":
        body += ["%off = arith.constant 0xFF800000 : f32",
                 f"%t5 = arith.select %mask, {last}, %off : f32"]
        return "%t5"
    wide = "%mask"
    if mask.element != "f32":
        body.append(f"%wide = arith.extf %mask : {mask.element} to f32")
        wide = "%wide"
    body.append(f"%t4 = arith.addf {last}, {wide} : f32")
    return "%t4"


def write(name: str, p: Problem, outputs: list[str]) -> str:
    """The function of a case: its inputs in ONNX's order, its outputs likewise."""
    f = Function()
    given = list(p.values.values())
    q, k, v = (p.values[n] for n in "QKV")
    is_flat = len(q.shape) == 3
    if is_flat:
        parts = []
        for value, heads in ((q, p.get("q_num_heads")), (k, p.get("kv_num_heads")),
                             (v, p.get("kv_num_heads"))):
            b, s, width = value.shape
            shape = (b, s, heads, width // heads)
            parts.append(f.reshape(value, "expand", "[[0], [1], [2, 3]]", shape))
        q, k, v = parts
    layout = "bshd" if is_flat else "bhsd"
    new_keys = k.shape[1 if is_flat else 2]
    if is_flat and ("past_key" in p.values or p.scores_wanted):
        q, k, v, layout = f.swap_heads(q), f.swap_heads(k), f.swap_heads(v), "bhsd"
    if "past_key" in p.values:
        k = f.concat(p.values["past_key"], k)
        v = f.concat(p.values["past_value"], v)
    axis = 2 if layout == "bhsd" else 1
    queries, keys = q.shape[axis], k.shape[axis]
    results = {"present_key": k, "present_value": v}
    whole = k
    length, alignment, k, v = line_up(f, p, queries, k, v, new_keys)
    text = clauses(p, length, alignment)
    mask = p.values.get("attn_mask")
    if mask is not None:
        mask = f.pad_mask(mask, k.shape[axis])
        text = f" mask({mask.name} : {mask.type})" + text
    lse = None
    b, hq = (q.shape[0], q.shape[3 - axis])
    needs_lse = p.scores_wanted and p.get("qk_matmul_output_mode", 0) == 3
    shape = (*q.shape[:3], v.shape[3])
    if needs_lse:
        f.lines.append(
            f"  %z, %lse = vga.attention {q.name}, {k.name}, {v.name}{text} layout {layout} lse : "
            f"{q.type}, {k.type}, {v.type}"
        )
        z, lse = Value("%z", shape, q.element), Value("%lse", (b, hq, queries), "f32")
    else:
        z = f.add(
            f"vga.attention {q.name}, {k.name}, {v.name}{text} layout {layout} : "
            f"{q.type}, {k.type}, {v.type}", shape, q.element,
        )
    if p.scores_wanted:
        offset = keys - new_keys
        results["qk_matmul_output"] = write_scores(f, p, q, whole, mask, lse, offset)
    if is_flat:
        z = f.swap_heads(z) if layout == "bhsd" else z
        flat = (*z.shape[:2], z.shape[2] * z.shape[3])
        z = f.reshape(z, "collapse", "[[0], [1], [2, 3]]", flat)
    results["Y"] = z
    wanted = [results[output] for output in outputs]
    names, types = ", ".join(r.name for r in wanted), ", ".join(r.type for r in wanted)
    head = ", ".join(f"{value.name}: {value.type}" for value in given)
    body = "\n".join(f.lines)
    return f"func.func @{name}({head}) -> ({types}) {{\n{body}\n  return {names} : {types}\n}}\n"


def attributes_of(node) -> dict:
    return {a.name: (a.f if a.type == 1 else a.i) for a in node.attribute}


def save(path: Path, values: np.ndarray) -> None:
    np.save(path, values.view("V2") if values.dtype.name == "bfloat16" else values)


def load(path: Path, like: np.ndarray) -> np.ndarray:
    stored = np.load(path)
    return stored.view(like.dtype) if like.dtype.name == "bfloat16" else stored


def complaint(case, actual: np.ndarray, expected: np.ndarray) -> str | None:
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return f"{actual.dtype}{actual.shape}, expected {expected.dtype}{expected.shape}"
    is_bf16 = expected.dtype.name == "bfloat16"
    tolerance = max(case.rtol, BF16_TOLERANCE) if is_bf16 else case.rtol
    try:
        np.testing.assert_allclose(
            actual.astype(np.float64), expected.astype(np.float64), rtol=tolerance, atol=case.atol
        )
    except AssertionError as error:
        lines = [line for line in str(error).split("\n") if "difference" in line or "Mismatch" in line]
        return "; ".join(lines) or "differs"
    return None


def run(vga_run: str, cases: list, folder: Path, more: list[str]) -> tuple[int, list[str]]:
    """How many cases passed, and what is to be said about the others."""
    texts, runs, complaints, ready = [], [], [], []
    for case in cases:
        node = case.model.graph.node[0]
        given, expected = case.data_sets[0]
        present = [INPUTS[n] for n, name in enumerate(node.input) if name]
        arrays = dict(zip(present, given))
        values = {
            n: Value(f"%{n}", a.shape, ELEMENTS[a.dtype.name]) for n, a in arrays.items()
        }
        outputs = [n for n in ("Y", "present_key", "present_value", "qk_matmul_output")
                   if n in node.output]
        name = re.sub(r"\W", "_", case.name)
        problem = Problem(attributes_of(node), values, "qk_matmul_output" in outputs)
        try:
            texts.append(write(name, problem, outputs))
        except NotExpressible as reason:
            complaints.append(f"{case.name}: not expressible: {reason}")
            continue
        for n, array in arrays.items():
            save(folder / f"{name}.{n}.npy", array)
        runs.append({
            "entry": name,
            "inputs": [f"{name}.{n}.npy" for n in arrays],
            "outputs": [f"{name}.{n}.out.npy" for n in outputs],
        })
        ready.append((case, name, outputs, expected))
    (folder / "module.mlir").write_text("".join(texts))
    (folder / "runs.json").write_text(json.dumps(runs))
    command = [vga_run, str(folder / "module.mlir"), "--runs", str(folder / "runs.json"), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return 0, [*complaints, f"vga-run: exit status {done.returncode}: {done.stderr[:2000]}"]
    passed = 0
    for case, name, outputs, expected in ready:
        problems = []
        for output, wanted in zip(outputs, expected):
            wrong = complaint(case, load(folder / f"{name}.{output}.out.npy", wanted), wanted)
            if wrong:
                problems.append(f"{output}: {wrong}")
        passed += not problems
        complaints += [f"{case.name}: {problem}" for problem in problems]
    return passed, complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True, metavar="PATH")
    parser.add_argument("--attention", default="fused", help="vga-run's option")
    parser.add_argument("-O", default="3", metavar="LEVEL", help="vga-run's option")
    parser.add_argument("--keep", metavar="DIR", help="keep module, inputs and results in DIR")
    options = parser.parse_args()
    cases = [
        case
        for case in collect_testcases(op_type="Attention")
        if case.kind == "node" and case.model.graph.node[0].op_type == "Attention"
        and not case.name.endswith("_expanded")
    ]
    if len(cases) < MINIMUM:
        sys.exit(f"onnx: {len(cases)} cases, expected at least {MINIMUM}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        passed, complaints = run(
            options.vga_run, cases, folder, [f"--attention={options.attention}", "-O", options.O]
        )
    for text in complaints:
        print(text)
    print(f"onnx: {passed} of {len(cases)} cases passed")
    return 1 if passed != len(cases) else 0


if __name__ == "__main__":
    sys.exit(main())
