"""PyTorch's scaled_dot_product_attention against vga.attention, on random inputs.

Every combination of element type, sizes, grouped heads and masks that both have; `is_causal` lines
up the first query with the first key. The results are held against PyTorch's in float64, on the
same rounded inputs, by vga's own bounds. Exit status 1 when a case fails.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

TYPES = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64}
BOUNDS = {"f32": 5e-6, "f16": 1e-3, "bf16": 5e-3, "f64": 1e-12}
# Batch, query heads, heads of keys, queries, keys, channels of a key, of a value.
SIZES = ((2, 4, 4, 5, 7, 8, 8), (1, 6, 2, 1, 33, 16, 16), (2, 2, 1, 17, 17, 8, 12), (1, 1, 1, 64, 3, 32, 32))
MASKS = ("none", "causal", "bool", "float", "heads")


@dataclass(frozen=True)
class Case:
    element: str
    sizes: tuple[int, ...]
    mask: str
    scale: float | None

    @property
    def name(self) -> str:
        scale = "_scaled" if self.scale else ""
        return f"{self.element}_{'x'.join(map(str, self.sizes))}_{self.mask}{scale}"


def cases() -> list[Case]:
    every = itertools.product(TYPES, SIZES, MASKS, (None, 0.25))
    return [Case(*one) for one in every]


def function(case: Case) -> str:
    b, hq, hkv, sq, sk, dk, dv = case.sizes
    q, k, v = (
        f"tensor<{b}x{h}x{s}x{d}x{case.element}>"
        for h, s, d in ((hq, sq, dk), (hkv, sk, dk), (hkv, sk, dv))
    )
    masks = {
        "bool": f"tensor<{sq}x{sk}xi1>",
        "float": f"tensor<{sq}x{sk}x{case.element}>",
        "heads": f"tensor<{b}x{hq}x{sq}x{sk}xi1>",
    }
    argument = clause = ""
    if case.mask in masks:
        argument = f", %m: {masks[case.mask]}"
        clause = f" mask(%m : {masks[case.mask]})"
    elif case.mask == "causal":
        clause = " causal alignment top_left"
    scale = f" scale {case.scale:e}" if case.scale else ""
    result = f"tensor<{b}x{hq}x{sq}x{dv}x{case.element}>"
    return (
        f"func.func @{case.name}(%q: {q}, %k: {k}, %v: {v}{argument}) -> {result} {{\n"
        f"  %z = vga.attention %q, %k, %v{clause}{scale} : {q}, {k}, {v}\n"
        f"  return %z : {result}\n}}\n"
    )


def inputs(case: Case, generator: torch.Generator) -> list[torch.Tensor]:
    b, hq, hkv, sq, sk, dk, dv = case.sizes
    shapes = ((b, hq, sq, dk), (b, hkv, sk, dk), (b, hkv, sk, dv))
    made = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    made = [tensor.to(TYPES[case.element]) for tensor in made]
    if case.mask in ("bool", "heads"):
        shape = (sq, sk) if case.mask == "bool" else (b, hq, sq, sk)
        mask = torch.rand(shape, generator=generator) < 0.7
        mask[..., 0] = True  # PyTorch's rows without a key are not defined in all versions
        made.append(mask)
    elif case.mask == "float":
        mask = torch.randn((sq, sk), generator=generator, dtype=torch.float64)
        made.append(mask.to(TYPES[case.element]))
    return made


def expected(case: Case, tensors: list[torch.Tensor]) -> np.ndarray:
    wide = [t if t.dtype == torch.bool else t.to(torch.float64) for t in tensors]
    out = torch.nn.functional.scaled_dot_product_attention(
        *wide[:3],
        attn_mask=wide[3] if len(wide) > 3 else None,
        is_causal=case.mask == "causal",
        scale=case.scale,
        enable_gqa=case.sizes[1] != case.sizes[2],
    )
    return out.numpy()


def save(path: Path, tensor: torch.Tensor) -> None:
    if tensor.dtype == torch.bfloat16:
        np.save(path, tensor.view(torch.int16).numpy().view("V2"))
    else:
        np.save(path, tensor.numpy())


def load(path: Path, element: str) -> np.ndarray:
    stored = np.load(path)
    if element == "bf16":
        return (stored.view("<u2").astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return stored.astype(np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", required=True, metavar="PATH")
    parser.add_argument("-O", default="3", metavar="LEVEL", help="vga-run's option")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(1)
    every = cases()
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        runs, wanted = [], []
        for case in every:
            tensors = inputs(case, generator)
            names = [f"{case.name}.{n}.npy" for n in range(len(tensors))]
            for name, tensor in zip(names, tensors):
                save(folder / name, tensor)
            runs.append({"entry": case.name, "inputs": names, "outputs": [f"{case.name}.out.npy"]})
            wanted.append(expected(case, tensors))
        (folder / "module.mlir").write_text("".join(map(function, every)))
        (folder / "runs.json").write_text(json.dumps(runs))
        done = subprocess.run(
            [options.vga_run, folder / "module.mlir", "--runs", folder / "runs.json", "-O", options.O],
            capture_output=True, text=True, timeout=1200,
        )
        if done.returncode:
            sys.exit(f"vga-run: exit status {done.returncode}: {done.stderr[:2000]}")
        for case, reference in zip(every, wanted):
            actual = load(folder / f"{case.name}.out.npy", case.element)
            error = np.linalg.norm(actual - reference) / np.linalg.norm(reference)
            if not error <= BOUNDS[case.element]:
                failed += 1
                print(f"{case.name}: relative error {error:.2e}, bound {BOUNDS[case.element]:.0e}")
    print(f"torch: {len(every) - failed} of {len(every)} cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
