"""The cases of the grid: pairwise coverage per operation, then the corner cases."""

from __future__ import annotations

from . import pairwise
from .case import FLOATS, LAYOUTS, Case, GateOperand, Mask, NamedCase, Projection
from .sizes import variants
from .corner import corner_cases

MINIMUM = 1500  # fewer cases than this is an error of the grid itself

SIZES = {
    "batch": [1, 2, 3],
    "heads": [(1, 1), (2, 2), (3, 3), (2, 1), (4, 2), (4, 1), (6, 3), (8, 2)],
    "positions": [
        (1, 1), (1, 100), (3, 65), (17, 17), (17, 3), (17, 33), (33, 100), (65, 17), (33, 1),
    ],
    "widths": [(8, 8), (16, 16), (64, 64), (1, 1), (7, 7), (5, 9), (17, 33), (33, 17), (65, 3)],
}  # fmt: skip

VISIBILITY = [
    {},
    {"causal": True},
    {"causal": True, "alignment": "top_left"},
    {"window": (4, 0)},
    {"window": (3, 2), "alignment": "top_left"},
    {"window": (-1, 1)},
    {"window": (5, -1), "alignment": "top_left"},
    {"window": (0, 0)},
    {"window": (2, 7)},
    {"causal": True, "window": (16, 0)},
    {"causal": True, "window": (2, -1), "alignment": "top_left"},
]

MASKS = [
    None,
    Mask("i1", ("Sq", "Sk")),
    Mask("i1", ("B", "1", "1", "Sk")),
    Mask("i1", ("B", "Hq", "Sq", "Sk")),
    Mask("i1", ("B", "1", "Sq", "1")),
    Mask("f32", ("B", "1", "Sq", "Sk")),
    Mask("f32", ("Hq", "1", "Sk")),
    Mask("f16", ("Sk",)),
    Mask("bf16", ("Hq", "Sq", "Sk")),
    Mask("f64", ("1", "1", "Sq", "Sk")),
]

LENGTHS = [
    (None, "i32"),
    ("zero", "i32"),
    ("partial", "i32"),
    ("partial", "i64"),
    ("full", "i64"),
    ("mixed", "i32"),
]

ATTENTION = {
    "dtype": list(FLOATS),
    "layout": list(LAYOUTS),
    **SIZES,
    "visibility": VISIBILITY,
    "mask": MASKS,
    "length": LENGTHS,
    "sink": [None, "same", "f32"],
    "scale": [None, 0.2],
    "softcap": [None, 1.5, 20.0],
    "value_gate": [
        None,
        GateOperand("kv", False, "f32"),
        GateOperand("q", False, "same"),
        GateOperand("kv", True, "same"),
        GateOperand("q", True, "f32"),
    ],
    "output_gate": [
        None,
        GateOperand("q", False, "f32"),
        GateOperand("q", False, "same"),
        GateOperand("q", True, "f32"),
        GateOperand("q", True, "same"),
    ],
    "lse": [False, True],
    "dynamic": [(), ("Sq", "Sk"), ("B", "Sq", "Sk"), ("Sk",)],
}

GATED = {
    "dtype": list(FLOATS),
    "layout": list(LAYOUTS),
    "batch": SIZES["batch"],
    "heads": [(1, 1), (2, 2), (2, 1), (4, 2), (4, 1), (6, 3)],
    "positions": [(1, 33), (17, 17), (17, 3), (3, 65), (65, 100)],
    "widths": [(8, 8), (16, 16), (7, 7), (5, 9), (33, 17), (16, 65)],
    "visibility": [VISIBILITY[n] for n in (0, 1, 2, 3, 4, 10)],
    "mask": [MASKS[n] for n in (0, 1, 2, 5)],
    "length": [LENGTHS[n] for n in (0, 2, 3, 5)],
    "sink": [None, "f32"],
    "softcap": [None, 1.5],
    "lse": [False, True],
    "dynamic": [(), ("B",), ("Sq", "Sk"), ("B", "Sq", "Sk")],
    "site": ["value", "output"],
    "gate_heads": ["kv", "q"],
    "elementwise": [False, True],
    "mixing": ["per_head", "cross_head"],
    "activation": ["sigmoid", "identity", "softplus"],
    "weight": ["same", "f32"],
    "bias": [None, "same", "f32"],
}

