"""What gates and attention compute, by the oracle, with bounds on what rounding may add.

The bounds follow the precision that the semantics promise: scores, softmax, gates and sums in f32,
or f64, weights and gated values perhaps rounded to the type of v.
"""

from __future__ import annotations

import numpy as np
import oracle

from .elements import FLOATS
from .tracked import Tracked, all_exact, result

SAMPLES = 3


def wide(element: str) -> str:
    """The type of sums."""
    return "f64" if element == "f64" else "f32"


def unit_of(element: str) -> float:
    # The oracle computes in f64, too.
    return FLOATS[element].unit * (2.0 if element == "f64" else 1.0)


def gate(source: Tracked, weight: Tracked, bias: Tracked | None, **form) -> Tracked:
    element = wide(source.element)
    linear = {**form, "activation": "identity"}
    with np.errstate(all="ignore"):
        value = oracle.gate(source.value, weight.value, bias and bias.value, **form)
        size = [np.abs(x.value) + x.error if x is not None else None for x in (source, weight, bias)]
        none = np.zeros_like(source.value)
        magnitude = oracle.gate(*size, **linear)
        spread = oracle.gate(source.error + none, size[1], bias and bias.error, **linear)
        spread = spread + oracle.gate(np.abs(source.value), weight.error, None, **linear)
        terms = source.value.size / max(value.size, 1) + weight.value[0].size + 8
        spread = spread + terms * unit_of(element) * magnitude
        spread = np.where(np.isnan(spread), np.inf, spread)
        # No activation is steeper than 1.
        made = result(element, value, spread, 16.0)
    return Tracked(element, made.value, np.where(np.isnan(made.value), np.inf, made.error))


def shifted(g: Tracked, queries: int, layout: str, lengths) -> Tracked:
    """The gate of the output site: that of each query's position."""

    # Without a batch there are no lengths.
    lengths = None if lengths is not None and not len(lengths) else lengths

    def how(array):
        if array.ndim == 3:
            return oracle.shift_to_queries(array, queries, lengths)
        inner = oracle.shift_to_queries(oracle.to_bhsd(array, layout), queries, lengths)
        return oracle.from_bhsd(inner, layout)

    return g.moved(how)


def perturbed(x: Tracked, rng: np.random.Generator) -> np.ndarray:
    return x.value + x.error * rng.choice([-1.0, 1.0], x.shape)


def attention(q: Tracked, k: Tracked, v: Tracked, floats: dict, others: dict) -> list[Tracked]:
    """out and lse; `floats` are tracked operands by the oracle's names, `others` its other options."""
    tracked = {"q": q, "k": k, "v": v, **floats}
    values = {name: x.value for name, x in tracked.items()}
    with np.errstate(all="ignore"):
        out, lse = run(values, others)
        sizes = {**values, "v": np.abs(values["v"])}
        for name in ("value_gate", "output_gate"):
            if name in sizes:
                sizes[name] = np.abs(sizes[name])
        magnitude, _ = run(sizes, others)
        accuracy = score_accuracy(values, others)
        element = q.element
        own = accuracy + 6.0 * unit_of(element)
        spread, lse_spread = own * magnitude, np.full(lse.shape, accuracy)
        rng = np.random.default_rng(0)
        if any(not x.exact.all() for x in tracked.values()):
            moved, lse_moved = np.zeros(out.shape), np.zeros(lse.shape)
            for _ in range(SAMPLES):
                other = run({name: perturbed(x, rng) for name, x in tracked.items()}, others)
                moved = np.maximum(moved, np.abs(other[0] - out))
                lse_moved = np.maximum(lse_moved, np.where(other[1] == lse, 0, np.abs(other[1] - lse)))
            # A few samples find a part of what is possible; the neighbours of an element move alike.
            widest = moved.max(axis=3, keepdims=True, initial=0.0)
            spread = spread + 4.0 * np.maximum(moved, 0.5 * widest)
            lse_spread = lse_spread + 4.0 * lse_moved
        spread = np.where(np.isnan(spread), np.inf, spread)
        made = result(element, out, spread, 0.5)
        lse_made = result(wide(element), lse, np.where(np.isnan(lse_spread), np.inf, lse_spread), 4.0)
        lse_made.error = np.where(np.isinf(lse) & all_exact(tracked_exactly(tracked)), 0.0, lse_made.error)
    return [made, lse_made]


def tracked_exactly(tracked: dict) -> list[Tracked]:
    """For each operand whether all of it is exact, as one flag."""
    return [Tracked(x.element, 0.0, 0.0 if x.exact.all() else 1.0) for x in tracked.values()]


def run(values: dict, others: dict):
    values, others = dict(values), {k: v for k, v in others.items() if not k.startswith("_")}
    return oracle.attention(values.pop("q"), values.pop("k"), values.pop("v"), **values, **others)


def score_accuracy(values: dict, others: dict) -> float:
    """How far a weight may be off, relatively."""
    layout, table = others.get("layout", "bhsd"), others.get("block_table")
    k = values["k"]
    if table is not None:
        k = oracle.from_pages(k, table, others.get("kv_length"), layout)
    q, k = (np.nan_to_num(np.abs(oracle.to_bhsd(x, layout))) for x in (values["q"], k))
    channels, keys = q.shape[3], k.shape[2]
    if q.size == 0 or k.size == 0:
        return 0.0
    scale = others.get("scale")
    scale = 1.0 / np.sqrt(channels) if scale is None else abs(scale)
    # Bounded by the longest query and the longest key, but for poison.
    k = np.where(k > 1e30, 0.0, k)
    size = scale * np.sqrt((q**2).sum(3).max() * (k**2).sum(3).max())
    for name in ("mask", "sink"):
        given = values.get(name, others.get(name))
        if given is not None and given.dtype != bool and given.size:
            size += np.abs(given[np.isfinite(given)]).max(initial=0.0)
    element = others["_element"] if "_element" in others else "f32"
    unit = unit_of(element)
    return (2.0 * (channels + 16) * (size + 1.0) + keys + 32) * unit
