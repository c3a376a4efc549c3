"""Mutates the IR of every test and sends it through the passes and pipelines of vga.

A find is a crash, a time limit, IR that a pass has made and the verifier refuses, an operation that
a pipeline leaves behind, and an error that has no location or is about an operation that nobody
wrote. An error that is about the input is what should be there, and none. Each find is made small
and written to --out, with a line that says what it is. Exit status 1 if there are any.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from vga_mutations import corpus, minimize
from vga_mutations.judge import Find, Judge, known_faults
from vga_mutations.mutate import mutate
from vga_mutations.routes import PIPELINES, Routes

HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]
PER_PROCESS = 100  # mutants, of which some half are valid


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vga-opt", metavar="PATH", default="build/bin/vga-opt")
    parser.add_argument("--vga-reduce", metavar="PATH", help="the one beside vga-opt unless given")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N valid mutants")
    parser.add_argument("--each", action="store_true", help="make one mutant of each test, and stop")
    parser.add_argument("--minutes", type=float, metavar="N", help="stop after N minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch")
    parser.add_argument("--out", metavar="DIR", help="where finds are written")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="vga-opt processes at once")
    parser.add_argument("--only", metavar="REGEX", help="only passes and pipelines of such names")
    parser.add_argument("--stop-early", action="store_true", help="stop at the first find")
    parser.add_argument(
        "--minimize", type=float, default=20, metavar="SECONDS", help="for each find; 0 for none"
    )
    options = parser.parse_args()
    if not (options.count or options.minutes or options.each):
        parser.error("give --count, --minutes or --each")
    if not shutil.which(options.vga_opt):
        parser.error(f"--vga-opt: '{options.vga_opt}' is not an executable")
    if not options.vga_reduce:
        beside = Path(shutil.which(options.vga_opt)).resolve().with_name("vga-reduce")
        options.vga_reduce = str(beside) if beside.exists() else None
    return options


# How often a unit is printed as usual, in generic form, and not valid before it is mutated.
FORMS = (80, 17, 3)


def by_form(units: list) -> list[list]:
    forms: list[list] = [[], [], []]
    for unit in units:
        text = unit.text
        forms[0 if text.startswith("module") else 1 if text.startswith('"') else 2].append(unit)
    return forms


class Batch:
    """One route with the mutants that take it."""

    def __init__(self, seed: int, name: str, route: tuple[str, ...], pipeline: str = "") -> None:
        self.seed, self.name, self.route, self.pipeline = seed, name, route, pipeline
        self.mutants: list[tuple[str, str, tuple[str, ...]]] = []


class RandomBatch(Batch):
    """All that a seed decides."""

    def __init__(self, seed: int, units: list, routes: Routes, only: str | None) -> None:
        random = Random(seed)
        super().__init__(seed, "", ())
        chosen = units
        draw = random.random()
        if only:
            only = random.choice([name for name in routes.names() if re.search(only, name)])
            of_pipeline = only in PIPELINES
            name, self.route = (routes.whole if of_pipeline else routes.single)(random, only)
            self.pipeline = name if of_pipeline else ""
        elif draw < 0.35:
            unit = random.choice([unit for unit in units if unit.routes])
            self.route = random.choice(unit.routes)
            self.pipeline = next((w[2:].split("=")[0] for w in self.route if "pipeline" in w), "")
            chosen = [other for other in units if self.route in other.routes]
            name = " ".join(self.route)
        elif draw < 0.75:
            name, self.route = routes.single(random)
        elif draw < 0.85:
            name, self.route = routes.chain(random)
        else:
            name, self.route = routes.whole(random)
            self.pipeline = name
        self.name = name
        near = [u for u in units if any(name in word for route in u.routes for word in route)] or chosen
        self.tried = 0
        near, chosen = by_form(near), by_form(chosen)
        while len(self.mutants) < PER_PROCESS and self.tried < 4 * PER_PROCESS:
            self.tried += 1
            forms = near if random.random() < 0.6 else chosen
            weights = [weight if form else 0 for weight, form in zip(FORMS, forms)]
            unit = random.choice(random.choices(forms, weights)[0])
            text, names = mutate(random, unit.text)
            if names and text != unit.text:
                self.mutants.append((text, unit.source, names))


def batches_of_all(seed: int, units: list, routes: Routes) -> list[Batch]:
    """A mutant of each unit. A new test or pass changes nothing for the others."""
    batches: dict[tuple[str, ...], Batch] = {}
    for unit in units:
        random = Random(f"{seed} {unit.text}")
        text, names = mutate(random, unit.text)
        if not names or text == unit.text or by_form([unit])[2]:
            continue
        pipeline = ""
        if unit.routes and random.random() < 0.5:
            name, route = unit.source, random.choice(unit.routes)
            pipeline = next((w[2:].split("=")[0] for w in route if "pipeline" in w), "")
        elif random.random() < 0.4:
            name = pipeline = random.choice(("vga-cpu-pipeline", "vga-gpu-pipeline"))
            route = (f"--{name}",)
        else:
            name = min(routes.names(), key=lambda n: Random(f"{n} {unit.text}").random())
            _, route = routes.single(Random(name), name) if name not in PIPELINES else ("", (f"--{name}",))
        batch = batches.setdefault(route, Batch(seed, name, route, pipeline))
        batch.mutants.append((text, unit.source, names))
    return list(batches.values())


class Fuzzer:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.judge = Judge(options.vga_opt)
        self.units, self.files = corpus.load(ROOT, options.vga_opt)
        self.routes = Routes(ROOT)
        self.known = known_faults(HERE.with_name("known.txt"))
        self.count = Counter()
        self.by_name: Counter[str] = Counter()
        self.finds: dict[str, Find] = {}

    def run(self, batch: Batch | int) -> tuple[Batch, int, int, list[Find]]:
        """Runs a batch: the mutants that were made, those that are valid, and finds."""
        if isinstance(batch, int):
            batch = RandomBatch(batch, self.units, self.routes, self.options.only)
        texts = [text for text, _, _ in batch.mutants]
        finds = []
        dead, outputs, _, _ = self.judge.deaths(texts, ())
        for number, find in dead.items():
            find.source, find.mutations = batch.mutants[number][1:]
            finds.append(find)
        valid = [n for n in outputs if outputs[n].strip()]
        if valid:
            found = self.judge.judge([texts[n] for n in valid], batch.route, batch.pipeline)
            for place, find in found.items():
                find.source, find.mutations = batch.mutants[valid[place]][1:]
                finds.append(find)
        return batch, len(texts), len(valid), finds

    def note(self, batch: Batch, made: int, valid: int, finds: list[Find]) -> None:
        self.count["batches"] += 1
        if self.count["batches"] % 25 == 0:
            print(f"mutations: {self.count['valid']} valid mutants", file=sys.stderr, flush=True)
        self.count["made"] += made
        self.count["valid"] += valid
        self.by_name[batch.name] += valid
        for find in finds:
            headline = find.headline()
            reason = next((why for fault, why in self.known if fault.search(headline)), None)
            if reason:
                self.count["known"] += 1
                continue
            self.count["finds"] += 1
            key = f"{find.kind}: {find.signature}"
            if key in self.finds:
                continue
            self.finds[key] = find
            print(f"FIND {headline} ({', '.join(find.mutations)} of {find.source}, seed {batch.seed})")
            sys.stdout.flush()
            self.write(find, batch)

    def write(self, find: Find, batch: Batch) -> None:
        if not self.options.out:
            return
        if self.options.minimize:
            find.text = minimize.minimize(
                self.judge, self.options.vga_reduce, HERE, find, batch.pipeline,
                self.options.minimize,
            )
        folder = Path(self.options.out)
        folder.mkdir(parents=True, exist_ok=True)
        words = re.sub(r"[^\w]+", "-", f"{find.kind}-{find.signature}").strip("-")[:70]
        file = folder / f"{len(self.finds):03}-{words}.mlir"
        passes = " ".join(f"'{word}'" for word in find.route)
        file.write_text(
            f"// {find.headline()}\n// vga-opt %s --split-input-file --allow-unregistered-dialect "
            f"{passes}\n// {', '.join(find.mutations)} of {find.source}, seed {batch.seed}\n"
            f"{find.text}"
        )

    def go(self) -> int:
        options = self.options
        start = time.monotonic()
        print(f"mutations: {len(self.units)} units of {len(self.files)} files, "
              f"{len(self.routes.passes)} passes")

        def is_over() -> bool:
            late = options.minutes and time.monotonic() - start > options.minutes * 60
            enough = options.count and self.count["valid"] >= options.count
            return bool(late or enough or (options.stop_early and self.finds))

        seed = options.seed
        with ThreadPoolExecutor(options.jobs) as pool:
            if options.each:
                for result in pool.map(self.run, batches_of_all(seed, self.units, self.routes)):
                    self.note(*result)
                seed += 1
            while not options.each and not is_over():
                # In the order of seeds: a count and a seed say which mutants.
                seeds = range(seed, seed + 2 * options.jobs)
                seed = seeds.stop
                for result in pool.map(self.run, seeds):
                    if not is_over():
                        self.note(*result)
        seconds = time.monotonic() - start
        made, valid = self.count["made"], self.count["valid"]
        print(f"mutations: {valid} valid mutants of {made} ({100 * valid // max(made, 1)} %), "
              f"{valid / seconds:.0f} per second, seeds {options.seed} to {seed - 1}; "
              f"{self.count['finds']} finds of {len(self.finds)} kinds, "
              f"{self.count['known']} known faults of upstream")
        return 1 if self.finds else 0


def again(words: list[str]) -> int:
    """For vga-reduce: exit status 1 if a module still shows what was found."""
    pipeline, kind, signature, *route, file = words
    vga_opt = os.environ.get("VGA_OPT", "build/bin/vga-opt")
    text = Path(file).read_text()
    find = Find(kind, signature, text, tuple(route), "")
    return 1 if minimize.same(Judge(vga_opt), find, text, pipeline) else 0


def main() -> int:
    if len(sys.argv) > 1 and sys.argv[1] == "--again":
        return again(sys.argv[2:])
    options = arguments()
    os.environ["VGA_OPT"] = str(Path(shutil.which(options.vga_opt)).resolve())
    return Fuzzer(options).go()


if __name__ == "__main__":
    sys.exit(main())
