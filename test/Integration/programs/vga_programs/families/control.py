"""Loops, branches and calls."""

from __future__ import annotations

import numpy as np

from ..build import Builder, Reject
from ..elements import is_float
from ..ir import Argument, Region, Type, Value
from ..tracked import Tracked, exactly
from .table import FAMILIES, family


def body_of(b: Builder, count: int) -> None:
    """Some operations of the families that can stand in a region."""
    families = [f for f in FAMILIES.values() if f.nests and (f.generate is not loop_for or b.depth < 2)]
    weights = [f.weight for f in families]
    made = 0
    for _ in range(6 * count):
        if made == count:
            return
        try:
            with b.trial():
                b.choose(families, weights).generate(b)
                made += 1
        except Reject:
            continue


def of_type(b: Builder, wanted: Type) -> Value:
    """The latest value of the type; a loop may be without one that is new."""
    fitting = [v for v in b.pool if v.type.element == wanted.element and v.type.sizes == wanted.sizes]
    if not fitting:
        raise Reject
    latest = fitting[-1] if b.chance(0.7) else b.choose(fitting)
    return b.cast(latest, wanted.dims)


def settled(b: Builder, x: Value) -> Value:
    """x kept from growing over the rounds of a loop, if it is of floats."""
    from .elementwise import apply, clamped, constant_like

    if not is_float(x.type.element):
        return x
    return clamped(b, apply(b, "arith.mulf", x, constant_like(b, x, 0.5)), -8.0, 8.0)


@family("scf.for", 1.0)
def loop_for(b: Builder) -> None:
    """A loop that carries one to three tensors."""
    carried = [b.pick(test=lambda v: b.count(v.type.dims) < 2000) for _ in range(b.number(1, 3))]
    rounds = tuple(b.number(0, 4) for _ in b.calls)
    stride = b.choose([1, 1, 2])
    low = b.index([1] * len(rounds) if b.chance(0.3) else [0] * len(rounds))
    first = int(b.values[0][low].value)
    high = b.index([first + r * stride for r in rounds])
    step = b.index([stride] * len(rounds))
    inner = [Value(v.type) for v in carried]
    counter = Value(Type("index"))
    region = Region([counter, *inner], [], [], "scf.yield", has_header=False)
    arguments = [
        [exactly("index", first), *(b.values[c][v] for v in carried)] for c in b.calls
    ]  # fmt: skip
    with b.inside(region, arguments):
        b.pool += inner
        body_of(b, b.number(1, 3))
        if b.chance(0.3):
            use_counter(b, counter)
        region.yields = [settled(b, of_type(b, v.type)) for v in carried]
        if b.chance(0.15):
            # Carries that change places.
            swap_equal_types(region)

    def meaning(bodies, lo: Tracked, hi: Tracked, st: Tracked, *state: Tracked) -> list[Tracked]:
        state = list(state)
        for i in range(int(lo.value), int(hi.value), int(st.value)):
            state = bodies.run(0, exactly("index", i), *state)
        return state

    def text(n) -> str:
        pairs = ", ".join(
            f"{n.block_argument(0, i + 1)} = {n[i + 3]}" for i in range(len(n.operation.operands) - 3)
        )
        return (f"scf.for {n.block_argument(0, 0)} = {n[0]} to {n[1]} step {n[2]} iter_args({pairs}) -> "
                f"({n.results()}) {n.body(0)}")  # fmt: skip

    b.keep(*b.add(
        text, [low, high, step, *carried], [(v.type.element, b.statics(v)) for v in carried],
        meaning, [region],
    ))  # fmt: skip


def use_counter(b: Builder, counter: Value) -> None:
    """A tensor that the number of the round is part of."""
    element = b.choose(["i32", "i64"])
    number = b.convert(counter, element)
    x = b.pick(element, low=0, high=3)
    dynamic = [b.index(d.sizes) for d in x.type.dims if not d.is_static]

    def meaning(s: Tracked, *sizes: Tracked) -> list[Tracked]:
        rest = iter(sizes)
        shape = [d.sizes[0] if d.is_static else int(next(rest).value) for d in x.type.dims]
        return [s.moved(lambda array: np.broadcast_to(array, shape))]

    places = "" if not dynamic else "dynamic"
    spread = b.add(
        lambda n: f"tensor.splat {n[0]}{'[' + n.all(1) + ']' if places else ''} : {n.results()}",
        [number, *dynamic], [(element, b.statics(x))], meaning,
    )[0]  # fmt: skip
    from .elementwise import apply

    b.keep(apply(b, b.choose(["arith.addi", "arith.muli", "arith.xori"]), x, spread))


def swap_equal_types(region: Region) -> None:
    """Of other sizes, too, where no operation of the body uses what is carried."""
    yields, inner = region.yields, region.arguments[1:]
    used = {v for o in region.operations for v in o.used()}
    for i in range(len(yields)):
        for j in range(i):
            if str(yields[i].type) != str(yields[j].type):
                continue
            if inner[i].type.sizes == inner[j].type.sizes or not used & set(inner):
                yields[i], yields[j] = yields[j], yields[i]


