"""Programs: functions of operations, each with its text and its meaning.

An operation is one object that has both: `text` says how it is written, given the names of its
operands, and `meaning` what it computes, given their values. Families of operations make such
objects; everything else - printing, evaluation, minimization - is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .tracked import Tracked

Sizes = tuple[int, ...]  # of a dimension, one for each call of the function


@dataclass(frozen=True)
class Dim:
    """A dimension: its size in each call, and whether the type says it."""

    sizes: Sizes
    is_static: bool

    @property
    def text(self) -> str:
        return str(self.sizes[0]) if self.is_static else "?"


@dataclass(frozen=True)
class Type:
    """A tensor, or a scalar where there are no dims."""

    element: str
    dims: tuple[Dim, ...] | None = None

    @property
    def is_tensor(self) -> bool:
        return self.dims is not None

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def sizes(self) -> tuple[Sizes, ...]:
        return tuple(dim.sizes for dim in self.dims)

    def shape(self, call: int) -> tuple[int, ...]:
        return tuple(dim.sizes[call] for dim in self.dims)

    def __str__(self) -> str:
        if self.dims is None:
            return self.element
        return f"tensor<{'x'.join([*(dim.text for dim in self.dims), self.element])}>"


@dataclass(eq=False)
class Value:
    type: Type


@dataclass(eq=False)
class Region:
    """A body: its arguments, operations, and what it yields."""

    arguments: list[Value]
    operations: list[Operation] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    terminator: str = "linalg.yield"
    has_header: bool = True


@dataclass(eq=False)
class Operation:
    operands: list[Value]
    results: list[Value]
    text: Callable[[Names], str]
    # From the values of the operands, and an evaluator for regions, to those of the results.
    meaning: Callable[..., list[Tracked]]
    regions: list[Region] = field(default_factory=list)
    callees: list[Function] = field(default_factory=list)

    def used(self) -> set[Value]:
        """The values from outside that it needs, those in its regions included."""
        needed = set(self.operands)
        for region in self.regions:
            inside: set[Value] = set(region.arguments)
            for operation in region.operations:
                needed |= operation.used() - inside
                inside |= set(operation.results)
            needed |= set(region.yields) - inside
        return needed


@dataclass(eq=False)
class Argument:
    """An argument and what it is given in each call; `attribute` is printed behind its type."""

    value: Value
    inputs: list[Tracked]
    attribute: str = ""

    @property
    def parameter(self) -> str | None:
        """Its name, if it is a weight."""
        return self.attribute.split('"')[1] if "vga.param" in self.attribute else None

    @property
    def is_input(self) -> bool:
        """Whether a call gives it: states begin as zeros, weights come by name."""
        return self.attribute == ""


@dataclass(eq=False)
class Function:
    name: str
    arguments: list[Argument] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)
    calls: int = 1
    is_private: bool = False
    # Arguments that are states, each with what is returned for it.
    states: list[tuple[Value, Value]] = field(default_factory=list)
    # Whether a call begins with the states that the one before it has left.
    continues: bool = False

    @property
    def returned(self) -> list[Value]:
        """The results, and behind them the states."""
        return [*self.results, *(after for _, after in self.states)]

    def remove_unused(self) -> None:
        """Drops what no result needs."""
        states: list[tuple[Value, Value]] = []
        while True:
            after = [value for _, value in states]
            needed, operations = self.needed_for([*self.results, *after])
            kept = [pair for pair in self.states if pair[0] in needed]
            if len(kept) == len(states):
                break
            states = kept
        self.states, self.operations = states, operations
        if not self.is_private:
            self.arguments = [argument for argument in self.arguments if argument.value in needed]

    def needed_for(self, results: list[Value]) -> tuple[set[Value], list[Operation]]:
        needed = set(results)
        kept = []
        for operation in reversed(self.operations):
            if needed & set(operation.results):
                kept.append(operation)
                needed |= operation.used()
        return needed, kept[::-1]

    def all_callees(self) -> list[Function]:
        return callees_of(self.operations)


def callees_of(operations: Iterable[Operation]) -> list[Function]:
    found: list[Function] = []
    for operation in operations:
        for function in operation.callees:
            found += [f for f in [*function.all_callees(), function] if f not in found]
        for region in operation.regions:
            found += [f for f in callees_of(region.operations) if f not in found]
    return found


class Names:
    """Names of values as they are printed; what the text of an operation asks."""

    def __init__(self) -> None:
        self.of: dict[Value, str] = {}
        self.operation: Operation | None = None
        self.depth = 1

    def name(self, value: Value) -> str:
        return self.of.setdefault(value, f"%v{len(self.of)}")

    def __getitem__(self, operand: int) -> str:
        return self.name(self.operation.operands[operand])

    def type(self, operand: int) -> str:
        return str(self.operation.operands[operand].type)

    def all(self, first: int = 0, last: int | None = None) -> str:
        return ", ".join(self.name(v) for v in self.operation.operands[first:last])

    def types(self, first: int = 0, last: int | None = None) -> str:
        return ", ".join(str(v.type) for v in self.operation.operands[first:last])

    def results(self) -> str:
        return ", ".join(str(value.type) for value in self.operation.results)

    def block_argument(self, region: int, index: int) -> str:
        return self.name(self.operation.regions[region].arguments[index])

    def callee(self, index: int = 0) -> str:
        return self.operation.callees[index].name

    def body(self, region: int) -> str:
        """The region in braces."""
        body = self.operation.regions[region]
        lines = []
        if body.has_header:
            header = ", ".join(f"{self.name(v)}: {v.type}" for v in body.arguments)
            lines.append("  " * self.depth + f"^bb0({header}):" if header else "")
        lines += self.lines(body.operations)
        yields = ", ".join(self.name(value) for value in body.yields)
        types = ", ".join(str(value.type) for value in body.yields)
        end = f"{body.terminator} {yields} : {types}" if yields else body.terminator
        text = "\n".join([*(line for line in lines if line), "  " * (self.depth + 1) + end])
        return "{\n" + text + "\n" + "  " * self.depth + "}"

    def lines(self, operations: list[Operation]) -> list[str]:
        outer, lines = self.operation, []
        self.depth += 1
        for operation in operations:
            lines.append(self.line(operation))
        self.depth -= 1
        self.operation = outer
        return lines

    def line(self, operation: Operation) -> str:
        self.operation = operation
        text = operation.text(self)
        self.operation = operation
        results = ", ".join(self.name(value) for value in operation.results)
        return "  " * self.depth + (f"{results} = {text}" if results else text)


def print_function(function: Function) -> str:
    names = Names()
    arguments = ", ".join(
        f"{names.name(a.value)}: {a.value.type}{' ' + a.attribute if a.attribute else ''}"
        for a in function.arguments
    )
    results = ", ".join(str(value.type) for value in function.returned)
    names.depth = 0
    lines = names.lines(function.operations)
    returned = ", ".join(names.name(value) for value in function.returned)
    visibility = "private " if function.is_private else ""
    return "\n".join(
        [f"func.func {visibility}@{function.name}({arguments}) -> ({results}) {{", *lines,
         f"  return {returned} : {results}", "}", ""]
    )  # fmt: skip


def print_functions(functions: list[Function]) -> str:
    """A module of the functions and what they call."""
    printed: list[Function] = []
    for function in functions:
        for one in [*function.all_callees(), function]:
            if one not in printed:
                printed.append(one)
    return "\n".join(print_function(function) for function in printed)


Environment = dict[Value, Tracked]


def evaluate_operations(operations: list[Operation], values: Environment) -> None:
    for operation in operations:
        evaluate_operation(operation, values)


def evaluate_operation(operation: Operation, values: Environment) -> None:
    """Adds the results of the operation to values."""
    operands = [values[operand] for operand in operation.operands]
    if operation.regions or operation.callees:
        results = operation.meaning(Bodies(operation, values), *operands)
    else:
        results = operation.meaning(*operands)
    for value, computed in zip(operation.results, results, strict=True):
        values[value] = computed


class Bodies:
    """Runs the regions and the callees of an operation."""

    def __init__(self, operation: Operation, values: Environment) -> None:
        self.operation = operation
        self.values = values

    def run(self, region: int, *arguments: Tracked) -> list[Tracked]:
        body = self.operation.regions[region]
        inner = dict(self.values)
        inner.update(zip(body.arguments, arguments, strict=True))
        evaluate_operations(body.operations, inner)
        return [inner[value] for value in body.yields]

    def call(self, *arguments: Tracked, callee: int = 0) -> list[Tracked]:
        function = self.operation.callees[callee]
        inner = dict(zip((a.value for a in function.arguments), arguments, strict=True))
        evaluate_operations(function.operations, inner)
        return [inner[value] for value in function.results]


def values_of(function: Function, call: int) -> Environment:
    """All that the function computes in one of its calls."""
    values = {argument.value: argument.inputs[call] for argument in function.arguments}
    evaluate_operations(function.operations, values)
    return values


def continue_states(function: Function, call: int) -> Environment:
    """Gives a call the states that the one before it has left; what it computes then."""
    before = values_of(function, call - 1)
    after = dict(function.states)
    for argument in function.arguments:
        if argument.value in after:
            argument.inputs[call] = before[after[argument.value]]
    return values_of(function, call)


def evaluate(function: Function, call: int) -> list[Tracked]:
    """What the function returns in one of its calls."""
    values = values_of(function, call)
    return [values[value] for value in function.results]
