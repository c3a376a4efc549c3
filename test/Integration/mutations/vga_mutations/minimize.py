"""Makes what was found small: vga-reduce first, then lines that need not be there."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import time
from pathlib import Path

from .judge import Find, Judge


def same(judge: Judge, find: Find, text: str, pipeline: str) -> bool:
    finds = judge.judge([text], find.route, pipeline)
    return bool(finds) and finds[0].kind == find.kind and finds[0].signature == find.signature


def with_vga_reduce(vga_reduce: str, script: Path, find: Find, pipeline: str, seconds: float) -> str:
    """What vga-reduce makes of it, or the text as it was."""
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "module.mlir"
        module.write_text(find.text)
        test = Path(folder) / "interesting.sh"
        words = [str(script), "--again", pipeline, find.kind, find.signature, *find.route]
        command = " ".join(shlex.quote(word) for word in words)
        # Exit status 1 is what vga-reduce takes for interesting.
        test.write_text(f'#!/bin/sh\nexec python3 {command} "$1"\n')
        test.chmod(0o755)
        try:
            done = subprocess.run(
                [vga_reduce, str(module), f"--reduction-tree=traversal-mode=0 test={test}"],
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return find.text
        return done.stdout if done.returncode == 0 and done.stdout.strip() else find.text


def without_lines(judge: Judge, find: Find, pipeline: str, seconds: float) -> str:
    """Drops lines as long as the same happens."""
    end = time.monotonic() + seconds
    lines = find.text.rstrip("\n").split("\n")
    size = max(len(lines) // 2, 1)
    while size >= 1:
        start = 0
        while start < len(lines) and time.monotonic() < end:
            shorter = lines[:start] + lines[start + size :]
            if shorter and same(judge, find, "\n".join(shorter) + "\n", pipeline):
                lines = shorter
            else:
                start += size
        size //= 2
    return "\n".join(lines) + "\n"


def minimize(
    judge: Judge, vga_reduce: str | None, script: Path, find: Find, pipeline: str, seconds: float
) -> str:
    text = find.text
    if vga_reduce:
        reduced = with_vga_reduce(vga_reduce, script, find, pipeline, seconds)
        if same(judge, find, reduced, pipeline):
            text = reduced
    find = Find(find.kind, find.signature, text, find.route, find.detail)
    return without_lines(judge, find, pipeline, seconds)