@family("scf.if", 0.8)
def branch(b: Builder) -> None:
    if b.chance(0.5):
        flags = b.argument(Type("i1", ()), [exactly("i1", b.chance(0.5)) for _ in b.calls])
        condition = b.extract(flags, [])
    else:
        x = b.pick(test=lambda v: all(min(d.sizes) > 0 for d in v.type.dims) and v.type.element != "i1")
        at = [b.index([b.number(0, s - 1) for s in d.sizes]) for d in x.type.dims]
        picked = b.extract(x, at)
        if any(not b.values[c][picked].exact.all() for c in b.calls):
            raise Reject
        from .elementwise import constant_like
        from .generic import comparisons

        how = b.choose(comparisons(x.type.element))
        condition = b.scalar(how, [picked, constant_like(b, picked, 0)], ["i1"])[0]
    wanted = [b.pick() for _ in range(b.number(1, 2))]
    regions = []
    for _ in range(2):
        region = Region([], [], [], "scf.yield", has_header=False)
        with b.inside(region, [[] for _ in b.calls]):
            body_of(b, b.number(0, 2))
            region.yields = [of_type(b, v.type) for v in wanted]
        regions.append(region)

    def meaning(bodies, c: Tracked) -> list[Tracked]:
        if not c.exact.all():
            raise Reject
        return bodies.run(0 if c.value else 1)

    b.keep(*b.add(
        lambda n: f"scf.if {n[0]} -> ({n.results()}) {n.body(0)} else {n.body(1)}",
        [condition], [(v.type.element, b.statics(v)) for v in wanted], meaning, regions,
    ))  # fmt: skip


@family("scf.while", 0.5)
def loop_while(b: Builder) -> None:
    """A loop that ends when a number it carries has passed a bound."""
    carried = [b.pick(test=lambda v: b.count(v.type.dims) < 2000) for _ in range(b.number(1, 2))]
    bound = b.index([b.number(0, 4) for _ in b.calls])
    start = b.constant("index", 0)
    types = [Type("index"), *(v.type for v in carried)]
    before = Region([Value(t) for t in types], [], [], "scf.condition", has_header=False)
    after = Region([Value(t) for t in types], [], [], "scf.yield")
    from .elementwise import BY_NAME

    less = BY_NAME["arith.cmpi" + "slt" + "II->B"]
    firsts = [[exactly("index", 0), *(b.values[c][v] for v in carried)] for c in b.calls]
    with b.inside(before, firsts):
        before.yields = [b.scalar(less, [before.arguments[0], bound], ["i1"])[0]]
    with b.inside(after, firsts):
        b.pool += after.arguments[1:]
        body_of(b, b.number(1, 3))
        one = b.constant("index", 1)
        from .elementwise import apply

        count = apply(b, "arith.addi", after.arguments[0], one)
        after.yields = [count, *(settled(b, of_type(b, v.type)) for v in carried)]

    def meaning(bodies, *state: Tracked) -> list[Tracked]:
        state = list(state)
        for _ in range(100):
            if not bodies.run(0, *state)[0].value:
                return state
            state = bodies.run(1, *state)
        raise Reject

    def text(n) -> str:
        pairs = ", ".join(
            f"{n.block_argument(0, i)} = {n[i]}" for i in range(len(n.operation.operands))
        )
        # The condition passes on what it got.
        body = n.body(0)
        head, _, _ = body.rpartition("scf.condition")
        condition = n.name(before.yields[0])
        passed = ", ".join(n.name(v) for v in before.arguments)
        head += f"scf.condition({condition}) {passed} : {n.types()}\n" + "  " * n.depth + "}"
        return f"scf.while ({pairs}) : ({n.types()}) -> ({n.results()}) {head} do {n.body(1)}"

    results = [("index", None), *((v.type.element, b.statics(v)) for v in carried)]
    b.keep(*b.add(text, [start, *carried], results, meaning, [before, after])[1:])


@family("call", 0.8)
def call(b: Builder) -> None:
    """A private function, that is called once or twice."""
    operands = [b.pick() for _ in range(b.number(1, 3))]
    types = [v.type for v in operands]
    with b.helper() as function:
        function.name = f"{function.name}"
        for v in operands:
            inner = Value(v.type)
            data = [b.values[c][v] for c in b.calls]
            function.arguments.append(Argument(inner, data))
            for c in b.calls:
                b.values[c][inner] = data[c]
            b.pool.append(inner)
        body_of(b, b.number(1, 3))
        made = [v for v in b.pool if v not in {a.value for a in function.arguments}]
        if not made:
            raise Reject
        function.results = [made[-1]]
        if b.chance(0.4):
            function.results.append(b.choose(b.pool))
    # What the body asked for besides is passed by the caller.
    extra = []
    for argument in function.arguments[len(operands) :]:
        extra.append(b.argument(argument.value.type, argument.inputs))
    operands = [*operands, *extra]
    for again in range(b.choose([1, 1, 2])):
        given = operands if not again else [*(b.like(v) for v in operands[: len(types)]), *extra]
        b.keep(*b.add(
            lambda n: f"func.call @{n.callee()}({n.all()}) : ({n.types()}) -> ({n.results()})",
            given, [(v.type.element, b.statics(v)) for v in function.results],
            lambda bodies, *xs: bodies.call(*xs), callees=[function],
        ))  # fmt: skip
