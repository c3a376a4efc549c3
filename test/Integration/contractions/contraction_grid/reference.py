"""Inputs of a case, what it makes of them by numpy, and how far off a result may be.

The whole space of iterations is an array: inputs are broadcast to it, multiplied, and reduced.
Integers are computed as they are, modulo 2^bits. Floats are computed in more bits than the type
has. Of a call whose numbers are small integers, nothing is rounded, and results are equal; of
another, a result may be off by as many roundings as there are operations, each of the sum of all
magnitudes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "CPU"),
                str(Path(__file__).resolve().parents[3] / "oracle")]  # fmt: skip

from vga_grid import data  # noqa: E402

from .case import BITS, FLOATS, Case, Operand  # noqa: E402

data.NUMPY_TYPES["i8"] = np.dtype("<i1")
PRECISION = {"bf16": 8, "f16": 11, "f32": 24, "f64": 53}  # bits of a fraction
SMALLEST = {"bf16": 1e-38, "f16": 6e-8, "f32": 1e-38, "f64": 0.0}


def wrapped(values: np.ndarray, element: str) -> np.ndarray:
    """As a signed integer of the type."""
    bits = BITS[element]
    if bits == 64:
        return values
    values = values & ((1 << bits) - 1)
    return np.where(values >> (bits - 1) != 0, values - (1 << bits), values)


def whole_shape(operand: Operand, sizes: dict) -> list[int]:
    steps = [operand.step(axis) for axis in range(len(operand.axes))]
    inner = [sizes[c] * stride + offset for c, (offset, stride) in zip(operand.axes, steps)]
    return [3] * operand.outer + inner


def part(operand: Operand, sizes: dict) -> tuple:
    """The index of the slice in the whole."""
    index = [1] * operand.outer
    for axis, c in enumerate(operand.axes):
        offset, stride = operand.step(axis)
        index.append(slice(offset, offset + sizes[c] * stride, stride))
    return tuple(index)


def draw(case: Case, operand: Operand, sizes: dict, exact: bool, rng) -> np.ndarray:
    """An argument. What is around an input's slice is NaN, where there is one."""
    shape = whole_shape(operand, sizes)
    if operand.element in BITS:
        bits = BITS[operand.element]
        if case.result.element in FLOATS:
            return rng.integers(-2 if bits > 1 else -1, 3 if bits > 1 else 1, shape)
        return rng.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, shape, endpoint=True)
    if case.body.outer == "mul":  # of many factors, none large
        values = np.sign(rng.random(shape) - 0.3) * (1 if exact else 2 ** (0.1 * rng.random(shape) - 0.05))
    elif exact:
        values = rng.integers(-2, 3, shape).astype(float)
    else:
        values = rng.standard_normal(shape)
    values = data.rounded(values, operand.element)
    if operand is not case.result and operand.is_slice:
        kept = np.full(shape, np.nan)
        kept[part(operand, sizes)] = values[part(operand, sizes)]
        return kept
    return values


def as_operand(case: Case, operand: Operand, values: np.ndarray) -> np.ndarray:
    """The elements in the type of the result, as the body has them."""
    element = case.result.element
    if operand.element in FLOATS:
        return values.astype(np.longdouble) if element == "f64" else values
    if case.body.unsigned and operand.element != element:
        bits = BITS[operand.element]
        if bits < 64 and (element in FLOATS or bits < BITS[element]):
            values = values & ((1 << bits) - 1)
    return values.astype(float) if element in FLOATS else wrapped(values, element)


def spread(case: Case, axes: str, values: np.ndarray) -> np.ndarray:
    """With an axis for each loop, of one element where it is not indexed."""
    order = [axes.index(c) for c in case.loops if c in axes]
    values = values.transpose(order)
    shape = iter(values.shape)
    return values.reshape([next(shape) if c in axes else 1 for c in case.loops])


def compare_as(case: Case, values: np.ndarray) -> np.ndarray:
    """Unsigned numbers in an order of signed ones."""
    if case.body.unsigned and case.result.element in BITS:
        bits = BITS[case.result.element]
        if bits == 64:
            return values ^ np.int64(-(1 << 63))
        return values & ((1 << bits) - 1)
    return values


