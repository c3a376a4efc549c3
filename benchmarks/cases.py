"""The problems that are measured, and the bars they are held against, as data.

FLOP convention: attention counts 4*B*H*Sq*Sk*D, half of it when causal with Sq = Sk; a matrix
product 2*M*N*K; gates, softmax and everything elementwise count nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

KINDS = ("attention", "matmul", "model", "memory")
DTYPES = ("f32", "f16", "bf16")


@dataclass(frozen=True)
class Case:
    """One problem. kind "attention" uses b..causal, "matmul" m, n and k, "model" measure."""

    name: str
    kind: str = "attention"
    dtype: str = "f32"
    b: int = 1
    h: int = 8
    hkv: int = 8
    sq: int = 0
    sk: int = 0
    d: int = 64
    causal: bool = False
    gated: bool = True
    m: int = 0
    n: int = 0
    k: int = 0
    measure: str = ""  # model: prefill, decode or compile
    # Peer -> the least ratio ours / peer; "sgemm" compares rates, "ungated" times.
    bars: tuple[tuple[str, float], ...] = ()

    @property
    def flop(self) -> int:
        if self.kind == "matmul":
            return 2 * self.m * self.n * self.k
        full = 4 * self.b * self.h * self.sq * self.sk * self.d
        return full // 2 if self.causal and self.sq == self.sk else full

    @property
    def io_bytes(self) -> int:
        """Bytes of the inputs and outputs of an attention problem."""
        size = 4 if self.dtype == "f32" else 2
        q, kv = self.h * self.sq * self.d, self.hkv * self.sk * self.d
        gate = 4 * self.hkv * self.sk if self.gated else 0
        return self.b * (size * 2 * (q + kv) + gate)


SDPA = {"f32": 1.2, "bf16": 1.0}  # with AVX-512 or AMX; f32 on AVX2: 1.5
SDPA_AVX2 = {"f32": 1.5}
GATE_COST = 1 / 1.03  # ungated / gated
ENGINES = ("torch", "torch-compiled")


def _square(s: int, d: int, causal: bool, dtype: str, sdpa: dict) -> Case:
    bars = [(peer, sdpa[dtype]) for peer in ENGINES if dtype in sdpa]
    if dtype == "f32":
        bars.append(("ort", 1.0))
        if not causal:
            bars.append(("iree", 1.0))
        bars += [("sgemm", 0.75 if causal else 0.80), ("ungated", GATE_COST)]
    name = f"{dtype}_s{s}_d{d}" + ("_causal" if causal else "")
    return Case(name, dtype=dtype, sq=s, sk=s, d=d, causal=causal, bars=tuple(bars))


def grid(avx2: bool) -> list[Case]:
    """All problems; the bars against PyTorch are those of the instruction set."""
    sdpa = SDPA_AVX2 if avx2 else SDPA
    cases = [
        _square(s, d, causal, "f32", sdpa)
        for s in (512, 1024, 2048) for d in (64, 128) for causal in (False, True)
    ]  # fmt: skip
    cases += [
        _square(1024, 64, causal, dtype, sdpa)
        for dtype in ("bf16", "f16") for causal in (False, True)
    ]  # fmt: skip
    f32 = tuple((peer, sdpa["f32"]) for peer in ENGINES)
    cases += [
        Case("gqa_s1024_d64_causal", h=8, hkv=2, sq=1024, sk=1024, causal=True, bars=f32),
        Case("decode_sk1024_d64", sq=1, sk=1024, bars=f32),
        Case("decode_sk8192_d128_gqa", h=8, hkv=2, sq=1, sk=8192, d=128, bars=f32),
    ]
    # The King James model: query/output, key/value, MLP up and down, for 512 tokens and for one.
    for s in (512, 1):
        for k, n in ((256, 256), (256, 128), (256, 1024), (1024, 256)):
            name = f"kjv_matmul_{s}x{k}x{n}"
            cases.append(Case(name, "matmul", m=s, k=k, n=n, bars=(("openblas", 0.9),)))
    engine = (("kjv-torch", 1.0),)
    cases += [
        Case("kjv_prefill", "model", measure="prefill", bars=engine),
        Case("kjv_decode", "model", measure="decode", bars=engine),
        Case("kjv_compile", "model", measure="compile", bars=(("limit", 1.0),)),
        Case("rss_s16384_d64", "memory", sq=16384, sk=16384, bars=(("limit", 1.0),)),
    ]
    return cases


def load(path: Path) -> list[Case]:
    """Cases of a JSON file: a list of objects with the fields of Case, bars as an object."""
    known = {field.name for field in fields(Case)}
    cases = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        unknown = sorted(set(entry) - known)
        if unknown or "name" not in entry:
            raise ValueError(f"a case has no name or unknown fields {unknown}")
        case = Case(**{**entry, "bars": tuple(entry.get("bars", {}).items())})
        if case.kind not in KINDS or case.dtype not in DTYPES:
            raise ValueError(f"case '{case.name}': unknown kind or dtype")
        cases.append(case)
    return cases
