"""Products of matrices: named operations, linalg.contract and linalg.generic with any maps."""

from __future__ import annotations

import numpy as np

from ..build import Builder, Reject
from ..elements import is_float
from ..ir import Dim, Type, Value
from ..conversions import conversions, convert_float, integer_to_float, integer_to_integer
from ..tracked import Tracked, result, total
from .elementwise import apply
from .generic import Loops, add_generic, gather, loop, map_text
from .reductions import sum_start
from .table import family

# Loops of the left, the right and the result; what is not in the result is summed.
NAMED = {
    "linalg.matmul": ("mk", "kn", "mn"),
    "linalg.batch_matmul": ("bmk", "bkn", "bmn"),
    "linalg.matvec": ("mk", "k", "m"),
    "linalg.vecmat": ("k", "kn", "n"),
    "linalg.dot": ("k", "k", ""),
    "linalg.batch_matvec": ("bmk", "bk", "bm"),
    "linalg.batch_vecmat": ("bk", "bkn", "bn"),
    "linalg.batch_reduce_matmul": ("bmk", "bkn", "mn"),
    "linalg.mmt4d": ("mkac", "nkdc", "mnad"),
}
WIDER = {"f16": ["f32", "f64"], "bf16": ["f32", "f64"], "f32": ["f64"], "i8": ["i16", "i32", "i64"],
         "i16": ["i32", "i64"], "i32": ["i64"], "i64": [], "index": [], "f64": []}  # fmt: skip


def as_type(x: Tracked, element: str) -> Tracked:
    """An operand of a named operation as the type of its result: signed."""
    if x.element == element:
        return x
    if is_float(x.element):
        return convert_float(x, element)
    if is_float(element):
        return integer_to_float(x, element, True)
    return integer_to_integer(x, element, True)


def product(specs: tuple[str, str, str], a: Tracked, b: Tracked, start: Tracked) -> Tracked:
    """The sum of products over the loops that the result does not name."""
    letters = "".join(dict.fromkeys(specs[2] + specs[0] + specs[1]))
    sizes = {}
    for spec, x in zip(specs, (a, b, start), strict=True):
        sizes.update(zip(spec, x.shape, strict=True))
    domain = tuple(sizes[letter] for letter in letters)
    element = start.element
    left, right = (
        gather(as_type(x, element), [loop(letters.index(letter)) for letter in spec], domain)
        for x, spec in ((a, specs[0]), (b, specs[1]))
    )
    axes = tuple(i for i, letter in enumerate(letters) if letter not in specs[2])
    if int(np.prod(domain, dtype=float)) > 400000:
        raise Reject
    if is_float(element):
        with np.errstate(all="ignore"):
            spread = (np.abs(left.value) * right.error + np.abs(right.value) * left.error
                      + left.error * right.error)  # fmt: skip
            terms = result(element, left.value * right.value, spread, 0.5, (left, right))
        whole = terms.moved(lambda array: np.broadcast_to(array, domain))
        return total(whole, axes, start)
    with np.errstate(all="ignore"):
        value = start.value + np.broadcast_to(left.value * right.value, domain).sum(
            axes, dtype=start.value.dtype
        )
    error = start.error + np.broadcast_to(left.error + right.error, domain).sum(axes)
    return Tracked(element, value, np.where(error > 0, np.inf, 0.0))


def operands_for(b: Builder, specs: tuple[str, str, str], elements) -> list[Value] | None:
    """Tensors for the operands, as far as the pool has them, and a start for the sums."""
    dims: dict[str, Dim] = {}
    operands = []
    for spec, element in zip(specs[:2], elements[:2], strict=True):
        fitting = [
            v for v in b.pool
            if v.type.element == element and v.type.rank == len(spec)
            and all(letter not in dims or dims[letter].sizes == dim.sizes
                    for letter, dim in zip(spec, v.type.dims, strict=True))
        ]  # fmt: skip
        if fitting and b.chance(0.6):
            value = b.choose(fitting)
        else:
            chosen = tuple(dims.get(letter) or b.size() for letter in spec)
            if b.count(chosen) > 6000:
                raise Reject
            value = b.argument(Type(element, chosen))
            b.pool.append(value)
        for letter, dim in zip(spec, value.type.dims, strict=True):
            # A size that one operand says is known.
            if letter not in dims or dim.is_static:
                dims[letter] = dim
        operands.append(value)
    out = tuple(dims[letter] for letter in specs[2])
    if b.count(out) > 6000:
        raise Reject
    if b.dynamic_share and b.chance(0.2):
        out = tuple(Dim(dim.sizes, False) for dim in out)
    return [*operands, sum_start(b, elements[2], out)]


