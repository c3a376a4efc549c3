"""The GPU's problems and bars, and how ours and the peers are measured on them.

Ours: one vga-run process per problem, whose forms take turns; the inputs are on the device, the
cache is cold, the device's own clock counts. Peers: one process each, over all problems, measured
the same way.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import on_gpu
import ours

SECONDS = 0.3  # of measured calls, after as much of a warm-up
# Without a gate, which is also what is left of a value gate that is folded where values are made;
# with one on the output's rows; with one on the values, from outside.
FORMS = ("plain", "output_gate", "value_gate")
PEERS = {"torch": "torch_gpu.py", "mosaic": "mosaic_gpu.py"}


@dataclass(frozen=True)
class Case:
    """One problem: batch, heads, queries and keys, channels."""

    b: int
    h: int
    s: int
    d: int
    causal: bool = False
    dtype: str = "bf16"

    @property
    def name(self) -> str:
        name = f"b{self.b}h{self.h}s{self.s}d{self.d}" + ("_causal" if self.causal else "")
        return name if self.dtype == "bf16" else f"{name}_{self.dtype}"

    @property
    def flop(self) -> int:
        return 4 * self.b * self.h * self.s * self.s * self.d // (2 if self.causal else 1)

    @property
    def is_large(self) -> bool:
        return self.s >= 4096 and self.d == 128


GRID = [
    Case(4, 16, 4096, 128),
    Case(4, 16, 4096, 128, causal=True),
    Case(2, 16, 8192, 128, causal=True),
    Case(1, 16, 16384, 128, causal=True),
    Case(1, 16, 16384, 128),
    Case(8, 16, 2048, 64, causal=True),
    Case(4, 16, 8192, 64, causal=True),
    Case(4, 16, 8192, 64),
    Case(16, 16, 1024, 128, causal=True),
    Case(32, 12, 512, 64),
    Case(4, 16, 2048, 64, causal=True, dtype="f32"),
    Case(2, 16, 4096, 128, dtype="f32"),
]


def function(case: Case, form: str) -> str:
    array = f"tensor<{case.b}x{case.h}x{case.s}x{case.d}x{case.dtype}>"
    gate = f"tensor<{case.b}x{case.h}x{case.s}xf32>"
    clauses = "causal " if case.causal else ""
    arguments = [f"%{name}: {array}" for name in "qkv"]
    if form != "plain":
        arguments.append(f"%g: {gate}")
        clauses += f"{form}(%g : {gate}) "
    return (
        f"func.func @{form}({', '.join(arguments)}) -> {array} {{\n"
        f"  %o = vga.attention %q, %k, %v {clauses}: {array}, {array}, {array}\n"
        f"  return %o : {array}\n}}\n"
    )


def measure(case: Case, vga_run: str, folder: Path, forms=FORMS, options=()) -> dict[str, float]:
    """Milliseconds of each of our forms."""
    module = folder / f"{case.name}.mlir"
    module.write_text("".join(function(case, form) for form in forms), encoding="utf-8")
    shape, rng = (case.b, case.h, case.s, case.d), np.random.default_rng(0)
    files = {name: folder / f"{case.name}.{name}.npy" for name in "qkvg"}
    for name, path in files.items():
        dims = shape[:3] if name == "g" else shape
        ours.save(path, dims, "f32" if name == "g" else case.dtype, rng)
    inputs = {
        form: [files[n].name for n in ("qkv" if form == "plain" else "qkvg")] for form in forms
    }
    count = max(30, int(SECONDS * 500e12 / case.flop))
    try:
        return on_gpu.run_in_turns(vga_run, module, inputs, count, *options)
    finally:
        for path in files.values():
            path.unlink()


def measure_all(case: Case, vga_run: str, folder: Path) -> dict[str, float]:
    """The forms of the kernel for this GPU, and other kernels."""
    if case.dtype == "f32":
        times = measure(case, vga_run, folder, ("plain",))
        times["tf32"] = measure(case, vga_run, folder, ("plain",), ("--tf32",))["plain"]
        return times
    times = measure(case, vga_run, folder)
    times["portable"] = measure(case, vga_run, folder, ("plain",), ("--mgpu", "sm_80"))["plain"]
    return times


def bars(case: Case) -> list[tuple[str, str, float]]:
    """(form of ours, engine or form to compare with, least ratio)."""
    if case.dtype == "f32":
        return [("plain", "efficient", 1.0), ("tf32", "flex_tf32", 1.0)]
    plain = 1.02 if case.is_large else 1.0
    rows = [(form, "cudnn", plain) for form in ("plain", "output_gate")]
    if case.is_large:
        rows += [(form, "mosaic", 1.0) for form in ("plain", "output_gate")]
    rows += [("value_gate", "composed_value_gate", 1.0)]
    rows += [("output_gate", "composed_output_gate", 1.0)]
    rows += [("output_gate", "ours:plain", 1 / 1.01)]
    rows += [("value_gate", "ours:plain", 1 / (1.04 if case.s >= 4096 else 1.12))]
    # The kernel for every GPU since compute capability 8.0, and that of such a GPU.
    rows += [("portable", "flash2", 1.0)]
    return rows


def best(times: dict, case: Case, engine: str) -> float | None:
    """The time of an engine, or of the best of those that compose the gate."""
    suffix = {"composed_value_gate": "+value_gate", "composed_output_gate": "+output_gate"}
    if engine not in suffix:
        return times.get((case.name, engine))
    found = [
        ms for (name, engine_), ms in times.items()
        if name == case.name and engine_.endswith(suffix[engine])
    ]  # fmt: skip
    return min(found, default=None)


def rows(options, grid: list[Case], folder: Path):
    """The rows of the grid, one after the other."""
    times: dict = {}
    problems = [{**asdict(case), "name": case.name} for case in grid]
    for peer in options.peers if grid else []:
        times.update(on_gpu.peer_times(options.python, PEERS[peer], problems, timeout=900))
    for case in grid:
        mine = on_gpu.attempt(case.name, lambda: measure_all(case, options.vga_run, folder))
        yield from on_gpu.compare(
            case.name, bars(case), mine, case.flop, lambda engine: best(times, case, engine)
        )
