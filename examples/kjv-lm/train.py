#!/usr/bin/env python3
"""Trains the King James language model.

  ./corpus.sh kjv.txt
  ./train.py --corpus kjv.txt --gate value --save kjv.safetensors
  ./train.py --export-reference kjv.safetensors reference

A byte-level decoder-only transformer. `--gate value` is value-state gated
attention (arXiv 2510.09017): every token scales its own value vector by a
sigmoid gate computed from that vector. `--gate none` is its twin with plain
attention, which starts from the same weights and sees the same batches.
"""

import argparse
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

VOCABULARY, CONTEXT, WIDTH, LAYERS = 256, 512, 256, 6
HEADS, KV_HEADS, HEAD_SIZE, HIDDEN = 4, 2, 64, 1024

# The names of the model's parameters are the keys of the weights file, and
# every matrix is stored [in, out], as model.mlir reads it.

def matrix(rows, columns, scale=1.0):
    return nn.Parameter(torch.randn(rows, columns) * scale / math.sqrt(rows))


def rms_norm(x, weight):
    return F.rms_norm(x, (WIDTH,), weight, eps=1e-5)


class Gate(nn.Module):
    """One scalar per KV head and token, from that token's own value vector."""

    def __init__(self):
        super().__init__()
        # Open at first, and the same for every token: sigmoid(2) = 0.88.
        self.weight = nn.Parameter(torch.zeros(KV_HEADS, HEAD_SIZE))
        self.bias = nn.Parameter(torch.full((KV_HEADS,), 2.0))

    def forward(self, v):  # [B, KV_HEADS, S, HEAD_SIZE]
        logit = (v * self.weight[:, None, :]).sum(-1) + self.bias[:, None]
        return torch.sigmoid(logit)


class Attention(nn.Module):
    def __init__(self, gated):
        super().__init__()
        self.norm = nn.Parameter(torch.ones(WIDTH))
        self.query = matrix(WIDTH, HEADS * HEAD_SIZE)
        self.key = matrix(WIDTH, KV_HEADS * HEAD_SIZE)
        self.value = matrix(WIDTH, KV_HEADS * HEAD_SIZE)
        self.output = matrix(HEADS * HEAD_SIZE, WIDTH, (2 * LAYERS) ** -0.5)
        self.gate = Gate() if gated else None

    def project(self, x):
        """The queries, keys and values, and the gate of every value."""
        x = rms_norm(x, self.norm)
        heads = lambda y: y.unflatten(-1, (-1, HEAD_SIZE)).transpose(1, 2)
        q, k, v = (heads(x @ w) for w in (self.query, self.key, self.value))
        g = self.gate(v) if self.gate else torch.ones_like(v[..., 0])
        return q, k, v, g

    def forward(self, x):
        q, k, v, g = self.project(x)
        # The gate scales the value and stays out of the softmax.
        v = (g[..., None] * v).to(v.dtype)
        z = F.scaled_dot_product_attention(
            q, k, v, is_causal=True, enable_gqa=True)
        return z.transpose(1, 2).flatten(2) @ self.output


class Linear(nn.Module):
    def __init__(self, rows, columns, scale=1.0):
        super().__init__()
        self.weight = matrix(rows, columns, scale)
        self.bias = nn.Parameter(torch.zeros(columns))

    def forward(self, x):
        return x @ self.weight + self.bias


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.Parameter(torch.ones(WIDTH))
        self.up = Linear(WIDTH, HIDDEN)
        self.down = Linear(HIDDEN, WIDTH, (2 * LAYERS) ** -0.5)

    def forward(self, x):
        x = rms_norm(x, self.norm)
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, gated, dropout):
        super().__init__()
        self.attention = Attention(gated)
        self.mlp = Mlp()
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(x))
        return x + self.dropout(self.mlp(x))


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(VOCABULARY, WIDTH) * 0.1)
        self.position = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.1)

    def forward(self, tokens):
        length = tokens.shape[1]
        return F.embedding(tokens, self.token) + self.position[:length]


class Model(nn.Module):
    def __init__(self, gated, dropout=0.0):
        super().__init__()
        self.embedding = Embedding()
        self.blocks = nn.ModuleList(
            Block(gated, dropout) for _ in range(LAYERS))
        self.norm = nn.Parameter(torch.ones(WIDTH))
        self.head = matrix(WIDTH, VOCABULARY)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens):  # [B, S] -> [B, S, VOCABULARY]
        x = self.dropout(self.embedding(tokens))
        for block in self.blocks:
            x = block(x)
        return rms_norm(x, self.norm) @ self.head


def read_corpus(path):
    """The training text as one string, the held-out text as passages.

    Of every 20 passages of 100 verses the last is held out, so that the
    held-out text comes from the whole Bible.
    """
    verses = pathlib.Path(path).read_bytes().splitlines(keepends=True)
    starts = range(0, len(verses), 100)
    passages = [b"".join(verses[i : i + 100]) for i in starts]
    held_out = passages[19::20]
    del passages[19::20]
    return b"".join(passages), held_out


def to_tensor(text):
    return torch.from_numpy(np.frombuffer(text, np.uint8).astype(np.int64))