PAGED = {
    "dtype": list(FLOATS),
    "layout": list(LAYOUTS),
    "batch": [1, 2, 3],
    "heads": [(1, 1), (2, 2), (4, 2), (4, 1), (6, 3)],
    "widths": [(8, 8), (16, 16), (64, 64), (5, 9), (33, 17)],
    "queries": [1, 3, 17, 70],
    "pages": [(1, 4), (3, 7), (5, 16), (2, 48), (2, 100)],
    "visibility": [
        *(VISIBILITY[n] for n in (0, 1, 9)),
        {"causal": True, "alignment": "length"},
        {"window": (5, 2), "alignment": "length"},
    ],
    "mask": [MASKS[n] for n in (0, 0, 2, 5)],
    "length": [(None, "i32"), ("partial", "i32"), ("mixed", "i64"), ("mixed", "i32"),
               ("over", "i32")],
    "sink": [None, "f32"],
    "softcap": [None, 1.5],
    "gate": [None, GateOperand("kv", False, "f32"), GateOperand("q", False, "same"),
             GateOperand("kv", True, "same"), "vector", "matrix", "composed"],
    "lse": [False, True],
    "dynamic": [(), ("Sk",), ("B", "Sq", "Sk")],
}  # fmt: skip

GATES = {
    "dtype": list(FLOATS),
    "layout": list(LAYOUTS),
    "batch": SIZES["batch"],
    "source_heads": [1, 2, 3, 4],
    "group": [1, 2, 4],
    "position": [1, 3, 17, 33, 65, 100],
    "width": [1, 3, 8, 17, 33, 64, 100],
    "channels": [0, 0, 1, 16, 33],  # 0: a scalar gate, as likely as two of the widths
    "mixing": ["per_head", "cross_head"],
    "activation": ["sigmoid", "identity", "softplus"],
    "weight": ["same", "f32"],
    "bias": [None, "same", "f32"],
    "dynamic": [(), ("B",), ("Sk",), ("B", "Sk")],
}

COMPOSED = {
    "dtype": list(FLOATS),
    "layout": list(LAYOUTS),
    "heads": [(2, 2), (4, 2), (4, 1)],
    "positions": [(17, 17), (3, 33), (33, 17)],
    "visibility": [VISIBILITY[n] for n in (0, 1)],
    "source": [("v", "value"), ("x", "value"), ("x", "output")],
    "elementwise": [False, True],
    "mixing": ["per_head", "cross_head"],
    "activation": ["sigmoid", "softplus"],
    "dynamic": [(), ("B", "Sq", "Sk")],
}

PLAIN = {
    "layout": "bhsd",
    "visibility": {},
    "mask": None,
    "length": (None, "i32"),
    "sink": None,
    "scale": None,
    "softcap": None,
    "value_gate": None,
    "output_gate": None,
    "dynamic": (),
}


def _typed(element: str | None, dtype: str) -> str | None:
    return dtype if element == "same" else element


def _gate_operand(gate: GateOperand | None, dtype: str) -> GateOperand | None:
    return gate and GateOperand(gate.heads, gate.elementwise, _typed(gate.type, dtype))


def _sizes(row: dict) -> dict:
    """The fields of Case that the factors heads, positions and widths stand for."""
    hq, hkv = row["heads"]
    sq, sk = row["positions"]
    dk, dv = row.get("widths", (16, 16))
    sizes = {"hq": hq, "hkv": hkv, "sq": sq, "sk": sk, "dk": dk, "dv": dv}
    return {**sizes, "batch": row.get("batch", 2)}


