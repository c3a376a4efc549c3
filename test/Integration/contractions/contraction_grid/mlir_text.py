"""The function of a case."""

from __future__ import annotations

from .case import BITS, FLOATS, Case, Operand

WIDTHS = {"f16": 16, "bf16": 16, "f32": 32, "f64": 64}
OPERATIONS = {
    "add": ("arith.addf", "arith.addi"), "sub": ("arith.subf", "arith.subi"),
    "mul": ("arith.mulf", "arith.muli"), "max": ("arith.maximumf", "arith.maxsi"),
    "min": ("arith.minimumf", "arith.minsi"), "and": (None, "arith.andi"),
    "or": (None, "arith.ori"), "xor": (None, "arith.xori"),
}  # fmt: skip


def operation(name: str, element: str, unsigned: bool) -> str:
    text = OPERATIONS[name][element in BITS]
    if unsigned and name in ("max", "min") and element in BITS:
        return text.replace("si", "ui")
    return text


def sizes_of(case: Case, axes: str) -> list[str]:
    return ["?" if c in case.dynamic else str(case.sizes[c]) for c in axes]


def tensor(case: Case, axes: str, element: str) -> str:
    return f"tensor<{'x'.join([*sizes_of(case, axes), element])}>"


def argument_type(case: Case, operand: Operand) -> str:
    """That of the larger tensor, for a slice."""
    sizes = ["3"] * operand.outer
    for axis, loop in enumerate(operand.axes):
        offset, stride = operand.step(axis)
        sizes.append("?" if loop in case.dynamic else str(case.sizes[loop] * stride + offset))
    return f"tensor<{'x'.join([*sizes, operand.element])}>"


class Writer:
    """Collects the lines of a function."""

    def __init__(self, case: Case):
        self.case = case
        self.lines: list[str] = []
        self.dims: dict[str, str] = {}  # the values of the dynamic sizes

    def add(self, line: str) -> None:
        self.lines.append(f"  {line}\n")

    def slice_of(self, number: int, operand: Operand) -> tuple[str, str]:
        """(offsets, sizes, strides of the slice; its type) of an argument."""
        case = self.case
        sizes = []
        for axis, loop in enumerate(operand.axes):
            if loop not in case.dynamic:
                sizes.append(str(case.sizes[loop]))
                continue
            offset, stride = operand.step(axis)
            name = f"%n{number}_{axis}"
            self.add(f"{name}_i = arith.constant {axis + operand.outer} : index")
            self.add(f"{name}_d = tensor.dim %arg{number}, {name}_i : {argument_type(case, operand)}")
            if operand.steps:
                self.add(f"{name}_o = arith.constant {offset} : index")
                self.add(f"{name}_s = arith.constant {stride} : index")
                self.add(f"{name}_r = arith.subi {name}_d, {name}_o : index")
                self.add(f"{name} = arith.divui {name}_r, {name}_s : index")
            else:
                self.add(f"{name} = arith.addi {name}_d, %none : index")
            self.dims.setdefault(loop, name)
            sizes.append(name)
        steps = [operand.step(axis) for axis in range(len(operand.axes))]
        offsets = ["1"] * operand.outer + [str(offset) for offset, _ in steps]
        strides = ["1"] * operand.outer + [str(stride) for _, stride in steps]
        sizes = ["1"] * operand.outer + sizes
        place = "".join(f"[{', '.join(part)}]" for part in (offsets, sizes, strides))
        return place, tensor(case, operand.axes, operand.element)

    def take(self, number: int, operand: Operand) -> tuple[str, str, str]:
        """(value, its type, its place in the argument)"""
        place, type = self.slice_of(number, operand)
        if not operand.is_slice:
            return f"%arg{number}", type, place
        source = argument_type(self.case, operand)
        self.add(f"%x{number} = tensor.extract_slice %arg{number}{place} : {source} to {type}")
        return f"%x{number}", type, place

    def converted(self, name: str, element: str) -> str:
        to = self.case.result.element
        if element == to:
            return name
        unsigned = self.case.body.unsigned
        if element in BITS:
            if to in FLOATS:
                kind = "uitofp" if unsigned else "sitofp"
            elif BITS[element] > BITS[to]:
                kind = "trunci"
            else:
                kind = "extui" if unsigned else "extsi"
        elif WIDTHS[element] == WIDTHS[to]:
            self.add(f"  {name}w = arith.extf {name} : {element} to f32")
            self.add(f"  {name}c = arith.truncf {name}w : f32 to {to}")
            return f"{name}c"
        else:
            kind = "extf" if WIDTHS[element] < WIDTHS[to] else "truncf"
        self.add(f"  {name}c = arith.{kind} {name} : {element} to {to}")
        return f"{name}c"

    def binary(self, result: str, name: str, x: str, y: str) -> None:
        element, body = self.case.result.element, self.case.body
        if body.swapped and name != "sub":
            x, y = y, x
        self.add(f"  {result} = {operation(name, element, body.unsigned)} {x}, {y} : {element}")

    def body(self) -> None:
        case, element = self.case, self.case.result.element
        count = len(case.inputs) if case.body.inner != "first" else 1
        terms = [self.converted(f"%in{i}", o.element) for i, o in enumerate(case.inputs[:count])]
        if case.body.unary in ("exp", "neg"):
            kind = {"exp": "math.exp", "neg": "arith.negf"}[case.body.unary]
            self.add(f"  %bent = {kind} {terms[0]} : {element}")
            terms[0] = "%bent"
        value = terms[0]
        for i, term in enumerate(terms[1:]):
            self.binary(f"%term{i}", case.body.inner, value, term)
            value = f"%term{i}"
        if case.body.unary == "neg_inner":
            self.add(f"  %turned = arith.negf {value} : {element}")
            value = "%turned"
        self.binary("%sum", case.body.outer, "%acc", value)
        self.add(f"  linalg.yield %sum : {element}")


