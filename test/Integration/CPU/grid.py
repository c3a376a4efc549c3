"""Runs the generated grid: every vga operation over features, element types and odd sizes.

A case is a call of a function, one of a few sizes if its shape is dynamic; some twenty functions
make a module, which one vga-run process compiles and runs. Results are held against the float64 oracle of test/oracle on the same rounded inputs. Exit
status 1 when a case fails or does not run, or when the grid is smaller than it should be.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "oracle"))

from vga_grid import execute
from vga_grid.generate import MINIMUM, all_cases
from vga_grid.gpu import for_kernels

PER_MODULE = 24


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", metavar="PATH", help="the vga-run to test")
    parser.add_argument(
        "--attention", default="auto", help="its option of that name: auto, fused or definition"
    )
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument(
        "--for-kernels",
        action="store_true",
        help="give cases the sizes and types that kernels of a GPU take as they are",
    )
    parser.add_argument("--mgpu", metavar="NAME", help="its option of that name, for cuda")
    parser.add_argument("--schedule", metavar="TEXT", help="its option of that name, for cuda")
    parser.add_argument(
        "--tf32", action="store_true", help="its option of that name, for attention of f32"
    )
    parser.add_argument("-O", default="3", metavar="LEVEL", help="its option of that name")
    parser.add_argument("--filter", metavar="REGEX", help="only cases whose name matches")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and stop")
    parser.add_argument("--emit-only", metavar="DIR", help="write the modules to DIR and stop")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="vga-run processes at once"
    )
    parser.add_argument("--per-module", type=int, default=PER_MODULE, help="functions in one module")
    parser.add_argument("--keep", metavar="DIR", help="keep modules, inputs and results in DIR")
    options = parser.parse_args()
    if options.jobs < 1 or options.per_module < 1:
        parser.error("--jobs and --per-module take a positive number")
    if not (options.vga_run or options.list or options.emit_only):
        parser.error("nothing to do: give --vga-run, --emit-only or --list")
    if options.vga_run and not shutil.which(options.vga_run):
        parser.error(f"--vga-run: '{options.vga_run}' is not an executable")
    return options


def selected(pattern: str | None) -> list:
    cases = all_cases()
    if len({named.name for named in cases}) != len(cases):
        sys.exit("grid: two cases share a name")
    if len(cases) < MINIMUM:
        sys.exit(f"grid: {len(cases)} cases were generated, expected at least {MINIMUM}")
    if pattern:
        try:
            cases = [named for named in cases if re.search(pattern, named.name)]
        except re.error as error:
            sys.exit(f"grid: --filter: {error}")
        if not cases:
            sys.exit(f"grid: no case matches '{pattern}'")
    return cases


def emit(cases: list, size: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    modules = execute.batches(cases, size)
    for number, batch in enumerate(modules):
        execute.write_module(batch, folder / f"module{number:02}.mlir")
    print(f"grid: {len(cases)} cases in {len(modules)} modules written to {folder}")


def show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rgrid: {done}/{total} cases", end=end, file=sys.stderr, flush=True)


def report(outcomes: list, problems: list[str], expected: int, seconds: float) -> int:
    """Prints the summary and returns the exit status."""
    failed = [outcome for outcome in outcomes if outcome.complaints]
    for problem in problems:
        print(f"MODULE FAILED {problem}")
    for outcome in failed:
        print(f"FAIL {outcome.named.name}: {'; '.join(outcome.complaints)}")
    worst: dict[str, tuple[float, str]] = {}
    for outcome in outcomes:
        for element, error in outcome.errors.items():
            worst[element] = max(worst.get(element, (-1.0, "")), (error, outcome.named.name))
    for element in sorted(worst):
        error, name = worst[element]
        bound = execute.check.BOUNDS[element]
        print(f"worst {element:4} {error:.2e} (bound {bound:.0e}) in {name}")
    missing = expected - len(outcomes)
    if missing:
        print(f"{missing} cases did not run")
    passed = len(outcomes) - len(failed)
    print(f"grid: {passed} passed, {len(failed) + missing} failed, in {seconds:.0f} s")
    return 1 if failed or problems or missing else 0


def main() -> int:
    options = arguments()
    cases = selected(options.filter)
    if options.for_kernels:
        cases = for_kernels(cases, on_hopper=(options.schedule or "").startswith("<"))
    if options.tf32:
        cases = [n for n in cases if n.case.dtype == "f32" and n.case.op == "attention"]
        execute.check.BOUNDS["f32"] = execute.check.TF32_BOUND
    if options.list:
        print("\n".join(named.name for named in cases))
        return 0
    if options.emit_only:
        emit(cases, options.per_module, Path(options.emit_only))
        return 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vga-grid-") as scratch:
        folder = Path(options.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        command = [options.vga_run, f"-O{options.O}", f"--target={options.target}"]
        command.append(f"--attention={options.attention}")
        for name in ("mgpu", "schedule"):
            if getattr(options, name):
                command += [f"--{name}", getattr(options, name)]
        command += ["--tf32"] * options.tf32
        outcomes, problems = execute.run_all(
            command, cases, options.per_module, options.jobs, folder, show_progress
        )
    return report(outcomes, problems, len(cases), time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
