"""What is mutated: the IR of every test and example, one function at a time.

Each piece of a file (between `// -----` and `//--- NAME`) is parsed and printed again by vga-opt:
one operation a line, types and maps spelled out, without comments. A printed module falls into
units, a symbol with those it refers to. Pieces that do not parse are units as they stand.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from . import process

MARKER = "// -----"


@dataclass(frozen=True)
class Unit:
    """A small module, where it comes from, and the passes that its file is a test of."""

    text: str
    source: str
    routes: tuple[tuple[str, ...], ...] = field(default=())


def routes_of(text: str) -> tuple[tuple[str, ...], ...]:
    """The passes of each RUN line that calls vga-opt, as arguments."""
    joined = re.sub(r"\\\n//\s*RUN:", " ", text)
    routes = []
    for line in re.findall(r"//\s*RUN:(.*)", joined):
        command = re.search(r"\bvga-opt\s+(.*)", line)
        if not command:
            continue
        try:
            words = shlex.split(command.group(1).split("|")[0].split("2>&1")[0])
        except ValueError:
            continue
        passes = []
        for word in words:
            if word in (">", "<", "-o"):
                break
            name = word.lstrip("-").split("=")[0]
            if word.startswith("-") and not name.startswith(
                ("split-input", "verify", "mlir-print", "allow-unreg", "load-", "emit-", "debug")
            ):
                passes.append("--" + word.lstrip("-"))
        if passes and tuple(passes) not in routes and "%" not in "".join(passes):
            routes.append(tuple(passes))
    return tuple(routes)


def pieces(text: str) -> list[str]:
    """The modules in a file, without the lines that speak to lit, FileCheck and the verifier."""
    parts = re.split(r"^// -----.*$|^//--- .*$|^(?:// )?---? ?\S*\.mlir$", text, flags=re.M)
    kept = []
    for part in parts:
        lines = [line for line in part.split("\n") if not re.match(r"\s*//", line)]
        piece = "\n".join(lines).strip()
        if "@" in piece or "=" in piece:
            kept.append(piece + "\n")
    return kept


def split_units(printed: str) -> list[str]:
    """A printed module as modules of one symbol each, with the symbols that it refers to."""
    lines = printed.strip("\n").split("\n")
    if len(lines) < 3 or not lines[0].startswith("module"):
        return [printed]
    groups: list[list[str]] = []
    for line in lines[1:-1]:
        is_start = re.match(r"  [^\s})\]]", line) is not None
        if is_start or not groups:
            groups.append([])
        groups[-1].append(line)
    names = [re.search(r"@([\w.$-]+|\"[^\"]*\")", group[0]) for group in groups]
    by_name = {name.group(1): number for number, name in enumerate(names) if name}
    units = []
    for number in range(len(groups)):
        needed, open_ones = {number}, [number]
        while open_ones:
            text = "\n".join(groups[open_ones.pop()])
            for name in re.findall(r"@([\w.$-]+|\"[^\"]*\")", text):
                other = by_name.get(name)
                if other is not None and other not in needed:
                    needed.add(other)
                    open_ones.append(other)
        body = [line for n in sorted(needed) for line in groups[n]]
        units.append("\n".join([lines[0], *body, lines[-1]]) + "\n")
    return units


def load(root: Path, vga_opt: str, largest: int = 12000) -> tuple[list[Unit], list[str]]:
    """Every unit under test/ and examples/, and the names of the files they are from."""
    found: list[tuple[str, str, tuple]] = []
    files = sorted(
        file
        for folder in ("test", "examples")
        for file in (root / folder).rglob("*.mlir")
        if "mutations" not in file.parts
    )
    for file in files:
        text = file.read_text(errors="replace")
        routes = routes_of(text)
        found += [(piece, str(file.relative_to(root)), routes) for piece in pieces(text)]
    units: dict[str, Unit] = {}
    # Forty pieces a process: one that does not parse takes nothing with it.
    for start in range(0, len(found), 40):
        batch = found[start : start + 40]
        for form in ((), ("--mlir-print-op-generic",)):
            result = process.run_batch(
                vga_opt, [piece for piece, _, _ in batch], ("--mlir-print-local-scope", *form)
            )
            for (piece, source, routes), printed in zip(batch, result.outputs):
                texts = split_units(printed) if printed.strip() else [piece]
                for text in texts:
                    if len(text) <= largest:
                        units.setdefault(text, Unit(text, source, routes))
    return list(units.values()), [str(file.relative_to(root)) for file in files]
