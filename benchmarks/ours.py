"""vga-run on a case: writes the module and the inputs, runs it in a process, reads its report."""

from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
from cases import Case

TIMEOUT = 300
KJV = Path(__file__).resolve().parent.parent / "examples" / "kjv-lm"
PROMPT = "In the beginning God created the heaven and the earth. " * 4
COMPILE_LIMIT = 5.0  # seconds
MEMORY_MARGIN = 64 * 2**20


class Failure(Exception):
    """A process that gave no figure; the text says why in one line."""


def attention_module(case: Case) -> tuple[str, dict[str, tuple]]:
    def tensor(*dims, element=case.dtype):
        return f"tensor<{'x'.join(map(str, dims))}x{element}>"

    shapes = {
        "q": (case.b, case.h, case.sq, case.d),
        "k": (case.b, case.hkv, case.sk, case.d),
        "v": (case.b, case.hkv, case.sk, case.d),
    }
    types = {name: tensor(*dims) for name, dims in shapes.items()}
    arguments = dict(types)
    clauses = "causal " if case.causal else ""
    if case.gated:
        shapes["g"] = (case.b, case.hkv, case.sk)
        arguments["g"] = tensor(*shapes["g"], element="f32")
        clauses += f"value_gate(%g : {arguments['g']}) "
    listed = ", ".join(f"%{name}: {text}" for name, text in arguments.items())
    text = (
        f"func.func @main({listed}) -> {types['q']} {{\n"
        f"  %o = vga.attention %q, %k, %v {clauses}: {', '.join(types.values())}\n"
        f"  return %o : {types['q']}\n}}\n"
    )
    return text, shapes


def matmul_module(case: Case) -> tuple[str, dict[str, tuple]]:
    """A product with a weight, which is packed when it is loaded."""
    shapes = {"x": (case.m, case.k), "w": (case.k, case.n)}
    x, w, y = (f"tensor<{a}x{b}xf32>" for a, b in (*shapes.values(), (case.m, case.n)))
    text = (
        f"func.func @main(%x: {x}, %w: {w} {{vga.param = \"w\"}}) -> {y} {{\n"
        f"  %zero = arith.constant 0.0 : f32\n  %e = tensor.empty() : {y}\n"
        f"  %f = linalg.fill ins(%zero : f32) outs(%e : {y}) -> {y}\n"
        f"  %r = linalg.matmul ins(%x, %w : {x}, {w}) outs(%f : {y}) -> {y}\n"
        f"  return %r : {y}\n}}\n"
    )
    return text, shapes


def save(path: Path, shape: tuple, element: str, rng: np.random.Generator) -> None:
    values = rng.standard_normal(shape, dtype=np.float32)
    if element == "bf16":
        np.save(path, (values.view(np.uint32) >> 16).astype("<u2").view("V2"))
    else:
        np.save(path, values.astype("<f2" if element == "f16" else "<f4"))


def save_weight(path: Path, shape: tuple, rng: np.random.Generator) -> None:
    """A .safetensors file with one tensor, w."""
    values = rng.standard_normal(shape, dtype=np.float32)
    entry = {"dtype": "F32", "shape": list(shape), "data_offsets": [0, values.nbytes]}
    header = json.dumps({"w": entry}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + values.tobytes())


def prepare(case: Case, folder: Path) -> list[str]:
    """Writes the case's files; returns vga-run's arguments for it."""
    if case.kind == "model":
        tokens = "64" if case.measure == "decode" else "1"
        weights = str(KJV / "kjv.safetensors")
        return [str(KJV / "model.mlir"), "--weights", weights, "--prompt", PROMPT,
                "--tokens", tokens, "--json"]  # fmt: skip
    text, shapes = matmul_module(case) if case.kind == "matmul" else attention_module(case)
    path = folder / f"{case.name}_{'gated' if case.gated else 'ungated'}.mlir"
    path.write_text(text, encoding="utf-8")
    arguments, rng = [str(path)], np.random.default_rng(0)
    for name, shape in shapes.items():
        if name == "w":
            file = path.with_suffix(".safetensors")
            save_weight(file, shape, rng)
            arguments += ["--weights", str(file)]
            continue
        file = path.with_suffix(f".{name}.npy")
        save(file, shape, "f32" if name == "g" else case.dtype, rng)
        arguments += ["--input", str(file)]
    runs = 1 if case.kind == "memory" else max(5, min(200, int(4e9 / max(case.flop, 1))))
    return [*arguments, "--benchmark", str(runs), "--json"]


def run(vga_run: str, arguments: list[str], threads: int, mcpu: str | None):
    """(report of one vga-run process, its peak memory in bytes)."""
    command = [vga_run, *arguments, "--no-cache", "--threads", str(threads)]
    command += ["--mcpu", mcpu] if mcpu else []
    # A child of its own, because RUSAGE_CHILDREN is the maximum over all that have ended.
    child = [sys.executable, __file__, *command]
    try:
        done = subprocess.run(child, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"vga-run: no end after {TIMEOUT} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        wanted = next((line for line in lines if "error" in line.lower()), lines[0])
        if "Unknown command line argument" in done.stderr:
            wanted += " (this vga-run is older than the benchmarks)"
        raise Failure(wanted[:200])
    answer = json.loads(done.stdout)
    return answer["report"], answer["peak_bytes"]


def measure(case: Case, vga_run: str, arguments: list[str], threads: int, mcpu: str | None):
    """One figure: milliseconds (attention, matmul), tokens/s, seconds or bytes."""
    report, peak = run(vga_run, arguments, threads, mcpu)
    if case.kind == "memory":
        return float(peak)
    if case.kind == "model":
        return report[{"prefill": "prompt_tokens_per_second", "compile": "compile_seconds",
                       "decode": "generated_tokens_per_second"}[case.measure]]  # fmt: skip
    return report["median_ms"]


def child(command: list[str]) -> int:
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ, check=False)
    if done.returncode:
        return done.returncode if done.returncode > 0 else 1
    peak = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"report": json.loads(done.stdout), "peak_bytes": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(child(sys.argv[1:]))
