"""vga.gate, vga.attention, vga.gated_attention and vga.append, on tensors and on pages."""

from __future__ import annotations

import numpy as np
import oracle

from .. import attention_values
from ..build import Builder, Reject
from ..elements import is_float, round_to
from ..ir import Dim, Type, Value
from ..tracked import Tracked, exactly
from .table import family

FLOAT_TYPES = ["f32", "f32", "f16", "bf16", "f64"]
HEADS = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 1), (6, 3), (3, 3), (8, 2)]
CHANNELS = [1, 2, 3, 4, 5, 8, 8, 12, 16, 16, 24, 32, 33, 64]
ACTIVATIONS = ["sigmoid", "sigmoid", "identity", "softplus"]


class Problem:
    """Sizes of one attention, and tensors in its layout."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        self.element = b.element("float")
        self.layout = b.choose(["bhsd", "bhsd", "bshd", "sbhd"])
        hq, hkv = b.choose(HEADS)
        small = [1, 1, 2, 3] if not b.chance(0.05) else [0]
        self.dims = {
            "B": self.some(small),
            "Hq": b.static_dim(hq),
            "Hkv": b.static_dim(hkv),
            "Sq": self.some([1, 1, 2, 3, 5, 8, 16, 17, 33]),
            "Sk": self.some([1, 2, 3, 4, 7, 8, 16, 17, 32, 33, 40]),
            "Dk": b.static_dim(b.choose(CHANNELS)),
        }
        self.dims["Dv"] = self.dims["Dk"] if b.chance(0.6) else b.static_dim(b.choose(CHANNELS))
        if b.chance(0.3):
            self.dims["Sk"] = self.dims["Sq"]
        if b.chance(0.04):
            self.dims[b.choose(["Sq", "Sk"])] = self.some([0])

    def some(self, sizes: list[int]) -> Dim:
        if self.b.chance(self.b.dynamic_share * 0.7):
            return Dim(tuple(int(self.b.choose(sizes)) for _ in self.b.calls), False)
        return self.b.static_dim(int(self.b.choose(sizes)))

    def shape(self, heads: str, positions: str, channels: str) -> tuple[Dim, ...]:
        names = {"b": "B", "h": heads, "s": positions, "d": channels}
        return tuple(self.dims[names[axis]] for axis in self.layout)

    def tensor(self, element: str, dims: tuple[Dim, ...]) -> Value:
        """From the pool if there is one, or new."""
        b = self.b
        wanted = tuple(d.sizes for d in dims)
        fitting = [v for v in b.pool if v.type.element == element and v.type.sizes == wanted]
        fitting = [v for v in fitting if all(np.isfinite(x.value).all() for x in b.of(v))]
        if fitting and b.chance(0.5):
            return b.cast(b.choose(fitting), dims)
        if b.count(dims) > 12000:
            raise Reject
        value = b.argument(Type(element, dims), self.normal(element, dims))
        b.pool.append(value)
        return value

    def normal(self, element: str, dims: tuple[Dim, ...]) -> list[Tracked]:
        b = self.b
        shapes = [tuple(d.sizes[c] for d in dims) for c in b.calls]
        if b.data == "eighths":
            return [exactly(element, b.rng.integers(-8, 9, shape) / 8.0) for shape in shapes]
        return [exactly(element, round_to(b.rng.standard_normal(shape), element)) for shape in shapes]

    def of(self, call: int, name: str) -> int:
        return self.dims[name].sizes[call]


class Clauses:
    """Optional operands of an operation: their text and where they are among its operands."""

    def __init__(self) -> None:
        self.operands: list[Value] = []
        self.names: list[str] = []
        self.words: list[str] = []

    def give(self, clause: str, value: Value) -> None:
        self.names.append(clause)
        self.operands.append(value)

    def text(self, n, first: int) -> str:
        given = [f"{name}({n[first + i]} : {n.type(first + i)})" for i, name in enumerate(self.names)]
        return " ".join([*given, *self.words])

    def by_name(self, tracked: tuple[Tracked, ...]) -> dict[str, Tracked]:
        return dict(zip(self.names, tracked, strict=True))


def weight_dims(p: Problem, source: tuple[str, str], heads: str, mixing: str, channels) -> tuple:
    """Of a gate's weight: source is the names of the heads and the channels of the source."""
    d = p.dims
    if mixing == "per_head":
        dims = (d[heads], d[source[1]])
    else:
        dims = (d[source[0]], d[source[1]], d[heads])
    return dims if channels is None else (*dims, d[channels])


