"""Decoding on a GPU: one query of each sequence against a cache of keys and values.

Ours reads gates in the kernel, from memory or computed from the values, and keys and values in one
piece or in pages, whose order is random; all forms take turns in one process.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import on_gpu
import ours

PAGE = 64
FORMS = ("plain", "value_gate", "computed_gate", "paged")
SECONDS = 0.3


@dataclass(frozen=True)
class Case:
    """Batch and keys; 32 heads on 8, 128 channels."""

    b: int
    s: int
    h: int = 32
    hkv: int = 8
    d: int = 128

    @property
    def name(self) -> str:
        return f"decode_b{self.b}s{self.s}"

    @property
    def read_bytes(self) -> int:
        return 2 * 2 * self.b * self.hkv * self.s * self.d


GRID = [Case(64, 8192), Case(1, 32768), Case(256, 1024)]


def function(case: Case, form: str) -> str:
    def tensor(*dims, element="bf16"):
        return f"tensor<{''.join(f'{dim}x' for dim in dims)}{element}>"

    q = tensor(case.b, case.h, 1, case.d)
    k = tensor(case.b, case.hkv, case.s, case.d)
    arguments, clauses, name, more = [f"%q: {q}"], "", "vga.attention", ("", "")
    if form == "paged":
        k = tensor(case.b * case.s // PAGE, case.hkv, PAGE, case.d)
        table = tensor(case.b, case.s // PAGE, element="i32")
        more = (f", %t: {table}", "")
        clauses = f"block_table(%t : {table}) "
    elif form == "value_gate":
        gate = tensor(case.b, case.hkv, case.s, element="f32")
        more = (f", %g: {gate}", "")
        clauses = f"value_gate(%g : {gate}) "
    elif form == "computed_gate":
        weight = tensor(case.hkv, case.d)
        name, more = "vga.gated_attention", (f", %w: {weight}", f", {weight}")
    operands = "%q, %k, %v" + (", %w" if form == "computed_gate" else "")
    arguments += [f"%k: {k}", f"%v: {k}{more[0]}"]
    return (
        f"func.func @{form}({', '.join(arguments)}) -> {q} {{\n"
        f"  %o = {name} {operands} {clauses}: {q}, {k}, {k}{more[1]}\n"
        f"  return %o : {q}\n}}\n"
    )


def save_inputs(case: Case, folder: Path) -> dict[str, list[str]]:
    """The files of each form."""
    rng = np.random.default_rng(0)
    cache = (case.b, case.hkv, case.s, case.d)
    pages = case.b * case.s // PAGE
    ours.save(folder / "q.npy", (case.b, case.h, 1, case.d), "bf16", rng)
    # Elements of caches repeat: what they are does not matter, and many are slow to draw.
    block = rng.standard_normal(2**20, dtype=np.float32)
    bits = (block.view(np.uint32) >> 16).astype("<u2")
    for name in "kv":
        values = np.resize(bits, cache)
        np.save(folder / f"{name}.npy", values.view("V2"))
        np.save(folder / f"p{name}.npy", values.reshape(pages, case.hkv, PAGE, case.d).view("V2"))
    ours.save(folder / "g.npy", cache[:3], "f32", rng)
    ours.save(folder / "w.npy", (case.hkv, case.d), "bf16", rng)
    np.save(folder / "t.npy", rng.permutation(pages).astype("<i4").reshape(case.b, -1))
    files = {"plain": "q k v", "value_gate": "q k v g", "computed_gate": "q k v w",
             "paged": "q pk pv t"}  # fmt: skip
    return {form: [f"{name}.npy" for name in names.split()] for form, names in files.items()}


def measure(case: Case, vga_run: str, folder: Path) -> dict[str, float]:
    folder.mkdir()
    module = folder / "module.mlir"
    module.write_text("".join(function(case, form) for form in FORMS))
    files = save_inputs(case, folder)
    count = max(30, int(SECONDS * 3e12 / case.read_bytes))
    try:
        return on_gpu.run_in_turns(vga_run, module, files, count)
    finally:
        for path in folder.iterdir():
            path.unlink()


def bars() -> list[tuple[str, str, float]]:
    """(form of ours, engine or form to compare with, least ratio)."""
    gated = [(form, "cudnn", 0.95) for form in ("plain", "value_gate", "computed_gate")]
    return [*gated, ("paged", "ours:plain", 0.93)]


def rows(options, grid: list[Case], folder: Path):
    times: dict = {}
    if "torch" in options.peers and grid:
        problems = [{**asdict(case), "name": case.name} for case in grid]
        times = on_gpu.peer_times(options.python, "decode_torch.py", problems, timeout=300)
    for case in grid:
        mine = on_gpu.attempt(
            case.name, lambda: measure(case, options.vga_run, folder / case.name)
        )
        yield from on_gpu.compare(
            case.name, bars(), mine, case.read_bytes,
            lambda engine: times.get((case.name, engine)),
        )  # fmt: skip
