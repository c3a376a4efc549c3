"""States, and parameters: what a function keeps between its calls, and its weights."""

from __future__ import annotations

import numpy as np

from ..build import LARGEST, Builder, Reject
from ..elements import STORED, is_float
from ..ir import Type, Value, continue_states
from ..tracked import Tracked, exactly
from .attention import (
    Problem, add_attention, add_gate, append, ends, optional_clauses, positions,
)  # fmt: skip
from .elementwise import BY_NAME
from .table import family


def state(b: Builder, element: str, dims) -> Value:
    """An argument that is a state: zeros, for vga-run begins anew with every call."""
    zeros = [exactly(element, np.zeros([d.sizes[c] for d in dims])) for c in b.calls]
    return b.argument(Type(element, dims), zeros, f'{{vga.state = "s{len(b.function.arguments)}"}}')


def any_use(b: Builder, element: str) -> None:
    """One or two states of a type that are tensors to all other families."""
    dims = tuple(b.choose(b.static) for _ in range(b.number(0, 3)))
    if b.count(dims) > LARGEST:
        raise Reject
    for _ in range(b.choose([1, 1, 2])):
        before = state(b, element, dims)
        b.pool.append(before)
        b.function.states.append((before, before))


def choose_returned(b: Builder, share: float) -> None:
    """Some states become something else: any tensor of their type that there is."""
    for index, (before, after) in enumerate(b.function.states):
        fitting = [v for v in b.pool if str(v.type) == str(before.type)]
        if fitting and b.chance(1 - (1 - share) * (before is not after)):
            latest = fitting[-1] if b.chance(0.6) else b.choose(fitting)
            b.function.states[index] = (before, latest)


def continued(b: Builder) -> None:
    """Calls with the states that those before have left, as long as these mean something."""
    function = b.function
    function.continues = True
    most, function.calls = len(b.calls) + b.number(1, 2), 1
    for call in range(1, most):
        for argument in function.arguments:
            if len(argument.inputs) == call:
                argument.inputs.append(argument.inputs[0])
        try:
            values = continue_states(function, call)
        except (ArithmeticError, IndexError, ValueError, Reject):
            return
        if not all(b.is_good(values[v]) for v in function.returned):
            return
        function.calls = call + 1


@family("vga.state", 0.6, nests=False)
def accumulator(b: Builder) -> None:
    """Rows go into a state, in place, between reads that see it as it was then."""
    element = b.element()
    if element not in STORED:
        raise Reject
    if b.chance(0.5):
        return any_use(b, element)
    rows, columns = b.number(4, 9), b.static_dim(int(b.choose([1, 3, 4, 8])))
    before = now = state(b, element, (b.static_dim(rows), columns))
    plus = BY_NAME["arith.addf" if is_float(element) else "arith.ori"]
    seen = []
    for _ in range(b.number(1, 3)):
        count = b.number(1, 3)
        new = b.argument(Type(element, (b.static_dim(count), columns)))
        place = b.index([b.number(0, rows - count) for _ in b.calls])
        if b.chance(0.5):
            seen += b.scalar(plus, [now, now], [element])

        def put(x: Tracked, to: Tracked, at: Tracked, count=count) -> list[Tracked]:
            def how(piece, whole):
                whole = np.array(whole)
                whole[int(at.value) : int(at.value) + count] = piece
                return whole

            return [Tracked(to.element, how(x.value, to.value), how(x.error, to.error))]

        now = b.add(
            lambda n, count=count: f"tensor.insert_slice {n[0]} into {n[1]}[{n[2]}, 0] "
                                   f"[{count}, {columns.text}] [1, 1] : {n.type(0)} into {n.type(1)}",
            [new, now, place], [(element, (True, True))], put,
        )[0]  # fmt: skip
    seen += b.scalar(plus, [now, now], [element])
    b.keep(*seen)
    b.function.states.append((before, now))


@family("cache that is a state", 0.6, nests=False)
def decoder(b: Builder) -> None:
    """Appends keys and values to states, and attends to them, once or twice."""
    p = Problem(b)
    p.dims["B"] = b.static_dim(int(b.choose([1, 2])))
    steps, added = b.choose([1, 1, 2]), p.dims["Sq"]
    p.dims["Sk"] = b.static_dim(max(added.sizes) * steps + b.number(1, 9))
    befores = [state(b, p.element, p.shape("Hkv", "Sk", d)) for d in ("Dk", "Dv")]
    at = positions(b, p, [p.dims["Sk"].sizes[c] - steps * added.sizes[c] for c in b.calls])
    gated = b.choose([None, None, "Hkv", "Hq"])
    keys, values = befores
    for step in range(steps):
        q = p.tensor(p.element, p.shape("Hq", "Sq", "Dk"))
        new = [p.tensor(p.element, p.shape("Hkv", "Sq", d)) for d in ("Dk", "Dv")]
        keys, values = (append(b, p, x, to, at, None) for x, to in zip(new, (keys, values), strict=True))
        clauses = optional_clauses(b, p, p.dims["Sk"].sizes, has_lengths=True)
        at = ends(b, p, at, added)
        clauses.give("kv_length", at)
        if gated and not step:
            clauses.give("value_gate", add_gate(b, p, values, ("Hkv", "Dv"), gated, None))
        add_attention(b, p, q, keys, values, clauses)
    b.function.states += zip(befores, (keys, values), strict=True)


@family("vga.param", 0.8, nests=False)
def parameter(b: Builder) -> None:
    """A weight by name, that products and others of the pool may use."""
    element = b.choose(["f32", "f32", "f16", "bf16", "f64", "i32", "i64"])
    dims = tuple(b.static_dim(b.choose([*b.static]).sizes[0]) for _ in range(b.number(1, 2)))
    data = b.data_for(element, tuple(d.sizes[0] for d in dims))
    name = f"{b.function.name}.w{len(b.function.arguments)}"
    value = b.argument(Type(element, dims), [data] * len(b.calls), f'{{vga.param = "{name}"}}')
    b.pool.append(value)
