"""The table of operations on numbers: arith and math.

An entry gives the types it takes, its text and its meaning. The same operation works on scalars, in
the bodies of linalg.generic and on whole tensors, so that one entry serves all three.

`F` in a signature stands for a float type, `I` for an integer type, index included, `i` for one
without index; the same letter is the same type. `B` is i1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .elements import FLOATS, INTEGERS
from .tracked import Tracked, all_exact, choose, discrete, monotone, result

# Accuracy in ulps that functions of math are held to.
MATH_UNITS = {"f16": 2.0, "bf16": 2.0, "f32": 8.0, "f64": 8.0}


@dataclass(frozen=True)
class Scalar:
    name: str
    signature: str
    meaning: Callable[..., list[Tracked]]
    # Written between the name and the operands, as a predicate.
    detail: str = ""
    # Whether operands must be kept from values that the operation is not defined for.
    guard: str = ""

    @property
    def operands(self) -> str:
        return self.signature.split("->")[0]

    @property
    def outcomes(self) -> str:
        return self.signature.split("->")[1]


TABLE: list[Scalar] = []


def entry(name: str, signature: str, meaning, detail: str = "", guard: str = "") -> None:
    TABLE.append(Scalar(name, signature, meaning, detail, guard))


def unsigned(x: Tracked) -> np.ndarray:
    if x.element == "i1":
        return x.value.astype(np.uint64)
    return x.value.view(x.value.dtype.str.replace("i", "u"))


def signed(x: Tracked) -> np.ndarray:
    """An i1 is 0 or -1."""
    return -x.value.astype(np.int64) if x.element == "i1" else x.value


def wide(x: Tracked) -> np.ndarray:
    """As Python integers, which do not wrap."""
    return signed(x).astype(object)


def wide_unsigned(x: Tracked) -> np.ndarray:
    return unsigned(x).astype(object)


def from_wide(value: np.ndarray, element: str) -> np.ndarray:
    bits = INTEGERS[element]
    value = np.asarray(np.asarray(value, object) & ((1 << bits) - 1), object)
    if element == "i1":
        return value.astype(bool)
    return value.astype(np.uint64).astype(f"u{bits // 8}").view(f"i{bits // 8}").reshape(value.shape)


# --- Floats -----------------------------------------------------------------------------------


def float_op(value, spread):
    """A correctly rounded operation; spread is of its operands."""

    def meaning(*x: Tracked) -> list[Tracked]:
        with np.errstate(all="ignore"):
            exact = all_exact(x)
            grown = np.where(exact, 0.0, spread(*x))
            return [result(x[0].element, value(*(o.value for o in x)), grown, 0.5, x)]

    return meaning


def quotient_spread(a: Tracked, b: Tracked) -> np.ndarray:
    nearest = np.abs(b.value) - b.error
    spread = (a.error + np.abs(a.value / b.value) * b.error) / nearest
    return np.where(nearest > 0, spread, np.inf)


def product_spread(a: Tracked, b: Tracked) -> np.ndarray:
    terms = [np.abs(a.value) * b.error, np.abs(b.value) * a.error, a.error * b.error]
    # 0 times an error that is infinite: anything.
    return sum(terms)


def nearer(choice, numbers: bool):
    """Minimum and maximum: they move as far as their operands do."""

    def meaning(a: Tracked, b: Tracked) -> list[Tracked]:
        with np.errstate(all="ignore"):
            error = np.maximum(a.error, b.error)
            nans = np.isnan(a.value) | np.isnan(b.value)
            value = choice(a.value, b.value)
            error = np.where(nans & (error > 0), np.inf, error)
            return [Tracked(a.element, value, error)]

    return meaning


entry("arith.addf", "FF->F", float_op(np.add, lambda a, b: a.error + b.error))
entry("arith.subf", "FF->F", float_op(np.subtract, lambda a, b: a.error + b.error))
entry("arith.mulf", "FF->F", float_op(np.multiply, product_spread))
entry("arith.divf", "FF->F", float_op(np.divide, quotient_spread))
entry("arith.negf", "F->F", lambda x: [Tracked(x.element, -x.value, x.error)])
entry("math.absf", "F->F", lambda x: [Tracked(x.element, np.abs(x.value), x.error)])
entry("arith.maximumf", "FF->F", nearer(np.maximum, False))
entry("arith.minimumf", "FF->F", nearer(np.minimum, False))
entry("arith.maxnumf", "FF->F", nearer(np.fmax, True))
entry("arith.minnumf", "FF->F", nearer(np.fmin, True))

def multiply_add(a: Tracked, b: Tracked, c: Tracked) -> list[Tracked]:
    with np.errstate(all="ignore"):
        product = a.value * b.value
        spread = np.where(all_exact((a, b, c)), 0.0, product_spread(a, b) + c.error)
        if a.element == "f64":
            # Here, and only here, the product is rounded.
            spread = spread + FLOATS["f64"].unit * np.abs(product)
        return [result(a.element, product + c.value, spread, 0.5, (a, b, c))]


entry("math.fma", "FFF->F", multiply_add)


@np.errstate(all="ignore")
def remainder(a: Tracked, b: Tracked) -> list[Tracked]:
    error = np.where(a.exact & b.exact, 0.0, np.inf)
    return [Tracked(a.element, np.fmod(a.value, b.value), error)]


entry("arith.remf", "FF->F", remainder)


def copysign(a: Tracked, b: Tracked) -> list[Tracked]:
    sure = np.abs(b.value) > b.error
    error = np.where(sure | b.exact, a.error, 2.0 * np.abs(a.value) + a.error)
    return [Tracked(a.element, np.copysign(a.value, b.value), error)]


entry("math.copysign", "FF->F", copysign)


def function(name: str, meaning, guard: str = "", units: float | None = None) -> None:
    """A function of math, monotone between nearby numbers."""

    def evaluated(x: Tracked) -> list[Tracked]:
        return [monotone(x.element, meaning, x, units or MATH_UNITS[x.element])]

    entry(name, "F->F", evaluated, guard=guard)


def slope_bounded(name: str, meaning, slope: float = 1.0) -> None:
    """A function of math that is not monotone but moves at most `slope` times as far as x."""

    def evaluated(x: Tracked) -> list[Tracked]:
        with np.errstate(all="ignore"):
            value = meaning(x.value)
            return [result(x.element, value, slope * x.error, MATH_UNITS[x.element], (x,))]

    entry(name, "F->F", evaluated, guard="small")


def even(meaning):
    """An even function, which has its minimum at 0: monotone on either side."""

    def both(x):
        return meaning(np.abs(x))

    return both


erf = np.vectorize(math.erf, otypes=[float])
erfc = np.vectorize(math.erfc, otypes=[float])

function("math.exp", np.exp, "small")
function("math.exp2", np.exp2, "small")
function("math.expm1", np.expm1, "small")
function("math.log", np.log, "positive")
function("math.log2", np.log2, "positive")
function("math.log10", np.log10, "positive")
function("math.log1p", np.log1p, "positive")
function("math.sqrt", np.sqrt, "positive", 0.5)
function("math.rsqrt", lambda x: 1.0 / np.sqrt(x), "positive")
function("math.cbrt", np.cbrt)
function("math.tanh", np.tanh)
function("math.sinh", np.sinh, "small")
function("math.asinh", np.arcsinh, "small")
function("math.acosh", np.arccosh, "above one")
function("math.atanh", np.arctanh, "fraction")
function("math.asin", np.arcsin, "fraction")
function("math.acos", np.arccos, "fraction")
function("math.atan", np.arctan)
function("math.tan", np.tan, "fraction")
function("math.erf", lambda x: erf(x) if np.size(x) else np.asarray(x, float))
function("math.erfc", lambda x: erfc(x) if np.size(x) else np.asarray(x, float), "small")
slope_bounded("math.sin", np.sin)
slope_bounded("math.cos", np.cos)


def away_from_zero(x):
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def step(name: str, meaning) -> None:
    """A step function: exact, and anything between its ends where it jumps."""

    def evaluated(x: Tracked) -> list[Tracked]:
        with np.errstate(all="ignore"):
            value = meaning(x.value)
            low, high = meaning(x.value - x.error), meaning(x.value + x.error)
            spread = np.maximum(np.abs(low - value), np.abs(high - value))
            spread = np.where(x.exact, 0.0, np.where(np.isnan(spread), np.inf, spread))
            return [Tracked(x.element, value, spread)]

    entry(name, "F->F", evaluated)


step("math.floor", np.floor)
step("math.ceil", np.ceil)
step("math.trunc", np.trunc)
step("math.roundeven", np.rint)
step("math.round", away_from_zero)


def power(a: Tracked, b: Tracked) -> list[Tracked]:
    with np.errstate(all="ignore"):
        value = np.power(a.value, b.value)
        spread = np.zeros(value.shape)
        for x in (a.value - a.error, a.value + a.error):
            for y in (b.value - b.error, b.value + b.error):
                spread = np.maximum(spread, np.abs(np.power(x, y) - value))
        spread = np.where(a.exact & b.exact, 0.0, spread)
        # The logarithm times the exponent is rounded before it is raised.
        units = MATH_UNITS[a.element] * 2
        return [result(a.element, value, spread, units, (a, b))]


entry("math.powf", "FF->F", power, guard="power")


def arctangent(a: Tracked, b: Tracked) -> list[Tracked]:
    with np.errstate(all="ignore"):
        value = np.arctan2(a.value, b.value)
        distance = np.hypot(a.value, b.value)
        spread = np.where(a.exact & b.exact, 0.0, 2.0 * (a.error + b.error) / distance)
        # Across the negative axis it jumps.
        jumps = (np.abs(a.value) <= a.error) & (b.value - b.error < 0) & ~(a.exact & b.exact)
        spread = np.where(jumps, np.inf, spread)
        return [result(a.element, value, spread, MATH_UNITS[a.element], (a, b))]


entry("math.atan2", "FF->F", arctangent)

# math.clampf is left out: as upstream defines and expands it, it always gives its upper bound.

# --- Comparisons and choice -------------------------------------------------------------------

ORDERED = {
    "eq": np.equal, "gt": np.greater, "ge": np.greater_equal, "lt": np.less,
    "le": np.less_equal, "ne": np.not_equal,
}  # fmt: skip


def compare_floats(predicate: str):
    def meaning(a: Tracked, b: Tracked) -> list[Tracked]:
        with np.errstate(all="ignore"):
            nans = np.isnan(a.value) | np.isnan(b.value)
            if predicate in ("ord", "uno"):
                value = ~nans if predicate == "ord" else nans
            else:
                value = ORDERED[predicate[1:]](a.value, b.value)
                value = value | nans if predicate[0] == "u" else value & ~nans
            sure = (a.exact & b.exact) | (np.abs(a.value - b.value) > a.error + b.error)
            return [Tracked("i1", value, np.where(sure, 0.0, np.inf))]

    return meaning


for kind in "ou":
    for predicate in ORDERED:
        name = kind + predicate
        entry("arith.cmpf", "FF->B", compare_floats(name), f" {name},")
for predicate in ("ord", "uno"):
    entry("arith.cmpf", "FF->B", compare_floats(predicate), f" {predicate},")


def compare_integers(predicate: str):
    def meaning(a: Tracked, b: Tracked) -> list[Tracked]:
        view = unsigned if predicate[0] == "u" else signed
        name = predicate if predicate in ("eq", "ne") else predicate[1:]
        return [discrete("i1", ORDERED[name](view(a), view(b)), (a, b))]

    return meaning


for predicate in ("eq", "ne", *(s + p for s in "su" for p in ("lt", "le", "gt", "ge"))):
    entry("arith.cmpi", "II->B", compare_integers(predicate), f" {predicate},")

entry("arith.select", "BFF->F", lambda c, a, b: [choose(c, a, b)])
entry("arith.select", "BII->I", lambda c, a, b: [choose(c, a, b)])

# --- Integers ---------------------------------------------------------------------------------


def integer_op(name: str, meaning, guard: str = "", signature: str = "II->I") -> None:
    """Computed without wrapping from Python's integers, then wrapped."""

    def evaluated(*x: Tracked) -> list[Tracked]:
        element = x[0].element
        return [discrete(element, from_wide(meaning(*x), element), x)]

    entry(name, signature, evaluated, guard=guard)


