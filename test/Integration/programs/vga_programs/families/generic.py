"""linalg.generic: bodies of arith and math over any maps, elementwise and with sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..build import Builder, Reject
from ..elements import is_float
from ..ir import Bodies, Dim, Region, Type, Value
from ..tracked import Tracked, exactly, total
from .elementwise import SELECT, apply, apply_entry, choose_entry, convert
from .table import family

# An index of an operand: sum of coefficient * loop, and a constant.
Expression = tuple[dict[int, int], int]


def loop(number: int) -> Expression:
    return ({number: 1}, 0)


def expression_text(expression: Expression) -> str:
    terms = [f"d{d}" if c == 1 else f"d{d} * {c}" for d, c in expression[0].items()]
    if expression[1] or not terms:
        terms.append(str(expression[1]))
    return " + ".join(terms)


def map_text(expressions: list[Expression], loops: int) -> str:
    domain = ", ".join(f"d{i}" for i in range(loops))
    return f"affine_map<({domain}) -> ({', '.join(expression_text(e) for e in expressions)})>"


def gather(x: Tracked, expressions: list[Expression], domain: tuple[int, ...]) -> Tracked:
    """x over the loops: along axes that its map does not name it has size 1."""
    grids = np.ogrid[tuple(slice(size) for size in domain)] if domain else []
    places = []
    for terms, constant in expressions:
        place = np.full((1,) * len(domain), constant)
        for d, c in terms.items():
            place = place + c * grids[d]
        places.append(place)

    def how(array):
        if not places:
            return np.reshape(array, (1,) * len(domain))
        return array[tuple(np.broadcast_arrays(*places))] if places else array

    return x.moved(how)


@dataclass
class Loops:
    """What a generic operation is made of, besides its body."""

    maps: list[list[Expression]]
    inputs: int
    iterators: str  # p and r, one for each loop
    sums: bool  # whether all results are sums over the r loops
    # Sizes of loops that no operand names by itself follow from this one: (operand, axis).

    @property
    def parallel(self) -> list[int]:
        return [i for i, kind in enumerate(self.iterators) if kind == "p"]

    @property
    def reduced(self) -> list[int]:
        return [i for i, kind in enumerate(self.iterators) if kind == "r"]

    def domain(self, operands: tuple[Tracked, ...]) -> tuple[int, ...]:
        sizes: dict[int, int] = {}
        for x, expressions in zip(operands, self.maps, strict=True):
            for axis, (terms, constant) in enumerate(expressions):
                if constant == 0 and list(terms.values()) == [1]:
                    sizes.setdefault(next(iter(terms)), x.shape[axis])
        return tuple(sizes[i] for i in range(len(self.iterators)))

    def meaning(self, bodies: Bodies, *operands: Tracked) -> list[Tracked]:
        domain = self.domain(operands)
        spread = [
            gather(x, expressions, domain)
            for x, expressions in zip(operands[: self.inputs], self.maps, strict=False)
        ]
        outs = list(zip(operands[self.inputs :], self.maps[self.inputs :], strict=True))
        grids = np.ogrid[tuple(slice(size) for size in domain)] if domain else []
        indices = [exactly("index", grid) for grid in grids]
        initial = [gather(x, expressions, domain) for x, expressions in outs]
        if not self.reduced:
            yields = bodies.run(0, *spread, *initial, *indices)
            return [
                self.placed(y, x, expressions, domain)
                for y, (x, expressions) in zip(yields, outs, strict=True)
            ]
        if self.sums:
            zeros = [exactly(x.element, np.zeros((1,) * len(domain))) for x, _ in outs]
            yields = bodies.run(0, *spread, *zeros, *indices)
            return [
                self.placed(self.summed(y, start, domain), x, expressions, domain)
                for y, start, (x, expressions) in zip(yields, initial, outs, strict=True)
            ]
        return [
            self.placed(y, x, expressions, domain)
            for y, (x, expressions) in zip(
                self.one_by_one(bodies, spread, initial, indices, domain), outs, strict=True
            )
        ]

    def summed(self, terms: Tracked, start: Tracked, domain: tuple[int, ...]) -> Tracked:
        whole = terms.moved(lambda array: np.broadcast_to(array, domain))
        axes = tuple(self.reduced)
        squeezed = start.moved(lambda array: np.squeeze(array, axes))
        if is_float(terms.element):
            result = total(whole, axes, squeezed)
        else:
            with np.errstate(all="ignore"):
                value = squeezed.value + whole.value.sum(axes, dtype=whole.value.dtype)
            error = squeezed.error + whole.error.sum(axes)
            result = Tracked(terms.element, value, np.where(error > 0, np.inf, 0.0))
        return result.moved(lambda array: np.expand_dims(array, axes))

    def one_by_one(self, bodies, spread, state, indices, domain) -> list[Tracked]:
        """Reductions of any kind: the loops as they are written."""
        shape = tuple(domain[i] for i in self.reduced)
        if int(np.prod(shape, dtype=int)) > 150:
            raise Reject
        for point in np.ndindex(*shape):
            at = [slice(None)] * len(domain)
            for d, place in zip(self.reduced, point, strict=True):
                at[d] = slice(place, place + 1)

            def here(array, at=at):
                return array[tuple(s if n > 1 else slice(None) for s, n in zip(at, array.shape))]

            now = [x.moved(here) for x in (*spread, *indices)]
            inputs, places = now[: len(spread)], now[len(spread) :]
            state = bodies.run(0, *inputs, *state, *places)
        return state

    def placed(self, y: Tracked, x: Tracked, expressions, domain) -> Tracked:
        """What the body yields over the loops, as the tensor of the result."""
        sizes = tuple(1 if i in self.reduced else size for i, size in enumerate(domain))
        axes = [next(iter(terms)) for terms, _ in expressions]

        def how(array):
            whole = np.broadcast_to(array, sizes)
            kept = np.transpose(whole, [*axes, *(i for i in range(len(sizes)) if i not in axes)])
            return kept.reshape([sizes[a] for a in axes])

        placed = y.moved(how)
        assert placed.shape == x.shape, (placed.shape, x.shape)
        return placed


def add_generic(b: Builder, loops: Loops, operands: list[Value], body) -> list[Value]:
    """The operation; `body` makes the values that are yielded from the arguments of the block and
    the indices of the loops."""
    scalars = [Value(Type(x.type.element)) for x in operands]
    places = [Value(Type("index")) for _ in loops.iterators]
    region = Region([*scalars, *places])
    arguments = []
    for call in b.calls:
        values = tuple(b.values[call][x] for x in operands)
        domain = loops.domain(values)
        if loops.reduced and int(np.prod(domain, dtype=float)) > 60000:
            raise Reject
        grids = np.ogrid[tuple(slice(size) for size in domain)] if domain else []
        spread = [gather(x, e, domain) for x, e in zip(values, loops.maps, strict=True)]
        arguments.append([*spread, *(exactly("index", grid) for grid in grids)])
    with b.inside(region, arguments):
        region.yields = body(b, scalars[: loops.inputs], scalars[loops.inputs :], places)
    maps = ", ".join(map_text(e, len(loops.iterators)) for e in loops.maps)
    names = {"p": '"parallel"', "r": '"reduction"'}
    iterators = ", ".join(names[kind] for kind in loops.iterators)
    count = loops.inputs

    def text(n) -> str:
        ins = f" ins({n.all(0, count)} : {n.types(0, count)})" if count else ""
        # Indices are operations of the body, not arguments.
        used = {v for o in region.operations for v in o.used()} | set(region.yields)
        header = ", ".join(f"{n.name(v)}: {v.type}" for v in scalars)
        lines = ["  " * n.depth + f"^bb0({header}):"]
        for d, place in enumerate(places):
            if place in used:
                lines.append("  " * (n.depth + 1) + f"{n.name(place)} = linalg.index {d} : index")
        inner = n.body(0).splitlines()[1:]
        outs = f"outs({n.all(count)} : {n.types(count)})"
        head = f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{iterators}]}}{ins} {outs} "
        return head + "{\n" + "\n".join([*lines, *inner]) + f" -> {results(n)}"

    def results(n) -> str:
        types = n.results()
        return f"({types})" if len(n.operation.results) > 1 else types

    region.has_header = False
    outs = operands[count:]
    return b.add(
        text, operands, [(x.type.element, b.statics(x)) for x in outs], loops.meaning, [region]
    )


# --- Choices ----------------------------------------------------------------------------------


def body_value(b: Builder, available: list[Value], element: str, depth: int) -> Value:
    """A scalar of the type, computed from those that there are."""
    fitting = [v for v in available if v.type.element == element]
    if depth <= 0:
        if fitting and b.chance(0.85):
            return b.choose(fitting)
        others = [v for v in available if v.type.element != element]
        if others and b.chance(0.6):
            try:
                return convert(b, b.choose(others), element)
            except Reject:
                pass
        number = b.number(-4, 4) / 4 if is_float(element) else b.number(-4, 4)
        return b.constant(element, number if element != "i1" else number > 0)
    if b.chance(0.12):
        # A choice by a comparison.
        kind = b.choose([v.type.element for v in available])
        how = b.choose([one for one in comparisons(kind)]) if kind != "i1" else None
        condition = (
            b.scalar(how, [body_value(b, available, kind, 0) for _ in range(2)], ["i1"])[0]
            if how else body_value(b, available, "i1", 0)
        )  # fmt: skip
        yes, no = (body_value(b, available, element, depth - 1) for _ in range(2))
        return b.scalar(SELECT["F" if is_float(element) else "I"], [condition, yes, no], [element])[0]
    for _ in range(10):
        try:
            how = choose_entry(b, element)
            if how.outcomes[0] == "B":
                continue
            operands = [
                body_value(b, available, "i1" if letter == "B" else element, depth - 1 - (i > 0))
                for i, letter in enumerate(how.operands)
            ]
            return b.choose(
                [v for v in apply_entry(b, how, operands) if v.type.element == element]
            )
        except Reject:
            continue
    raise Reject


def comparisons(element: str):
    from ..scalars import TABLE

    name = "arith.cmpf" if is_float(element) else "arith.cmpi"
    return [one for one in TABLE if one.name == name]


def fitting_operand(b: Builder, dims: list[Dim], kind: str = "any") -> tuple[Value, list[Expression]]:
    """A tensor whose axes are some of the loops, in any order, from the pool or new."""

    def axes_of(value: Value) -> list[int] | None:
        left, axes = list(range(len(dims))), []
        for dim in value.type.dims:
            match = [i for i in left if dims[i].sizes == dim.sizes]
            if not match:
                return None
            axes.append(int(b.choose(match)))
            left.remove(axes[-1])
        return axes

    fitting = [(v, a) for v in b.pool if b.is_kind(v, kind) and (a := axes_of(v)) is not None]
    if fitting and b.chance(0.6):
        value, axes = fitting[b.number(0, len(fitting) - 1)]
    else:
        rank = b.number(0, len(dims))
        axes = [int(i) for i in b.rng.permutation(len(dims))[:rank]]
        chosen = tuple(dims[i] for i in axes)
        if b.count(chosen) > 6000:
            raise Reject
        value = b.argument(Type(b.element_of(kind), chosen))
        b.pool.append(value)
    return value, [loop(i) for i in axes]


def domain_of(b: Builder, x: Value) -> tuple[list[Dim], list[Expression]]:
    """Loops over the axes of x, in any order."""
    order = list(range(x.type.rank))
    if b.chance(0.5):
        order = [int(i) for i in b.rng.permutation(x.type.rank)]
    return [x.type.dims[axis] for axis in order], [loop(order.index(a)) for a in range(x.type.rank)]


def inputs(b: Builder, x: Value) -> tuple[list[Dim], list[Value], list]:
    """The sizes of loops that x has elements for, x and up to two more operands, and their maps."""
    dims, first = domain_of(b, x)
    operands, maps = [x], [first]
    for _ in range(b.number(0, 2)):
        value, expressions = fitting_operand(b, dims)
        operands.append(value)
        maps.append(expressions)
    return dims, operands, maps


def output(b: Builder, dims: tuple[Dim, ...], element: str) -> tuple[Value, bool]:
    """A tensor to write to, and whether the body may read it."""
    fitting = [v for v in b.pool if v.type.element == element and v.type.sizes == tuple(d.sizes for d in dims)]
    if fitting and b.chance(0.3):
        return b.choose(fitting), True
    return b.empty(element, dims), False


@family("linalg.generic", 4.0)
def generic(b: Builder) -> None:
    """Elementwise over permutations and broadcasts, with indices, with one or two results."""
    x = b.pick()
    dims, operands, maps = inputs(b, x)
    outs, readable = [], []
    for _ in range(b.choose([1, 1, 1, 2])):
        order = [int(i) for i in b.rng.permutation(len(dims))] if b.chance(0.3) else range(len(dims))
        element = b.choose([x.type.element, b.element()])
        out, may_read = output(b, tuple(dims[i] for i in order), element)
        outs.append(out)
        readable.append(may_read)
        maps.append([loop(i) for i in order])
    loops = Loops(maps, len(operands), "p" * len(dims), False)

    def body(b, ins, outs_now, places):
        available = [*ins, *(o for o, may in zip(outs_now, readable) if may)]
        if b.chance(0.25):
            available += places
        return [body_value(b, available, o.type.element, b.number(0, 3)) for o in outs_now]

    b.keep(*add_generic(b, loops, [*operands, *outs], body))


COMBINERS = {
    "float": ["arith.addf", "arith.addf", "arith.addf", "arith.maximumf", "arith.minimumf",
              "arith.maxnumf", "arith.minnumf", "arith.mulf"],
    "integer": ["arith.addi", "arith.addi", "arith.muli", "arith.maxsi", "arith.minsi", "arith.maxui",
                "arith.minui", "arith.andi", "arith.ori", "arith.xori"],
}  # fmt: skip


def start_of(b: Builder, name: str, element: str, dims: tuple[Dim, ...]) -> Value:
    """What a reduction begins with."""
    start = {"arith.mulf": 1, "arith.muli": 1}.get(name, 0)
    if name == "arith.andi":
        start = -1 if element != "i1" else 1
    if is_float(element) and name.endswith(("imumf", "numf")) and b.chance(0.7):
        start = np.inf if "min" in name else -np.inf
    if b.chance(0.3):
        value = b.argument(Type(element, dims))
        b.pool.append(value)
        return value
    return b.splat(element, dims, float(start) if is_float(element) else start)


@family("reduction", 2.5)
def reduction(b: Builder) -> None:
    """linalg.generic that reduces any of its loops by any combiner."""
    x = b.pick(low=1)
    dims, operands, maps = inputs(b, x)
    kinds = ["r" if b.chance(0.5) else "p" for _ in dims]
    if "r" not in kinds:
        kinds[b.number(0, len(dims) - 1)] = "r"
    kept = [i for i, kind in enumerate(kinds) if kind == "p"]
    results = b.choose([1, 1, 1, 2])
    outs, names = [], []
    for _ in range(results):
        element = b.choose([x.type.element, b.element()])
        names.append(b.choose(COMBINERS["float" if is_float(element) else "integer"]))
        if element == "i1":
            names[-1] = b.choose(["arith.andi", "arith.ori", "arith.xori"])
        order = [int(i) for i in b.rng.permutation(kept)] if b.chance(0.3) else kept
        outs.append(start_of(b, names[-1], element, tuple(dims[i] for i in order)))
        maps.append([loop(i) for i in order])
    sums = all(name in ("arith.addf", "arith.addi") for name in names)
    loops = Loops(maps, len(operands), "".join(kinds), sums)

    def body(b, ins, outs_now, places):
        available = [*ins, *places] if b.chance(0.2) else ins
        yields = []
        for out, name in zip(outs_now, names, strict=True):
            term = body_value(b, available, out.type.element, b.number(0, 2))
            pair = [out, term] if b.chance(0.6) else [term, out]
            yields.append(apply(b, name, *pair))
        return yields

    b.keep(*add_generic(b, loops, [*operands, *outs], body))
