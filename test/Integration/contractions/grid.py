"""Contractions, and what is like them, against numpy: maps x shapes x types, by a seed.

    grid.py --vga-run PATH [--all] [OPTION...]

Every way in which up to five loops index two operands and a result, the products that models have,
sums of one and of three inputs; sizes around those of vectors and tiles, known or not; slices with
strides; floats, integers and both; other operations than products and sums. Many functions are a
module, which one vga-run process compiles and runs; one that fails is taken apart until the function
is found. Exit status 1 when a result is off or a function does not compile.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from contraction_grid import generate, mlir_text, reference
from contraction_grid.reference import data

TIMEOUT = 600  # seconds for one vga-run process


class Grid:
    def __init__(self, options: argparse.Namespace, folder: Path):
        self.options, self.folder = options, folder

    def command(self) -> list[str]:
        options = self.options
        command = [options.vga_run, f"-O{options.O}", f"--target={options.target}", "--no-cache"]
        for name in ("mcpu", "mgpu"):
            if getattr(options, name):
                command.append(f"--{name}={getattr(options, name)}")
        return [*command, *["--no-cublas"] * options.no_cublas]

    def write_inputs(self, case) -> list:
        """[(run, element, result, bound)] of a case."""
        checks = []
        kinds = (True, False) if case.result.element in generate.FLOATS else (True,)
        for call, sizes in enumerate(case.calls_of()):
            for exact in kinds:
                rng = np.random.default_rng([call, exact, *case.name.encode()])
                values = [reference.draw(case, o, sizes, exact, rng) for o in case.operands]
                stem = f"{case.name}.{call}{'e' if exact else 'r'}"
                for i, (operand, array) in enumerate(zip(case.operands, values)):
                    data.save(str(self.folder / f"{stem}.in{i}.npy"), array, operand.element)
                run = {
                    "entry": case.name,
                    "inputs": [f"{stem}.in{i}.npy" for i in range(len(values))],
                    "outputs": [f"{stem}.out.npy"],
                }
                checks.append((run, case.result.element, *reference.expected(case, sizes, values)))
        return checks

    def run_module(self, cases: list, checks: dict) -> str | None:
        """What went wrong, if anything."""
        stem = cases[0].name
        module, runs = self.folder / f"{stem}.mlir", self.folder / f"{stem}.json"
        module.write_text(mlir_text.module(cases), encoding="utf-8")
        runs.write_text(json.dumps([check[0] for case in cases for check in checks[case.name]]), encoding="utf-8")
        environment = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive", **os.environ}
        command = [*self.command(), str(module), "--runs", str(runs)]
        try:
            done = subprocess.run(
                command, capture_output=True, env=environment, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            return f"no end after {TIMEOUT} s"
        if done.returncode == 0:
            return None
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        wanted = next((line for line in lines if "error" in line.lower()), lines[0])
        return f"exit status {done.returncode}: {wanted[:300]}"

    def run(self, cases: list, checks: dict | None = None) -> list[tuple]:
        """[(case, complaint)] of those that fail."""
        checks = checks or {case.name: self.write_inputs(case) for case in cases}
        problem = self.run_module(cases, checks)
        if problem is None:
            found = []
            for case in cases:
                for run, *check in checks[case.name]:
                    if wrong := reference.complaint(self.folder / run["outputs"][0], *check):
                        found.append((case, f"{run['inputs'][0].split('.')[1]}: {wrong}"))
                        break
            return found
        if len(cases) == 1:
            return [(cases[0], problem)]
        middle = len(cases) // 2
        return self.run(cases[:middle], checks) + self.run(cases[middle:], checks)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vga-run", required=True, help="the vga-run to test")
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--mcpu", help="its option of that name")
    parser.add_argument("--mgpu", help="its option of that name")
    parser.add_argument("--no-cublas", action="store_true", help="its option of that name")
    parser.add_argument("-O", default="1", metavar="LEVEL", help="its option of that name")
    parser.add_argument("--all", action="store_true", help="the whole grid")
    parser.add_argument("--count", type=int, default=60, help="cases of the grid, without --all")
    parser.add_argument("--seed", type=int, default=0, help="of the choices")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases whose name matches")
    parser.add_argument("--per-module", type=int, default=30, help="functions in one module")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--emit", action="store_true", help="write the functions, and end")
    parser.add_argument("--keep", metavar="DIR", help="keep modules, inputs and results in DIR")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    cases = generate.all_cases(options.seed, options.all, options.count)
    cases = [case for case in cases if re.search(options.filter, case.name)]
    if not cases:
        sys.exit(f"contractions: no case matches '{options.filter}'")
    if options.emit:
        print(mlir_text.module(cases))
        return 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vga-contractions-") as scratch:
        folder = Path(options.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        grid, size = Grid(options, folder), options.per_module
        batches = [cases[i : i + size] for i in range(0, len(cases), size)]
        failed = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for found in pool.map(grid.run, batches):
                failed += len(found)
                for case, problem in found:
                    print(f"FAIL {case.name}: {case.describe()}: {problem}", flush=True)
    seconds = time.monotonic() - begin
    print(f"contractions: {len(cases) - failed} passed, {failed} failed, in {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
