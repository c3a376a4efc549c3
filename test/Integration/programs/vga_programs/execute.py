"""Compiles and runs programs with vga-run, many in a module, and compares what they return.

A module that does not compile, or whose process dies, is divided until the programs are found that
are to blame.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import elements
from .ir import Function, evaluate, print_functions
from .tracked import Tracked


# What says that a GPU does not do something yet, in one line that names the operation.
REFUSALS = ("has no kernel yet",)


@dataclass(frozen=True)
class Find:
    """A program that does not do what it should."""

    function: Function
    kind: str  # compile, run, crash, hang, value, or refused where a GPU has no kernel
    message: str

    @property
    def signature(self) -> str:
        """What finds of the same cause have in common, as far as one can tell: no names, no sizes."""
        kept = "".join(c for c in self.message if not c.isdigit())
        return f"{self.kind}: {kept}"


@dataclass
class Settings:
    vga_run: list[str]
    timeout: float = 120.0
    threads: str = "2"
    # Only that code is made is looked at, which needs no GPU.
    compiles_only: bool = False


@dataclass
class Ran:
    status: str  # ok, compile, run, crash, hang or refused
    message: str = ""


def write(functions: list[Function], folder: Path) -> tuple[Path, Path]:
    """A module, its inputs and the list of calls."""
    folder.mkdir(parents=True, exist_ok=True)
    module, runs = folder / "module.mlir", folder / "runs.json"
    module.write_text(print_functions(functions), encoding="utf-8")
    entries, weights = [], {}
    for function in functions:
        for argument in function.arguments:
            if argument.parameter:
                data = argument.inputs[0]
                weights[argument.parameter] = data.value, data.element
        for call in range(function.calls):
            stem = f"{function.name}.{call}"
            inputs = []
            for number, argument in enumerate(function.arguments):
                if not argument.is_input:
                    continue
                data = argument.inputs[call]
                inputs.append(f"{stem}.in{number}.npy")
                elements.store(str(folder / inputs[-1]), data.value, data.element)
            outputs = [f"{stem}.out{number}.npy" for number in range(len(function.results))]
            for output in outputs:
                (folder / output).unlink(missing_ok=True)
            entries.append({"entry": function.name, "inputs": inputs, "outputs": outputs,
                            "continues": function.continues and call > 0})  # fmt: skip
    elements.store_all(str(folder / "weights.safetensors"), weights)
    runs.write_text(json.dumps(entries), encoding="utf-8")
    return module, runs


def run(settings: Settings, module: Path, runs: Path, timeout: float) -> Ran:
    """One process of vga-run."""
    environment = {**os.environ, "OMP_NUM_THREADS": settings.threads, "OMP_WAIT_POLICY": "passive"}
    command = [*settings.vga_run, str(module)]
    if settings.compiles_only:
        kind = "ptx" if "--target=cuda" in settings.vga_run else "llvm"
        command += [f"--emit={kind}", "-o", os.devnull]
    else:
        weights = module.with_name("weights.safetensors")
        command += ["--no-cache", "--runs", str(runs), "--weights", str(weights)]
    # timeout(1) ends what the process has started, too, even if nobody waits for it any more.
    command = ["timeout", "--signal=KILL", str(timeout), *command]
    process = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False
    )
    if process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return Ran("hang", f"no end after {timeout:.0f} s")
    if process.returncode == 0:
        return Ran("ok")
    lines = process.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
    # The name of the file, and the place in it, say nothing of the cause.
    lines = [line.replace(str(module), "module.mlir") for line in lines]
    wanted = next((line for line in lines if "error:" in line.lower()), None)
    wanted = wanted or next((line for line in lines if "Assertion" in line), lines[0])
    message = wanted.split("error:")[-1].strip()[:300]
    if "ended by a signal" in message:
        return Ran("crash", message)
    if process.returncode < 0 or process.returncode > 100:
        number = -process.returncode if process.returncode < 0 else process.returncode - 128
        names = {s.value: s.name for s in signal.Signals}
        return Ran("crash", f"{names.get(number, process.returncode)}: {message}")
    if any(words in message for words in REFUSALS):
        return Ran("refused", message)
    return Ran("compile" if "module.mlir:" in wanted else "run", message)


def complaint(actual: np.ndarray, wanted: Tracked) -> str | None:
    """What is wrong with a result, if anything is."""
    if actual.shape != wanted.shape:
        return f"shape {actual.shape}, expected {wanted.shape}"
    if elements.is_float(wanted.element):
        with np.errstate(all="ignore"):
            same = (actual == wanted.value) | (np.isnan(actual) & np.isnan(wanted.value))
            within = np.abs(actual - wanted.value) <= wanted.error
        right = same | within | np.isinf(wanted.error)
    else:
        right = (actual == wanted.value) | (wanted.error > 0)
    if np.all(right):
        return None
    wrong = np.argwhere(~right)
    place = tuple(int(i) for i in wrong[0])
    # The one that is off by most says most.
    return (
        f"{len(wrong)} of {right.size} elements of {wanted.element} are wrong, first at {list(place)}: "
        f"{actual[place]!r}, expected {wanted.value[place]!r} within {wanted.error[place]:.3g}"
    )


def compare(function: Function, folder: Path) -> Find | None:
    """Holds the files that vga-run wrote against what the program means."""
    for call in range(function.calls):
        for number, wanted in enumerate(evaluate(function, call)):
            path = folder / f"{function.name}.{call}.out{number}.npy"
            try:
                actual = elements.load(str(path), wanted.element)
            except (OSError, ValueError) as error:
                return Find(function, "run", f"result not readable: {error}")
            if problem := complaint(actual, wanted):
                return Find(function, "value", f"call {call}, result {number}: {problem}")
    return None


def check(settings: Settings, functions: list[Function], folder: Path) -> list[Find]:
    """Runs the programs together; where that fails, halves of them."""
    module, runs = write(functions, folder)
    # A process that compiles many programs may take its time.
    ran = run(settings, module, runs, settings.timeout)
    finds: list[Find] = []
    if ran.status == "ok" and settings.compiles_only:
        pass
    elif ran.status == "ok":
        finds = [find for function in functions if (find := compare(function, folder))]
    elif len(functions) == 1:
        finds = [Find(functions[0], ran.status, ran.message)]
    shutil.rmtree(folder, ignore_errors=True)
    if ran.status != "ok" and len(functions) > 1:
        half = len(functions) // 2
        for number, part in enumerate((functions[:half], functions[half:])):
            finds += check(settings, part, folder / str(number))
    return finds
