"""Rows of figures: their table, their JSON, and whether every bar was met."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Row:
    """ratio and bar: how many times better ours is than the peer; met is None without figures."""

    case: str
    peer: str
    unit: str = "ms"  # of ours_ms and peer_ms where it is not milliseconds
    ours_ms: float | None = None
    ours_rate: float | None = None  # GFLOP/s
    peer_ms: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None  # the quartiles of the pairs' ratios
    bar: float | None = None
    met: bool | None = None
    note: str = ""


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def line(row: Row) -> str:
    """A row, while others are still being measured."""
    end = f"bar {_number(row.bar)}" if row.met is not None else row.note
    return f"{row.case}: {_number(row.ours_ms)} {row.unit}, {_number(row.ratio)} x {row.peer}, {end}"


def table(rows: list[Row]) -> str:
    head = ("case", "ours", "GFLOP/s", "peer", "peer's", "unit", "ratio", "quartiles", "bar", "met")
    lines = [head]
    for row in rows:
        met = {True: "yes", False: "NO", None: row.note or "-"}[row.met]
        quartiles = " .. ".join(_number(end, 2) for end in row.spread or ()) or "-"
        lines.append((row.case, _number(row.ours_ms), _number(row.ours_rate, 1), row.peer,
                      _number(row.peer_ms), row.unit, _number(row.ratio), quartiles,
                      _number(row.bar), met))  # fmt: skip
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join("  ".join(t.ljust(w) for t, w in zip(line, widths)).rstrip() for line in lines)


def write_json(rows: list[Row], path: Path) -> None:
    """Replaces the file as a whole."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    part.replace(path)
