"""Builds a program, operation by operation, and computes it as it grows.

What an operation would make is known when it is chosen: sizes follow from values, and what
overflows, or is lost in rounding, is rejected, so that programs stay meaningful.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager

import numpy as np

from .elements import FLOATS, INTEGERS, is_float, round_to
from .ir import (
    Argument, Dim, Environment, Function, Operation, Region, Sizes, Type, Value, evaluate_operation,
)  # fmt: skip
from .tracked import Tracked, exactly


class Reject(Exception):
    """What was tried can not be done, or makes nothing that could be compared."""


STATIC_SIZES = [1, 1, 2, 3, 4, 4, 5, 7, 8, 8, 9, 12, 16, 17, 24, 31, 32, 33, 48, 64, 65]
DYNAMIC_SIZES = [1, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 32, 33, 50]
LARGEST = 6000  # elements of a tensor
LIMITS = {"f16": 2e3, "bf16": 1e5, "f32": 1e5, "f64": 1e6}
# Where the stand-ins for types that vga-run does not take come from.
CARRIERS = {"index": "i64"}


class Builder:
    """One function under construction; `calls` are made of it, with sizes of their own."""

    def __init__(self, rng: np.random.Generator, name: str, calls: int) -> None:
        self.rng = rng
        self.function = Function(name, calls=calls)
        self.calls = range(calls)
        self.values: list[Environment] = [{} for _ in self.calls]
        self.operations = self.function.operations
        self.pool: list[Value] = []
        self.depth = 0  # of regions
        self.helpers = 0
        self.data = self.choose(["eighths", "eighths", "normal", "normal", "wild"])
        empty = self.chance(0.06)
        sizes = [0, *DYNAMIC_SIZES] if empty else DYNAMIC_SIZES
        self.dynamic = [
            Dim(tuple(int(self.choose(sizes)) for _ in self.calls), False) for _ in range(3)
        ]
        statics = [0, 0, 0, *STATIC_SIZES] if empty else STATIC_SIZES
        self.static = [self.static_dim(int(self.choose(statics))) for _ in range(4)]
        self.elements = self.choose_elements()
        self.dynamic_share = float(self.choose([0.0, 0.3, 0.6, 1.0]))

    # --- Chance -----------------------------------------------------------------------------

    def choose(self, options, weights=None):
        if weights is not None:
            weights = np.asarray(weights, float) / sum(weights)
        return options[int(self.rng.choice(len(options), p=weights))]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def number(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def choose_elements(self) -> list[str]:
        floats = ["f32", "f32", "f32", "f32", "bf16", "f16", "f64"]
        integers = ["i32", "i64", "i8", "i16", "index", "i1"]
        return [self.choose(floats), self.choose(floats), self.choose(integers)]

    def element(self, kind: str = "any") -> str:
        """One of the function's element types."""
        kinds = {
            "any": self.elements,
            "float": [e for e in self.elements if is_float(e)],
            "integer": [e for e in self.elements if not is_float(e)],
        }
        return self.choose(kinds[kind] or ["f32" if kind == "float" else "i32"])

    def static_dim(self, size: int) -> Dim:
        return Dim((size,) * len(self.calls), True)

    def size(self) -> Dim:
        if self.chance(self.dynamic_share):
            return self.choose(self.dynamic)
        if self.chance(0.85):
            return self.choose(self.static)
        return self.static_dim(int(self.choose(STATIC_SIZES)))

    def dims(self, rank: int) -> tuple[Dim, ...]:
        for _ in range(20):
            dims = tuple(self.size() for _ in range(rank))
            if self.count(dims) <= LARGEST:
                return dims
        raise Reject

    def count(self, dims) -> int:
        return max(int(np.prod([dim.sizes[c] for dim in dims], dtype=float)) for c in self.calls)

    def with_sizes(self, sizes, static=None) -> tuple[Dim, ...]:
        """Dims of these sizes, static where they may be and, at random, are."""
        made = []
        for index, one in enumerate(sizes):
            may = len(set(one)) == 1
            wants = static[index] if static is not None else not self.chance(self.dynamic_share)
            made.append(Dim(tuple(one), may and wants))
        return tuple(made)

    # --- Values -----------------------------------------------------------------------------

    def of(self, value: Value) -> list[Tracked]:
        return [self.values[call][value] for call in self.calls]

    def data_for(self, element: str, shape: tuple[int, ...]) -> Tracked:
        """Numbers for an argument."""
        rng = self.rng
        if element == "i1":
            return exactly(element, rng.random(shape) < 0.5)
        if not is_float(element):
            if self.data == "wild" and element != "index":
                bits = INTEGERS[element]
                low = -(2 ** (bits - 1))
                return exactly(element, rng.integers(low, -low - 1, shape, endpoint=True))
            return exactly(element, rng.integers(-9, 10, shape))
        if self.data == "eighths":
            values = rng.integers(-16, 17, shape) / 8.0
        elif self.data == "normal" or element == "f16":
            values = rng.standard_normal(shape)
        else:
            values = rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 3, shape)
        return exactly(element, round_to(values, element))

    def argument(self, type: Type, inputs: list[Tracked] | None = None, attribute: str = "") -> Value:
        if type.element in CARRIERS:
            carrier = CARRIERS[type.element]
            wide = self.argument(Type(carrier, type.dims), inputs and [
                exactly(carrier, data.value) for data in inputs])  # fmt: skip
            return self.convert(wide, type.element)
        if inputs is None:
            inputs = [self.data_for(type.element, type.shape(call)) for call in self.calls]
        value = Value(type)
        self.function.arguments.append(Argument(value, inputs, attribute))
        for call in self.calls:
            self.values[call][value] = inputs[call]
        return value

    def convert(self, x: Value, element: str) -> Value:
        """A tensor or a scalar as another integer type."""
        from .conversions import conversions

        how = conversions(x.type.element, element)[0]
        return self.scalar(how, [x], [element])[0]

    def add(
        self,
        text: Callable,
        operands: list[Value],
        results: list[tuple[str, tuple | None]],
        meaning: Callable,
        regions: list[Region] | None = None,
        callees: list[Function] | None = None,
    ) -> list[Value]:
        """Adds an operation. A result is its element type and, for tensors, for each of its axes
        whether its size is static; for scalars None."""
        operation = Operation(operands, [], text, meaning, regions or [], callees or [])
        computed = []
        for values in self.values:
            stand_ins = [Value(Type(element)) for element, _ in results]
            operation.results = stand_ins
            evaluate_operation(operation, values)
            computed.append([values.pop(stand_in) for stand_in in stand_ins])
        made = []
        for index, (element, static) in enumerate(results):
            ones = [results_of[index] for results_of in computed]
            if any(one.element != element for one in ones):
                raise AssertionError(f"{[one.element for one in ones]}, not {element}")
            dims = None
            if static is not None:
                sizes = list(zip(*(one.shape for one in ones), strict=True))
                dims = tuple(Dim(*pair) for pair in zip(sizes, static, strict=True))
                if any(dim.is_static and len(set(dim.sizes)) > 1 for dim in dims):
                    raise AssertionError("a static size that changes")
                if self.count(dims) > 2 * LARGEST:
                    raise Reject
            value = Value(Type(element, dims))
            for call, one in zip(self.calls, ones, strict=True):
                self.values[call][value] = one
            made.append(value)
        operation.results = made
        self.operations.append(operation)
        return made

    def keep(self, *values: Value) -> None:
        """Offers results to later operations, if they can be compared."""
        for value in values:
            for one in self.of(value):
                if not self.is_good(one):
                    raise Reject
        self.pool += values

    def is_good(self, x: Tracked) -> bool:
        if x.value.size == 0:
            return True
        if not is_float(x.element):
            return np.mean(~x.exact) <= 0.1
        finite = np.isfinite(x.value)
        size = np.abs(np.where(finite, x.value, 0.0))
        if size.max() > LIMITS[x.element]:
            return False
        loose = ~(x.error <= 0.02 * size + 0.002 * size.max() + 64 * FLOATS[x.element].unit * (size > 0))
        return np.mean(loose) <= 0.1 and np.mean(~finite) <= 0.5

    def statics(self, x: Value) -> tuple[bool, ...]:
        return tuple(dim.is_static for dim in x.type.dims)

    def pick(self, kind: str = "any", low: int = 0, high: int = 5, test=None) -> Value:
        """A tensor of the pool, of a rank from low to high, or a new argument."""
        fitting = [v for v in self.pool if low <= v.type.rank <= high and self.is_kind(v, kind)
                   and (test is None or test(v))]  # fmt: skip
        if fitting and not self.chance(0.15):
            # The latest ones rather than the first.
            index = len(fitting) - 1 - int(len(fitting) * self.rng.random() ** 1.5)
            return fitting[max(index, 0)]
        return self.fresh(self.element_of(kind), self.number(low, max(min(high, 4), low)), test)

    def element_of(self, kind: str) -> str:
        if kind in ("any", "float", "integer"):
            return self.element(kind)
        return kind

    def is_kind(self, value: Value, kind: str) -> bool:
        element = value.type.element
        if kind == "any":
            return True
        if kind == "float":
            return is_float(element)
        if kind == "integer":
            return not is_float(element)
        return element == kind

    def fresh(self, element: str, rank: int, test=None) -> Value:
        """A new argument."""
        value = self.argument(Type(element, self.dims(rank)))
        if test is not None and not test(value):
            raise Reject
        self.pool.append(value)
        return value

    def like(self, x: Value, element: str | None = None) -> Value:
        """A tensor of the type of x, from the pool or new."""
        element = element or x.type.element
        wanted = x.type.sizes
        fitting = [v for v in self.pool if v.type.element == element and v.type.sizes == wanted]
        if fitting and self.chance(0.7):
            return self.cast(self.choose(fitting), x.type.dims)
        value = self.argument(Type(element, x.type.dims))
        self.pool.append(value)
        return value

    def cast(self, x: Value, dims: tuple[Dim, ...]) -> Value:
        """x as a tensor whose sizes are static where those of dims are."""
        static = tuple(dim.is_static for dim in dims)
        if static == self.statics(x):
            return x
        return self.add(
            lambda n: f"tensor.cast {n[0]} : {n.type(0)} to {n.results()}",
            [x], [(x.type.element, static)], lambda a: [a],
        )[0]  # fmt: skip

    # --- Scalars ----------------------------------------------------------------------------

    def constant(self, element: str, number) -> Value:
        text = constant_text(element, number)
        return self.add(
            lambda n: f"arith.constant {text}" + (f" : {element}" if element != "i1" else ""),
            [], [(element, None)], lambda: [exactly(element, number)],
        )[0]  # fmt: skip

    def index(self, sizes: Sizes) -> Value:
        """An index that is sizes[c] in call c: a constant, or what only the run knows."""
        sizes = tuple(int(size) for size in sizes)
        if len(set(sizes)) == 1 and (self.depth or not self.chance(self.dynamic_share / 2)):
            return self.constant("index", sizes[0])
        known = [
            (v, axis) for v in self.pool for axis, dim in enumerate(v.type.dims)
            if dim.sizes == sizes and not dim.is_static
        ]  # fmt: skip
        if known and self.chance(0.7):
            return self.dim(*self.choose(known))
        carrier = self.argument(Type("i64", ()), [exactly("i64", size) for size in sizes])
        wide = self.extract(carrier, [])
        return self.add(
            lambda n: f"arith.index_cast {n[0]} : i64 to index",
            [wide], [("index", None)], lambda x: [Tracked("index", x.value, x.error)],
        )[0]  # fmt: skip

    def dim(self, x: Value, axis: int) -> Value:
        place = self.constant("index", axis)
        return self.add(
            lambda n: f"tensor.dim {n[0]}, {n[1]} : {n.type(0)}",
            [x, place], [("index", None)], lambda a, i: [exactly("index", a.shape[int(i.value)])],
        )[0]  # fmt: skip

    def extract(self, x: Value, indices: list[Value]) -> Value:
        def meaning(a: Tracked, *places: Tracked) -> list[Tracked]:
            at = tuple(np.clip(p.value, 0, max(size - 1, 0)) for p, size in zip(places, a.shape))
            picked = a.moved(lambda array: array[at])
            for place in places:
                if not place.exact.all():
                    picked = Tracked(a.element, picked.value, np.where(place.exact, picked.error, np.inf))
            return [picked]

        return self.add(
            lambda n: f"tensor.extract {n[0]}[{n.all(1)}] : {n.type(0)}",
            [x, *indices], [(x.type.element, None)], meaning,
        )[0]  # fmt: skip

    def empty(self, element: str, dims: tuple[Dim, ...]) -> Value:
        """tensor.empty: a value that nothing may depend on."""
        dynamic = [self.index(dim.sizes) for dim in dims if not dim.is_static]
        static = tuple(dim.is_static for dim in dims)

        def meaning(*sizes: Tracked) -> list[Tracked]:
            rest = iter(sizes)
            shape = tuple(d.sizes[0] if d.is_static else int(next(rest).value) for d in dims)
            return [Tracked(element, np.zeros(shape), np.inf)]

        return self.add(
            lambda n: f"tensor.empty({n.all()}) : {n.results()}", dynamic, [(element, static)], meaning
        )[0]

    def splat(self, element: str, dims: tuple[Dim, ...], number) -> Value:
        """A tensor of one number."""
        if all(dim.is_static for dim in dims) and (self.depth or self.chance(0.5)):
            text, shape = constant_text(element, number), tuple(dim.sizes[0] for dim in dims)
            return self.add(
                lambda n: f"arith.constant dense<{text}> : {n.results()}",
                [], [(element, (True,) * len(dims))],
                lambda: [exactly(element, np.full(shape, number))],
            )[0]  # fmt: skip
        scalar = self.constant(element, number)
        if self.chance(0.5):
            dynamic = [self.index(dim.sizes) for dim in dims if not dim.is_static]

            def meaning(x: Tracked, *sizes: Tracked) -> list[Tracked]:
                rest = iter(sizes)
                shape = tuple(d.sizes[0] if d.is_static else int(next(rest).value) for d in dims)
                return [x.moved(lambda array: np.broadcast_to(array, shape))]

            places = lambda n: f"[{n.all(1)}]" if len(n.operation.operands) > 1 else ""  # noqa: E731
            return self.add(
                lambda n: f"tensor.splat {n[0]}{places(n)} : {n.results()}",
                [scalar, *dynamic], [(element, tuple(d.is_static for d in dims))], meaning,
            )[0]  # fmt: skip
        return self.fill(scalar, self.empty(element, dims))

    def fill(self, scalar: Value, into: Value) -> Value:
        return self.add(
            lambda n: f"linalg.fill ins({n[0]} : {n.type(0)}) outs({n[1]} : {n.type(1)}) -> {n.results()}",
            [scalar, into], [(into.type.element, self.statics(into))],
            lambda x, to: [x.moved(lambda array: np.broadcast_to(array, to.shape))],
        )[0]  # fmt: skip

    def scalar(self, how, operands: list[Value], elements: list[str]) -> list[Value]:
        """An operation of arith or math on scalars or on tensors of one type."""
        first = operands[-1]
        static = self.statics(first) if first.type.is_tensor else None
        is_conversion = how.signature == ""
        is_choice = how.name == "arith.select"

        def text(n) -> str:
            if is_conversion:
                return f"{how.name} {n[0]} : {n.type(0)} to {n.results()}"
            types = n.type(0)
            if is_choice:
                types = f"{n.type(0)}, {n.type(1)}" if static is not None else n.type(1)
            elif how.name in ("arith.mulsi_extended", "arith.mului_extended"):
                types = n.type(0)
            elif how.name == "arith.addui_extended":
                types = n.results()
            return f"{how.name}{how.detail} {n.all()} : {types}"

        return self.add(text, operands, [(element, static) for element in elements], how.meaning)

    # --- Regions ----------------------------------------------------------------------------

    @contextmanager
    def inside(self, region: Region, arguments: list[list[Tracked]]):
        """Adds operations to the region; arguments are its values in each call."""
        outer, pool = self.operations, self.pool
        self.operations, self.pool = region.operations, list(self.pool)
        self.depth += 1
        for call, ones in zip(self.calls, arguments, strict=True):
            self.values[call].update(zip(region.arguments, ones, strict=True))
        try:
            yield
        finally:
            self.operations, self.pool = outer, pool
            self.depth -= 1

    @contextmanager
    def helper(self):
        """Adds operations to a new private function, which shares nothing with this one."""
        saved = self.function, self.operations, self.pool, self.depth
        self.helpers += 1
        name = f"{self.root_name()}_{self.helpers}"
        self.function = Function(name, calls=len(self.calls), is_private=True)
        self.operations, self.pool, self.depth = self.function.operations, [], 0
        try:
            yield self.function
        finally:
            self.function, self.operations, self.pool, self.depth = saved

    def root_name(self) -> str:
        return self.function.name

    @contextmanager
    def trial(self):
        """Takes back what was added when it is rejected."""
        count, pool, arguments = len(self.operations), list(self.pool), len(self.function.arguments)
        states = len(self.function.states)
        try:
            yield
        except Reject:
            del self.operations[count:]
            del self.function.arguments[arguments:]
            del self.function.states[states:]
            self.pool[:] = pool
            raise


def constant_text(element: str, number) -> str:
    if element == "i1":
        return "true" if number else "false"
    if not is_float(element):
        return str(int(number))
    text = repr(float(number))
    if "inf" in text or "nan" in text:
        patterns = {"f16": (0x7C00, 0x7E00, 4), "bf16": (0x7F80, 0x7FC0, 4),
                    "f32": (0x7F800000, 0x7FC00000, 8),
                    "f64": (0x7FF0000000000000, 0x7FF8000000000000, 16)}[element]  # fmt: skip
        bits = patterns[1] if "nan" in text else patterns[0]
        if text.startswith("-"):
            bits |= 1 << (4 * patterns[2] - 1)
        return f"0x{bits:0{patterns[2]}X}"
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa if "." in mantissa else mantissa + ".0"
    return mantissa + (f"e{exponent}" if exponent else "")