def affine_map(loops: str, axes: str) -> str:
    return f"affine_map<({', '.join(loops)}) -> ({', '.join(axes)})>"


def function(case: Case) -> str:
    writer = Writer(case)
    if case.dynamic:
        writer.add("%none = arith.constant 0 : index")
    values = [writer.take(i, operand) for i, operand in enumerate(case.operands)]
    start, result_type, place = values.pop()
    result = case.result
    if case.start == "zero":
        dims = ", ".join(writer.dims[c] for c in result.axes if c in case.dynamic)
        zero = "0.0" if result.element in FLOATS else "0" if result.element != "i1" else "false"
        of = "" if zero == "false" else f" : {result.element}"
        writer.add(f"%zero = arith.constant {zero}{of}")
        writer.add(f"%empty = tensor.empty({dims}) : {result_type}")
        writer.add(
            f"%start = linalg.fill ins(%zero : {result.element}) outs(%empty : {result_type}) -> {result_type}"
        )
        start = "%start"
    maps = ", ".join(affine_map(case.loops, operand.axes) for operand in case.operands)
    inputs = (f"ins({', '.join(v for v, *_ in values)} : {', '.join(t for _, t, _ in values)}) "
              f"outs({start} : {result_type})")  # fmt: skip
    if case.form == "generic":
        kinds = ", ".join(
            '"parallel"' if c in result.axes else '"reduction"' for c in case.loops
        )
        writer.add(f"%y = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} {inputs} {{")
        elements = ", ".join(f"%in{i}: {o.element}" for i, o in enumerate(case.inputs))
        writer.add(f"^bb0({elements}, %acc: {result.element}):")
        writer.body()
        writer.add(f"}} -> {result_type}")
    else:
        given = f"indexing_maps = [{maps}] " if case.form == "contract" else ""
        writer.add(f"%y = linalg.{case.form} {given}{inputs} -> {result_type}")
    value = "%y"
    if case.then == "double":
        add = operation("add", result.element, False)
        writer.add(f"%z = {add} %y, %y : {result_type}")
        value = "%z"
    if result.is_slice:
        whole = argument_type(case, result)
        number = len(case.inputs)
        writer.add(f"%all = tensor.insert_slice {value} into %arg{number}{place} : {result_type} into {whole}")
        value, result_type = "%all", whole
    writer.add(f"return {value} : {result_type}")
    arguments = ", ".join(
        f"%arg{i}: {argument_type(case, operand)}" for i, operand in enumerate(case.operands)
    )
    head = f"// {case.describe()}\nfunc.func @{case.name}({arguments}) -> {result_type} {{\n"
    return head + "".join(writer.lines) + "}\n"


def module(cases: list[Case]) -> str:
    return "\n".join(function(case) for case in cases)
