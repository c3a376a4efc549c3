"""What is a find: a death, a time limit, IR that is not valid, a message that helps nobody."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

from . import process
from .process import Message, Result

# Names that custom forms do not print.
IMPLIED = {
    "func.return": "return", "func.constant": "= constant @", "scf.yield": "scf.", "affine.yield": "affine.", "builtin.module": "",
    "affine.apply": "affine.", "linalg.yield": "linalg.", "tensor.yield": "tensor.",
    "scf.reduce": "scf.parallel", "scf.forall.in_parallel": "scf.forall", "linalg.fill": "linalg.",
    "gpu.module_end": "gpu.module", "gpu.return": "gpu.", "vga.yield": "vga.",
    "scf.condition": "scf.while", "vga.attention": "vga.gated_attention",
    "vga.gate": "vga.gated_attention",
}
FINAL = ("llvm.", "omp.", "builtin.module", "module", "gpu.binary")


@dataclass
class Find:
    kind: str
    signature: str
    text: str  # the module
    route: tuple[str, ...]
    detail: str
    source: str = ""
    mutations: tuple[str, ...] = ()
    known: str = field(default="")

    def headline(self) -> str:
        passes = " ".join(self.route)
        return f"{self.kind}: {self.signature} [{passes}]"


def frame_names(stderr: str) -> list[str]:
    """Functions on the stack of a crash, innermost first, without what prints the stack."""
    names = []
    for line in stderr.split("\n"):
        found = re.match(r"\s*#\d+ 0x[0-9a-f]+ (.*)$", line)
        if found:
            name = re.sub(r" \(?/\S*\)?$| \([^()]*\+0x[0-9a-f]+\)$| \S+:\d+:\d+$", "", found.group(1))
            names.append(name.strip())
    for number, name in enumerate(names):
        if "RunSignalHandlers" in name:
            return [n for n in names[number + 1 :] if n and "libc" not in n and "(/" not in n]
    return names


def short(name: str) -> str:
    name = re.sub(r"\(anonymous namespace\)::", "", name)
    name = re.sub(r"\(.*", "", name)
    previous = ""
    while previous != name:
        previous, name = name, re.sub(r"<[^<>]*>", "", name)
    return name.split(" ")[-1][-90:]


def signature_of_death(result: Result) -> tuple[str, str]:
    """A kind and a text that crashes of one cause share."""
    fatal = re.search(r"LLVM ERROR: (.*)|terminate called.*|Assertion `(.*)' failed", result.stderr)
    frames = [f for f in frame_names(result.stderr) if not re.match(r"(std|__)", short(f))]
    frames = [short(f) for f in frames if short(f) not in ("", "raise", "abort", "gsignal")]
    top = frames[0] if frames else "unknown"
    ours = next(
        (f for f in frames if re.search(r"vga::|Pass::|Pattern::|Lowering::", f)), ""
    )
    if result.timed_out:
        return "hang", "time limit"
    name = signal.Signals(-result.status).name if result.status < 0 else str(result.status)
    if fatal:
        name = fatal.group(0)[:90]
    return "crash", f"{name} in {top}" + (f" from {ours}" if ours and ours != top else "")


def internal_name(message: Message, text: str) -> str | None:
    """The operation that a message is about, if the module does not have it."""
    about = re.match(r"'([a-z_]\w*\.[\w.]+)' op|failed to legalize .*'([\w.]+)'", message.text)
    if about:
        name = about.group(1) or about.group(2)
        implied = IMPLIED.get(name)
        if name not in text and (implied is None or implied not in text):
            return name
    if "unrealized_conversion_cast" in message.text and "unrealized_conversion_cast" not in text:
        return "builtin.unrealized_conversion_cast"
    return None


def normal(text: str) -> str:
    """A message without what differs from mutant to mutant."""
    text = re.sub(r"(?:tensor|memref|vector|affine_map|dense)<.*", "TYPE", text)
    text = re.sub(r"'!?[\w.]+<.*", "TYPE", text)
    text = re.sub(r"@[\w.]+|%\w+|'[fib]f?\d+'", "X", text)
    return re.sub(r"-?\d+", "N", text)[:160]


def left_behind(output: str, pipeline: str, text: str) -> str | None:
    """An operation that a whole pipeline has made and did not lower, though it says that it did.

    What it was given and does not know is left for who translates to LLVM IR to refuse.
    """
    if pipeline not in ("vga-cpu-pipeline", "vga-gpu-pipeline"):
        return None
    for line in output.split("\n"):
        found = re.match(r"\s+(?:%[\w:, ]+ = )?\"?([a-z_]\w*\.[\w.]+)", line)
        if found and not found.group(1).startswith(FINAL) and found.group(1) not in text:
            return found.group(1)
    return None


def known_faults(file: Path) -> list[tuple[re.Pattern, str]]:
    """Faults of upstream's that are not to be reported: an expression, and why."""
    faults = []
    for line in file.read_text().split("\n"):
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("  # ")
            faults.append((re.compile(pattern.strip()), reason.strip()))
    return faults


