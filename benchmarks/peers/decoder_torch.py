"""The network of ../decoder.py in PyTorch, compiled: milliseconds of a forward pass, bf16.

One argument, a list of networks as JSON. The gate is composed around the scaled dot-product
attention, for which PyTorch may take cuDNN or FlashAttention-2; the best mode of compilation counts.
"""

import json
import sys

from common import missing, problem

try:
    import torch
    import torch.nn.functional as F
    import triton
except ImportError:
    missing("torch or triton")

torch.set_grad_enabled(False)


def network(net):
    width, heads, size = net["width"], net["heads"], net["width"] // net["heads"]
    options = {"device": "cuda", "dtype": torch.bfloat16}

    def matrix(rows, columns):
        return torch.randn(columns, rows, **options) * rows**-0.5

    def layer():
        return {
            "norm1": (torch.ones(width, **options), torch.zeros(width, **options)),
            "norm2": (torch.ones(width, **options), torch.zeros(width, **options)),
            "qkv": (matrix(width, 3 * width), torch.zeros(3 * width, **options)),
            "gate": torch.randn(heads, size, **options) * heads**-0.5,
            "gate_bias": torch.zeros(heads, **options),
            "output": (matrix(width, width), torch.zeros(width, **options)),
            "up": (matrix(width, net["hidden"]), torch.zeros(net["hidden"], **options)),
            "down": (matrix(net["hidden"], width), torch.zeros(width, **options)),
        }

    layers = [layer() for _ in range(net["layers"])]
    token = torch.randn(net["vocabulary"], width, **options) * 0.02
    position = torch.randn(net["length"], width, **options) * 0.02
    norm = (torch.ones(width, **options), torch.zeros(width, **options))

    def forward(tokens):
        x = F.embedding(tokens, token) + position
        for w in layers:
            h = F.layer_norm(x, (width,), *w["norm1"])
            q, k, v = F.linear(h, *w["qkv"]).chunk(3, dim=-1)
            q, k, v = (y.unflatten(-1, (heads, size)).transpose(1, 2) for y in (q, k, v))
            logit = (v.float() * w["gate"][:, None].float()).sum(-1) + w["gate_bias"][:, None]
            v = (torch.sigmoid(logit)[..., None] * v).to(v.dtype)
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + F.linear(z.transpose(1, 2).flatten(2), *w["output"])
            h = F.layer_norm(x, (width,), *w["norm2"])
            u = F.gelu(F.linear(h, *w["up"]), approximate="tanh")
            x = x + F.linear(u, *w["down"])
        return F.linear(F.layer_norm(x, (width,), *norm), token)

    return forward


for net in problem():
    forward = network(net)
    tokens = torch.randint(net["vocabulary"], (net["batch"], net["length"]), device="cuda")
    for mode in ("default", "max-autotune-no-cudagraphs"):
        try:
            step = torch.compile(forward, mode=mode)
            ms = triton.testing.do_bench(
                lambda: step(tokens), warmup=300, rep=500, return_mode="median")
        except Exception as error:  # a mode that this PyTorch lacks is no figure
            print(f"{net['name']} {mode}: {str(error)[:200]}", file=sys.stderr)
            continue
        line = {"case": net["name"], "engine": f"compiled {mode}", "ms": ms}
        print(json.dumps(line), flush=True)
        torch.compiler.reset()
