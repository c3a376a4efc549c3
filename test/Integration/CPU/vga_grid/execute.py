"""Runs modules of cases with vga-run and holds the results against the reference."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from . import check, data, mlir_text
from .case import NamedCase, inputs, outputs

TIMEOUT = 300  # seconds for one vga-run process


@dataclass
class Outcome:
    """What became of one case; it passed when there are no complaints."""

    named: NamedCase
    errors: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def batches(cases: list[NamedCase], size: int) -> list[list[NamedCase]]:
    """The cases of `size` functions at a time."""
    functions: dict[str, list[NamedCase]] = {}
    for named in cases:
        functions.setdefault(named.function, []).append(named)
    groups = list(functions.values())
    return [sum(groups[start : start + size], []) for start in range(0, len(groups), size)]


def write_module(cases: list[NamedCase], path: Path) -> None:
    path.write_text(mlir_text.module(cases), encoding="utf-8")


def run_vga(vga_run: list[str], cases: list[NamedCase], stem: str, folder: Path) -> str | None:
    """Compiles and runs the cases as one module; returns what went wrong, if anything."""
    module = folder / f"{stem}.mlir"
    runs = folder / f"{stem}.json"
    write_module(cases, module)
    entries = []
    for named in cases:
        results = [f"{named.name}.{tensor.name}.npy" for tensor in outputs(named.case)]
        for result in results:  # what an earlier try left must not pass for this one's
            (folder / result).unlink(missing_ok=True)
        operands = [f"{named.name}.in.{tensor.name}.npy" for tensor in inputs(named.case)]
        entries.append({"entry": named.function, "inputs": operands, "outputs": results})
    runs.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    # Two threads, so that parallel loops are parallel; asleep rather than spinning when idle.
    environment = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive", **os.environ}
    command = [*vga_run, str(module), "--runs", str(runs)]
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT} s"
    except OSError as error:
        return f"cannot run {vga_run[0]}: {error.strerror}"
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
    wanted = next((line for line in lines if "error" in line.lower()), lines[0])
    return f"exit status {done.returncode}: {wanted[:300]}"


def judge(named: NamedCase, folder: Path, expected: list) -> Outcome:
    """Compares the files that vga-run wrote for one case."""
    try:
        actual = [
            data.load(str(folder / f"{named.name}.{tensor.name}.npy"), tensor.type)
            for tensor in outputs(named.case)
        ]
    except (OSError, ValueError) as error:
        return Outcome(named, complaints=[f"result not readable: {error}"])
    return Outcome(named, *check.compare(named.case, actual, expected))


def run_batch(vga_run: list[str], cases: list[NamedCase], stem: str, folder: Path):
    """(outcomes, complaint about the module or None) of one module.

    When the module fails, each function is tried in a module of its own, and where that fails
    each case, so that the culprit is named.
    """
    expected = {}
    for named in cases:
        tensors = data.make_inputs(named)
        for tensor in inputs(named.case):
            path = folder / f"{named.name}.in.{tensor.name}.npy"
            data.save(str(path), tensors[tensor.name], tensor.type)
        expected[named.name] = check.reference(named.case, tensors)
    problem = run_vga(vga_run, cases, stem, folder)
    if problem is None:
        return [judge(named, folder, expected[named.name]) for named in cases], None
    outcomes = []
    for group in batches(cases, 1):
        together = run_vga(vga_run, group, group[0].function, folder)
        for named in group:
            alone = together
            if together is not None and len(group) > 1:
                alone = run_vga(vga_run, [named], named.name, folder)
            if alone is None:
                outcomes.append(judge(named, folder, expected[named.name]))
            else:
                outcomes.append(Outcome(named, complaints=[f"did not run: {alone}"]))
    return outcomes, f"{stem}.mlir: {problem}"


def run_all(vga_run: list[str], cases: list[NamedCase], size: int, jobs: int, folder: Path, progress):
    """(outcomes in the order of the cases, complaints about modules) of all cases."""
    outcomes, problems = {}, []
    with ThreadPoolExecutor(jobs) as pool:
        pending = [
            pool.submit(run_batch, vga_run, batch, f"module{number:02}", folder)
            for number, batch in enumerate(batches(cases, size))
        ]
        for finished in as_completed(pending):
            found, problem = finished.result()
            outcomes.update((outcome.named.name, outcome) for outcome in found)
            if problem:
                problems.append(problem)
            progress(len(outcomes), len(cases))
    return [outcomes[named.name] for named in cases if named.name in outcomes], sorted(problems)
