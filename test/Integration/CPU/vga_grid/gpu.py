"""The grid as a GPU's kernels of attention take it as it is: heads of multiples of 8 channels,
elements of 16 bits, and of f32 in vga.attention.

Other cases become such ones: f32 turns into f16, f64 into bf16, and heads get sizes of the kernels'
table. As they were, their heads are padded before kernels meet them, and what has no kernel is
computed as it is defined.
"""

from __future__ import annotations

import random
from dataclasses import replace

from .case import Case, NamedCase

ELEMENTS = {"f16": "f16", "bf16": "bf16", "f32": "f16", "f64": "bf16"}
HEADS = [8, 16, 40, 64, 64, 72, 80, 96, 128, 128, 192, 256]


def _narrow(element: str | None) -> str | None:
    return "f32" if element == "f64" else element


def _for_kernels(named: NamedCase, has_f32: bool) -> NamedCase:
    case = named.case
    # All calls of a function have its head sizes.
    rng = random.Random(named.function)
    dk = rng.choice(HEADS)
    dv = dk if case.dk == case.dv else rng.choice(HEADS)
    if case.dv == 0:  # what is appended has no channels
        dv = 0
    is_f32 = case.dtype == "f32" and case.op == "attention" and has_f32
    dtype = "f32" if is_f32 else ELEMENTS[case.dtype]
    changes: dict = {"dtype": dtype, "dk": dk, "dv": dv}
    if case.mask:
        changes["mask"] = replace(case.mask, type=_narrow(case.mask.type))
    if case.sink:
        changes["sink"] = _narrow(case.sink)
    for name in ("value_gate", "output_gate"):
        gate = getattr(case, name)
        if gate:
            changes[name] = replace(gate, type=_narrow(gate.type))
    if case.projection:
        gate = case.projection
        changes["projection"] = replace(
            gate, weight=_narrow(gate.weight), bias=_narrow(gate.bias)
        )
    return replace(named, case=replace(case, **changes))


def for_kernels(cases: list[NamedCase], on_hopper: bool = False) -> list[NamedCase]:
    """The cases that meet kernels, under the names of those that they come from. Schedules of Hopper
    have no elements of f32."""
    return [_for_kernels(named, not on_hopper) for named in cases]
