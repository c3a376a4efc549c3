"""Ways through the compiler: every pass of vga with its options, its pipelines, and chains.

Passes and their options are read from the definitions, so that a new pass is in as soon as it is
defined.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

CHIPS = ("sm_80", "sm_86", "sm_89", "sm_90", "sm_90a", "sm_100a", "sm_120")
ODD_NUMBERS = ("0", "-1", "100000", "9223372036854775807")
NUMBERS = ("1", "2", "4", "8", "16", "64", "128", "512")
# Of upstream, what vga's pipelines have between vga's passes.
UPSTREAM = (
    "canonicalize",
    "cse",
    "convert-elementwise-to-linalg",
    "linalg-generalize-named-ops",
    "one-shot-bufferize=bufferize-function-boundaries",
    "scf-forall-to-parallel",
    "convert-scf-to-openmp",
    "fold-memref-alias-ops",
    "loop-invariant-code-motion",
    "generate-runtime-verification",
)
PIPELINES = {
    "vga-cpu-pipeline": {
        "vector-bits": ("128", "256", "512"),
        "vector-registers": ("16", "32", "8"),
        "bf16": ("widen", "dot", "matrix"),
        "parallel": ("true", "false"),
        "attention": ("fused", "definition"),
        "fold-value-gates": ("true", "false"),
        "runtime-checks": ("true", "false"),
        "check-pages": ("true", "false"),
    },
    "vga-gpu-kernel-pipeline": {
        "chip": CHIPS,
        "attention": ("fused", "definition"),
        "check-pages": ("true", "false"),
        "tf32": ("true", "false"),
        "cublas": ("true", "false"),
    },
}
PIPELINES["vga-gpu-pipeline"] = PIPELINES["vga-gpu-kernel-pipeline"]
PIPELINES["vga-cpu-preparation-pipeline"] = {}

Route = tuple[str, ...]


class Pass:
    """A pass: its name, the operation that it is on, its options with values for them."""

    def __init__(self, name: str, anchor: str, options: list[tuple[str, str]]) -> None:
        self.name = name
        self.anchor = anchor
        self.options = options

    def text(self, random: Random) -> str:
        """The pass with options now and then, as in a pipeline's text."""
        if not self.options or random.random() < 0.5:
            return self.name
        values = []
        for option, kind in self.options:
            if random.random() < 0.5:
                continue
            if option == "chip":
                value = random.choice(CHIPS)
            elif kind == "bool":
                value = random.choice(("true", "false"))
            else:
                value = random.choice(ODD_NUMBERS if random.random() < 0.1 else NUMBERS)
            values.append(f"{option}={value}")
        return f"{self.name}{{{' '.join(values)}}}" if values else self.name


def passes(root: Path) -> list[Pass]:
    found = []
    for file in sorted((root / "include" / "vga").rglob("Passes.td")):
        for body in re.split(r"^def ", file.read_text(), flags=re.M)[1:]:
            head = re.search(r':\s*Pass<"([\w-]+)"(?:,\s*"([^"]+)")?', body)
            if head:
                options = re.findall(r'Option<"\w+", "([\w-]+)", "([^"]+)"', body)
                found.append(Pass(head.group(1), head.group(2) or "", options))
    return found


def pipeline(of: Pass, random: Random) -> str:
    """A pipeline's text with a pass at a place where it may be."""
    text = of.text(random)
    if "GPUModuleOp" in of.anchor:
        return f"gpu.module({text})"
    if "FuncOp" in of.anchor:
        return f"func.func({text})"
    if not of.anchor and random.random() < 0.3:
        return f"func.func({text})"
    return text


class Routes:
    """Draws routes: those that the tests of a unit take, single passes, pipelines, chains."""

    def __init__(self, root: Path) -> None:
        self.passes = passes(root)

    def names(self) -> list[str]:
        return [one.name for one in self.passes] + list(PIPELINES)

    def single(self, random: Random, name: str | None = None) -> tuple[str, Route]:
        """A pass, alone; the first of the pair is its name."""
        chosen = [p for p in self.passes if p.name == name] or self.passes
        one = random.choice(chosen)
        return one.name, (f"--pass-pipeline=builtin.module({pipeline(one, random)})",)

    def chain(self, random: Random) -> tuple[str, Route]:
        names = []
        for _ in range(random.randrange(2, 6)):
            if random.random() < 0.35:
                name = random.choice(UPSTREAM)
                options = name.split("=")
                names.append(f"{options[0]}{{{options[1]}}}" if len(options) > 1 else name)
            else:
                names.append(pipeline(random.choice(self.passes), random))
        return "chain", (f"--pass-pipeline=builtin.module({','.join(names)})",)

    def whole(self, random: Random, name: str | None = None) -> tuple[str, Route]:
        """A pipeline, one in two with options."""
        name = name or random.choice(
            ("vga-cpu-pipeline",) * 3 + ("vga-gpu-pipeline",) * 3
            + ("vga-gpu-kernel-pipeline", "vga-cpu-preparation-pipeline")
        )
        options = ""
        if random.random() < 0.5:
            options = " ".join(
                f"{option}={random.choice(values)}"
                for option, values in PIPELINES[name].items()
                if random.random() < 0.4
            )
        return name, (f"--{name}={options}" if options else f"--{name}",)