def fold(case: Case, terms: np.ndarray, start: np.ndarray, axes: tuple) -> np.ndarray:
    """The start, with the axes of the loops of the result, and all terms."""
    outer = case.body.outer
    if outer == "add":
        return start + terms.sum(axes)
    if outer == "sub":
        return start - terms.sum(axes)
    if outer == "mul":
        return start * terms.prod(axes)
    if outer in ("max", "min"):
        terms, start = compare_as(case, terms), compare_as(case, start)
        ufunc = np.maximum if outer == "max" else np.minimum
        result = start
        if terms.size:
            result = ufunc(start, ufunc.reduce(terms, axes) if axes else terms)
        if case.body.unsigned and case.result.element == "i64":
            return result ^ np.int64(-(1 << 63))
        return result
    ufunc = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}[outer]
    return ufunc(start, ufunc.reduce(terms, axes) if axes else terms)


@np.errstate(over="ignore", invalid="ignore")
def expected(case: Case, sizes: dict, arguments: list) -> tuple[np.ndarray, np.ndarray | None]:
    """(the result, how far off each element may be; None if it is exact)"""
    element, is_float = case.result.element, case.result.element in FLOATS
    inputs = []
    for operand, values in zip(case.inputs, arguments):
        values = as_operand(case, operand, values[part(operand, sizes)])
        inputs.append(spread(case, operand.axes, values))
    if case.body.unary in ("exp", "neg"):
        inputs[0] = np.exp(inputs[0]) if case.body.unary == "exp" else -inputs[0]
    terms = inputs[0]
    for other in inputs[1:] if case.body.inner != "first" else []:
        terms = {"mul": np.multiply, "add": np.add, "and": np.bitwise_and}[case.body.inner](terms, other)
    if case.body.unary == "neg_inner":
        terms = -terms
    if not is_float:
        terms = wrapped(terms, element)
    terms = np.broadcast_to(terms, [sizes[c] for c in case.loops])
    axes = tuple(i for i, c in enumerate(case.loops) if c not in case.result.axes)
    count = int(np.prod([sizes[case.loops[i]] for i in axes]))
    whole = arguments[-1]
    place = part(case.result, sizes)
    order = [c for c in case.loops if c in case.result.axes]
    to_loops = [case.result.axes.index(c) for c in order]
    back = [order.index(c) for c in case.result.axes]
    start = whole[place].transpose(to_loops)
    if case.start == "zero":
        start = np.zeros_like(start)
    value = fold(case, terms, start, axes) if terms.size else np.array(start)
    if case.then == "double":
        value = value + value
    if not is_float:
        value = wrapped(value, element)
    result = np.array(whole)
    result[place] = value.transpose(back)
    if not is_float:
        return result, None
    # The magnitudes that are rounded; those of max and of few terms are less.
    if case.body.outer == "mul":
        magnitude = np.abs(value)
    else:
        sizes_of_terms = np.abs(terms)
        if case.body.inner == "add":  # what is rounded may cancel
            sizes_of_terms = sum(np.abs(values) for values in inputs)
            sizes_of_terms = np.broadcast_to(sizes_of_terms, terms.shape)
        magnitude = (np.abs(start) + sizes_of_terms.sum(axes)) * (2 if case.then else 1)
    top = 2.0 ** PRECISION[element]
    parts = [np.abs(values).max() for values in inputs if values.size]
    is_integral = case.body.unary != "exp" and all(
        np.array_equal(values, np.round(values)) for values in [*inputs, start]
    )
    if is_integral and max([magnitude.max() if magnitude.size else 0, *parts]) <= top:
        return result, None
    bound = np.zeros(result.shape)
    roundings = (3 if case.body.outer == "mul" else 1) * count + 8
    bound[place] = (roundings * (magnitude * 2.0 ** (1 - PRECISION[element]) + SMALLEST[element])).transpose(back)
    return result, bound


def complaint(path: Path, element: str, result: np.ndarray, bound: np.ndarray | None) -> str | None:
    try:
        stored = np.load(path, allow_pickle=False)
        if element in FLOATS:
            actual = data.load(str(path), element)
        else:
            if stored.dtype != data.NUMPY_TYPES[element]:
                raise ValueError(f"element type {stored.dtype.str}")
            actual = -stored.astype(np.int64) if element == "i1" else stored.astype(np.int64)
    except (OSError, ValueError) as error:
        return f"result not readable: {error}"
    if actual.shape != result.shape:
        return f"shape {actual.shape}, not {result.shape}"
    if bound is None:
        wrong = actual != result
    else:
        wrong = ~(np.abs(actual - result) <= bound)
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.ndim else ()
    exact = "" if bound is None else f" by at most {float(bound[first]):.1e}"
    return (
        f"{int(wrong.sum())} of {wrong.size} elements are wrong, the first at {list(first)}: "
        f"{actual[first]}, not {result[first]}{exact}"
    )
