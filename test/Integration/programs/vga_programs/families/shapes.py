"""Moves: slices, insertions, concatenation, padding, reshapes, transposition, broadcasts, tables."""

from __future__ import annotations

import math

import numpy as np

from ..build import Builder, Reject
from ..elements import is_float
from ..ir import Dim, Region, Type, Value
from ..tracked import Tracked, exactly
from .generic import Loops, add_generic, loop
from .table import family


def both(function, *parts: Tracked) -> Tracked:
    """An operation on arrays, of values and of errors."""
    return Tracked(
        parts[0].element, function(*(x.value for x in parts)), function(*(x.error for x in parts))
    )


class Numbers:
    """Offsets, sizes or strides: each a number in the text or an index that the run computes."""

    def __init__(self, b: Builder, per_axis, dynamic_share: float = 0.3) -> None:
        self.static: list[int | None] = []
        self.operands: list[Value] = []
        self.dims: list[Dim] = []
        for sizes in per_axis:
            sizes = tuple(int(size) for size in sizes)
            fixed = len(set(sizes)) == 1 and not b.chance(dynamic_share * (b.dynamic_share > 0))
            self.dims.append(Dim(sizes, fixed))
            self.static.append(sizes[0] if fixed else None)
            if not fixed:
                self.operands.append(b.index(sizes))

    def text(self, names: list[str]) -> str:
        rest = iter(names)
        return "[" + ", ".join(str(s) if s is not None else next(rest) for s in self.static) + "]"

    def values(self, given: list[Tracked]) -> list[int]:
        rest = iter(given)
        return [s if s is not None else int(next(rest).value) for s in self.static]


