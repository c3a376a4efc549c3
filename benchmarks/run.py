#!/usr/bin/env python3
"""Measures vga-run against its peers and holds the figures against the bars.

Ours and the peer run in separate processes that alternate; a row's ratio is the median over the
pairs. Exit status 1 when a bar is missed or a case of ours fails, 0 otherwise; a peer that is
not installed is reported in its row. FLOP convention: see cases.py.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import cases as problems
import cuda
import cuda_decode
import cuda_models
import ours
from report import Row, line, table, write_json

HERE = Path(__file__).resolve().parent
SCRIPTS = {
    "torch": "torch_sdpa.py", "torch-compiled": "torch_sdpa.py", "kjv-torch": "kjv_torch.py",
    "ort": "ort.py", "iree": "iree_runtime.py", "openblas": "openblas.py", "sgemm": "openblas.py",
}  # fmt: skip
OPTIONAL = {
    "torch": ("torch",), "torch-compiled": ("torch-compiled", "kjv-torch"),
    "ort": ("ort",), "iree": ("iree",),
}  # fmt: skip
AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--vga-run", default="vga-run", help="the vga-run to measure")
    parser.add_argument("--python", default=sys.executable, help="the peers' interpreter")
    parser.add_argument("--peers", default="", help="optional peers: torch,torch-compiled,ort,iree; on a GPU torch,mosaic")
    parser.add_argument("--cases", type=Path, help="a JSON file of cases instead of the grid")
    parser.add_argument("--filter", default="", help="only cases whose name matches")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--mcpu", help="x86-64-v3 holds the peers to AVX2, too")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if name]
    known = cuda.PEERS if options.target == "cuda" else OPTIONAL
    unknown = sorted(set(options.peers) - set(known))
    if unknown:
        parser.error(f"--peers: unknown '{unknown[0]}', expected some of {', '.join(known)}")
    if options.pairs < 1 or options.threads < 1:
        parser.error("--pairs and --threads take a positive number")
    if not shutil.which(options.vga_run):
        parser.error(f"--vga-run: '{options.vga_run}' is not an executable")
    try:
        if options.target == "cuda":
            if options.cases or options.mcpu:
                parser.error("--cases and --mcpu are for --target cpu")
            grid = []
        elif options.cases:
            grid = problems.load(options.cases)
        else:
            grid = problems.grid(options.mcpu == "x86-64-v3")
        wanted = re.compile(options.filter).search
        options.grid = [case for case in grid if wanted(case.name)]
        options.attention = [case for case in cuda.GRID if wanted(case.name)]
        options.decoding = [case for case in cuda_decode.GRID if wanted(case.name)]
        options.models = [name for name in cuda_models.CASES if wanted(name)]
    except (OSError, ValueError, TypeError, re.error) as error:
        parser.error(str(error))
    on_gpu = [*options.attention, *options.decoding, *options.models]
    if not (on_gpu if options.target == "cuda" else options.grid):
        parser.error(f"no case matches '{options.filter}'")
    return options


def peer_value(case: problems.Case, peer: str, options) -> float:
    """The figure of one process of a peer."""
    problem = {**asdict(case), "peer": peer, "threads": options.threads,
               "kind": "sgemm" if peer == "sgemm" else case.kind,
               "runs": max(5, min(200, int(4e9 / max(case.flop, 1)))),
               "prompt_tokens": len(ours.PROMPT)}  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads),
                   "OPENBLAS_NUM_THREADS": str(options.threads)}  # fmt: skip
    if options.mcpu == "x86-64-v3":
        environment.update(AVX2)
    command = [options.python, str(HERE / "peers" / SCRIPTS[peer]), json.dumps(problem)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment,
                              timeout=ours.TIMEOUT, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ours.Failure(f"no end after {ours.TIMEOUT} s") from None
    except OSError as error:
        raise ours.Failure(f"cannot run {options.python}: {error.strerror}") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ours.Failure(lines[-1][:120])
    return json.loads(done.stdout.strip().splitlines()[-1])["value"]


def limit(case: problems.Case) -> float:
    """The fixed bound of a case: seconds of compilation or bytes of memory."""
    if case.kind == "memory":
        return float(case.io_bytes + ours.MEMORY_MARGIN)
    return ours.COMPILE_LIMIT


def ratio(case: problems.Case, peer: str, mine: float, theirs: float) -> float:
    """How many times better ours is."""
    if peer == "sgemm":
        return (case.flop / mine) / (2 * 1024**3 / theirs)
    if case.kind == "model" and case.measure != "compile":
        return mine / theirs
    return theirs / mine


def compare(case: problems.Case, peer: str, bar: float, folder: Path, options) -> Row:
    unit = {"memory": "bytes", "model": "s" if case.measure == "compile" else "tokens/s"}
    row = Row(case.name, peer, unit.get(case.kind, "ms"), bar=bar)
    files = ours.prepare(case, folder)
    twin = ours.prepare(replace(case, gated=False), folder) if peer == "ungated" else []
    pairs = []
    for _ in range(options.pairs):
        try:
            mine = ours.measure(case, options.vga_run, files, options.threads, options.mcpu)
        except ours.Failure as failure:
            row.met, row.note = False, str(failure)
            print(f"{case.name}: {failure}", file=sys.stderr)
            return row
        try:
            if peer == "limit":
                theirs = limit(case)
            elif peer == "ungated":
                theirs = ours.measure(case, options.vga_run, twin, options.threads, options.mcpu)
            else:
                theirs = peer_value(case, peer, options)
        except ours.Failure as failure:
            row.note, theirs = str(failure), None
        pairs.append((mine, theirs))
        if theirs is None:
            break
    row.ours_ms = statistics.median(mine for mine, _ in pairs)
    if row.unit == "ms":
        row.ours_rate = case.flop / row.ours_ms / 1e6
    if not row.note:
        row.peer_ms = statistics.median(theirs for _, theirs in pairs)
        ratios = [ratio(case, peer, *pair) for pair in pairs]
        row.ratio = statistics.median(ratios)
        if len(ratios) > 1:
            quartiles = statistics.quantiles(ratios, n=4, method="inclusive")
            row.spread = (quartiles[0], quartiles[2])
        row.met = row.ratio >= bar
    return row


def cpu_rows(options, folder: Path):
    """The rows of the CPU's grid, one after the other."""
    asked = {script for peer in options.peers for script in OPTIONAL[peer]}
    optional = {script for scripts in OPTIONAL.values() for script in scripts}
    busy = os.getloadavg()[0]
    if busy > 0.5:  # threads that wait for a core measure the scheduler, ours' and the peer's alike
        print(f"run.py: warning: load average {busy:.1f}: the figures are not comparable",
              file=sys.stderr)  # fmt: skip
    for case in options.grid:
        for peer, bar in case.bars:
            if peer not in {*SCRIPTS, "ungated", "limit"}:
                sys.exit(f"run.py: error: case '{case.name}': unknown peer '{peer}'")
            if peer in optional and peer not in asked:
                yield Row(case.name, peer, bar=bar, note="not asked for")
            else:
                yield compare(case, peer, bar, folder, options)


def cuda_rows(options, folder: Path):
    """The rows of the GPU: attention, decoding, models."""
    yield from cuda.rows(options, options.attention, folder)
    yield from cuda_decode.rows(options, options.decoding, folder)
    yield from cuda_models.rows(options, options.models, folder)


def main() -> int:
    options = arguments()
    rows = []
    with tempfile.TemporaryDirectory(prefix="vga-benchmarks-") as scratch:
        if options.target == "cuda":
            found = cuda_rows(options, Path(scratch))
        else:
            found = cpu_rows(options, Path(scratch))
        for row in found:
            rows.append(row)
            # A run that is cut off keeps what it has measured.
            print(line(row), file=sys.stderr, flush=True)
            if options.json:
                write_json(rows, options.json)
    print(table(rows))
    if options.json:
        write_json(rows, options.json)
    missed = [row for row in rows if row.met is False]
    unmeasured = sum(row.met is None for row in rows)
    print(f"{len(rows)} rows: {len(rows) - len(missed) - unmeasured} met, {len(missed)} missed, "
          f"{unmeasured} without a peer's figure")  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
