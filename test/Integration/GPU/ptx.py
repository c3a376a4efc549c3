"""Writes the PTX of all that a GPU is checked and measured with, and compares it with an earlier one.

    ptx.py --vga-run OLD --out before
    ptx.py --vga-run NEW --out after --before before

Code that has only been moved gives the same PTX, byte for byte. Modules are the grid's, for this
GPU and an older one, those of products, elementwise operations, appends, gathers and loops, and the
benchmark's. Exit status 1 when PTX differs, naming its kernels, or when one compiler refuses what
the other takes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(HERE.parent / "CPU"), str(ROOT / "test" / "oracle")]

import cuda  # noqa: E402
import cuda_decode  # noqa: E402
import decoder  # noqa: E402
import kjv_batch  # noqa: E402
from vga_grid import execute, mlir_text  # noqa: E402
from vga_grid.generate import all_cases  # noqa: E402
from vga_grid.gpu import for_kernels  # noqa: E402

GRID_FUNCTIONS = 24  # in one module
KERNEL = re.compile(r"^\.visible \.entry (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    name: str
    text: str
    options: list[str] = field(default_factory=list)


def grid(name: str, cases: list, options: list[str]) -> list[Module]:
    return [
        Module(f"{name}{number:02}", mlir_text.module(batch), options)
        for number, batch in enumerate(execute.batches(cases, GRID_FUNCTIONS))
    ]


def products(options: list[str]) -> str:
    command = [sys.executable, str(HERE / "products.py"), "--vga-run", "none", "--emit", *options]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def modules() -> list[Module]:
    every = all_cases()
    found = grid("grid", every, [])
    found += grid("grid_kernels", for_kernels(every, on_hopper=False), [])
    found += grid("grid_sm_80", for_kernels(every, on_hopper=False), ["--mgpu=sm_80"])
    for path in sorted((HERE / "Inputs").glob("*.mlir")):
        found.append(Module(path.stem, path.read_text(encoding="utf-8")))
    found.append(Module("products", products([]), ["--no-cublas"]))
    found.append(Module("products_library", products([])))
    found.append(Module("products_tf32", products(["--tf32"]), ["--tf32", "--no-cublas"]))
    for case in cuda.GRID:
        text = "".join(cuda.function(case, form) for form in cuda.FORMS)
        found.append(Module(f"attention_{case.name}", text))
        found.append(Module(f"attention_{case.name}_sm_80", text, ["--mgpu=sm_80"]))
    for case in cuda_decode.GRID:
        text = "".join(cuda_decode.function(case, form) for form in cuda_decode.FORMS)
        found.append(Module(case.name, text))
    found.append(Module("gpt2", decoder.module(decoder.GPT2)))
    found.append(Module("kjv_batch", kjv_batch.module(64)))
    kjv = ROOT / "examples" / "kjv-lm" / "model.mlir"
    found.append(Module("kjv", kjv.read_text(encoding="utf-8")))
    return found


def compile_module(vga_run: str, folder: Path, module: Module) -> None:
    """Writes NAME.ptx, or NAME.error with the message."""
    source = folder / f"{module.name}.mlir"
    source.write_text(module.text, encoding="utf-8")
    command = [vga_run, str(source), "--target=cuda", "--emit=ptx", *module.options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ending, text = ("ptx", done.stdout) if done.returncode == 0 else ("error", done.stderr)
    (folder / f"{module.name}.{ending}").write_text(text, encoding="utf-8")


def kernels(text: str) -> dict[str, str]:
    """The text of each kernel of a module, and of what comes before the first."""
    starts = [(match.group(1), match.start()) for match in KERNEL.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    first = starts[0][1] if starts else len(text)
    found = {"what comes before kernels": text[:first]}
    found.update({name: text[start:end] for (name, start), end in zip(starts, ends)})
    return found


def difference(before: Path, after: Path, name: str) -> str | None:
    """How the two compilers' outputs for a module differ, if they do."""
    old, new = before / f"{name}.ptx", after / f"{name}.ptx"
    if not old.exists() or not new.exists():
        if old.exists() == new.exists():
            return None
        return f"{name}: refused by the {'later' if old.exists() else 'earlier'} compiler only"
    x, y = (kernels(path.read_text(encoding="utf-8")) for path in (old, new))
    differing = [kernel for kernel in {**x, **y} if x.get(kernel) != y.get(kernel)]
    return f"{name}: {', '.join(differing)}" if differing else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--before", type=Path, help="the folder that another compiler has written")
    parser.add_argument("--filter", default="", help="only modules whose name has this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = [module for module in modules() if options.filter in module.name]
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(compile_module, itertools.repeat(options.vga_run),
                      itertools.repeat(options.out), chosen))  # fmt: skip
    refused = [m.name for m in chosen if (options.out / f"{m.name}.error").exists()]
    print(f"PTX of {len(chosen) - len(refused)} modules, {len(refused)} refused", *refused)
    if not options.before:
        return 0
    found = [difference(options.before, options.out, module.name) for module in chosen]
    differing = [line for line in found if line]
    print(*differing, f"{len(chosen) - len(differing)} the same, {len(differing)} differ", sep="\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
