"""The MLIR text of cases, written the way a person writes vga."""

from __future__ import annotations

import random
import zlib

from .case import Case, NamedCase, Tensor, gate_result, inputs, outputs


def tensor_type(case: Case, tensor: Tensor) -> str:
    dims = ("?" if case.is_dynamic(dim) else str(case.sizes[dim]) for dim in tensor.dims)
    return f"tensor<{'x'.join([*dims, tensor.type])}>"


def float_text(value: float) -> str:
    """A float as MLIR reads it: digits, a point, digits."""
    text = repr(float(value))
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return (mantissa if "." in mantissa else mantissa + ".0") + "e" + exponent


def projection_clauses(case: Case, types: dict[str, str]) -> list[str]:
    gate = case.projection
    clauses = [f"bias(%b : {types['b']})"] if gate.bias else []
    if gate.activation != "sigmoid":
        clauses.append(f"activation {gate.activation}")
    if gate.mixing != "per_head":
        clauses.append(f"mixing {gate.mixing}")
    return clauses


def attention_clauses(case: Case, types: dict[str, str]) -> list[str]:
    operands = (
        ("mask", "mask"),
        ("len", "kv_length"),
        ("table", "block_table"),
        ("sink", "sink"),
        ("gv", "value_gate"),
        ("go", "output_gate"),
    )
    clauses = [f"{word}(%{name} : {types[name]})" for name, word in operands if name in types]
    if case.causal:
        clauses.append("causal")
    if case.window:
        clauses.append(f"window [{case.window[0]}, {case.window[1]}]")
    if case.alignment != "bottom_right":
        clauses.append(f"alignment {case.alignment}")
    if case.scale is not None:
        clauses.append(f"scale {float_text(case.scale)}")
    if case.softcap is not None:
        clauses.append(f"softcap {float_text(case.softcap)}")
    if case.lse:
        clauses.append("lse")
    return clauses


def append_line(case: Case, types: dict[str, str]) -> str:
    clauses = f" block_table(%table : {types['table']})" if case.page else ""
    if case.layout != "bhsd":
        clauses += f" layout {case.layout}"
    operands = ", ".join(types[name] for name in ("v", "cache", "pos"))
    return f"  %after = vga.append %v into %cache at %pos{clauses} : {operands}"


def function(named: NamedCase) -> str:
    """The function of one case. The order of clauses, which means nothing, is shuffled."""
    case = named.case
    types = {tensor.name: tensor_type(case, tensor) for tensor in inputs(case)}
    arguments = ", ".join(f"%{name}: {text}" for name, text in types.items())
    results = [tensor_type(case, tensor) for tensor in outputs(case)]
    names = ["%" + tensor.name for tensor in outputs(case)]
    rng = random.Random(zlib.crc32(named.function.encode()))
    lines = []

    def operation(name, result, operands, clauses):
        if case.layout != "bhsd":
            clauses.append(f"layout {case.layout}")
        rng.shuffle(clauses)
        lines.append(f"  {result} = {name} {', '.join('%' + n for n in operands)}")
        if clauses:
            lines.append("    " + " ".join(clauses))
        lines.append("    : " + ", ".join(types[n] for n in operands))

    if case.op == "append":
        lines.append(append_line(case, types))
    if case.op in ("gate", "gate_attention"):
        source = "x" if case.projection.source_width else "v"
        gate = "g"
        if case.op == "gate_attention":
            gate = "gv" if case.site == "value" else "go"
        operation("vga.gate", f"%{gate}", [source, "w"], projection_clauses(case, types))
        types[gate] = tensor_type(case, gate_result(case))
    if case.op not in ("gate", "append"):
        clauses, operands = attention_clauses(case, types), ["q", "k", "v"]
        if case.op == "gated_attention":
            operands.append("w")
            clauses += projection_clauses(case, types)
            if case.site != "value":
                clauses.append(f"site {case.site}")
        name = "vga." + case.op.replace("gate_attention", "attention")
        operation(name, ", ".join(names), operands, clauses)
    body = "\n".join(lines)
    return (
        f"func.func @{named.function}({arguments})\n    -> ({', '.join(results)}) {{\n{body}\n"
        f"  return {', '.join(names)} : {', '.join(results)}\n}}\n"
    )


def module(cases: list[NamedCase]) -> str:
    """The functions of many cases, each once, at top level so that modules can be concatenated."""
    distinct = {named.function: named for named in cases}
    return "\n".join(function(named) for named in distinct.values())
