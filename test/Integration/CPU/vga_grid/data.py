"""Inputs of a case, rounded to their types, and .npy files of every element type."""

from __future__ import annotations

import math

import numpy as np
import oracle

from .case import Case, NamedCase, Tensor, inputs, shape

NUMPY_TYPES = {
    "i1": np.dtype(bool),
    "i32": np.dtype("<i4"),
    "i64": np.dtype("<i8"),
    "f16": np.dtype("<f2"),
    "bf16": np.dtype("V2"),  # as ml_dtypes saves it: two raw bytes
    "f32": np.dtype("<f4"),
    "f64": np.dtype("<f8"),
}


def to_bfloat16_bits(values: np.ndarray) -> np.ndarray:
    """The upper half of each float32, rounded to nearest even; NaN stays NaN."""
    bits = np.array(values, np.float32, order="C").view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), 0x7FC0, rounded).astype("<u2")


def from_bfloat16_bits(bits: np.ndarray) -> np.ndarray:
    return np.asarray(bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)


def save(path: str, values: np.ndarray, element: str) -> None:
    """Writes values, which the element type holds exactly."""
    if element == "bf16":
        stored = to_bfloat16_bits(values).view("V2")
    else:
        stored = values.astype(NUMPY_TYPES[element])
    np.save(path, stored)


def load(path: str, element: str) -> np.ndarray:
    """Reads what vga-run wrote as float64; refuses any other element type."""
    stored = np.load(path, allow_pickle=False)
    if stored.dtype != NUMPY_TYPES[element]:
        raise ValueError(f"element type {stored.dtype.str}, expected {NUMPY_TYPES[element].str}")
    if element == "bf16":
        return from_bfloat16_bits(stored.view("<u2"))
    return stored.astype(np.float64)


def rounded(values: np.ndarray, element: str) -> np.ndarray:
    """values as the element type holds them, in float64."""
    if element == "bf16":
        return from_bfloat16_bits(to_bfloat16_bits(values))
    return values.astype(NUMPY_TYPES[element]).astype(np.float64)


def lengths(case: Case, rng: np.random.Generator) -> np.ndarray:
    """kv_length per batch entry; "mixed" has every kind, an empty one first."""
    some = rng.integers(min(1, case.sk), max(case.sk, 2), case.batch)
    if case.kv_length == "mixed":
        some[0], some[1:2] = 0, case.sk
    constant = {"zero": 0, "full": case.sk, "over": case.sk + 7, "negative": -3}
    return np.full_like(some, constant[case.kv_length]) if case.kv_length in constant else some


def positions(case: Case, rng: np.random.Generator) -> np.ndarray:
    """How much each sequence has before something is appended: one nothing, one as much as fits."""
    room = case.sk - case.sq
    some = rng.integers(0, room + 1, case.batch)
    some[:1], some[1:2] = room, 0
    return some


