"""Reductions with names, and those of several results: softmax, linalg.reduce, the largest with its
place."""

from __future__ import annotations

import numpy as np

from ..build import Builder, Reject
from ..elements import FLOATS, is_float
from ..ir import Type, Value
from ..scalars import TABLE
from ..tracked import Tracked, result
from .elementwise import SELECT
from .generic import Loops, add_generic, loop
from .table import family


@family("softmax", 0.7)
def softmax(b: Builder) -> None:
    x = b.pick("float", low=1)
    if any(size == 0 for sizes in x.type.sizes for size in sizes):
        raise Reject
    axis = b.number(0, x.type.rank - 1)
    to = b.empty(x.type.element, x.type.dims)

    def meaning(a: Tracked, _) -> list[Tracked]:
        with np.errstate(all="ignore"):
            shifted = a.value - a.value.max(axis, keepdims=True)
            grown = np.exp(shifted)
            value = grown / grown.sum(axis, keepdims=True)
            # An error of a number, and of the rounding of its difference, is a factor of a weight.
            kind = FLOATS[a.element]
            unit = kind.unit * (2.0 if a.element == "f64" else 1.0)
            own = a.error + unit * np.abs(shifted)
            spread = value * np.expm1(np.minimum(2.0 * own.max(axis, keepdims=True), 50.0))
            spread = np.where(np.isinf(own.max(axis, keepdims=True)), np.inf, spread)
            units = 8.0 + a.shape[axis]
            return [result(a.element, value, spread, units, (a,))]

    b.keep(*b.add(
        lambda n: f"linalg.softmax dimension({axis}) ins({n[0]} : {n.type(0)}) outs({n[1]} : {n.type(1)})"
                  f" -> {n.results()}",
        [x, to], [(x.type.element, b.statics(x))], meaning,
    ))  # fmt: skip


@family("arg max", 0.8)
def arg_max(b: Builder) -> None:
    """The largest, or smallest, with its place: two results of one reduction."""
    x = b.pick(low=1, test=lambda v: v.type.element != "i1")
    element = x.type.element
    axis = b.number(0, x.type.rank - 1)
    size = x.type.dims[axis].sizes
    if max(size) > 100:
        raise Reject
    others = [i for i in range(x.type.rank) if i != axis]
    dims = tuple(x.type.dims[i] for i in others)
    place_type = b.choose(["index", "i32", "i64"])
    largest = b.chance(0.5)
    if is_float(element):
        low = -np.inf if largest else np.inf
        predicates = ["ogt", "oge"] if largest else ["olt", "ole"]
        name = "arith.cmpf"
    else:
        low = -100 if largest else 100
        predicates = ["sgt", "sge"] if largest else ["slt", "sle"]
        name = "arith.cmpi"
    predicate = b.choose(predicates)
    how = next(one for one in TABLE if one.name == name and one.detail == f" {predicate},")
    starts = [b.splat(element, dims, low), b.splat(place_type, dims, 0)]
    kinds = "".join("r" if i == axis else "p" for i in range(x.type.rank))
    kept = [loop(i) for i in others]
    loops = Loops([[loop(i) for i in range(x.type.rank)], kept, list(kept)], 1, kinds, False)

    def body(b, ins, outs, places):
        place = places[axis]
        if place_type != "index":
            place = b.convert(place, place_type)
        better = b.scalar(how, [ins[0], outs[0]], ["i1"])[0]
        value = b.scalar(SELECT["F" if is_float(element) else "I"], [better, ins[0], outs[0]], [element])
        where = b.scalar(SELECT["I"], [better, place, outs[1]], [place_type])
        return [*value, *where]

    b.keep(*add_generic(b, loops, [x, *starts], body))


def sum_start(b: Builder, element: str, dims) -> Value:
    if b.chance(0.5):
        return b.splat(element, dims, 0)
    value = b.argument(Type(element, dims))
    b.pool.append(value)
    return value
