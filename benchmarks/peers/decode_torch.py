"""PyTorch's attention of one query of each sequence on a GPU: cuDNN and FlashAttention-2.

Problems as JSON in, a line of JSON for each figure out.
"""

import json
import sys

from common import missing, problem

try:
    import torch
    import torch.nn.functional as F
    import triton
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError:
    missing("torch or triton")

torch.set_grad_enabled(False)
BACKENDS = {"cudnn": SDPBackend.CUDNN_ATTENTION, "flash2": SDPBackend.FLASH_ATTENTION}

for p in problem():
    options = {"device": "cuda", "dtype": torch.bfloat16}
    q = torch.randn(p["b"], p["h"], 1, p["d"], **options)
    k, v = (torch.randn(p["b"], p["hkv"], p["s"], p["d"], **options) for _ in range(2))
    for engine, backend in BACKENDS.items():
        with sdpa_kernel(backend):
            try:
                ms = triton.testing.do_bench(
                    lambda: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
                    warmup=300, rep=300, return_mode="median",
                )  # fmt: skip
            except Exception as error:  # an engine that does not do this problem
                print(f"{p['name']} {engine}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
                continue
        print(json.dumps({"case": p["name"], "engine": engine, "ms": ms}), flush=True)
    del q, k, v