def gate_form(b: Builder, p: Problem, source: tuple[str, str], heads: str, channels):
    """Weight, clauses and the oracle's options of a gate."""
    mixing = b.choose(["per_head", "per_head", "cross_head"])
    activation = b.choose(ACTIVATIONS)
    # Any types beside those of q, k and v.
    dims = weight_dims(p, source, heads, mixing, channels)
    element = b.choose([p.element, b.choose(FLOAT_TYPES)])
    data = p.normal(element, dims)
    # Logits of order one, so that no gate saturates.
    fan = max(dims[0].sizes[0] if mixing == "cross_head" else 1, 1) * dims[1].sizes[0]
    fan = 4.0 ** np.ceil(np.log2(max(fan, 1)) / 2)
    weight = b.argument(
        Type(element, dims), [exactly(element, round_to(x.value / np.sqrt(fan), element)) for x in data]
    )
    clauses = Clauses()
    if b.chance(0.4):
        bias = (p.dims[heads],) if channels is None else (p.dims[heads], p.dims[channels])
        clauses.give("bias", p.tensor(b.choose([p.element, b.choose(FLOAT_TYPES)]), bias))
    if activation != "sigmoid":
        clauses.words.append(f"activation {activation}")
    if mixing != "per_head":
        clauses.words.append(f"mixing {mixing}")
    return weight, clauses, {"mixing": mixing, "activation": activation, "layout": p.layout}


def add_gate(b: Builder, p: Problem, source: Value, names: tuple[str, str], heads: str, channels) -> Value:
    weight, clauses, form = gate_form(b, p, names, heads, channels)
    if p.layout != "bhsd":
        clauses.words.append(f"layout {p.layout}")
    static = source.type.dims
    batch, positions = (static[p.layout.index(axis)].is_static for axis in "bs")
    if channels is None:
        flags = (batch, True, positions)
    else:
        flags = tuple({"b": batch, "h": True, "s": positions, "d": True}[axis] for axis in p.layout)

    def meaning(x: Tracked, w: Tracked, *rest: Tracked) -> list[Tracked]:
        bias = clauses.by_name(rest).get("bias")
        return [attention_values.gate(x, w, bias, **form)]

    return b.add(
        lambda n: f"vga.gate {n[0]}, {n[1]} {clauses.text(n, 2)} : {n.type(0)}, {n.type(1)}",
        [source, weight, *clauses.operands],
        [(attention_values.wide(p.element), flags)], meaning,
    )[0]  # fmt: skip


@family("vga.gate", 1.0)
def gate(b: Builder) -> None:
    p = Problem(b)
    source = p.tensor(p.element, p.shape("Hkv", "Sk", "Dv"))
    channels = b.choose([None, None, "Dv", "Dk"])
    b.keep(add_gate(b, p, source, ("Hkv", "Dv"), b.choose(["Hkv", "Hq"]), channels))


def mask(b: Builder, p: Problem) -> Value:
    """Of floats or booleans, of any rank; some dimensions are 1."""
    rank = b.number(0, 4)
    dims = []
    for name in ["B", "Hq", "Sq", "Sk"][4 - rank :]:
        dims.append(p.dims[name] if b.chance(0.7) else b.static_dim(1))
    if b.chance(0.5):
        shapes = [tuple(d.sizes[c] for d in dims) for c in b.calls]
        return b.argument(Type("i1", tuple(dims)), [exactly("i1", b.rng.random(s) < 0.7) for s in shapes])
    element = b.choose([p.element, b.choose(FLOAT_TYPES)])
    data = p.normal(element, tuple(dims))
    for x in data:
        x.value = np.where(b.rng.random(x.shape) < 0.15, -np.inf, x.value)
    return b.argument(Type(element, tuple(dims)), data)


