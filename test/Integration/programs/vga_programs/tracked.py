"""Values with a bound on how far a correct compiler may be from them.

`value` is what the program computes, in float64 or in integers. `error` bounds the difference that
rounding may make up to here, element by element: a compiler that rounds less often, adds in another
order or fuses a multiplication and an addition stays within it. It grows with cancellation as the
real error does, so that nothing cancels to an alarm; and it is 0 where nothing has been rounded,
as for moves, integers and sums of small integers, which must be exact. For integers and booleans it
is 0, or infinite where a rounding decides: they may be anything there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .elements import FLOATS, Float, dtype, is_float, round_to


@dataclass
class Tracked:
    element: str
    value: np.ndarray
    error: np.ndarray

    def __post_init__(self) -> None:
        self.value = np.asarray(self.value, dtype(self.element))
        self.error = np.broadcast_to(np.asarray(self.error, np.float64), self.value.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def exact(self) -> np.ndarray:
        return self.error == 0.0

    def moved(self, how) -> Tracked:
        """What an operation makes of it that only moves elements: `how` is for arrays."""
        return Tracked(self.element, how(self.value), how(self.error))


def all_exact(operands) -> np.ndarray:
    """Where every operand is exact."""
    whole = np.ones((), bool)
    for operand in operands:
        whole = whole & operand.exact
    return whole


def exactly(element: str, value) -> Tracked:
    return Tracked(element, value, 0.0)


def is_held(value: np.ndarray, kind: Float) -> np.ndarray:
    """Where the type holds the value as it is."""
    name = next(name for name, other in FLOATS.items() if other == kind)
    return round_to(value, name) == value


@np.errstate(all="ignore")
def result(element: str, value, spread, units: float = 0.5, operands: tuple = ()) -> Tracked:
    """The float result of an operation.

    `spread` is what the errors of the operands make of the result; `units` is the accuracy of the
    operation itself, in ulps: 0.5 for what is rounded correctly, more for functions of math. A
    result that the type holds exactly, of exact operands, is exact.
    """
    kind = FLOATS[element]
    value = np.asarray(value, np.float64)
    spread = np.broadcast_to(np.asarray(spread, np.float64), value.shape)
    # What is computed here in float64 is off by as much as what the program computes in f64.
    units = units * 2 if element == "f64" else units
    floor = kind.spacing if units <= 1.0 else kind.tiny
    rounding = 2.0 * units * kind.unit * (np.abs(value) + spread) + units * floor
    if units <= 1.0 and element != "f64":
        rounding = np.where((spread == 0.0) & is_held(value, kind), 0.0, rounding)
    elif units <= 1.0:
        # No more precise number says whether this one was rounded: integers of few digits were not.
        small = (np.rint(value * 4096.0) == value * 4096.0) & (np.abs(value) < 2.0**40)
        rounding = np.where((spread == 0.0) & small, 0.0, rounding)
    error = spread + rounding
    # Where it overflows the result is an infinity, unless that is a matter of rounding.
    rounded = round_to(value, element)
    overflows = np.isfinite(value) & ~np.isfinite(rounded)
    error = np.where(np.abs(value) + error > kind.largest, np.inf, error)
    value = np.where(overflows, rounded, value)
    special = ~np.isfinite(value) & ~overflows
    error = np.where(special, np.where(all_exact(operands), 0.0, np.inf), error)
    error = np.where(np.isnan(error), np.inf, error)
    return Tracked(element, value, error)


@np.errstate(all="ignore")
def monotone(element: str, function, x: Tracked, units: float) -> Tracked:
    """A function of one float, that is monotone between value - error and value + error.

    Also for steps: where the two ends differ, the result may be either.
    """
    value = function(x.value)
    ends = [function(x.value - x.error), function(x.value + x.error)]
    spread = np.maximum(np.abs(ends[0] - value), np.abs(ends[1] - value))
    spread = np.where(x.exact, 0.0, np.where(np.isnan(spread), np.inf, spread))
    return result(element, value, spread, units, (x,))


def discrete(element: str, value, operands: tuple) -> Tracked:
    """An integer result: right where all operands are, anything elsewhere."""
    value = np.asarray(value)
    error = np.zeros(value.shape)
    for operand in operands:
        error = error + np.where(operand.exact, 0.0, np.inf)
    return Tracked(element, value, error)


@np.errstate(all="ignore")
def choose(condition: Tracked, yes: Tracked, no: Tracked) -> Tracked:
    value = np.where(condition.value, yes.value, no.value)
    error = np.where(condition.value, yes.error, no.error)
    if is_float(yes.element):
        # Either may be it.
        either = np.maximum(yes.error, no.error) + np.abs(yes.value - no.value)
        either = np.where(np.isnan(either), np.inf, either)
    else:
        either = np.where(yes.value == no.value, np.maximum(yes.error, no.error), np.inf)
    return Tracked(yes.element, value, np.where(condition.exact, error, either))


def total(x: Tracked, axes: tuple[int, ...], start: Tracked, terms_exact: bool = False) -> Tracked:
    """The sum over axes, added to `start`, in any order, in the type of x."""
    kind = FLOATS[x.element]
    with np.errstate(all="ignore"):
        value = start.value + x.value.sum(axes)
        size = np.abs(start.value) + np.abs(x.value).sum(axes)
        spread = start.error + x.error.sum(axes)
        count = int(np.prod([x.shape[axis] for axis in axes], dtype=int))
        units = kind.unit * (2 if x.element == "f64" else 1)
        rounding = count * units * (size + spread)
        rounding = np.where(sums_are_held(x, start, size, spread, kind), 0.0, rounding)
        if count == 0:
            rounding = np.zeros(value.shape)
        error = spread + rounding
        # A partial sum may overflow where the whole does not.
        error = np.where(size + error > kind.largest, np.inf, error)
        special = ~np.isfinite(value)
        error = np.where(special, np.where(spread == 0.0, 0.0, np.inf), error)
        return Tracked(x.element, value, np.where(np.isnan(error), np.inf, error))


def sums_are_held(x: Tracked, start: Tracked, size, spread, kind: Float) -> np.ndarray:
    """Where no partial sum is rounded: multiples of some 2^-k whose sizes add up to few digits."""
    finite = [np.where(np.isfinite(a), a, 0.0) for a in (x.value, start.value)]
    for k in (0, 2, 4, 6, 8, 12, 16):
        if all(np.all(np.rint(a * 2.0**k) == a * 2.0**k) for a in finite):
            return (spread == 0.0) & (size * 2.0**k <= 2.0**kind.digits)
    return np.zeros(np.shape(size), bool)
