"""Conversions between element types, and the operations that make them."""

from __future__ import annotations

import math

import numpy as np

from .elements import FLOATS, INTEGERS, dtype, is_float, round_to
from .scalars import Scalar, from_wide, wide, wide_unsigned
from .tracked import Tracked, discrete, result

WIDTHS = {**{name: 64 for name in ("f64", "index")}, "f32": 32, "f16": 16, "bf16": 16}


def convert_float(x: Tracked, target: str) -> Tracked:
    """Rounded at once; exact when what it takes is."""
    value = round_to(x.value, target)
    inexact = result(target, x.value, x.error, 0.5, (x,))
    error = np.where(x.exact, 0.0, inexact.error)
    return Tracked(target, np.where(x.exact, value, inexact.value), error)


def integer_to_float(x: Tracked, target: str, is_signed: bool) -> Tracked:
    values = wide(x) if is_signed else wide_unsigned(x)
    nearest = np.frompyfunc(lambda value: nearest_float(int(value), target), 1, 1)
    value = np.asarray(nearest(values), np.float64)
    return Tracked(target, value, np.where(x.exact, 0.0, np.inf))


def nearest_float(value: int, target: str) -> float:
    """An integer to the nearest float: what is cut off is kept as a sticky bit."""
    size = abs(value)
    extra = max(size.bit_length() - 50, 0)
    cut = size >> extra
    if cut << extra != size:
        cut |= 1
    rounded = float(round_to(math.ldexp(float(cut), extra), target)) if target != "f64" else float(size)
    return math.copysign(rounded, value)


def float_to_integer(x: Tracked, target: str, is_signed: bool) -> Tracked:
    with np.errstate(all="ignore"):
        whole = np.trunc(x.value)
        sure = x.exact | (
            (np.trunc(x.value - x.error) == whole) & (np.trunc(x.value + x.error) == whole)
        )
        bits = INTEGERS[target]
        low = -(2.0 ** (bits - 1)) if is_signed else 0.0
        high = 2.0 ** (bits - 1 if is_signed else bits)
        inside = (whole >= low) & (whole < high)
        safe = np.where(inside, whole, 0.0)
        value = from_wide(np.frompyfunc(int, 1, 1)(safe), target)
        return Tracked(target, value, np.where(sure & inside, 0.0, np.inf))


def integer_to_integer(x: Tracked, target: str, is_signed: bool) -> Tracked:
    values = wide(x) if is_signed else wide_unsigned(x)
    return discrete(target, from_wide(values, target), (x,))


def conversions(source: str, target: str) -> list[Scalar]:
    """The operations that convert one type to another."""

    def one(name: str, meaning, guard: str = "") -> Scalar:
        return Scalar(name, "", lambda x: [meaning(x)], guard=guard)

    def two(signed_name: str, unsigned_name: str, meaning, guard: str = "") -> list[Scalar]:
        return [
            one(signed_name, lambda x: meaning(x, target, True), guard),
            one(unsigned_name, lambda x: meaning(x, target, False), guard and "positive"),
        ]

    if source == target:
        return []
    if is_float(source) and is_float(target):
        a, b = FLOATS[source], FLOATS[target]
        if a.digits == b.digits or {source, target} == {"f16", "bf16"}:
            return []
        name = "arith.extf" if WIDTHS[target] > WIDTHS[source] else "arith.truncf"
        return [one(name, lambda x: convert_float(x, target))]
    if "index" in (source, target):
        other = target if source == "index" else source
        if is_float(other) or other == "i1":
            return []
        return two("arith.index_cast", "arith.index_castui", integer_to_integer)
    if is_float(target):
        return two("arith.sitofp", "arith.uitofp", integer_to_float)
    if is_float(source):
        if target == "i1":
            return []
        return two("arith.fptosi", "arith.fptoui", float_to_integer, "in range")
    if INTEGERS[source] < INTEGERS[target]:
        return two("arith.extsi", "arith.extui", integer_to_integer)
    return [one("arith.trunci", lambda x: integer_to_integer(x, target, True))]


def bitcast(x: Tracked, target: str) -> Tracked:
    """The same bits as another type of the same width."""
    storage = {"f16": "<f2", "f32": "<f4", "f64": "<f8"}
    bits = x.value.astype(storage[x.element]) if is_float(x.element) else x.value
    if is_float(target):
        with np.errstate(invalid="ignore"):
            value = bits.view(storage[target]).astype(np.float64)
        # What a NaN carries is lost on the way.
        return Tracked(target, value, np.where(x.exact & ~np.isnan(value), 0.0, np.inf))
    value = bits.view(dtype(target))
    nans = np.isnan(x.value) if is_float(x.element) else False
    return Tracked(target, value, np.where(x.exact & ~nans, 0.0, np.inf))