def lengths(b: Builder, p: Problem, capacity) -> Value:
    element = b.choose(["i32", "i64"])
    data = []
    for c in b.calls:
        some = b.rng.integers(0, capacity[c] + 1, p.of(c, "B"))
        if b.chance(0.2):
            some = some + b.choose([-3, capacity[c] + 2])
        data.append(exactly(element, some))
    return b.argument(Type(element, (p.dims["B"],)), data)


def optional_clauses(b: Builder, p: Problem, capacity, has_lengths: bool | None = None) -> Clauses:
    """What any attention may have besides gates."""
    clauses = Clauses()
    if b.chance(0.25):
        clauses.give("mask", mask(b, p))
    if has_lengths is None:
        has_lengths = b.chance(0.25)
        if has_lengths:
            clauses.give("kv_length", lengths(b, p, capacity))
    if b.chance(0.2):
        clauses.give("sink", p.tensor(b.choose([p.element, b.choose(FLOAT_TYPES)]), (p.dims["Hq"],)))
    if b.chance(0.35):
        clauses.words.append("causal")
    if b.chance(0.2):
        clauses.words.append(f"window [{b.number(-1, 6)}, {b.number(-1, 4)}]")
    alignments = ["bottom_right", "top_left", *(["length"] if has_lengths else [])]
    alignment = b.choose(alignments)
    if alignment != "bottom_right" or b.chance(0.1):
        clauses.words.append(f"alignment {alignment}")
    if b.chance(0.2):
        clauses.words.append(f"scale {b.choose([0.5, 0.125, -0.25, 1.0])}")
    if b.chance(0.2):
        clauses.words.append(f"softcap {b.choose([1.5, 4.0, 20.0])}")
    if b.chance(0.3):
        clauses.words.append("lse")
    if p.layout != "bhsd":
        clauses.words.append(f"layout {p.layout}")
    return clauses


def oracle_options(p: Problem, words: list[str]) -> dict:
    options: dict = {"layout": p.layout, "_element": attention_values.wide(p.element)}
    for word in words:
        name, _, value = word.partition(" ")
        if name == "causal":
            options["causal"] = True
        elif name == "window":
            options["window"] = tuple(int(n) for n in value.strip("[]").split(","))
        elif name == "alignment":
            options["alignment"] = value
        elif name in ("scale", "softcap"):
            options[name] = float(value)
    return options


def attend(p: Problem, words: list[str], given: dict[str, Tracked], q, k, v, gates: dict) -> list[Tracked]:
    """The oracle on tracked operands."""
    options = oracle_options(p, words)
    floats = dict(gates)
    for name in ("mask", "sink"):
        if name in given:
            if is_float(given[name].element):
                floats[name] = given[name]
            else:
                options[name] = given[name].value
    for name in ("kv_length", "block_table"):
        if name in given:
            if not given[name].exact.all():
                raise Reject
            options[name] = given[name].value
    for x in (q, k, v, *floats.values()):
        if np.isinf(x.error).any():
            raise Reject
    out, lse = attention_values.attention(q, k, v, floats, options)
    return [out, lse] if "lse" in words else [out]


def result_types(p: Problem, q, words: list[str]) -> list[tuple]:
    """The element type of each result of attention, and which of its sizes are static."""
    flags = tuple(d.is_static for d in q.type.dims)
    results = [(p.element, flags)]
    if "lse" in words:
        batch, positions = (flags[p.layout.index(axis)] for axis in "bs")
        results.append((attention_values.wide(p.element), (batch, True, positions)))
    return results


def add_attention(b: Builder, p: Problem, q, k, v, clauses: Clauses) -> None:
    results = result_types(p, q, clauses.words)
    words = list(clauses.words)

    def meaning(q: Tracked, k: Tracked, v: Tracked, *rest: Tracked) -> list[Tracked]:
        given = clauses.by_name(rest)
        gates = {name: given[name] for name in ("value_gate", "output_gate") if name in given}
        return attend(p, words, given, q, k, v, gates)

    b.keep(*b.add(
        lambda n: f"vga.attention {n[0]}, {n[1]}, {n[2]} {clauses.text(n, 3)} : {n.types(0, 3)}",
        [q, k, v, *clauses.operands], results, meaning,
    ))  # fmt: skip


