"""PyTorch's scaled dot product attention with the value gate composed before it."""

from common import answer, median_ms, missing, problem

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    missing("torch")

p = problem()
torch.set_grad_enabled(False)
torch.set_num_threads(p["threads"])
torch.manual_seed(0)
dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[p["dtype"]]
q = torch.randn(p["b"], p["h"], p["sq"], p["d"]).to(dtype)
k, v = (torch.randn(p["b"], p["hkv"], p["sk"], p["d"]).to(dtype) for _ in range(2))
g = torch.randn(p["b"], p["hkv"], p["sk"])


def step(q, k, v, g):
    gated = (g[..., None] * v).to(v.dtype)
    return F.scaled_dot_product_attention(
        q, k, gated, is_causal=p["causal"], enable_gqa=p["h"] != p["hkv"]
    )


if p["peer"] == "torch-compiled":
    step = torch.compile(step)
answer(median_ms(lambda: step(q, k, v, g), p["runs"]), f"torch {torch.__version__}")
