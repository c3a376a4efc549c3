"""The King James model in PyTorch, compiled: tokens/s of prefill, or of decode with a KV cache.

The network is that of examples/kjv-lm/train.py with its parameters' shapes (their values do not
change the time). The cache is static and updated in place; f32. On a GPU, steps are CUDA graphs,
and a step of a batch is timed by the device, with a cold cache.
"""

import math

from common import answer, median_ms, missing, problem

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    missing("torch")

VOCABULARY, CONTEXT, WIDTH, LAYERS = 256, 512, 256, 6
HEADS, KV_HEADS, HEAD_SIZE, HIDDEN = 4, 2, 64, 1024

p = problem()
torch.set_grad_enabled(False)
torch.set_num_threads(p["threads"])
torch.manual_seed(0)
device, batch = p.get("device", "cpu"), p.get("batch", 1)
torch.set_default_device(device)


def matrix(rows, columns):
    return torch.randn(rows, columns) / math.sqrt(rows)


def layer():
    kv = KV_HEADS * HEAD_SIZE
    return {
        "norm": torch.ones(WIDTH), "q": matrix(WIDTH, WIDTH), "k": matrix(WIDTH, kv),
        "v": matrix(WIDTH, kv), "o": matrix(WIDTH, WIDTH),
        "gate": torch.zeros(KV_HEADS, HEAD_SIZE), "gate_bias": torch.full((KV_HEADS,), 2.0),
        "mlp_norm": torch.ones(WIDTH), "up": matrix(WIDTH, HIDDEN), "up_b": torch.zeros(HIDDEN),
        "down": matrix(HIDDEN, WIDTH), "down_b": torch.zeros(WIDTH),
        "keys": torch.zeros(batch, KV_HEADS, CONTEXT, HEAD_SIZE),
        "values": torch.zeros(batch, KV_HEADS, CONTEXT, HEAD_SIZE),
    }  # fmt: skip


layers = [layer() for _ in range(LAYERS)]
token, position = torch.randn(VOCABULARY, WIDTH) * 0.1, torch.randn(CONTEXT, WIDTH) * 0.1
norm, head = torch.ones(WIDTH), matrix(WIDTH, VOCABULARY)


def rms(x, weight):
    return F.rms_norm(x, (WIDTH,), weight, eps=1e-5)


def heads(y):
    return y.unflatten(-1, (-1, HEAD_SIZE)).transpose(1, 2)


def forward(tokens, positions, visible):
    """Logits; the positions' keys and gated values enter the cache in place."""
    x = F.embedding(tokens, token) + position[positions]
    for w in layers:
        y = rms(x, w["norm"])
        q, k, v = (heads(y @ w[name]) for name in "qkv")
        gate = torch.sigmoid((v * w["gate"][:, None]).sum(-1) + w["gate_bias"][:, None])
        w["keys"].index_copy_(2, positions, k)
        w["values"].index_copy_(2, positions, gate[..., None] * v)
        if visible is None:  # prefill: the prompt alone
            z = F.scaled_dot_product_attention(
                q, k, gate[..., None] * v, is_causal=True, enable_gqa=True)
        else:
            z = F.scaled_dot_product_attention(
                q, w["keys"], w["values"], attn_mask=visible, enable_gqa=True)
        x = x + z.transpose(1, 2).flatten(2) @ w["o"]
        y = rms(x, w["mlp_norm"]) @ w["up"] + w["up_b"]
        x = x + F.gelu(y, approximate="tanh") @ w["down"] + w["down_b"]
    return rms(x, norm) @ head


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


# Graphs do not copy what is updated in place, and that is marked as such.
if device == "cuda":
    for w in layers:
        for name in ("keys", "values"):
            torch._dynamo.mark_static_address(w[name])
step = torch.compile(forward, mode="reduce-overhead" if device == "cuda" else "default")
prompt = p["prompt_tokens"]
if p["measure"] == "prefill":
    tokens, positions = torch.randint(VOCABULARY, (1, prompt)), torch.arange(prompt)

    def read():
        step(tokens, positions, None)
        wait()

    ms = median_ms(read, 20)
    answer(1e3 * prompt / ms, f"torch {torch.__version__}")
elif batch > 1:
    import triton

    tokens, at = torch.randint(VOCABULARY, (batch, 1)), torch.tensor([prompt])
    visible = (torch.arange(CONTEXT) <= at)[None, None, None]
    ms = triton.testing.do_bench(
        lambda: step(tokens, at, visible), warmup=300, rep=300, return_mode="median")
    answer(1e3 * batch / ms, f"torch {torch.__version__}")
else:
    places = torch.arange(CONTEXT)
    state = {"at": prompt, "token": torch.zeros(1, 1, dtype=torch.long)}

    def one():
        at = torch.tensor([state["at"]])
        logits = step(state["token"], at, (places <= at)[None, None, None])
        state["token"] = logits[:, -1].argmax(-1, keepdim=True)
        state["at"] = prompt + (state["at"] + 1 - prompt) % 64
        wait()

    answer(1e3 / median_ms(one, 64), f"torch {torch.__version__}")
