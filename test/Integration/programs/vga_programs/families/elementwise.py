"""arith and math on whole tensors, and what keeps their operands where they are defined."""

from __future__ import annotations


from ..build import Builder, Reject
from ..elements import FLOATS, INTEGERS, is_float
from ..ir import Value
from ..conversions import bitcast, conversions
from ..scalars import TABLE, Scalar
from .table import family

BY_NAME: dict[str, Scalar] = {}
for one in TABLE:
    BY_NAME.setdefault(one.name + one.detail.strip(" ,") + one.signature, one)
    BY_NAME.setdefault(one.name, one)
SELECT = {"F": BY_NAME["arith.selectBFF->F"], "I": BY_NAME["arith.selectBII->I"]}


def of_kind(kind: str) -> list[Scalar]:
    return [one for one in TABLE if kind in one.operands]


# Every name once, so that comparisons with their many predicates are not most of them.
def by_name(entries: list[Scalar]) -> list[list[Scalar]]:
    names: dict[str, list[Scalar]] = {}
    for one in entries:
        names.setdefault(one.name, []).append(one)
    return list(names.values())


FLOAT_OPS = by_name(of_kind("F"))
INTEGER_OPS = by_name(of_kind("I") + of_kind("i"))
# What is cheap is common, as in programs.
COMMON = ["arith.addf", "arith.subf", "arith.mulf", "arith.divf", "math.exp", "math.tanh",
          "arith.maximumf", "arith.addi", "arith.muli", "arith.subi", "arith.cmpf", "arith.select"]  # fmt: skip
BITWISE = {"arith.andi", "arith.ori", "arith.xori", "arith.select", "arith.cmpi"}


def constant_like(b: Builder, x: Value, number) -> Value:
    if not x.type.is_tensor:
        return b.constant(x.type.element, number)
    return b.splat(x.type.element, x.type.dims, number)


def apply(b: Builder, name: str, *operands: Value) -> Value:
    how = BY_NAME[name]
    return b.scalar(how, list(operands), [operands[0].type.element])[0]


def clamped(b: Builder, x: Value, low: float, high: float) -> Value:
    if is_float(x.type.element):
        x = apply(b, "arith.maximumf", x, constant_like(b, x, low))
        return apply(b, "arith.minimumf", x, constant_like(b, x, high))
    x = apply(b, "arith.maxsi", x, constant_like(b, x, low))
    return apply(b, "arith.minsi", x, constant_like(b, x, high))


def guarded(b: Builder, guard: str, operands: list[Value]) -> list[Value]:
    """Operands in the domain of an operation."""
    x = operands[0]
    element = x.type.element
    if guard == "small":
        return [clamped(b, x, -6.0, 6.0)]
    if guard == "positive":
        return [apply(b, "arith.addf", apply(b, "math.absf", x), constant_like(b, x, 0.5))]
    if guard == "above one":
        return [apply(b, "arith.addf", apply(b, "math.absf", x), constant_like(b, x, 1.5))]
    if guard == "fraction":
        return [clamped(b, x, -0.875, 0.875)]
    if guard == "power":
        base = apply(b, "arith.addf", clamped(b, apply(b, "math.absf", x), 0.0, 4.0),
                     constant_like(b, x, 0.5))  # fmt: skip
        return [base, clamped(b, operands[1], -2.0, 2.0)]
    if guard == "divisor":
        bits = INTEGERS[element]
        if bits == 1:
            raise Reject
        small = apply(b, "arith.andi", operands[1], constant_like(b, x, min(63, 2 ** (bits - 2) - 1)))
        return [x, apply(b, "arith.ori", small, constant_like(b, x, 1))]
    if guard == "shift":
        bits = INTEGERS[element]
        if bits == 1:
            raise Reject
        return [x, apply(b, "arith.andi", operands[1], constant_like(b, x, bits - 1))]
    return operands


