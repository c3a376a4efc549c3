"""PyTorch's attention on a GPU: cuDNN, FlashAttention-2, FlexAttention, plain and with gates.

Gates are composed and compiled: on the values before, on the output after. Problems as JSON in, a
line of JSON for each figure out.
"""

import json
import sys

from common import missing, problem

try:
    import torch
    import torch.nn.functional as F
    import triton
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
except ImportError:
    missing("torch or triton")

torch.set_grad_enabled(False)
# Each problem is compiled for its own sizes.
torch._dynamo.config.recompile_limit = 256
BACKENDS = {"cudnn": SDPBackend.CUDNN_ATTENTION, "flash2": SDPBackend.FLASH_ATTENTION}
flex = torch.compile(flex_attention, dynamic=False)


@torch.compile(dynamic=False)
def gated(x, g):
    return (g[..., None] * x).to(x.dtype)


def report(case: str, engine: str, step) -> None:
    try:
        step()
        torch.cuda.synchronize()
        ms = triton.testing.do_bench(step, warmup=300, rep=300, return_mode="median")
    except Exception as error:  # an engine that does not do this problem
        print(f"{case} {engine}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return
    print(json.dumps({"case": case, "engine": engine, "ms": ms}), flush=True)


def measure(p: dict) -> None:
    dtype = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}[p["dtype"]]
    shape, causal = (p["b"], p["h"], p["s"], p["d"]), p["causal"]
    q, k, v = (torch.randn(shape, device="cuda", dtype=dtype) for _ in range(3))
    g = torch.rand(shape[:3], device="cuda")

    def forms(engine: str, attend) -> None:
        report(p["name"], engine, lambda: attend(v))
        report(p["name"], f"{engine}+value_gate", lambda: attend(gated(v, g)))
        report(p["name"], f"{engine}+output_gate", lambda: gated(attend(v), g))

    mask = None
    if causal:
        mask = create_block_mask(lambda b, h, i, j: i >= j, None, None, p["s"], p["s"])
    if dtype == torch.float32:
        # Three products of tf32 each, as CUTLASS has them; and one.
        with sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION):
            report(p["name"], "efficient", lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal))
        torch.set_float32_matmul_precision("high")
        report(p["name"], "flex_tf32", lambda: flex(q, k, v, block_mask=mask))
        return
    for engine, backend in BACKENDS.items():
        with sdpa_kernel(backend):
            forms(engine, lambda x: F.scaled_dot_product_attention(q, k, x, is_causal=causal))
    forms("flex", lambda x: flex(q, k, x, block_mask=mask))


torch.manual_seed(0)
for entry in problem():
    measure(entry)