def validation_windows(passages):
    """Windows that score every byte of the passages exactly once.

    They overlap by half: a byte is predicted from at least the 256 bytes
    before it, wherever its passage has them. Targets not scored are -1.
    """
    half = CONTEXT // 2
    inputs, targets = [], []
    for passage in passages:
        text = to_tensor(b"\n" + passage)
        for start in range(0, max(len(passage) - half, 1), half):
            window = text[start : start + CONTEXT + 1]
            missing = (0, CONTEXT + 1 - len(window))
            inputs.append(F.pad(window, missing)[:-1])
            targets.append(F.pad(window, missing, value=-1)[1:])
            if start:
                targets[-1][:half] = -1
    return torch.stack(inputs), torch.stack(targets)


@torch.no_grad()
def bits_per_byte(model, inputs, targets):
    nats, count = 0.0, 0
    for x, y in zip(inputs.split(64), targets.split(64)):
        nats += F.cross_entropy(model(x).float().mT, y, ignore_index=-1,
                                reduction="sum").item()
        count += int((y >= 0).sum())
    return nats / count / math.log(2)


def train(args):
    device = torch.device(args.device)
    text, held_out = read_corpus(args.corpus)
    data = to_tensor(text).to(device)
    validation = [t.to(device) for t in validation_windows(held_out)]

    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    model = Model(args.gate == "value", args.dropout).to(device)
    parameters = list(model.parameters())
    print(f"{sum(p.numel() for p in parameters):,} parameters, "
          f"{len(text):,} bytes to train on, "
          f"{sum(map(len, held_out)):,} held out", flush=True)

    vectors = [p for p in parameters if p.ndim == 1]
    matrices = [p for p in parameters if p.ndim > 1]
    optimizer = torch.optim.AdamW(
        [{"params": vectors, "weight_decay": 0.0}, {"params": matrices}],
        args.lr, (0.9, 0.98), weight_decay=args.weight_decay,
        fused=device.type == "cuda")
    schedule = torch.optim.lr_scheduler.OneCycleLR(  # cosine up, cosine down
        optimizer, args.lr, args.steps, pct_start=0.05, cycle_momentum=False)
    forward = torch.compile(model) if device.type == "cuda" else model
    autocast = lambda: torch.autocast(device.type, torch.bfloat16)
    batches = torch.Generator(device).manual_seed(args.seed)
    offsets = torch.arange(CONTEXT + 1, device=device)

    best, best_state, start = math.inf, None, time.time()
    for step in range(args.steps):
        where = torch.randint(len(data) - CONTEXT, (args.batch, 1),
                              generator=batches, device=device)
        window = data[where + offsets]
        with autocast():
            logits = forward(window[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1),
                               window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()

        if (step + 1) % 250 and step + 1 < args.steps:
            continue
        model.eval()
        with autocast():
            bits = bits_per_byte(model, *validation)
        model.train()
        if bits < best:
            best = bits
            best_state = {k: v.half() for k, v in model.state_dict().items()}
        print(f"step {step + 1:6}  train {loss.item() / math.log(2):.4f}  "
              f"validation {bits:.4f}  {time.time() - start:.0f} s", flush=True)

    # What is reported is what is saved: the 16-bit weights, in f32 arithmetic.
    torch.set_float32_matmul_precision("highest")
    model.load_state_dict(best_state)
    bits = bits_per_byte(model.eval(), *validation)
    print(f"gate {args.gate} seed {args.seed} dropout {args.dropout}: "
          f"validation {bits:.4f} bits per byte")
    if args.save:
        save_file(best_state, args.save, {
            "gate": args.gate, "seed": str(args.seed),
            "validation_bits_per_byte": f"{bits:.4f}"})


def load(path, dtype):
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}
    model = Model("blocks.0.attention.gate.weight" in state).to(dtype)
    model.load_state_dict(state)
    return model.eval()


@torch.no_grad()
def export_reference(weights, directory):
    """Logits in float64 for every prompt, stored as float32 beside it."""
    model = load(weights, torch.float64)
    for prompt in sorted(pathlib.Path(directory).glob("*.txt")):
        tokens = to_tensor(prompt.read_bytes())
        logits = model(tokens[None])[0]
        np.save(prompt.with_suffix(".tokens.npy"), tokens.int().numpy())
        np.save(prompt.with_suffix(".logits.npy"), logits.float().numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--corpus", default="kjv.txt", help="the text that corpus.sh writes")
    add("--gate", choices=["value", "none"], default="value")
    add("--seed", type=int, default=1)
    add("--steps", type=int, default=7500)
    add("--batch", type=int, default=64, help="windows per step")
    add("--lr", type=float, default=4e-3)
    add("--weight-decay", type=float, default=0.1)
    add("--dropout", type=float, default=0.2)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--save", help="write the best weights here, in fp16")
    add("--export-reference", nargs=2, metavar=("WEIGHTS", "DIR"),
        help="train nothing; write logits for the prompts DIR/*.txt")
    args = parser.parse_args()
    if args.export_reference:
        export_reference(*args.export_reference)
    else:
        train(args)


if __name__ == "__main__":
    main()
