"""vga-opt on many modules in one process, and what has become of each."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
from dataclasses import dataclass

SPLIT = "// -----\n"
OUT = "// --mutant--"
# What a process may take, whatever the machine does besides: seconds of the processor, bytes.
SECONDS_PER_PROCESS = 6
MEMORY = 6 << 30

ALWAYS = (
    "-",
    "--split-input-file",
    f"--output-split-marker={OUT}",
    "--mlir-disable-threading",
    "--allow-unregistered-dialect",
)


@dataclass
class Message:
    line: int  # in the chunk, from 1; 0 if it has no location
    text: str


@dataclass
class Result:
    """A process on some chunks: its status, what it printed for each, its errors for each."""

    status: int
    stderr: str
    outputs: list[str]
    errors: list[list[Message]]
    unplaced: list[str]

    @property
    def died(self) -> bool:
        return self.status not in (0, 1)

    @property
    def timed_out(self) -> bool:
        return -self.status in (signal.SIGXCPU, signal.SIGKILL)


def limits(seconds: int):
    def apply() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return apply


def time_limit(chunks: list[str]) -> int:
    """Seconds of the processor: what starts a process, and some for every kilobyte of IR."""
    return SECONDS_PER_PROCESS + round(sum(len(chunk) for chunk in chunks) / 1000)


def run_batch(
    vga_opt: str, chunks: list[str], arguments: tuple[str, ...], *, symbols: bool = False
) -> Result:
    """Runs vga-opt on the chunks, each a module of its own."""
    starts, line, text = [], 1, ""
    for number, chunk in enumerate(chunks):
        if number:
            text += SPLIT
            line += 1
        starts.append(line)
        text += chunk
        line += chunk.count("\n")
    environment = dict(os.environ)
    if not symbols:
        environment["LLVM_DISABLE_SYMBOLIZATION"] = "1"
    seconds = time_limit(chunks)
    try:
        done = subprocess.run(
            [vga_opt, *ALWAYS, *arguments],
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            preexec_fn=limits(seconds),
            timeout=seconds * 30,
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as expired:
        status, out, err = -signal.SIGXCPU, expired.stdout or b"", expired.stderr or b""
    stderr = err.decode(errors="replace")
    outputs = out.decode(errors="replace").split(OUT + "\n")
    outputs = [*outputs, *[""] * len(chunks)][: len(chunks)]
    errors: list[list[Message]] = [[] for _ in chunks]
    unplaced = []
    for found in re.finditer(r"^(\S*?)(?::(\d+))?(?::\d+)?: error: \n?(.*)$", stderr, re.M):
        place, number, message = found.groups()
        if place == "<stdin>" and int(number or 0) > 0:
            chunk = max(n for n, start in enumerate(starts) if start <= int(number))
            errors[chunk].append(Message(int(number) - starts[chunk] + 1, message))
        else:
            unplaced.append(message)
    return Result(status, stderr, outputs, errors, unplaced)


def first_death(
    vga_opt: str, chunks: list[str], arguments: tuple[str, ...], whole: Result
) -> int | None:
    """The first chunk that ends the process that it is in, alone or after those before it."""
    if whole.timed_out:
        # Each half of a search would wait for the limit again.
        alone = (n for n, c in enumerate(chunks) if run_batch(vga_opt, [c], arguments).died)
        return next(alone, None)
    low, high = 0, len(chunks)  # the first `low` are harmless, the first `high` are not
    while high - low > 1:
        middle = (low + high) // 2
        if run_batch(vga_opt, chunks[low:middle], arguments).died:
            high = middle
        else:
            low = middle
    return low if run_batch(vga_opt, [chunks[low]], arguments).died else None
