"""The reference of a case, and the verdict on what vga-run computed.

The bounds are relative errors in the Frobenius norm, per type of the result, so that the f32 lse
and gates of an f16 case are held to the f32 bound: they are computed and returned in f32. The f64
bound: a score is a sum of up to 65 products and a row a sum of up to 331 terms, each adding at
most 1.1e-16 of relative error, and exp turns the absolute error of a score (|s| up to about 10)
into a relative one: (65 + 331) * 1.1e-16 * 10 = 4e-13 at worst. 1e-12 leaves room for libm, and
any step taken in f32 (6e-8) exceeds it by four orders of magnitude.

Weights are exp of something, which is 0 below the smallest normal number of the type that it is
computed in: so much a result may be off as well.
"""

from __future__ import annotations

import numpy as np
import oracle

from .case import Case, Tensor, outputs, shape

BOUNDS = {"f32": 5e-6, "f16": 1e-3, "bf16": 5e-3, "f64": 1e-12}
LEAST = (2.0**-126, 2.0**-1022)  # of f32, in which narrower types are computed, and of f64
TF32_BOUND = BOUNDS["f16"]  # as many bits of fraction


@np.errstate(invalid="ignore", over="ignore")  # what is poisoned makes NaN, and is never used
def reference(case: Case, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What the oracle makes of the inputs, one array per result of the case."""
    t = tensors
    gate = case.projection
    form = {}
    if gate:
        form = {"mixing": gate.mixing, "activation": gate.activation}
    if case.op == "gate":
        return [oracle.gate(t["v"], t["w"], t.get("b"), layout=case.layout, **form)]
    table = t.get("table")
    if case.op == "append":
        return [oracle.append(t["v"], t["cache"], t["pos"], block_table=table, layout=case.layout)]
    options = {
        "mask": t.get("mask"),
        "kv_length": t.get("len"),
        "sink": t.get("sink"),
        "causal": case.causal,
        "window": case.window or (-1, -1),
        "alignment": case.alignment,
        "scale": case.scale,
        "softcap": case.softcap,
        "layout": case.layout,
        "block_table": table,
    }
    attended = (t["q"], t["k"], t["v"])
    if case.op == "gated_attention":
        form["site"] = case.site
        out, lse = oracle.gated_attention(*attended, t["w"], t.get("b"), **form, **options)
    else:
        gates = {"value_gate": t.get("gv"), "output_gate": t.get("go")}
        if gate:
            source = t["x"] if gate.source_width else t["v"]
            computed = oracle.gate(source, t["w"], t.get("b"), layout=case.layout, **form)
            gates[f"{case.site}_gate"] = computed
        out, lse = oracle.attention(*attended, **gates, **options)
    return [out, lse] if case.lse else [out]


def relative_error(actual: np.ndarray, expected: np.ndarray, least: float = 0.0) -> float:
    """Of results whose differences of up to `least` do not count."""
    norm = np.linalg.norm(expected)
    gap = np.linalg.norm(np.maximum(np.abs(actual - expected) - least, 0.0))
    return 0.0 if gap == 0.0 else float(gap / norm) if norm > 0.0 else float("inf")


def verdict(case: Case, tensor: Tensor, actual: np.ndarray, expected: np.ndarray):
    """(relative error, complaint or None) of one result."""
    if actual.shape != shape(case, tensor):
        return float("inf"), f"{tensor.name} has shape {actual.shape}, not {shape(case, tensor)}"
    # NaN where a query sees one, and nowhere else.
    unknown = np.isnan(expected)
    if not np.array_equal(np.isnan(actual), unknown):
        wrong = int((np.isnan(actual) != unknown).sum())
        return float("inf"), f"{tensor.name} has {wrong} NaN too many or too few"
    actual, expected = actual[~unknown], expected[~unknown]
    # Rows without a key: lse -inf there and nowhere else; out exactly 0 wherever the formula is.
    hidden = np.isneginf(expected)
    if not np.array_equal(np.isneginf(actual), hidden):
        return float("inf"), f"{tensor.name} is -inf in other places than the reference"
    actual, expected = actual[~hidden], expected[~hidden]
    if not np.isfinite(actual).all():
        return float("inf"), f"{tensor.name} is not finite"
    if tensor.name == "out" and actual[expected == 0.0].any():
        return float("inf"), f"{tensor.name} is not 0 where the reference is"
    least = 0.0 if case.op == "append" else LEAST[tensor.type == "f64"]
    error = relative_error(actual, expected, least)
    if case.op == "append" and error:
        return error, f"{tensor.name} is off by {error:.2e} where elements are copied"
    if not error < BOUNDS[tensor.type]:
        return error, f"{tensor.name} is off by {error:.2e}, bound {BOUNDS[tensor.type]:.0e}"
    return error, None


def compare(case: Case, actual: list[np.ndarray], expected: list[np.ndarray]):
    """(worst error per result type, complaints) of one case."""
    worst, complaints = {}, []
    for tensor, got, want in zip(outputs(case), actual, expected, strict=True):
        error, complaint = verdict(case, tensor, got, want)
        worst[tensor.type] = max(worst.get(tensor.type, 0.0), error)
        if complaint:
            complaints.append(complaint)
    return worst, complaints
