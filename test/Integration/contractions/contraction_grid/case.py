"""A case of the grid: a reduction over loops, some of which index each operand."""

from __future__ import annotations

from dataclasses import dataclass, field

FLOATS = ("f16", "bf16", "f32", "f64")
# What numpy has for a type, and the bits of an integer.
BITS = {"i1": 1, "i8": 8, "i32": 32, "i64": 64}


@dataclass(frozen=True)
class Operand:
    """An operand whose axes are the loops that `axes` names.

    A slice is taken from a larger argument: from (offset, stride) of every axis, and with `outer`
    from one entry of an additional axis, which is dropped.
    """

    axes: str
    element: str
    steps: tuple = ()
    outer: bool = False

    @property
    def is_slice(self) -> bool:
        return bool(self.steps) or self.outer

    def step(self, axis: int) -> tuple[int, int]:
        return self.steps[axis] if self.steps else (0, 1)


@dataclass(frozen=True)
class Body:
    """What is done with the elements of the inputs, and how it is folded into the result.

    `inner` is "first", "mul", "add" or "and"; `outer` is "add", "sub", "mul", "max", "min", "and",
    "or" or "xor". `unary` is applied to the first input ("exp", "neg") or to what `inner` gives
    ("neg_inner"). Unsigned integers are extended by zeros, and compared as such.
    """

    inner: str = "mul"
    outer: str = "add"
    unary: str = ""
    unsigned: bool = False
    swapped: bool = False  # the operands of both operations

    @property
    def is_product(self) -> bool:
        return (self.inner, self.outer, self.unary) == ("mul", "add", "")


@dataclass(frozen=True)
class Case:
    name: str
    loops: str
    sizes: dict
    inputs: tuple[Operand, ...]
    result: Operand
    body: Body = Body()
    dynamic: str = ""
    form: str = "generic"  # or "contract", or a named operation
    start: str = "full"  # or "zero"
    then: str = ""  # an elementwise operation on the result: "double"
    calls: list = field(default_factory=list)  # sizes of the dynamic loops, for each call

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (*self.inputs, self.result)

    def calls_of(self) -> list[dict]:
        return [self.sizes | call for call in self.calls or [{}]]

    def describe(self) -> str:
        """One line for a report."""
        sizes = ", ".join(f"{c}={'?' if c in self.dynamic else s}" for c, s in self.sizes.items())
        axes = ",".join(o.axes + ("/" if o.is_slice else "") for o in self.inputs)
        types = " x ".join(o.element for o in self.inputs)
        unary = f"{self.body.unary} " if self.body.unary else ""
        return (
            f"{axes}->{self.result.axes}{'/' if self.result.is_slice else ''} [{sizes}] "
            f"{types} -> {self.result.element}, {unary}{self.body.inner} {self.body.outer}, {self.form}"
        )
