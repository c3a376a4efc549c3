"""The GPU's problems and bars, and how ours and the peers are measured on them.

Ours: one vga-run process per problem, whose forms take turns; the inputs are on the device, the
cache is cold, the device's own clock counts. Peers: one process each, over all problems, measured
the same way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import ours
from report import Row

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
        return f"b{self.b}h{self.h}s{self.s}d{self.d}" + ("_causal" if self.causal else "")

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
    """Milliseconds of each of our forms, which take turns: what the chip's power allows is the
    same for all."""
    source, runs = folder / f"{case.name}.mlir", folder / f"{case.name}.json"
    source.write_text("".join(function(case, form) for form in forms), encoding="utf-8")
    shape, rng = (case.b, case.h, case.s, case.d), np.random.default_rng(0)
    files = {name: folder / f"{case.name}.{name}.npy" for name in "qkvg"}
    for name, path in files.items():
        dims = shape[:3] if name == "g" else shape
        ours.save(path, dims, "f32" if name == "g" else case.dtype, rng)
    requests = [
        {"entry": form, "inputs": [files[n].name for n in ("qkv" if form == "plain" else "qkvg")]}
        for form in forms
    ]
    runs.write_text(json.dumps(requests), encoding="utf-8")
    count = max(30, int(SECONDS * 500e12 / case.flop))
    command = [vga_run, str(source), "--target=cuda", "--runs", str(runs), "--no-cache"]
    command += ["--benchmark", str(count), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ours.TIMEOUT, check=False)
    for path in files.values():
        path.unlink()
    if done.returncode:
        raise ours.Failure((done.stderr.strip().splitlines() or ["no message"])[0][:200])
    return {report["entry"]: report["median_ms"] for report in json.loads(done.stdout)}


def peer_times(peer: str, grid: list[Case], python: str) -> dict:
    """{(case, engine): milliseconds} of a peer's process; what it says goes to standard error."""
    script = Path(__file__).resolve().parent / "peers" / PEERS[peer]
    problems = [{**asdict(case), "name": case.name} for case in grid]
    done = subprocess.run(
        [python, str(script), json.dumps(problems)],
        stdout=subprocess.PIPE, text=True, timeout=900, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{peer}: exit status {done.returncode}", file=sys.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {(line["case"], line["engine"]): line["ms"] for line in lines}


def bars(case: Case) -> list[tuple[str, str, float]]:
    """(form of ours, engine or form to compare with, least ratio)."""
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
    for peer in options.peers if grid else []:
        times.update(peer_times(peer, grid, options.python))
    for (name, engine), ms in sorted(times.items()):
        print(f"{name}: {engine} {ms:.4f} ms", file=sys.stderr)
    for case in grid:
        try:
            mine = measure(case, options.vga_run, folder)
            portable = measure(case, options.vga_run, folder, ("plain",), ("--mgpu", "sm_80"))
            mine["portable"] = portable["plain"]
        except (ours.Failure, subprocess.TimeoutExpired) as failure:
            print(f"{case.name}: {failure}", file=sys.stderr)
            mine = {}
        for form, engine, bar in bars(case):
            row = Row(f"{case.name} {form}", engine, bar=bar)
            if form not in mine:
                row.met, row.note = False, "did not run"
                yield row
                continue
            row.ours_ms = mine[form]
            row.ours_rate = case.flop / row.ours_ms / 1e6
            own = engine.removeprefix("ours:")
            row.peer_ms = mine.get(own) if own != engine else best(times, case, engine)
            if row.peer_ms is None:
                row.note = "no figure of the peer"
            else:
                row.ratio = row.peer_ms / row.ours_ms
                row.met = row.ratio >= bar
            yield row