def value_gate(b: Builder, p: Problem, v: Value, pages: bool = False) -> Value:
    heads = b.choose(["Hkv", "Hq"])
    channels = b.choose([None, None, "Dv"])
    if b.chance(0.5):
        return add_gate(b, p, v, ("Hkv", "Dv"), heads, channels)
    element = b.choose([p.element, b.choose(FLOAT_TYPES)])
    if channels:
        return p.tensor(element, p.shape(heads, "Sk", "Dv"))
    return p.tensor(element, (p.dims["B"], p.dims[heads], p.dims["Sk"]))


def output_gate(b: Builder, p: Problem) -> Value:
    if b.chance(0.4):
        source = p.tensor(p.element, p.shape("Hq", "Sq", "Dk"))
        return add_gate(b, p, source, ("Hq", "Dk"), "Hq", b.choose([None, "Dv"]))
    element = b.choose([p.element, b.choose(FLOAT_TYPES)])
    if b.chance(0.5):
        return p.tensor(element, p.shape("Hq", "Sq", "Dv"))
    return p.tensor(element, (p.dims["B"], p.dims["Hq"], p.dims["Sq"]))


def operands(p: Problem) -> tuple[Value, Value, Value]:
    q = p.tensor(p.element, p.shape("Hq", "Sq", "Dk"))
    k = p.tensor(p.element, p.shape("Hkv", "Sk", "Dk"))
    v = p.tensor(p.element, p.shape("Hkv", "Sk", "Dv"))
    return q, k, v


@family("vga.attention", 2.5)
def attention(b: Builder) -> None:
    p = Problem(b)
    q, k, v = operands(p)
    clauses = optional_clauses(b, p, p.dims["Sk"].sizes)
    if b.chance(0.4):
        clauses.give("value_gate", value_gate(b, p, v))
    if b.chance(0.25):
        clauses.give("output_gate", output_gate(b, p))
    add_attention(b, p, q, k, v, clauses)


@family("vga.gated_attention", 1.2)
def gated_attention(b: Builder) -> None:
    p = Problem(b)
    q, k, v = operands(p)
    site = b.choose(["value", "output"])
    heads = "Hq" if site == "output" else b.choose(["Hkv", "Hq"])
    weight, clauses, form = gate_form(b, p, ("Hkv", "Dv"), heads, b.choose([None, "Dv"]))
    own = list(clauses.words)
    more = optional_clauses(b, p, p.dims["Sk"].sizes)
    for name, value in zip(more.names, more.operands, strict=True):
        clauses.give(name, value)
    clauses.words = [*own, *more.words, *([f"site {site}"] if site == "output" else [])]
    results = result_types(p, q, more.words)
    words = list(more.words)

    def meaning(q: Tracked, k: Tracked, v: Tracked, w: Tracked, *rest: Tracked) -> list[Tracked]:
        given = clauses.by_name(rest)
        g = attention_values.gate(v, w, given.get("bias"), **form)
        if site == "output":
            aligned = "alignment length" in words
            length = given["kv_length"].value if aligned else None
            queries = q.shape[p.layout.index("s")]
            gates = {"output_gate": attention_values.shifted(g, queries, p.layout, length)}
        else:
            gates = {"value_gate": g}
        return attend(p, words, given, q, k, v, gates)

    b.keep(*b.add(
        lambda n: f"vga.gated_attention {n[0]}, {n[1]}, {n[2]}, {n[3]} {clauses.text(n, 4)} "
                  f": {n.types(0, 4)}",
        [q, k, v, weight, *clauses.operands], results, meaning,
    ))  # fmt: skip


# --- Caches -----------------------------------------------------------------------------------


def positions(b: Builder, p: Problem, room) -> Value:
    """How much each sequence has: what is appended fits behind it."""
    element = b.choose(["i32", "i64"])
    data = [exactly(element, b.rng.integers(0, room[c] + 1, p.of(c, "B"))) for c in b.calls]
    return b.argument(Type(element, (p.dims["B"],)), data)