class Slice:
    """A slice of a tensor: offsets, sizes and strides as they are written."""

    def __init__(self, b: Builder, sizes_of_whole, sizes=None) -> None:
        offsets, counts, strides = [], [], []
        for axis, whole in enumerate(sizes_of_whole):
            stride = b.choose([1, 1, 1, 1, 2, 3])
            chosen = []
            for call, size in enumerate(whole):
                if sizes is not None:
                    count = sizes[axis][call]
                else:
                    count = size if b.chance(0.3) else b.number(min(1, size), size)
                chosen.append(count)
            if sizes is None and len(set(whole)) == 1 and b.chance(0.7):
                chosen = [chosen[0]] * len(chosen)
            while stride > 1 and any((n - 1) * stride + 1 > s for n, s in zip(chosen, whole)):
                if sizes is None:
                    chosen = [min(n, (s + stride - 1) // stride) for n, s in zip(chosen, whole)]
                    break
                stride -= 1
            if any(n > s for n, s in zip(chosen, whole)):
                raise Reject
            room = [s - ((n - 1) * stride + 1 if n else 0) for n, s in zip(chosen, whole)]
            starts = [b.number(0, max(r, 0)) for r in room]
            if len(set(room)) == 1:
                starts = [starts[0]] * len(starts)
            if any(s == 0 for s in whole) and len(set(whole)) == 1:
                # No offset is within a static dimension of size 0.
                raise Reject
            offsets.append(starts)
            counts.append(chosen)
            strides.append([stride] * len(whole))
        self.parts = [Numbers(b, offsets), Numbers(b, counts), Numbers(b, strides, 0.05)]

    @property
    def operands(self) -> list[Value]:
        return [v for part in self.parts for v in part.operands]

    @property
    def dims(self) -> list[Dim]:
        return self.parts[1].dims

    def text(self, names: list[str]) -> str:
        texts, at = [], 0
        for part in self.parts:
            texts.append(part.text(names[at : at + len(part.operands)]))
            at += len(part.operands)
        return " ".join(texts)

    def place(self, given: list[Tracked]) -> tuple[slice, ...]:
        found, at = [], 0
        for part in self.parts:
            found.append(part.values(given[at : at + len(part.operands)]))
            at += len(part.operands)
        return tuple(
            slice(o, o + (n - 1) * s + 1 if n else o, s) for o, n, s in zip(*found, strict=True)
        )

    def dropped(self, b: Builder) -> list[int]:
        """Axes of size 1 that the slice loses."""
        return [i for i, d in enumerate(self.dims) if d.is_static and d.sizes[0] == 1 and b.chance(0.5)]


@family("tensor.extract_slice", 2.0)
def extract_slice(b: Builder) -> None:
    x = b.pick(low=1)
    part = Slice(b, x.type.sizes)
    lost = part.dropped(b)
    static = tuple(d.is_static for i, d in enumerate(part.dims) if i not in lost)

    def meaning(a: Tracked, *given: Tracked) -> list[Tracked]:
        return [a.moved(lambda array: np.squeeze(array[part.place(given)], tuple(lost)))]

    b.keep(*b.add(
        lambda n: f"tensor.extract_slice {n[0]}{part.text(names_from(n, 1))} : {n.type(0)} to {n.results()}",
        [x, *part.operands], [(x.type.element, static)], meaning,
    ))  # fmt: skip


def names_from(n, first: int) -> list[str]:
    return [n[i] for i in range(first, len(n.operation.operands))]


@family("tensor.insert_slice", 1.5)
def insert_slice(b: Builder) -> None:
    into = b.pick(low=1)
    small = b.pick(into.type.element, low=0, high=into.type.rank)
    # The axes of the small one are among those of the large one, in order.
    axes = sorted(int(i) for i in b.rng.permutation(into.type.rank)[: small.type.rank])
    sizes = [(1,) * len(b.calls)] * into.type.rank
    for axis, dim in zip(axes, small.type.dims, strict=True):
        sizes[axis] = dim.sizes
    part = Slice(b, into.type.sizes, sizes)
    # Sizes in the text are what the type of the small one says.
    counts = []
    for i in range(into.type.rank):
        static = i not in axes or small.type.dims[axes.index(i)].is_static
        counts.append(Dim(tuple(sizes[i]), static))
    part.parts[1].dims = counts
    part.parts[1].static = [d.sizes[0] if d.is_static else None for d in counts]
    part.parts[1].operands = [b.index(d.sizes) for d in counts if not d.is_static]
    missing = tuple(i for i in range(into.type.rank) if i not in axes)

    def meaning(a: Tracked, to: Tracked, *given: Tracked) -> list[Tracked]:
        def put(piece, whole):
            whole = np.array(whole)
            whole[part.place(given)] = np.expand_dims(piece, missing)
            return whole

        return [both(put, a, to)]

    b.keep(*b.add(
        lambda n: f"tensor.insert_slice {n[0]} into {n[1]}{part.text(names_from(n, 2))} : "
                  f"{n.type(0)} into {n.type(1)}",
        [small, into, *part.operands], [(into.type.element, b.statics(into))], meaning,
    ))  # fmt: skip


@family("tensor.concat", 1.0)
def concat(b: Builder) -> None:
    x = b.pick(low=1)
    axis = b.number(0, x.type.rank - 1)
    parts = [x]
    for _ in range(b.number(1, 2)):
        fitting = [
            v for v in b.pool
            if v.type.element == x.type.element and v.type.rank == x.type.rank
            and all(i == axis or v.type.dims[i].sizes == d.sizes for i, d in enumerate(x.type.dims))
        ]  # fmt: skip
        if fitting and b.chance(0.7):
            parts.append(b.choose(fitting))
        else:
            dims = tuple(b.size() if i == axis else d for i, d in enumerate(x.type.dims))
            parts.append(b.argument(Type(x.type.element, dims)))
            b.pool.append(parts[-1])
    # The type of the result follows from those of the operands.
    static = []
    for i in range(x.type.rank):
        known = [v.type.dims[i].is_static for v in parts]
        static.append(all(known) if i == axis else any(known))
    b.keep(*b.add(
        lambda n: f"tensor.concat dim({axis}) {n.all()} : ({n.types()}) -> {n.results()}",
        parts, [(x.type.element, tuple(static))],
        lambda *xs: [both(lambda *arrays: np.concatenate(arrays, axis), *xs)],
    ))  # fmt: skip


@family("tensor.pad", 1.0)
def pad(b: Builder) -> None:
    x = b.pick(low=1)
    low = [[b.choose([0, 0, 1, 2, 3])] * len(b.calls) for _ in range(x.type.rank)]
    high = [[b.choose([0, 0, 1, 2, 4])] * len(b.calls) for _ in range(x.type.rank)]
    before, after = Numbers(b, low), Numbers(b, high)
    element = x.type.element
    number = b.number(-4, 4) / 2 if is_float(element) else b.number(0, 1)
    fill = b.constant(element, number)
    static = tuple(
        d.is_static and lo.is_static and hi.is_static
        for d, lo, hi in zip(x.type.dims, before.dims, after.dims, strict=True)
    )
    count = len(before.operands)
    places = [Value(Type("index")) for _ in range(x.type.rank)]
    region = Region(places, [], [fill], "tensor.yield")

    def meaning(bodies, a: Tracked, *given: Tracked) -> list[Tracked]:
        widths = list(zip(before.values(given[:count]), after.values(given[count:]), strict=True))
        what = bodies.run(0, *(exactly("index", 0) for _ in range(len(a.shape))))[0]
        return [Tracked(a.element, np.pad(a.value, widths, constant_values=what.value[()]),
                        np.pad(a.error, widths))]  # fmt: skip

    def text(n) -> str:
        names = names_from(n, 1)
        return (f"tensor.pad {n[0]} low{before.text(names[:count])} high{after.text(names[count:])} "
                f"{n.body(0)} : {n.type(0)} to {n.results()}")  # fmt: skip

    b.keep(*b.add(text, [x, *before.operands, *after.operands], [(element, static)], meaning, [region]))


def groups_of(b: Builder, rank: int) -> list[list[int]]:
    """Neighbouring axes together."""
    groups: list[list[int]] = []
    for axis in range(rank):
        if groups and b.chance(0.5):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return groups


@family("tensor.collapse_shape", 0.8)
def collapse(b: Builder) -> None:
    x = b.pick(low=1)
    groups = groups_of(b, x.type.rank)
    if all(size == 1 for sizes in x.type.sizes for size in sizes) and b.chance(0.5):
        if all(d.is_static for d in x.type.dims):
            groups = []
    static = tuple(all(x.type.dims[i].is_static for i in group) for group in groups)

    def how(array):
        return array.reshape([math.prod(array.shape[i] for i in group) for group in groups])

    b.keep(*b.add(
        lambda n: f"tensor.collapse_shape {n[0]} {groups} : {n.type(0)} into {n.results()}",
        [x], [(x.type.element, static)], lambda a: [a.moved(how)],
    ))  # fmt: skip


@family("tensor.expand_shape", 0.8)
def expand(b: Builder) -> None:
    x = b.pick(low=0, high=3)
    groups, sizes, static = [], [], []
    for dim in x.type.dims:
        group = [len(sizes)]
        common = math.gcd(*dim.sizes)
        factors = [f for f in (1, 2, 3, 4, 8) if common and common % f == 0]
        inner = b.choose(factors) if factors and b.chance(0.6) else None
        if inner is None:
            sizes.append(dim.sizes)
            static.append(dim.is_static)
        else:
            outer = tuple(s // inner for s in dim.sizes)
            pair = [(outer, dim.is_static), ((inner,) * len(dim.sizes), True)]
            for one, known in pair if b.chance(0.5) else pair[::-1]:
                sizes.append(one)
                static.append(known)
            group.append(group[0] + 1)
        groups.append(group)
    if x.type.rank == 0:
        sizes, static = [(1,) * len(b.calls)] * b.number(1, 2), []
        static = [True] * len(sizes)
    if len(sizes) > 6:
        raise Reject
    operands = [b.index(one) for one, known in zip(sizes, static, strict=True) if not known]

    def output_shape(names: list[str]) -> str:
        rest = iter(names)
        return "[" + ", ".join(
            str(one[0]) if known else next(rest) for one, known in zip(sizes, static, strict=True)
        ) + "]"  # fmt: skip

    def meaning(a: Tracked, *given: Tracked) -> list[Tracked]:
        rest = iter(given)
        shape = [one[0] if known else int(next(rest).value) for one, known in zip(sizes, static)]
        return [a.moved(lambda array: array.reshape(shape))]

    b.keep(*b.add(
        lambda n: f"tensor.expand_shape {n[0]} {groups} output_shape {output_shape(names_from(n, 1))} : "
                  f"{n.type(0)} into {n.results()}",
        [x, *operands], [(x.type.element, tuple(static))], meaning,
    ))  # fmt: skip


@family("linalg.transpose", 1.0)
def transpose(b: Builder) -> None:
    x = b.pick(low=1)
    order = [int(i) for i in b.rng.permutation(x.type.rank)]
    to = b.empty(x.type.element, tuple(x.type.dims[i] for i in order))
    b.keep(*b.add(
        lambda n: f"linalg.transpose ins({n[0]} : {n.type(0)}) outs({n[1]} : {n.type(1)}) permutation = {order}",
        [x, to], [(x.type.element, b.statics(to))],
        lambda a, _: [a.moved(lambda array: array.transpose(order))],
    ))  # fmt: skip


@family("linalg.broadcast", 0.8)
def broadcast(b: Builder) -> None:
    x = b.pick(high=3)
    rank = x.type.rank + b.number(1, 2)
    new = sorted(int(i) for i in b.rng.permutation(rank)[: rank - x.type.rank])
    rest = iter(x.type.dims)
    dims = tuple(b.size() if i in new else next(rest) for i in range(rank))
    if b.count(dims) > 6000:
        raise Reject
    to = b.empty(x.type.element, dims)

    def meaning(a: Tracked, out: Tracked) -> list[Tracked]:
        return [a.moved(lambda array: np.broadcast_to(np.expand_dims(array, tuple(new)), out.shape))]

    b.keep(*b.add(
        lambda n: f"linalg.broadcast ins({n[0]} : {n.type(0)}) outs({n[1]} : {n.type(1)}) dimensions = {new}",
        [x, to], [(x.type.element, b.statics(to))], meaning,
    ))  # fmt: skip


@family("table look-up", 1.0)
def look_up(b: Builder) -> None:
    """Rows of a table by indices, as an embedding does."""
    table = b.pick(low=1, high=3, test=lambda v: all(min(d.sizes) > 0 for d in v.type.dims[:1]))
    rows = table.type.dims[0].sizes
    element = b.choose(["i32", "i64", "index"])
    dims = b.dims(b.number(0, 2))
    whole = (*dims, *table.type.dims[1:])
    if b.count(whole) > 6000:
        raise Reject
    places = b.argument(
        Type(element, dims),
        [exactly(element, b.rng.integers(0, rows[c], [d.sizes[c] for d in dims])) for c in b.calls],
    )
    b.pool.append(places)
    out = b.empty(table.type.element, whole)
    count = len(whole)
    loops = Loops([[loop(i) for i in range(len(dims))], [loop(i) for i in range(count)]], 1, "p" * count, False)

    def body(b, ins, outs, indices):
        row = ins[0] if element == "index" else b.convert(ins[0], "index")
        return [b.extract(table, [row, *indices[len(dims) :]])]

    b.keep(*add_generic(b, loops, [places, out], body))


@family("tensor.from_elements", 0.4)
def from_elements(b: Builder) -> None:
    """Single numbers of tensors as a small one."""
    x = b.pick(test=lambda v: all(min(d.sizes) > 0 for d in v.type.dims))
    count = b.number(1, 4)
    numbers = []
    for _ in range(count):
        at = [b.index([b.number(0, s - 1) for s in d.sizes]) for d in x.type.dims]
        numbers.append(b.extract(x, at))
    b.keep(*b.add(
        lambda n: f"tensor.from_elements {n.all()} : {n.results()}",
        numbers, [(x.type.element, (True,))],
        lambda *xs: [both(lambda *arrays: np.stack(arrays), *xs)],
    ))  # fmt: skip


@family("tensor.generate", 0.4)
def generate(b: Builder) -> None:
    """A tensor computed from its indices."""
    from .generic import body_value

    dims = b.dims(b.number(1, 3))
    element = b.element()
    dynamic = [b.index(d.sizes) for d in dims if not d.is_static]
    places = [Value(Type("index")) for _ in dims]
    region = Region(places, [], [], "tensor.yield")

    def grids(shape) -> list[Tracked]:
        return [exactly("index", grid) for grid in np.ogrid[tuple(slice(s) for s in shape)]]

    shapes = [tuple(d.sizes[c] for d in dims) for c in b.calls]
    with b.inside(region, [grids(shape) for shape in shapes]):
        region.yields = [body_value(b, places, element, b.number(1, 2))]

    def meaning(bodies, *sizes: Tracked) -> list[Tracked]:
        rest = iter(sizes)
        shape = tuple(d.sizes[0] if d.is_static else int(next(rest).value) for d in dims)
        made = bodies.run(0, *grids(shape))[0]
        return [made.moved(lambda array: np.broadcast_to(array, shape))]

    b.keep(*b.add(
        lambda n: f"tensor.generate {n.all()} {n.body(0)} : {n.results()}",
        dynamic, [(element, tuple(d.is_static for d in dims))], meaning, [region],
    ))  # fmt: skip


@family("diagonal", 0.4)
def strided_read(b: Builder) -> None:
    """linalg.generic whose maps have sums: a window that slides over a vector, as in convolutions."""
    x = b.pick("float", low=1, high=2, test=lambda v: min(v.type.dims[-1].sizes) >= 3)
    stride = b.choose([1, 1, 2])
    width = b.number(1, min(3, min(x.type.dims[-1].sizes)))
    sizes = tuple((s - width) // stride + 1 for s in x.type.dims[-1].sizes)
    fixed = x.type.dims[-1].is_static
    lead = list(x.type.dims[:-1])
    out_dims = (*lead, Dim(sizes, fixed))
    window = b.argument(Type(x.type.element, (b.static_dim(width),)))
    start = b.splat(x.type.element, out_dims, 0)
    outer = len(lead)
    maps = [
        [*(loop(i) for i in range(outer)), ({outer: stride, outer + 1: 1}, 0)],
        [loop(outer + 1)],
        [loop(i) for i in range(outer + 1)],
    ]
    loops = Loops(maps, 2, "p" * (outer + 1) + "r", True)

    def body(b, ins, outs, places):
        from .elementwise import apply

        return [apply(b, "arith.addf", outs[0], apply(b, "arith.mulf", *ins))]

    b.keep(*add_generic(b, loops, [x, window, start], body))


