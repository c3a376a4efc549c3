"""Generated programs, compiled and run by vga-run and held against numpy.

A program is a function of a few operations made from a seed; some twenty make a module. Exit status
1 when one does not compile, does not run, or returns something else than it means. Reproducers, with
a line that says what is wrong, go to the folder of --out.
"""

from __future__ import annotations

import argparse
import collections
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "oracle")]

from vga_programs import execute, minimize  # noqa: E402
from vga_programs.families import FAMILIES  # noqa: E402
from vga_programs.generate import generate  # noqa: E402
from vga_programs.ir import print_functions  # noqa: E402

PER_MODULE = 24


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-run", metavar="PATH", default="vga-run", help="the vga-run to test")
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--options", default="", help="more options of vga-run, in one string")
    parser.add_argument(
        "--compiles-only", action="store_true", help="make the code, which needs no GPU, and stop"
    )
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first program")
    parser.add_argument("--count", type=int, help="how many programs")
    parser.add_argument("--minutes", type=float, help="as many programs as there is time for")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--per-module", type=int, default=PER_MODULE, help="programs in a module")
    parser.add_argument("--only", metavar="FAMILY", action="append", help="only these families")
    parser.add_argument("--with", metavar="FAMILY", action="append", default=[], dest="having",
                        help="one of these is in each program")  # fmt: skip
    parser.add_argument("--without", metavar="FAMILY", action="append", default=[], help="not these")
    parser.add_argument("--out", metavar="DIR", help="where reproducers go")
    parser.add_argument("--print", action="store_true", help="print the programs and stop")
    parser.add_argument("--list", action="store_true", help="print the names of families and stop")
    parser.add_argument("--no-minimize", action="store_true", help="reproducers are whole programs")
    parser.add_argument(
        "--vga-reduce", metavar="PATH", help="reduces what does not compile; the one beside vga-run"
    )
    options = parser.parse_args()
    for name in [*(options.only or []), *options.without, *options.having]:
        if name not in FAMILIES:
            parser.error(f"there is no family '{name}'; --list names them")
    if not (options.list or options.print) and not shutil.which(options.vga_run):
        parser.error(f"--vga-run: '{options.vga_run}' is not an executable")
    if not options.vga_reduce and shutil.which(options.vga_run):
        beside = Path(shutil.which(options.vga_run)).resolve().with_name("vga-reduce")
        options.vga_reduce = str(beside) if beside.exists() else None
    if options.count is None and options.minutes is None:
        options.count = 1 if options.print else 200
    return options


def settings_of(options: argparse.Namespace) -> execute.Settings:
    command = [shutil.which(options.vga_run), f"--target={options.target}", *options.options.split()]
    return execute.Settings(command, compiles_only=options.compiles_only)


def make(options: argparse.Namespace, seed: int):
    return generate(seed, options.only, options.without, options.having)


def run_batch(options: argparse.Namespace, seeds: list[int], scratch: str) -> list[tuple[int, str, str, str]]:
    """(seed, kind, message, signature) of the finds among the programs of the seeds."""
    functions = [make(options, seed) for seed in seeds]
    folder = Path(scratch) / f"batch{seeds[0]}"
    finds = execute.check(settings_of(options), functions, folder)
    return [(int(f.function.name[1:]), f.kind, f.message, f.signature) for f in finds]


def batches(options: argparse.Namespace):
    """Lists of seeds, until there are enough or time is up."""
    start, seed = time.monotonic(), options.seed
    while True:
        if options.count is not None and seed >= options.seed + options.count:
            return
        if options.minutes is not None and time.monotonic() - start > 60 * options.minutes:
            return
        end = seed + options.per_module
        if options.count is not None:
            end = min(end, options.seed + options.count)
        yield list(range(seed, end))
        seed = end


def run_all(options: argparse.Namespace, scratch: str):
    """(how many programs ran, finds) of all batches, some at once."""
    ran, finds, pending = 0, [], {}
    todo = batches(options)
    with ProcessPoolExecutor(options.jobs) as pool:
        for seeds in todo:
            pending[pool.submit(run_batch, options, seeds, scratch)] = len(seeds)
            while len(pending) > 2 * options.jobs:
                ran += collect(pending, finds)
        while pending:
            ran += collect(pending, finds)
    return ran, finds


def collect(pending: dict, finds: list) -> int:
    """Waits for a batch; returns the number of its programs."""
    finished = next(as_completed(pending))
    for find in finished.result():
        finds.append(find)
        if find[1] == "refused":
            continue
        print(f"FIND p{find[0]}: {find[1]}: {find[2]}", flush=True)
    return pending.pop(finished)


def write_reproducers(options: argparse.Namespace, finds: list) -> None:
    """The first few of each signature, minimized, with a list of what is wrong with each."""
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    seen: collections.Counter = collections.Counter()
    lines = []
    for seed, kind, message, signature in sorted(finds):
        seen[signature] += 1
        if seen[signature] > 2:
            continue
        function = make(options, seed)
        find = execute.Find(function, kind, message)
        if not options.no_minimize:
            with tempfile.TemporaryDirectory(prefix="vga-minimize-") as scratch:
                find = minimize.minimize(settings_of(options), find, Path(scratch))
        text = print_functions([find.function])
        case = folder / f"p{seed}"
        execute.write([find.function], case)
        minimize.write_expected(find.function, case)
        (case / "module.mlir").write_text(f"// {find.kind}: {find.message}\n{text}", encoding="utf-8")
        if options.vga_reduce and not options.no_minimize and kind in ("compile", "crash"):
            minimize.reduce(settings_of(options), options.vga_reduce, find, case)
        lines.append(f"p{seed}: {find.kind}: {find.message}")
        print(f"\n// p{seed}: {find.kind}: {find.message}\n{text}", flush=True)
    (folder / "finds.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    options = arguments()
    if options.list:
        print("\n".join(FAMILIES))
        return 0
    if options.print:
        seeds = range(options.seed, options.seed + options.count)
        print(print_functions([make(options, seed) for seed in seeds]))
        return 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vga-programs-") as scratch:
        ran, finds = run_all(options, scratch)
    refused = collections.Counter(find[2] for find in finds if find[1] == "refused")
    for message, count in refused.most_common(20):
        print(f"refused {count} times: {message}")
    finds = [find for find in finds if find[1] != "refused"]
    if finds and options.out:
        write_reproducers(options, finds)
    seconds = time.monotonic() - start
    last = options.seed + ran - 1
    passed, not_there = ran - len(finds) - refused.total(), refused.total()
    print(f"programs: {passed} passed, {len(finds)} failed, {f'{not_there} refused, ' * bool(not_there)}"
          f"seeds {options.seed} to {last}, in {seconds:.0f} s")  # fmt: skip
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