def choose_entry(b: Builder, element: str) -> Scalar:
    """An operation that takes the type."""
    groups = FLOAT_OPS if is_float(element) else INTEGER_OPS
    if element == "i1":
        groups = [group for group in groups if group[0].name in BITWISE]
    if b.chance(0.4):
        groups = [group for group in groups if group[0].name in COMMON] or groups
    group = b.choose(groups)
    letter = "F" if is_float(element) else "Ii"
    one = b.choose([one for one in group if any(c in one.operands for c in letter)])
    if "i" in one.operands and element in ("index", "i1"):
        raise Reject
    return one


def outcomes(how: Scalar, element: str) -> list[str]:
    return ["i1" if letter == "B" else element for letter in how.outcomes]


def apply_entry(b: Builder, how: Scalar, operands: list[Value]) -> list[Value]:
    """The operation on operands that are kept in its domain."""
    element = operands[-1].type.element
    return b.scalar(how, guarded(b, how.guard, operands), outcomes(how, element))


@family("elementwise", 5.0)
def elementwise(b: Builder) -> None:
    x = b.pick()
    how = choose_entry(b, x.type.element)
    operands = []
    for letter in how.operands:
        if letter == "B":
            operands.append(condition(b, x))
        else:
            operands.append(x if not operands or b.chance(0.1) else b.like(x))
    if x not in operands:
        operands[-1] = x
    operands = [b.cast(o, x.type.dims) for o in operands]
    b.keep(*apply_entry(b, how, operands))


def condition(b: Builder, x: Value) -> Value:
    """A tensor of i1 of the sizes of x."""
    if b.chance(0.5) or x.type.element == "i1":
        return b.like(x, "i1")
    element = x.type.element
    kind = "arith.cmpf" if is_float(element) else "arith.cmpi"
    how = b.choose([one for one in TABLE if one.name == kind])
    return b.scalar(how, [x, b.like(x)], ["i1"])[0]


def in_range(b: Builder, how: Scalar, x: Value) -> Value:
    if how.guard == "in range":
        return clamped(b, x, -100.0, 100.0)
    if how.guard == "positive":
        return clamped(b, x, 0.0, 100.0)
    return x


def convert(b: Builder, x: Value, target: str) -> Value:
    ways = conversions(x.type.element, target)
    if not ways:
        raise Reject
    how = b.choose(ways)
    return b.scalar(how, [in_range(b, how, x)], [target])[0]


@family("conversion", 1.5)
def conversion(b: Builder) -> None:
    x = b.pick()
    b.keep(convert(b, x, b.choose([*b.elements, *FLOATS, *INTEGERS])))


@family("bitcast", 0.3)
def bitcasts(b: Builder) -> None:
    pairs = {"f32": ["i32"], "i32": ["f32"], "f64": ["i64"], "i64": ["f64"], "f16": ["i16"], "i16": ["f16"]}
    x = b.pick(test=lambda v: v.type.element in pairs)
    target = b.choose(pairs[x.type.element])
    b.keep(*b.add(
        lambda n: f"arith.bitcast {n[0]} : {n.type(0)} to {n.results()}",
        [x], [(target, b.statics(x))], lambda a: [bitcast(a, target)],
    ))  # fmt: skip


@family("arith.constant", 0.4)
def constants(b: Builder) -> None:
    """A dense constant, splat or not."""
    from ..build import constant_text

    element = b.element()
    shape = tuple(int(b.choose([1, 2, 3, 4, 8, 16])) for _ in range(b.number(0, 2)))
    data = b.data_for(element, shape)

    def nested(array) -> str:
        if array.ndim == 0:
            return constant_text(element, array[()])
        return "[" + ", ".join(nested(one) for one in array) + "]"

    text = nested(data.value)
    b.keep(*b.add(
        lambda n: f"arith.constant dense<{text}> : {n.results()}",
        [], [(element, (True,) * len(shape))], lambda: [data],
    ))  # fmt: skip
