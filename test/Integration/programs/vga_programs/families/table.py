"""The table of families: who adds an operation adds an entry.

An entry is a function that adds operations to a program: their text and their meaning, together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..build import Builder


@dataclass(frozen=True)
class Family:
    name: str
    weight: float
    generate: Callable[[Builder], None]
    # Whether it can stand in the body of a loop.
    nests: bool


FAMILIES: dict[str, Family] = {}


def family(name: str, weight: float = 1.0, nests: bool = True):
    """Enters a function into the table; weight is how often it is chosen."""

    def enter(generate: Callable[[Builder], None]):
        assert name not in FAMILIES, name
        FAMILIES[name] = Family(name, weight, generate, nests)
        return generate

    return enter