def table_of(case: Case, first: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pages in any order for the positions [first, end) of each sequence; no pages for others."""
    entries = np.arange(case.sizes["N"])
    shape = (case.batch, len(entries))
    pages = rng.permutation(case.sizes["P"])[: math.prod(shape)].reshape(shape)
    used = (entries >= first[:, None] // case.page) & (entries < -(-end[:, None] // case.page))
    return np.where(used, pages, rng.choice([-1, case.sizes["P"], 2**31 - 1], shape))


def shared_table(case: Case, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pages for the positions before `end`; sequences begin with the same page, if they have one."""
    table = table_of(case, np.zeros_like(end), end, rng)
    begun = end > 0
    if begun.any():
        table[begun, :1] = table[begun, :1][0]
    return table


def boolean_mask(dims: tuple[str, ...], size: tuple[int, ...], rng) -> np.ndarray:
    """True for seven keys in ten; the first query and some others see nothing."""
    values = rng.random(size) < 0.7
    if "Sq" in dims and size[dims.index("Sq")] > 1:
        rows = np.moveaxis(values, dims.index("Sq"), 0)
        rows[rng.random(len(rows)) < 0.1] = False
        rows[0] = False
    return values


def draw(tensor: Tensor, case: Case, rng: np.random.Generator) -> np.ndarray:
    """Standard normal, but for masks, lengths and weights; in float64, not yet rounded."""
    size = shape(case, tensor)
    constant = dict(case.fill).get(tensor.name)
    if constant is not None:
        return np.full(size, bool(constant) if tensor.type == "i1" else constant)
    if tensor.name == "len":
        return lengths(case, rng)
    if tensor.name == "pos":
        return positions(case, rng)
    if tensor.type == "i1":
        return boolean_mask(tensor.dims, size, rng)
    values = rng.standard_normal(size)
    if tensor.name == "w":  # logits of order one, so that no gate saturates
        fan_in = math.prod(size[:2]) if case.projection.mixing == "cross_head" else size[1]
        return values / math.sqrt(fan_in)
    if tensor.name == "mask":  # some keys at -inf; where a row is one, some rows
        return np.where(rng.random(size) < 0.2, -np.inf, values)
    if case.integers and tensor.name in "qk":
        return np.round(3.0 * values).clip(-8, 8)
    return values


def poison(case: Case, tensors: dict[str, np.ndarray]) -> None:
    """NaN in keys, values and value gates at and beyond kv_length, which are never read.

    Values at the output site are spared: a query may take its gate from any position.
    """
    names = ["k", "gv"] if case.site == "output" else ["k", "v", "gv"]
    axes = {dim.name: dim.dims for dim in inputs(case)}
    for name in names:
        if name in tensors:
            dims = axes[name]
            rows = np.moveaxis(tensors[name], (dims.index("B"), dims.index("Sk")), (0, 1))
            for b, length in enumerate(tensors["len"]):
                rows[b, max(length, 0) :] = np.nan


def sight(case: Case, tensors: dict[str, np.ndarray]) -> np.ndarray:
    """Which keys each query sees: [B,Hq,Sq,Sk]."""
    size = (case.batch, case.hq, case.sq, case.sk)
    seen = np.ones(size, bool)
    for b, end in enumerate(ends(case, tensors)):
        seen[b] &= oracle.visibility(
            case.sq, case.sk, case.causal, case.window or (-1, -1), case.alignment, int(end)
        )
        seen[b, :, :, end:] = False
    if "mask" in tensors:
        mask = tensors["mask"]
        seen &= np.broadcast_to(mask if case.mask.type == "i1" else ~np.isneginf(mask), size)
    return seen


def poison_hidden(case: Case, tensors: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    """NaN, inf and the largest numbers in keys, values and value gates that no query sees.

    Where a case is about it, there is NaN in a few that some queries see and some do not.
    """
    seen = sight(case, tensors)
    axes = {dim.name: dim.dims for dim in inputs(case)}
    largest = {"f16": 6e4, "bf16": 3e38, "f32": 3e38, "f64": 1e308}
    for name in ("k", "v", "gv"):
        if name not in tensors or (name == "v" and case.site == "output"):
            continue
        dims = axes[name]
        place = {"b": dims.index("B"), "s": dims.index("Sk")}
        place["h"] = next(n for n, dim in enumerate(dims) if dim in ("Hkv", "Hq"))
        rows = np.moveaxis(tensors[name], (place["b"], place["h"], place["s"]), (0, 1, 2))
        heads = rows.shape[1]
        grouped = seen.reshape(case.batch, heads, case.hq // heads * case.sq, case.sk)
        if name == "v" and case.projection and case.projection.mixing == "cross_head":
            grouped = np.repeat(seen.reshape(case.batch, 1, -1, case.sk), heads, axis=1)
        element = next(dim.type for dim in inputs(case) if dim.name == name)
        kinds = np.array([np.nan, np.inf, -np.inf, largest[element], -largest[element]])
        some = rng.choice(rounded(kinds, element), (*rows.shape[:3],))
        hidden = ~grouped.any(axis=2)
        if "hidden_partly" in case.note:
            few = rng.random(hidden.shape) < 0.1
            some[few & ~hidden] = np.nan
            hidden |= few & ~grouped.all(axis=2)
        rows[hidden] = some[hidden][(..., *[None] * (rows.ndim - 3))]


def poison_pages(case: Case, tensors: dict[str, np.ndarray]) -> None:
    """NaN in every row of a pool that is none of a position in use."""
    used = np.zeros((case.sizes["P"], case.page), bool)
    for entries, end in zip(tensors["table"], ends(case, tensors), strict=True):
        for j in range(end):
            used[entries[j // case.page], j % case.page] = True
    axes = {dim.name: dim.dims for dim in inputs(case)}
    for name in ("k", "v", "gv"):
        if name in tensors:
            dims = axes[name]
            rows = np.moveaxis(tensors[name], (dims.index("P"), dims.index("page")), (0, 1))
            rows[~used] = np.nan


def ends(case: Case, tensors: dict[str, np.ndarray]) -> np.ndarray:
    """How many positions of each sequence are in use."""
    if "len" in tensors:
        return np.clip(tensors["len"], 0, case.sk)
    return np.full(case.batch, case.sk)


def make_inputs(named: NamedCase) -> dict[str, np.ndarray]:
    """The inputs of a case by name: floats in float64 as their types hold them."""
    case, rng = named.case, np.random.default_rng(named.seed)
    tensors = {}
    for tensor in inputs(case):
        if case.op == "append" and tensor.name == "table":
            first = tensors["pos"]
            tensors["table"] = table_of(case, first, first + case.sq, rng)
            continue
        if tensor.name == "table":
            tensors["table"] = shared_table(case, ends(case, tensors), rng)
            continue
        values = draw(tensor, case, rng)
        if tensor.type not in ("i1", "i32", "i64"):
            values = rounded(values, tensor.type)
        tensors[tensor.name] = values
    if case.page and case.op != "append":
        poison_pages(case, tensors)
    elif case.op not in ("append", "gate"):
        poison_hidden(case, tensors, rng)
        if case.kv_length:
            poison(case, tensors)
    return tensors
