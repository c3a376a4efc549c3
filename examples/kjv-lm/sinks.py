#!/usr/bin/env python3
"""Prints how far the first token of a window is a sink, layer by layer.

  ./sinks.py --weights kjv.safetensors --corpus kjv.txt

Means over some held-out windows of 512 bytes and all heads; attention weights
over the queries of the window's second half, where attention spread evenly
would give the first token about 0.003.
"""

import argparse
import math

import torch

import train


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--windows", type=int, default=128, help="at most")
    args = parser.parse_args()

    model = train.load(args.weights, torch.float32)
    _, held_out = train.read_corpus(args.corpus)
    inputs, targets = train.validation_windows(held_out)
    whole = inputs[targets[:, -1] >= 0]  # windows without padding
    x = model.embedding(whole[:: -(-len(whole) // args.windows)])
    print(f"{len(x)} windows")

    print("       weight on   |v|             gate            |x|")
    print("layer  first       first   others  first   others  first   others")
    late = slice(train.CONTEXT // 2, None)
    future = torch.ones(train.CONTEXT, train.CONTEXT).triu(1).bool()
    for i, block in enumerate(model.blocks):
        q, k, v, g = block.attention.project(x)
        k = k.repeat_interleave(train.HEADS // train.KV_HEADS, 1)
        score = q @ k.mT / math.sqrt(train.HEAD_SIZE)
        weight = score.masked_fill(future, -math.inf).softmax(-1)
        print(f"{i:5}  {weight[..., late, 0].mean():9.4f}", end="")
        for y in (v.norm(dim=-1), g, x.norm(dim=-1)):
            first, others = y[..., 0].mean(), y[..., 1:].mean()
            print(f"  {first:6.2f}  {others:6.2f}", end="")
        print()
        x = block(x)


if __name__ == "__main__":
    main()