def elements_for(b: Builder, named: bool = False) -> list[str]:
    """Types of the operands and of the result; named operations take no indices."""
    element = b.element("float") if b.chance(0.75) else b.element("integer")
    if element == "i1" or (named and element == "index"):
        element = "i32"
    wide = WIDER[element]
    out = b.choose(wide) if wide and b.chance(0.4) else element
    return [element, element, out]


@family("named product", 2.0)
def named(b: Builder) -> None:
    name = b.choose(list(NAMED), [6, 4, 2, 2, 1, 1, 1, 1, 1])
    specs = NAMED[name]
    elements = elements_for(b, named=True)
    x, y, start = operands_for(b, specs, elements)
    b.keep(*b.add(
        lambda n: f"{name} ins({n.all(0, 2)} : {n.types(0, 2)}) outs({n[2]} : {n.type(2)}) -> {n.results()}",
        [x, y, start], [(elements[2], b.statics(start))],
        lambda a, c, s: [product(specs, a, c, s)],
    ))  # fmt: skip


def random_specs(b: Builder) -> tuple[str, str, str]:
    """Loops over any subset in each operand, each loop in at least one."""
    letters = "abcde"[: b.number(1, 4)]
    left = [c for c in letters if b.chance(0.65)]
    right = [c for c in letters if b.chance(0.65) or c not in left]
    out = [c for c in letters if b.chance(0.6)]

    def mixed(chosen: list[str]) -> str:
        return "".join(chosen[int(i)] for i in b.rng.permutation(len(chosen)))

    return mixed(left), mixed(right), mixed(out) if b.chance(0.3) else "".join(out)


@family("linalg.contract", 1.0)
def contract(b: Builder) -> None:
    """Maps of any kind, by linalg.contract and by a linalg.matmul that has maps of its own."""
    if b.chance(0.3):
        letters = b.choose([("km", "kn", "mn"), ("mk", "nk", "mn"), ("km", "nk", "mn")])
        name, order = "linalg.matmul", "mnk"
    else:
        letters = random_specs(b)
        name, order = "linalg.contract", "".join(dict.fromkeys("".join(letters)))
        order = "".join(sorted(order))
        left, right, out = (set(spec) for spec in letters)
        summed = (left | right) - out
        if not summed or not summed <= left & right:
            raise Reject
    elements = elements_for(b, named=True)
    x, y, start = operands_for(b, letters, elements)
    maps = ", ".join(map_text([loop(order.index(c)) for c in spec], len(order)) for spec in letters)
    b.keep(*b.add(
        lambda n: f"{name} indexing_maps = [{maps}] ins({n.all(0, 2)} : {n.types(0, 2)}) "
                  f"outs({n[2]} : {n.type(2)}) -> {n.results()}",
        [x, y, start], [(elements[2], b.statics(start))],
        lambda a, c, s: [product(letters, a, c, s)],
    ))  # fmt: skip


@family("generic product", 1.5)
def generic_product(b: Builder) -> None:
    """The same as linalg.generic, with operands of types of their own."""
    letters = random_specs(b)
    order = "".join(sorted(set("".join(letters))))
    order = "".join(order[int(i)] for i in b.rng.permutation(len(order)))
    elements = elements_for(b)
    x, y, start = operands_for(b, letters, elements)
    maps = [[loop(order.index(c)) for c in spec] for spec in letters]
    kinds = "".join("p" if c in letters[2] else "r" for c in order)
    loops = Loops(maps, 2, kinds, True)
    out = elements[2]

    def body(b, ins, outs, places):
        wide = []
        for value in ins:
            how = conversions(value.type.element, out)
            wide.append(b.scalar(how[0], [value], [out])[0] if how else value)
        names = ("arith.mulf", "arith.addf") if is_float(out) else ("arith.muli", "arith.addi")
        term = apply(b, names[0], *(wide if b.chance(0.7) else wide[::-1]))
        pair = [outs[0], term] if b.chance(0.7) else [term, outs[0]]
        return [apply(b, names[1], *pair)]

    if "r" not in kinds:
        loops.sums = False
    b.keep(*add_generic(b, loops, [x, y, start], body))
