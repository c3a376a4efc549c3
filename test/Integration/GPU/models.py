"""Whole models, on a GPU or on the CPU.

- a decoder of benchmarks/decoder.py with random weights, against numpy in float64;
- the King James model: its logits against those of PyTorch in float64 (examples/kjv-lm/reference),
  and its continuation of a text, token by token with states, against the logits of that text:
  the most probable bytes, and those that its random numbers draw;
- the same for a batch of texts of different lengths, against the logits of each;
- a small model whose host reads the GPU's memory at one token only (test/vga-run/late-read.mlir).

Exit status 1 when something is off or does not run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(HERE.parent / "CPU"), str(HERE.parents[1] / "oracle")]

import decoder  # noqa: E402
import kjv_batch  # noqa: E402
from vga_grid import data  # noqa: E402

KJV = ROOT / "examples" / "kjv-lm"
# bf16 activations, rounded several times a layer; f32 ones.
DECODER_BOUND, KJV_BOUND = 2e-2, 1e-4


class Failure(Exception):
    pass


class Tool:
    """vga-run with its options."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.command = [options.vga_run, f"--target={options.target}", *options.option]

    def run(self, *arguments: object) -> str:
        command = [*self.command, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise Failure(lines[0])
        return done.stdout


def check(actual: np.ndarray, expected: np.ndarray, bound: float) -> str:
    if actual.shape != expected.shape:
        raise Failure(f"shape {actual.shape}, expected {expected.shape}")
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    if not error <= bound:
        raise Failure(f"relative error {error:.2e}, bound {bound:.0e}")
    return f"{error:.1e}"


def reference(net: decoder.Decoder, bits: dict, tokens: np.ndarray) -> np.ndarray:
    """The decoder in float64, one sequence after the other."""
    weights = {name: data.from_bfloat16_bits(values) for name, values in bits.items()}
    size = net.width // net.heads

    def norm(x, name):
        centered = x - x.mean(-1, keepdims=True)
        unit = centered / np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-5)
        return unit * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x, name):
        return x @ weights[name] + weights[f"{name}.bias"]

    def attend(h, at):
        q, k, v = (
            linear(h, f"{at}.{n}").reshape(-1, net.heads, size).transpose(1, 0, 2)
            for n in ("query", "key", "value")
        )
        logit = (v * weights[f"{at}.gate"][:, None]).sum(-1) + weights[f"{at}.gate.bias"][:, None]
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(size)
        scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
        share = np.exp(scores - scores.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        z = share @ (v / (1 + np.exp(-logit))[..., None])
        return z.transpose(1, 0, 2).reshape(-1, net.width)

    logits = []
    for text in tokens:
        x = weights["token"][text] + weights["position"][: len(text)]
        for i in range(net.layers):
            at = f"blocks.{i}"
            x = x + linear(attend(norm(x, f"{at}.norm1"), at), f"{at}.output")
            u = linear(norm(x, f"{at}.norm2"), f"{at}.up")
            gelu = 0.5 * u * (1 + np.tanh(0.7978845608 * (u + 0.044715 * u**3)))
            x = x + linear(gelu, f"{at}.down")
        logits.append(norm(x, "norm") @ weights["token"].T)
    return np.concatenate(logits)


def check_decoder(tool: Tool, folder: Path, net: decoder.Decoder) -> str:
    source, file = folder / f"{net.name}.mlir", folder / f"{net.name}.safetensors"
    source.write_text(decoder.module(net), encoding="utf-8")
    bits = decoder.weights(net)
    decoder.save_weights(file, bits)
    tokens = np.random.default_rng(1).integers(0, net.vocabulary, (net.batch, net.length))
    np.save(folder / "tokens.npy", tokens.astype(np.int32))
    tool.run(source, "--weights", file, "--input", folder / "tokens.npy", "--output", folder / "logits.npy")
    actual = data.load(str(folder / "logits.npy"), "bf16")
    return check(actual, reference(net, bits, tokens), DECODER_BOUND)


def check_logits(tool: Tool, folder: Path, text: str) -> str:
    output = folder / "logits.npy"
    tool.run(
        KJV / "model.mlir", "--weights", KJV / "kjv.safetensors",
        "--input", KJV / f"reference/{text}.tokens.npy", "--output", output,
    )  # fmt: skip
    expected = np.load(KJV / f"reference/{text}.logits.npy").astype(np.float64)
    return check(np.load(output), expected, KJV_BOUND)


def save_tokens(path: Path, text: bytes) -> None:
    np.save(path, np.frombuffer(text, np.uint8).astype(np.int32))


def mersenne_twister_draws(seed: int, count: int) -> list[float]:
    """Numbers of [0, 1), each of the upper 53 bits of one of mt19937-64 (Matsumoto, Nishimura, 2000)."""
    mask, size, middle = 2**64 - 1, 312, 156
    state = [seed]
    for i in range(1, size):
        state.append((6364136223846793005 * (state[-1] ^ (state[-1] >> 62)) + i) & mask)
    draws, index = [], size
    for _ in range(count):
        if index == size:
            for i in range(size):
                x = (state[i] & ~0x7FFFFFFF & mask) | (state[(i + 1) % size] & 0x7FFFFFFF)
                turned = (x >> 1) ^ (0xB5026F5AA96619E9 if x & 1 else 0)
                state[i] = state[(i + middle) % size] ^ turned
            index = 0
        x = state[index]
        index += 1
        x ^= (x >> 29) & 0x5555555555555555
        x ^= (x << 17) & 0x71D67FFFEDA60000
        x ^= (x << 37) & 0xFFF7EEE000000000 & mask
        x ^= x >> 43
        draws.append((x >> 11) * 2.0**-53)
    return draws


def check_continuation(tool: Tool, folder: Path) -> str:
    model = [KJV / "model.mlir", "--weights", KJV / "kjv.safetensors"]
    report = json.loads(
        tool.run(*model, "--prompt", "In the beginning", "--tokens", "200", "--json")
    )
    text = (report["prompt"] + report["text"]).encode()
    save_tokens(folder / "tokens.npy", text)
    tool.run(*model, "--input", folder / "tokens.npy", "--output", folder / "logits.npy")
    first = len(report["prompt"].encode())
    predicted = bytes(np.load(folder / "logits.npy").argmax(1).astype(np.uint8)[first - 1 : -1])
    if predicted != text[first:]:
        raise Failure(f"token by token {text[first:]!r}, all at once {predicted!r}")
    return f"{len(text)} bytes"


def check_sampling(tool: Tool, folder: Path) -> str:
    """Draws of the function itself, on a GPU, whose calls run ahead of the host: the text is what the
    host draws from the logits of all of it at once."""
    model = [KJV / "model.mlir", "--weights", KJV / "kjv.safetensors"]
    prompt, top = "And David said", 30
    for seed, temperature in ((1, 0.8), (2, 1.5)):
        report = json.loads(
            tool.run(*model, "--prompt", prompt, "--tokens", "300", "--temperature", temperature,
                     "--top-k", top, "--seed", seed, "--json")
        )  # fmt: skip
        text = report["text"].encode()
        save_tokens(folder / "tokens.npy", prompt.encode() + text)
        tool.run(*model, "--input", folder / "tokens.npy", "--output", folder / "logits.npy")
        logits = np.load(folder / "logits.npy").astype(np.float64)[len(prompt) - 1 : -1]
        draws = mersenne_twister_draws(seed, len(text))
        for i, (row, byte, draw) in enumerate(zip(logits, text, draws, strict=True)):
            order = np.argsort(-row, kind="stable")[:top]
            sums = np.cumsum(np.exp((row[order] - row[order[0]]) / temperature))
            drawn = draw * sums[-1]
            position = int(np.flatnonzero(order == byte)[0]) if byte in order else -1
            below = sums[position - 1] if position > 0 else 0.0
            # On the edge between two bytes, errors of the logits decide.
            slack = 1e-4 * sums[-1]
            if position < 0 or not below - slack <= drawn <= sums[position] + slack:
                raise Failure(f"byte {i} of seed {seed} is {byte}, which was not drawn")
    return "2 texts"


def check_late_read(tool: Tool, folder: Path) -> str:
    text = tool.run(HERE.parents[1] / "vga-run/late-read.mlir", "--prompt", "ABC", "--tokens", "12")
    if text.strip() != "ABCDEFGHIJKLMNO":
        raise Failure(f"wrote {text!r}")
    return "12 bytes"


def check_batch(tool: Tool, folder: Path) -> str:
    """Steps of five texts, whose caches have nothing yet: each has a position of its own."""
    (folder / "batch.mlir").write_text(kjv_batch.module(5), encoding="utf-8")
    tokens, past = np.array([72, 101, 32, 115, 97], np.int32), np.zeros(5, np.int32)
    np.save(folder / "tokens.npy", tokens)
    np.save(folder / "past.npy", past)
    tool.run(
        folder / "batch.mlir", "--weights", KJV / "kjv.safetensors", "--input",
        folder / "tokens.npy", "--input", folder / "past.npy", "--output", folder / "batch.npy",
    )  # fmt: skip
    expected = []
    for token in tokens:
        np.save(folder / "token.npy", np.array([token], np.int32))
        tool.run(
            KJV / "model.mlir", "--weights", KJV / "kjv.safetensors",
            "--input", folder / "token.npy", "--output", folder / "logits.npy",
        )  # fmt: skip
        expected.append(np.load(folder / "logits.npy")[0])
    return check(np.load(folder / "batch.npy"), np.array(expected), KJV_BOUND)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vga-run", required=True)
    parser.add_argument("--target", default="cpu", help="its option of that name")
    parser.add_argument("--option", action="append", default=[], help="more options of it")
    parser.add_argument("--filter", default="", help="only checks whose name has this")
    options = parser.parse_args()
    tool, failed, passed = Tool(options), 0, 0
    small = decoder.Decoder("small", 3, 50, layers=2, width=128, heads=2, hidden=320, vocabulary=211)
    middle = decoder.Decoder("middle", 2, 256, layers=3, width=256, heads=4, hidden=1024, vocabulary=1000)
    with tempfile.TemporaryDirectory(prefix="vga-models-") as scratch:
        folder = Path(scratch)
        checks = {f"decoder_{net.name}": (check_decoder, net) for net in (small, middle)}
        for text in ("beginning", "shepherd", "charity"):
            checks[f"kjv_{text}"] = (check_logits, text)
        checks["kjv_continuation"] = (check_continuation,)
        checks["kjv_sampling"] = (check_sampling,)
        checks["kjv_batch"] = (check_batch,)
        checks["late_read"] = (check_late_read,)
        for name, (function, *arguments) in checks.items():
            if options.filter not in name:
                continue
            try:
                print(f"{name}: {function(tool, folder, *arguments)}")
                passed += 1
            except (Failure, OSError, ValueError) as failure:
                print(f"FAIL {name}: {failure}")
                failed += 1
    print(f"models: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
