"""Value gates where the values are made, against numpy in float64.

    projected.py VGA_RUN VGA_OPT FOLDER

Values are a product x.W, through reshapes, of attention with gates of every form, in every layout;
how many tokens there are is known when a function is called. Every gate has to leave attention,
and what is computed then has to be what the oracle makes of the same values, within the bounds of
the grid.
"""

import itertools
import json
import math
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "oracle"))
import oracle
from vga_grid import check, data

DK, DV, WIDTH = 16, 24, 40
HEADS = [(4, 2), (3, 3), (2, 1)]  # query heads, key/value heads
TOKENS = [1, 7, 65, 200]
BATCHES = 2

FORMS = ["scalar", "elementwise", "cross_scalar", "cross_elementwise", "given_scalar", "given_channels"]
TYPES = ["f32", "f16", "bf16", "f64"]
LAYOUTS = ["bhsd", "bshd", "sbhd"]


def arrange(layout, sizes, head, channel):
    order = {"b": sizes["b"], "h": sizes[head], "s": sizes["s"], "d": sizes[channel]}
    return [order[axis] for axis in layout]


def gate_shape(case):
    """The weight of a gate, or a given gate's dimensions; None where it is dynamic."""
    h = case["heads"][1]
    return {
        "scalar": [h, DV],
        "elementwise": [h, DV, DV],
        "cross_scalar": [h, DV, h],
        "cross_elementwise": [h, DV, h, DV],
        "given_scalar": [BATCHES, h, None],
        "given_channels": arrange(case["layout"], {"b": BATCHES, "s": None, "h": h, "d": DV}, "h", "d"),
    }[case["form"]]


def type_of(shape, element):
    return "tensor<" + "".join(f"{'?' if n is None else n}x" for n in shape) + element + ">"


def function(case):
    """x is [B,S,WIDTH]: one product for all heads, or one for each where heads come before tokens."""
    element, layout = case["type"], case["layout"]
    hq, h = case["heads"]
    free = {"b": BATCHES, "s": None, "h": h, "q": hq, "k": DK, "d": DV}
    q, k, v = (type_of(arrange(layout, free, *axes), element) for axes in ("qk", "hk", "hd"))
    x, w = type_of([None, BATCHES, WIDTH] if layout == "sbhd" else [BATCHES, None, WIDTH], element), type_of([WIDTH, h * DV], element)
    y = type_of([None, h * DV], element)
    given = case["form"].startswith("given")
    g = type_of(gate_shape(case), "f32" if given else element)
    lines = [f"%f = tensor.collapse_shape %x [[0, 1], [2]] : {x} into {type_of([None, WIDTH], element)}"]
    if layout == "bhsd":
        # A product of every head, in the layout of attention.
        wh = type_of([h, WIDTH, DV], element)
        lines = [
            f"%e = tensor.empty(%s) : {v}",
            f"%zeros = linalg.fill ins(%zero : {element}) outs(%e : {v}) -> {v}",
            "%v = linalg.contract indexing_maps = [affine_map<(b, h, s, d, k) -> (b, s, k)>,"
            " affine_map<(b, h, s, d, k) -> (h, k, d)>, affine_map<(b, h, s, d, k) -> (b, h, s, d)>]"
            f" ins(%x, %w : {x}, {wh}) outs(%zeros : {v}) -> {v}",
        ]
        w = wh
    else:
        shape = f"[{BATCHES}, %s, {h}, {DV}]" if layout == "bshd" else f"[%s, {BATCHES}, {h}, {DV}]"
        lines += [
            "%n = arith.muli %b, %s : index",
            f"%e = tensor.empty(%n) : {y}",
            f"%zeros = linalg.fill ins(%zero : {element}) outs(%e : {y}) -> {y}",
            f"%y = linalg.matmul ins(%f, %w : {type_of([None, WIDTH], element)}, {w})"
            f" outs(%zeros : {y}) -> {y}",
            f"%v = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape {shape} : {y} into {v}",
        ]
    clauses = f"causal layout {layout} : {q}, {k}, {v}"
    if given:
        lines.append(f"%z = vga.attention %q, %k, %v value_gate(%g : {g}) {clauses}")
    else:
        mixing = "mixing cross_head " if "cross" in case["form"] else ""
        lines.append(
            f"%z = vga.gated_attention %q, %k, %v, %g activation {case['activation']} {mixing}{clauses}, {g}"
        )
    body = "\n  ".join(
        [f"%zero = arith.constant 0.0 : {element}", "%c0 = arith.constant 0 : index", "%c1 = arith.constant 1 : index"]
        + [f"%b = arith.constant {BATCHES} : index"]
        + [f"%s = tensor.dim %x, %c{'1' if layout != 'sbhd' else '0'} : {x}", *lines]
    )
    out = type_of(arrange(layout, free, "q", "d"), element)
    return (
        f"func.func @{case['name']}(%x: {x}, %w: {w}, %q: {q}, %k: {k}, %g: {g}) -> {out} {{\n  {body}\n"
        f"  return %z : {out}\n}}\n"
    )