class Judge:
    """Runs batches and turns what happens into finds."""

    def __init__(self, vga_opt: str) -> None:
        self.vga_opt = vga_opt
        self.processes = 0

    def run(self, chunks: list[str], route: tuple[str, ...], **more) -> Result:
        self.processes += 1
        return process.run_batch(self.vga_opt, chunks, route, **more)

    def deaths(
        self, chunks: list[str], route: tuple[str, ...]
    ) -> tuple[dict[int, Find], dict[int, str], dict[int, list[Message]], list[str]]:
        """Runs all chunks, whatever some of them do: the finds, and outputs and errors of the rest."""
        finds: dict[int, Find] = {}
        outputs: dict[int, str] = {}
        errors: dict[int, list[Message]] = {}
        unplaced: list[str] = []
        start = 0
        while start < len(chunks):
            rest = chunks[start:]
            result = self.run(rest, route)
            if not result.died:
                for number in range(len(rest)):
                    outputs[start + number] = result.outputs[number]
                    errors[start + number] = result.errors[number]
                unplaced += result.unplaced
                break
            where = process.first_death(self.vga_opt, rest, route, result)
            if where is None:
                # Only together: run them one by one.
                for number, chunk in enumerate(rest):
                    alone = self.run([chunk], route)
                    outputs[start + number] = alone.outputs[0]
                    errors[start + number] = alone.errors[0]
                break
            alone = self.run([rest[where]], route, symbols=not result.timed_out)
            kind, signature = signature_of_death(alone)
            finds[start + where] = Find(kind, signature, rest[where], route, alone.stderr)
            if where:
                before = self.run(rest[:where], route)
                for number in range(where):
                    outputs[start + number] = before.outputs[number]
                    errors[start + number] = before.errors[number]
            start += where + 1
        return finds, outputs, errors, unplaced

    def judge(self, chunks: list[str], route: tuple[str, ...], pipeline: str) -> dict[int, Find]:
        """Finds by the number of their chunk."""
        finds, outputs, errors, unplaced = self.deaths(chunks, route)
        failed = [n for n in outputs if not outputs[n].strip()]
        for number, output in outputs.items():
            name = left_behind(output, pipeline, chunks[number])
            if name:
                finds[number] = Find("left", f"{name} is left", chunks[number], route, "")
        # In a chain of passes in any order an operation of another pass is nothing strange.
        for number in failed if "," not in "".join(route) else ():
            for message in errors[number]:
                name = internal_name(message, chunks[number])
                if name:
                    detail = normal(message.text)
                    finds[number] = Find("internal", detail, chunks[number], route, message.text)
                    break
        silent = [n for n in failed if not errors[n] and n not in finds]
        for number in silent:
            alone = self.run([chunks[number]], route)
            if alone.status == 1 and not alone.errors[0]:
                message = alone.unplaced[0] if alone.unplaced else "no message"
                # What is about an option has no place in the input.
                quoted = re.findall(r"'([^']+)'|`([^`]+)`|: expected ([\w-]+) to be ", message)
                quoted = [word for words in quoted for word in words if word]
                if not any(word in " ".join(route) for word in quoted):
                    finds[number] = Find(
                        "no location", normal(message), chunks[number], route, alone.stderr
                    )
        # What only the verifier objects to was made by a pass.
        open_ones = [n for n in failed if n not in finds]
        if open_ones:
            finds |= self.made_invalid(chunks, route, open_ones, errors)
        return finds

    def made_invalid(self, chunks, route, numbers, errors) -> dict[int, Find]:
        finds = {}
        some = [chunks[n] for n in numbers]
        dead, outputs, others, _ = self.deaths(some, (*route, "--verify-each=0"))
        for place, number in enumerate(numbers):
            first = [m.text for m in errors[number][:1]]
            if place in dead or outputs[place].strip() or [m.text for m in others[place][:1]] != first:
                text = first[0] if first else "no message"
                finds[number] = Find("invalid", normal(text), chunks[number], route, text)
        return finds