def _shared(row: dict) -> dict:
    """The fields of Case that attention and gated attention have in common."""
    kv_length, kv_type = row["length"]
    same = ("dtype", "layout", "mask", "softcap", "lse", "dynamic")
    fields = {name: row[name] for name in same}
    fields.update(_sizes(row), **row["visibility"])
    fields.update(kv_length=kv_length, kv_type=kv_type, sink=_typed(row["sink"], row["dtype"]))
    return fields


def attention_case(row: dict) -> Case:
    return Case(
        op="attention",
        scale=row["scale"],
        value_gate=_gate_operand(row["value_gate"], row["dtype"]),
        output_gate=_gate_operand(row["output_gate"], row["dtype"]),
        **_shared(row),
    )


def gated_case(row: dict) -> Case:
    hq, hkv = row["heads"]
    projection = Projection(
        heads=hkv if row["site"] == "value" and row["gate_heads"] == "kv" else hq,
        elementwise=row["elementwise"],
        mixing=row["mixing"],
        activation=row["activation"],
        weight=_typed(row["weight"], row["dtype"]),
        bias=_typed(row["bias"], row["dtype"]),
    )
    return Case(op="gated_attention", site=row["site"], projection=projection, **_shared(row))


def paged_case(row: dict) -> Case:
    """Keys and values in pages; gates in pages, too, or computed from the values."""
    (entries, page), gate = row["pages"], row["gate"]
    hq, hkv = row["heads"]
    fields = _shared({**row, "positions": (row["queries"], entries * page)})
    fields["page"] = page
    if fields.get("alignment") == "length":
        fields["kv_length"] = fields["kv_length"] or "mixed"
    if isinstance(gate, str):
        operation = "gate_attention" if gate == "composed" else "gated_attention"
        projection = Projection(heads=hkv, elementwise=gate == "matrix", weight="f32", bias="f32")
        return Case(op=operation, projection=projection, **fields)
    return Case(op="attention", value_gate=_gate_operand(gate, row["dtype"]), **fields)


def gate_case(row: dict) -> Case:
    projection = Projection(
        heads=row["source_heads"] * row["group"],
        elementwise=row["channels"] > 0,
        mixing=row["mixing"],
        activation=row["activation"],
        weight=_typed(row["weight"], row["dtype"]),
        bias=_typed(row["bias"], row["dtype"]),
        channels=row["channels"],
    )
    return Case(
        op="gate",
        dtype=row["dtype"],
        layout=row["layout"],
        batch=row["batch"],
        hkv=row["source_heads"],
        sk=row["position"],
        dv=row["width"],
        dynamic=row["dynamic"],
        projection=projection,
    )


def composed_case(row: dict) -> Case:
    source, site = row["source"]
    hq, hkv = row["heads"]
    projection = Projection(
        heads=hkv if source == "v" else hq,
        elementwise=row["elementwise"],
        mixing=row["mixing"],
        activation=row["activation"],
        weight=row["dtype"],
        bias=row["dtype"],
        source_width=24 if source == "x" else 0,
    )
    return Case(
        op="gate_attention",
        dtype=row["dtype"],
        layout=row["layout"],
        dynamic=row["dynamic"],
        site=site,
        projection=projection,
        lse=True,
        **row["visibility"],
        **_sizes(row),
    )


def all_cases() -> list[NamedCase]:
    """The whole grid, always the same and in the same order."""
    groups = {
        "attention": map(attention_case, pairwise.rows(ATTENTION, 1, 130, PLAIN)),
        "gated": map(gated_case, pairwise.rows(GATED, 2, 60, PLAIN)),
        "gate": map(gate_case, pairwise.rows(GATES, 3, 56)),
        "composed": map(composed_case, pairwise.rows(COMPOSED, 4, 20)),
        "paged": map(paged_case, pairwise.rows(PAGED, 5, 40)),
        "corner": corner_cases(),
    }
    first = [
        NamedCase(f"{group}{number:03}_{case.key}", case)
        for group, cases in groups.items()
        for number, case in enumerate(cases)
    ]
    return [named for base in first for named in (base, *variants(base))]
