"""Assembles the kernels of a grid of schedules and features with ptxas.

A kernel fails when ptxas spills registers, serializes wgmma or ignores setmaxnreg (C7508, C7510 to
C7519), or rejects it. The grid is what vga-gpu-choose-schedules makes of these shapes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HEADS = [(64, 64), (96, 96), (128, 128), (192, 128), (256, 256), (40, 72)]
ELEMENTS = ["bf16", "f16"]

# Clauses, and the arguments that they name; Q is the type of the queries.
FEATURES = {
    "plain": ("", {}),
    "causal": ("causal", {}),
    "window": ("window [255, 64]", {}),
    "kv_length": ("kv_length(%len : tensor<2xi32>)", {"len": "tensor<2xi32>"}),
    "mask": (
        "mask(%mask : tensor<2x1xQUERIESx500xf32>)",
        {"mask": "tensor<2x1xQUERIESx500xf32>"},
    ),
    "boolean_mask": ("mask(%mask : tensor<QUERIESx500xi1>)", {"mask": "tensor<QUERIESx500xi1>"}),
    "softcap": ("softcap 20.0", {}),
    "sink_lse": ("sink(%sink : tensor<8xf32>) lse", {"sink": "tensor<8xf32>"}),
    "value_gate": (
        "value_gate(%gv : tensor<2x2x500xf32>)",
        {"gv": "tensor<2x2x500xf32>"},
    ),
    "causal_value_gate": (
        "value_gate(%gv : tensor<2x8x500xf32>) causal",
        {"gv": "tensor<2x8x500xf32>"},
    ),
    "few_queries_value_gate": (
        "value_gate(%gv : tensor<2x8x500xf32>)",
        {"gv": "tensor<2x8x500xf32>"},
    ),
    "elementwise_value_gate": (
        "value_gate(%gv : tensor<2x2x500xDVxbf16>)",
        {"gv": "tensor<2x2x500xDVxbf16>"},
    ),
    "shared_elementwise_value_gate": (
        "value_gate(%gv : tensor<2x8x500xDVxbf16>)",
        {"gv": "tensor<2x8x500xDVxbf16>"},
    ),
    "own_gate_inside": (
        "bias(%b : tensor<8xf32>)",
        {"w": "tensor<8xDVxf32>", "b": "tensor<8xf32>"},
    ),
    "own_gate_before": ("causal", {"w": "tensor<2xDVxbf16>"}),
    "own_gate_ahead": ("", {"w": "tensor<2xDVxbf16>"}),
    "output_gate": (
        "output_gate(%go : tensor<2x8xQUERIESxf32>)",
        {"go": "tensor<2x8xQUERIESxf32>"},
    ),
    "elementwise_output_gate": (
        "output_gate(%go : tensor<2x8xQUERIESxDVxf32>) causal",
        {"go": "tensor<2x8xQUERIESxDVxf32>"},
    ),
    "everything": (
        "value_gate(%gv : tensor<2x2x500xf32>) output_gate(%go : tensor<2x8xQUERIESxf32>) "
        "kv_length(%len : tensor<2xi32>) sink(%sink : tensor<8xf32>) causal "
        "window [100, 0] softcap 20.0 lse",
        {
            "gv": "tensor<2x2x500xf32>",
            "go": "tensor<2x8xQUERIESxf32>",
            "len": "tensor<2xi32>",
            "sink": "tensor<8xf32>",
        },
    ),
}
# Gates of 8 heads from 2 source heads of DV channels and elements T: weights, clauses.
GATES = {
    "gate_channels": ("8xDVxDVxT", "bias(%b : tensor<8xDVxf32>)"),
    "gate_channels_f32": ("8xDVx33xf32", "bias(%b : tensor<8x33xT>) activation softplus"),
    "gate_across": ("2xDVx8xT", "bias(%b : tensor<8xf32>) mixing cross_head"),
    "gate_across_f32": ("2xDVx8xf32", "mixing cross_head activation softplus layout bshd"),
    "gate_across_channels": ("2xDVx8xDVxT", "mixing cross_head activation softplus"),
    "gate_across_odd_channels": (
        "2xDVx8x33xT",
        "bias(%b : tensor<8x33xf32>) mixing cross_head layout sbhd",
    ),
    "gate_across_channels_f32": (
        "2xDVx8xDVxf32",
        "bias(%b : tensor<8xDVxf32>) mixing cross_head",
    ),
    "gate_across_heads_of_5": ("2xDVx5x5xT", "mixing cross_head"),
}
# Those of FEATURES that change kernels of warps the most.
WARP_FEATURES = [
    "plain", "causal", "window", "kv_length", "mask", "softcap", "sink_lse", "value_gate",
    "causal_value_gate", "elementwise_value_gate", "own_gate_inside", "everything",
]
# What still spills a few registers: other problems of these fail, and so does a
# case that no longer belongs here.
SPILLING = {
    *(f"boolean_mask_{heads}" for heads in (
        "64x64_bf16", "64x64_f16", "96x96_bf16", "192x128_bf16", "40x72_bf16",
    )),
    "elementwise_output_gate_256x256_bf16", "elementwise_output_gate_256x256_f16",
    "own_gate_inside_256x256_bf16", "own_gate_inside_256x256_f16",
    "value_gate_64x64_bf16", "own_gate_ahead_64x64_bf16", "own_gate_ahead_64x64_f16",
    "everything_256x256_bf16", "everything_256x256_f16",
    # With the look for sums that hidden values have made NaN.
    *(f"{feature}_256x256_{element}"
      for feature in ("causal", "window", "mask", "boolean_mask", "causal_value_gate")
      for element in ("bf16", "f16")),
    "mask_192x128_bf16", "everything_128x128_bf16",
}  # fmt: skip
WARNING = re.compile(r"C75(08|1[0-9])")
SPILL = re.compile(r"([1-9]\d*) bytes spill")


def gate_module(element: str, channels: int, weights: str, clauses: str) -> str:
    def fill(text: str) -> str:
        return text.replace("DV", str(channels)).replace("T", element)

    def arrange(*sizes: str) -> str:
        layout = re.search(r"layout (\w+)", clauses)
        order = layout.group(1) if layout else "bhsd"
        return "x".join(dict(zip("bhsd", sizes, strict=True))[axis] for axis in order)

    weights, clauses = fill(weights), fill(clauses)
    sizes = weights.split("x")[:-1]
    sizes = sizes[2:] if "cross_head" in clauses else sizes[:1] + sizes[2:]
    gate = arrange("2", sizes[0], "?", sizes[1]) if len(sizes) == 2 else f"2x{sizes[0]}x?"
    source = f"tensor<{arrange('2', '2', '?', str(channels))}x{element}>"
    bias = re.search(r"tensor<[^>]*>", clauses)
    arguments = f"%x: {source}, %w: tensor<{weights}>" + (f", %b: {bias.group()}" if bias else "")
    return f"""func.func @f({arguments}) -> tensor<{gate}xf32> {{
  %g = vga.gate %x, %w {clauses} : {source}, tensor<{weights}>
  return %g : tensor<{gate}xf32>
}}
"""


def attention_module(
    element: str, dk: int, dv: int, clauses: str, operands: dict, queries: int = 500
) -> str:
    q, k, v, out = (
        f"tensor<2x{heads}x{length}x{d}x{element}>"
        for heads, length, d in ((8, queries, dk), (2, 500, dk), (2, 500, dv), (8, queries, dv))
    )
    operands = {n: t.replace("QUERIES", str(queries)) for n, t in operands.items()}
    clauses = clauses.replace("QUERIES", str(queries))
    clauses = clauses.replace("DV", str(dv))
    extra = "".join(f", %{n}: {t}" for n, t in operands.items()).replace("DV", str(dv))
    operation = "gated_attention %q, %k, %v, %w" if "w" in operands else "attention %q, %k, %v"
    types = f"{q}, {k}, {v}" + (f", {operands['w']}".replace("DV", str(dv)) if "w" in operands else "")
    return f"""func.func @f(%q: {q}, %k: {k}, %v: {v}{extra}) -> {out} {{
  %z{":2" if "lse" in clauses else ""} = vga.{operation} {clauses}
    : {types}
  return %z{"#0" if "lse" in clauses else ""} : {out}
}}
"""


def name_of(case: tuple) -> str:
    (dk, dv), element, feature, chip, queries = case
    kernel = "" if chip == "sm_90a" else f"_{chip}"
    return f"{feature}_{dk}x{dv}_{element}{kernel}" + ("" if queries == 500 else f"_q{queries}")


def check(options: argparse.Namespace, folder: Path, case: tuple) -> str | None:
    """What is wrong with a case, if anything."""
    (dk, dv), element, feature, chip, queries = case
    name = name_of(case)
    source, ptx = folder / f"{name}.mlir", folder / f"{name}.ptx"
    if feature in GATES:
        text = gate_module(element, dv, *GATES[feature])
    else:
        type = "f32" if element == "tf32" else element
        text = attention_module(type, dk, dv, *FEATURES[feature], queries)
    source.write_text(text, encoding="utf-8")
    made = subprocess.run(
        [options.vga_run, str(source), "--target=cuda", "--mgpu", chip, "--emit=ptx",
         *["--tf32"] * (element == "tf32"), "-o", str(ptx)],
        capture_output=True, text=True, check=False,
    )
    if made.returncode:
        return f"{name}: {made.stderr.strip().splitlines()[0]}"
    done = subprocess.run(
        [options.ptxas, f"-arch={chip}", "-v", str(ptx), "-o", str(folder / f"{name}.cubin")],
        capture_output=True, text=True, check=False,
    )
    output = done.stdout + done.stderr
    problems = [line for line in output.splitlines() if WARNING.search(line) or SPILL.search(line)]
    if done.returncode:
        problems = output.strip().splitlines()
    if name in SPILLING:
        others = [line for line in problems if not SPILL.search(line)]
        return None if problems and not others else f"{name}: expected spills, got {others}"
    return f"{name}: {problems[0].strip()}" if problems else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--ptxas", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="", help="only cases whose name has this")
    options = parser.parse_args()
    cases = [
        (*case, "sm_90a", 500)
        for case in itertools.product(HEADS, ELEMENTS, [*FEATURES, *GATES])
        # The type changes conversions only; two shapes are enough for the other one.
        if case[1] == "bf16" or case[0] in HEADS[::2]
    ]
    # Kernels of warps: for many queries and for few.
    for heads, element in ((HEADS, "bf16"), (HEADS[::2], "f32"), (HEADS[::2], "tf32")):
        cases += itertools.product(heads, [element], WARP_FEATURES, ["sm_80"], [500, 1])
    cases = [case for case in cases if options.filter in name_of(case)]
    with tempfile.TemporaryDirectory(prefix="vga-ptx-") as scratch:
        with ThreadPoolExecutor(options.jobs) as pool:
            problems = list(pool.map(lambda case: check(options, Path(scratch), case), cases))
    failed = [problem for problem in problems if problem]
    print("\n".join(failed))
    print(f"kernels: {len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
