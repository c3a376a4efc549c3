"""Whole models on a GPU beside PyTorch: GPT-2's size with random weights, and the King James model.

A forward pass, and a step of a batch, are timed by the device with a cold cache; a prompt and its
continuation by the clock, with all that the host does.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import decoder
import kjv_batch
import numpy as np
import on_gpu
import ours
from report import Row

BATCH = 64
PEER_SECONDS = 400


def gpt2(options, folder: Path) -> Row:
    """Milliseconds of a forward pass."""
    net = decoder.GPT2
    (folder / "m.mlir").write_text(decoder.module(net), encoding="utf-8")
    decoder.save_weights(folder / "w.safetensors", decoder.weights(net))
    tokens = np.random.default_rng(0).integers(0, net.vocabulary, (net.batch, net.length))
    np.save(folder / "t.npy", tokens.astype("<i4"))
    row = Row(net.name, "torch-compiled", bar=1.0)
    row.ours_ms = on_gpu.run(
        options.vga_run, folder / "m.mlir", "--weights", folder / "w.safetensors",
        "--input", folder / "t.npy", "--benchmark", "50",
    )["median_ms"]  # fmt: skip
    row.ours_rate = net.flop / row.ours_ms / 1e6
    if "torch" in options.peers:
        lines = on_gpu.peer(options.python, "decoder_torch.py", [asdict(net)], PEER_SECONDS)
        row.peer_ms = min((line["ms"] for line in lines), default=None)
    if row.peer_ms:
        row.ratio = row.peer_ms / row.ours_ms
    return row


def kjv(options, folder: Path, measure: str, batch: int) -> Row:
    """Tokens per second."""
    weights = ours.KJV / "kjv.safetensors"
    name = f"kjv_{measure}_b{batch}" if measure == "decode" else "kjv_prefill"
    row = Row(name, "torch-compiled", "tokens/s", bar=1.0)
    if batch > 1:
        (folder / "b.mlir").write_text(kjv_batch.module(batch), encoding="utf-8")
        np.save(folder / "tokens.npy", np.arange(batch, dtype="<i4"))
        np.save(folder / "past.npy", np.full(batch, len(ours.PROMPT), "<i4"))
        report = on_gpu.run(
            options.vga_run, folder / "b.mlir", "--weights", weights, "--input",
            folder / "tokens.npy", "--input", folder / "past.npy", "--benchmark", "300",
        )  # fmt: skip
        row.ours_ms = 1e3 * batch / report["median_ms"]
    else:
        report = on_gpu.run(
            options.vga_run, ours.KJV / "model.mlir", "--weights", weights, "--prompt",
            ours.PROMPT, "--tokens", "256" if measure == "decode" else "1",
        )  # fmt: skip
        kind = "generated" if measure == "decode" else "prompt"
        row.ours_ms = report[f"{kind}_tokens_per_second"]
    if "torch" in options.peers:
        problem = {"measure": measure, "threads": 8, "prompt_tokens": len(ours.PROMPT),
                   "device": "cuda", "batch": batch}  # fmt: skip
        lines = on_gpu.peer(options.python, "kjv_torch.py", problem, PEER_SECONDS)
        row.peer_ms = lines[-1]["value"] if lines else None
    if row.peer_ms:
        row.ratio = row.ours_ms / row.peer_ms
    return row


CASES = {
    "gpt2_b8s1024": gpt2,
    "kjv_prefill": lambda options, folder: kjv(options, folder, "prefill", 1),
    "kjv_decode_b1": lambda options, folder: kjv(options, folder, "decode", 1),
    f"kjv_decode_b{BATCH}": lambda options, folder: kjv(options, folder, "decode", BATCH),
}


def rows(options, names: list[str], folder: Path):
    for name in names:
        try:
            row = CASES[name](options, folder)
        except (ours.Failure, subprocess.TimeoutExpired) as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            row = Row(name, "torch-compiled", bar=1.0)
            row.met, row.note = False, "did not run"
        else:
            row.met = row.ratio >= row.bar if row.ratio else None
            row.note = "" if row.ratio else "no figure of the peer"
        yield row