def ends(b: Builder, p: Problem, start: Value, added: Dim) -> Value:
    """What each sequence has after the append, computed by the program."""
    from .elementwise import apply

    element = start.type.element
    count = b.index(added.sizes)
    number = b.convert(count, element)
    dynamic = [b.index(d.sizes) for d in start.type.dims if not d.is_static]

    def spread(x: Tracked, *size: Tracked) -> list[Tracked]:
        shape = (int(size[0].value),) if size else (start.type.dims[0].sizes[0],)
        return [x.moved(lambda array: np.broadcast_to(array, shape))]

    where = bool(dynamic)
    counts = b.add(
        lambda n: f"tensor.splat {n[0]}{'[' + n.all(1) + ']' if where else ''} : {n.results()}",
        [number, *dynamic], [(element, b.statics(start))], spread,
    )[0]  # fmt: skip
    return apply(b, "arith.addi", start, counts)


def append(b: Builder, p: Problem, source: Value, cache: Value, at: Value, table: Value | None) -> Value:
    clauses = Clauses()
    if table is not None:
        clauses.give("block_table", table)
    if p.layout != "bhsd":
        clauses.words.append(f"layout {p.layout}")

    def meaning(x: Tracked, into: Tracked, start: Tracked, *rest: Tracked) -> list[Tracked]:
        if not start.exact.all():
            raise Reject
        pages = rest[0].value if rest else None
        how = {"block_table": pages, "layout": p.layout}
        return [Tracked(into.element, oracle.append(x.value, into.value, start.value, **how),
                        oracle.append(x.error, into.error, start.value, **how))]  # fmt: skip

    return b.add(
        lambda n: f"vga.append {n[0]} into {n[1]} at {n[2]} {clauses.text(n, 3)} : {n.types(0, 3)}",
        [source, cache, at, *clauses.operands], [(cache.type.element, b.statics(cache))], meaning,
    )[0]  # fmt: skip


def table_of(b: Builder, p: Problem, at: Value, added: Dim, page: int, entries: Dim) -> tuple[Value, Dim]:
    """A block table, whose pages are distinct for each sequence; entries not in use hold anything."""
    data, pools = [], max(b.of(at)[c].value.size * entries.sizes[c] for c in b.calls) + 1
    for c in b.calls:
        begin, count = b.values[c][at].value, entries.sizes[c]
        pages = b.rng.permutation(pools)[: len(begin) * count].reshape(len(begin), count)
        used = np.arange(count) < -(-(begin + added.sizes[c])[:, None] // page)
        data.append(exactly("i32", np.where(used, pages, b.choose([-1, 2**31 - 1, pools]))))
    table = b.argument(Type("i32", (p.dims["B"], entries)), data)
    return table, b.static_dim(pools)


@family("vga.append", 1.2)
def append_and_attend(b: Builder) -> None:
    """A step of serving: new keys and values go into caches, then queries attend to these."""
    p = Problem(b)
    if any(size == 0 for size in p.dims["B"].sizes):
        raise Reject
    added = p.dims["Sq"]
    if b.chance(0.5):
        page = int(b.choose([1, 2, 4, 8, 16]))
        entries = b.static_dim(b.number(1, 3) + -(-max(added.sizes) // page))
        capacity = [page * n for n in entries.sizes]
    else:
        page, entries = 0, None
        p.dims["Sk"] = b.static_dim(max(added.sizes) + b.number(0, 20))
        capacity = list(p.dims["Sk"].sizes)
    room = [capacity[c] - added.sizes[c] for c in b.calls]
    at = positions(b, p, room)
    table = None
    if page:
        table, pools = table_of(b, p, at, added, page, entries)
        real = p.dims
        p.dims = {**real, "B": pools, "Sk": b.static_dim(page)}
    caches = [p.tensor(p.element, p.shape("Hkv", "Sk", d)) for d in ("Dk", "Dv")]
    if page:
        p.dims = {**real, "Sk": b.static_dim(capacity[0])}
    new = [p.tensor(p.element, p.shape("Hkv", "Sq", d)) for d in ("Dk", "Dv")]
    k, v = (append(b, p, x, cache, at, table) for x, cache in zip(new, caches, strict=True))
    if b.chance(0.3):
        b.keep(k, v)
        return
    q = p.tensor(p.element, p.shape("Hq", "Sq", "Dk"))
    clauses = optional_clauses(b, p, capacity, has_lengths=True)
    clauses.give("kv_length", ends(b, p, at, added))
    if table is not None:
        clauses.give("block_table", table)
    add_attention(b, p, q, k, v, clauses)