def cases():
    """Every form in every layout; a type for each."""
    found = []
    for number, (form, layout) in enumerate(itertools.product(FORMS, LAYOUTS)):
        element = TYPES[(number + number // 4) % len(TYPES)]
        case = {
            "form": form,
            "layout": layout,
            "type": element,
            "heads": HEADS[(number + number // 3) % len(HEADS)],
            "activation": ["sigmoid", "softplus", "identity"][number % 3],
        }
        found.append({**case, "name": f"{form}_{layout}_{element}"})
    return found


def make_inputs(case, b, s, rng):
    """The arguments by name, in float64 as their types hold them."""
    hq, h = case["heads"]
    sizes = {"b": b, "s": s, "h": h, "q": hq, "k": DK, "d": DV}
    layout = case["layout"]
    x = [s, b, WIDTH] if layout == "sbhd" else [b, s, WIDTH]
    w = [h, WIDTH, DV] if layout == "bhsd" else [WIDTH, h * DV]
    given = case["form"].startswith("given")
    gate = {"given_scalar": [b, h, s], "given_channels": arrange(layout, sizes, "h", "d")}.get(case["form"], gate_shape(case))
    fan_in = 1 if given else math.prod(gate[:2]) if "cross" in case["form"] else gate[1]
    shapes = {"x": x, "w": w, "q": arrange(layout, sizes, "q", "k"), "k": arrange(layout, sizes, "h", "k"), "g": gate}
    tensors = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    # Sums of few multiples of 1/8, which every type holds: rounding is what happens after the product.
    tensors["x"] = np.round(tensors["x"]).clip(-1, 1)
    tensors["w"] = np.round(tensors["w"]).clip(-1, 1) / 8
    tensors["g"] /= math.sqrt(fan_in)
    return {name: data.rounded(values, element_of(case, name)) for name, values in tensors.items()}


def element_of(case, name):
    return "f32" if name == "g" and case["form"].startswith("given") else case["type"]


def reference(case, t):
    """The projection, and the oracle."""
    layout, h = case["layout"], case["heads"][1]
    if layout == "bhsd":
        v = np.einsum("bsk,hkd->bhsd", t["x"], t["w"])
    else:
        v = (t["x"] @ t["w"]).reshape(*t["x"].shape[:2], h, DV)
    if case["form"].startswith("given"):
        return oracle.attention(t["q"], t["k"], v, value_gate=t["g"], causal=True, layout=layout)[0]
    mixing = "cross_head" if "cross" in case["form"] else "per_head"
    return oracle.gated_attention(
        t["q"], t["k"], v, t["g"], mixing=mixing, activation=case["activation"], causal=True, layout=layout
    )[0]


def main(vga_run, vga_opt, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    runs, expected = [], []
    for case in cases():
        for tokens in TOKENS:
            tensors = make_inputs(case, BATCHES, tokens, rng)
            stem = f"{case['name']}_{tokens}"
            for name, values in tensors.items():
                data.save(folder / f"{stem}.{name}.npy", values, element_of(case, name))
            runs.append({"entry": case["name"], "inputs": [f"{stem}.{n}.npy" for n in tensors], "outputs": [f"{stem}.npy"]})
            expected.append((folder / f"{stem}.npy", case["type"], reference(case, tensors)))
    module = folder / "module.mlir"
    module.write_text("\n".join(map(function, cases())))
    folded = subprocess.run([vga_opt, module, "--vga-fold-value-gates"], capture_output=True, text=True, check=True).stdout
    left = folded.count("vga.gated_attention") + folded.count("value_gate")
    (folder / "runs.json").write_text(json.dumps(runs))
    subprocess.run([vga_run, module, "--runs", folder / "runs.json"], check=True)

    failures, worst = 0, {}
    for path, element, reference_values in expected:
        error = check.relative_error(data.load(path, element), reference_values)
        worst[element] = max(worst.get(element, 0.0), error)
        if not error < check.BOUNDS[element]:
            print(f"FAIL {path.stem}: relative error {error:.2g}")
            failures += 1
    print("worst errors: " + ", ".join(f"{element} {error:.1e}" for element, error in worst.items()))
    print(f"projected: {len(cases())} gates, {left} left in attention; {len(expected) - failures} calls passed, {failures} failed")
    return failures != 0 or left != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
