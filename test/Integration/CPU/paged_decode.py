"""Runs examples/paged-decode.mlir and holds it against the oracle.

usage: paged_decode.py EXAMPLE FOLDER VGA_RUN [OPTION...]

Before the first call the pools are zeros: sequences that begin at a position have keys and values of
zero before it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "oracle"))
import oracle

BOUND = 5e-6


def save_weight(path, name, values):
    """A safetensors file with one tensor."""
    header = {name: {"dtype": "F32", "shape": values.shape, "data_offsets": [0, values.nbytes]}}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + values.tobytes())


def run(example, folder, command, count, position, heads):
    """The relative error of a step that appends `count` tokens to each sequence."""
    rng = np.random.default_rng(count)
    batch = len(position)
    shapes = {"q": (batch, count, 8, 64)}
    shapes["k"] = shapes["v"] = (batch, count, heads, 64)
    t = {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    t["position"] = np.array(position, np.int32)
    t["table"] = rng.permutation(40)[: 8 * batch].reshape(batch, 8).astype(np.int32)
    weight = rng.standard_normal((heads, 64), np.float32) / 8
    save_weight(folder / "w.safetensors", "gate.weight", weight)
    for name, values in t.items():
        np.save(folder / f"{name}.npy", values)
    inputs = [f"--input={folder / name}.npy" for name in t]
    files = [f"--weights={folder / 'w.safetensors'}", f"--output={folder / 'z.npy'}"]
    subprocess.run([*command, example, *files, *inputs], check=True)

    place = {"block_table": t["table"], "layout": "bshd"}
    pool = np.zeros((40, 16, heads, 64))
    keys, values = (oracle.append(t[name], pool, position, **place) for name in ("k", "v"))
    want, _ = oracle.gated_attention(
        t["q"], keys, values, weight, causal=True, alignment="length",
        kv_length=t["position"] + count, **place
    )  # fmt: skip
    return np.linalg.norm(np.load(folder / "z.npy") - want) / np.linalg.norm(want)


def main():
    example, folder, *command = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    text = Path(example).read_text(encoding="utf-8")
    batch, tokens, heads = re.search(r"%k: tensor<(\d+)x(\d+|\?)x(\d+)x", text).groups()
    steps = (1, [0, 5, 16, 127]), (37, [0, 0, 0, 0]), (100, [28, 3, 0, 16])
    steps = [step for step in steps if tokens in ("?", str(step[0]))]
    for count, position in steps:
        error = run(example, Path(folder), command, count, position[: int(batch)], int(heads))
        assert error < BOUND, f"{count} tokens: {error}"
    print(f"paged-decode: {len(steps)} steps passed")


if __name__ == "__main__":
    main()