def truncated(a, b):
    """Python's division rounds down; the machine's towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


divide = np.frompyfunc(truncated, 2, 1)
floor_divide = np.frompyfunc(lambda a, b: a // b, 2, 1)
ceil_divide = np.frompyfunc(lambda a, b: -(-a // b), 2, 1)
modulo = np.frompyfunc(lambda a, b: a - b * truncated(a, b), 2, 1)
shift_left = np.frompyfunc(lambda a, b: a << b, 2, 1)
shift_right = np.frompyfunc(lambda a, b: a >> b, 2, 1)

integer_op("arith.addi", lambda a, b: wide(a) + wide(b))
integer_op("arith.subi", lambda a, b: wide(a) - wide(b))
integer_op("arith.muli", lambda a, b: wide(a) * wide(b))
integer_op("arith.andi", lambda a, b: wide(a) & wide(b))
integer_op("arith.ori", lambda a, b: wide(a) | wide(b))
integer_op("arith.xori", lambda a, b: wide(a) ^ wide(b))
integer_op("arith.maxsi", lambda a, b: np.maximum(wide(a), wide(b)))
integer_op("arith.minsi", lambda a, b: np.minimum(wide(a), wide(b)))
integer_op("arith.maxui", lambda a, b: np.maximum(wide_unsigned(a), wide_unsigned(b)))
integer_op("arith.minui", lambda a, b: np.minimum(wide_unsigned(a), wide_unsigned(b)))
integer_op("arith.divsi", lambda a, b: divide(wide(a), wide(b)), "divisor")
integer_op("arith.remsi", lambda a, b: modulo(wide(a), wide(b)), "divisor")
integer_op("arith.floordivsi", lambda a, b: floor_divide(wide(a), wide(b)), "divisor")
integer_op("arith.ceildivsi", lambda a, b: ceil_divide(wide(a), wide(b)), "divisor")
integer_op("arith.divui", lambda a, b: divide(wide_unsigned(a), wide_unsigned(b)), "divisor")
integer_op("arith.remui", lambda a, b: modulo(wide_unsigned(a), wide_unsigned(b)), "divisor")
integer_op("arith.ceildivui", lambda a, b: ceil_divide(wide_unsigned(a), wide_unsigned(b)), "divisor")
integer_op("arith.shli", lambda a, b: shift_left(wide(a), wide_unsigned(b)), "shift")
integer_op("arith.shrsi", lambda a, b: shift_right(wide(a), wide_unsigned(b)), "shift")
integer_op("arith.shrui", lambda a, b: shift_right(wide_unsigned(a), wide_unsigned(b)), "shift")
integer_op("math.absi", lambda a: abs(wide(a)), signature="i->i")


def bits_op(name: str, meaning) -> None:
    def evaluated(x: Tracked) -> list[Tracked]:
        bits = INTEGERS[x.element]
        count = np.frompyfunc(lambda value: meaning(int(value), bits), 1, 1)
        return [discrete(x.element, from_wide(count(wide_unsigned(x)), x.element), (x,))]

    entry(name, "i->i", evaluated)


bits_op("math.ctpop", lambda value, bits: value.bit_count())
bits_op("math.ctlz", lambda value, bits: bits - value.bit_length())
bits_op("math.cttz", lambda value, bits: (value & -value).bit_length() - 1 if value else bits)


def extended(view, with_carry: bool):
    def meaning(a: Tracked, b: Tracked) -> list[Tracked]:
        bits = INTEGERS[a.element]
        if with_carry:
            whole = wide_unsigned(a) + wide_unsigned(b)
            carry = np.asarray(whole >> bits, bool)
            return [
                discrete(a.element, from_wide(whole, a.element), (a, b)),
                discrete("i1", carry, (a, b)),
            ]
        whole = view(a) * view(b)
        parts = (whole, whole >> bits)
        return [discrete(a.element, from_wide(part, a.element), (a, b)) for part in parts]

    return meaning


entry("arith.addui_extended", "ii->iB", extended(wide_unsigned, True))
entry("arith.mulsi_extended", "ii->ii", extended(wide, False))
entry("arith.mului_extended", "ii->ii", extended(wide_unsigned, False))
