"""Corner cases: what pairwise coverage would reach only by luck."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from .case import FLOATS, LAYOUTS, Case, GateOperand, Mask, Projection

BASE = {"op": "attention", "dtype": "f32", "hq": 4, "hkv": 2, "lse": True}


def _features() -> list[Case]:
    """Each feature alone on a plain base with Sq < Sk, so that a failure names its feature."""
    base = {**BASE, "sq": 17, "sk": 33, "dk": 16, "dv": 8}
    features = {
        "plain": {},
        "causal": {"causal": True},
        "topleft": {"causal": True, "alignment": "top_left"},
        "window": {"window": (6, 3)},
        "length": {"kv_length": "partial"},
        "boolmask": {"mask": Mask("i1", ("Sq", "Sk"))},
        "floatmask": {"mask": Mask("f32", ("Sq", "Sk"))},
        "scale": {"scale": 0.4},
        "softcap": {"softcap": 1.5},
        "sink": {"sink": "f32"},
        "scalarvalue": {"value_gate": GateOperand("kv", False, "f32")},
        "channelvalue": {"value_gate": GateOperand("kv", True, "f32")},
        "queryheadvalue": {"value_gate": GateOperand("q", False, "f32")},
        "scalaroutput": {"output_gate": GateOperand("q", False, "f32")},
        "channeloutput": {"output_gate": GateOperand("q", True, "f32")},
        "bothgates": {
            "value_gate": GateOperand("q", True, "f32"),
            "output_gate": GateOperand("q", True, "f32"),
        },
    }
    return [Case(note=f"only_{name}", **base, **extra) for name, extra in features.items()]


def _fully_masked() -> list[Case]:
    """Rows, heads or whole problems in which no key is visible."""
    cases = []
    for dtype in FLOATS:
        base = {**BASE, "dtype": dtype, "sq": 33, "sk": 17}
        cases += [
            Case(note="rows_before_keys", causal=True, **base),
            Case(note="no_key", kv_length="zero", mask=Mask("f32", ("Sq", "Sk")), **base),
        ]
    base = {**BASE, "sq": 33, "sk": 17}
    cases += [
        Case(note="window_past_keys", window=(0, 0), alignment="top_left", **base),
        Case(note="all_false", mask=Mask("i1", ("1", "1", "1", "1")), fill=(("mask", 0),), **base),
        Case(note="all_true", mask=Mask("i1", ("Sq", "Sk")), fill=(("mask", 1),), **base),
        Case(note="rank0_mask", mask=Mask("i1", ()), fill=(("mask", 1),), **base),
        Case(
            note="minus_infinity",
            mask=Mask("f32", ("B", "1", "1", "Sk")),
            fill=(("mask", float("-inf")),),
            **base,
        ),
        Case(note="sink_alone", kv_length="mixed", sink="f32", **base),
        Case(note="sink_alone", causal=True, sink="f16", **{**base, "dtype": "f16"}),
        Case(
            note="gates_without_key",
            causal=True,
            value_gate=GateOperand("kv", True, "f32"),
            output_gate=GateOperand("q", True, "f32"),
            **base,
        ),
        Case(note="unbounded_window", window=(-1, -1), **base),
        Case(note="wide_window", window=(1000, 1000), **base),
    ]
    return cases


def _unclamped_lengths() -> list[Case]:
    """Lengths beyond the keys and below zero: "j < kv_length[b]" is defined for these, too."""
    cases = []
    for kind, kv_type in (("over", "i32"), ("negative", "i64")):
        base = {**BASE, "sq": 17, "sk": 33, "kv_length": kind, "kv_type": kv_type}
        projection = Projection(heads=4, weight="f32")
        cases += [
            Case(note="length", **base),
            Case(note="length", causal=True, dynamic=("B", "Sk"), **{**base, "dtype": "f16"}),
            Case(note="length", projection=projection, **{**base, "op": "gated_attention"}),
        ]
    return cases


def _hidden() -> list[Case]:
    """Hidden keys that hold NaN, inf and the largest numbers: of all queries, and of some."""
    cases = []
    for number, dtype in enumerate(FLOATS):
        gate = GateOperand(("kv", "q")[number % 2], number >= 2, "f32")
        base = {**BASE, "dtype": dtype, "sq": 70, "sk": 150, "layout": LAYOUTS[number % 3]}
        one = {**base, "sq": 1}
        padding = Mask("i1", ("B", "1", "1", "Sk"))
        for note in ("hidden", "hidden_partly"):
            cases += [
                Case(note=note, causal=True, value_gate=gate, **base),
                Case(note=note, window=(40, 3), dynamic=("Sq", "Sk"), **base),
                Case(note=note, mask=padding, sink="f32", value_gate=gate, **base),
                Case(note=note, mask=Mask("f32", ("Hq", "Sq", "Sk")), softcap=20.0, **base),
                Case(note=note, mask=padding, value_gate=gate, **one),
                Case(note=note, mask=Mask(dtype, ("Sk",)), dynamic=("Sk",), **one),
            ]
        cases.append(Case(note="hidden", op="gated_attention", mask=padding, causal=True,
                          projection=Projection(heads=4, bias="f32"),
                          **{name: value for name, value in base.items() if name != "op"}))  # fmt: skip
    # Finite where the type of the scores is narrower: larger than all others, and not hidden.
    for dtype in ("f16", "f32", "f64"):
        for value in (1e300, -1e300):
            cases.append(Case(note="far_mask", mask=Mask("f64", ("Sq", "Sk")),
                              fill=(("mask", value),), **{**BASE, "dtype": dtype, "lse": False}))  # fmt: skip
    return cases


def _element_types() -> list[Case]:
    """Gates, weights, biases, sinks and masks of other types than q, k and v."""
    cases = []
    for number, (dtype, other) in enumerate(permutations(FLOATS, 2)):
        base = {**BASE, "note": "types", "dtype": dtype, "sq": 19, "sk": 37}
        vector = Projection(heads=4, weight=other, bias=other)
        matrix = replace(vector, elementwise=True)
        mixed = replace((vector, matrix)[number % 2], mixing="cross_head")
        heads, elementwise = ("kv", "q")[number % 2], number % 3 == 0
        cases += [
            Case(value_gate=GateOperand(heads, elementwise, other), sink=other,
                 output_gate=GateOperand("q", not elementwise, other),
                 mask=Mask(other, ("Sq", "Sk")),
                 **{**base, "sq": (19, 1)[number % 2]}),
            Case(projection=vector,
                 **{**base, "op": "gated_attention", "sq": (1, 2, 70)[number % 3]}),
            Case(projection=(mixed, vector)[number % 2],
                 **{**base, "op": "gate", "lse": False, "sk": (1, 37)[number % 2]}),
        ]  # fmt: skip
        if number % 4 == 0:
            cases.append(Case(projection=matrix, site="output", **{**base, "op": "gated_attention"}))
    return cases


def _empty() -> list[Case]:
    """Sizes of zero, static and dynamic, with every clause."""
    cases = [
        Case(note="no_keys", **{**BASE, "sk": 0, "dynamic": ("Sq", "Sk")}),
        Case(note="no_keys_but_sink", sink="f32", **{**BASE, "sk": 0, "dynamic": ("Sk",)}),
        Case(note="no_queries", **{**BASE, "sq": 0, "dynamic": ("Sq",)}),
        Case(note="no_batch", **{**BASE, "batch": 0, "dynamic": ("B",)}),
        Case(note="no_page", page=8, kv_length="zero", **{**BASE, "sk": 0}),
    ]
    clauses = [
        {},
        {"causal": True, "mask": Mask("i1", ("Sq", "Sk")), "softcap": 1.5, "lse": False},
        {"window": (2, 1), "mask": Mask("f32", ("B", "Hq", "Sq", "Sk")), "sink": "f32"},
        {"causal": True, "kv_length": "partial", "alignment": "length", "sink": "f16", "lse": False},
        {"value_gate": GateOperand("kv", False, "f32"), "mask": Mask("i1", ("B", "1", "1", "Sk"))},
        {"value_gate": GateOperand("q", True, "f32"), "output_gate": GateOperand("q", True, "f32")},
        {"output_gate": GateOperand("q", False, "f32"), "layout": "sbhd"},
        {"op": "gated_attention", "projection": Projection(heads=4, bias="f32")},
        {"op": "gated_attention", "projection": Projection(heads=4), "site": "output"},
        {"op": "gated_attention", "projection": Projection(heads=4, elementwise=True),
         "site": "output", "layout": "bshd", "causal": True},
        {"op": "gate", "projection": Projection(heads=4, bias="f32"), "lse": False},
    ]  # fmt: skip
    for number, clause in enumerate(clauses):
        dtype = FLOATS[number % 4]
        for note, sizes in (
            ("no_keys", {"sk": 0}),
            ("no_queries", {"sq": 0}),
            ("no_batch", {"batch": 0}),
            ("nothing", {"batch": 0, "sq": 0, "sk": 0}),
        ):
            cases.append(Case(note=note, **{**BASE, "dtype": dtype, **sizes, **clause}))
    return [
        *cases,
        Case(op="append", note="append_nothing", dtype="f32", hkv=2, dv=8, sq=0, sk=9),
        Case(op="append", note="append_nothing", dtype="f16", hkv=2, dv=8, sq=0, sk=0),
        Case(op="append", note="append_nothing", dtype="f32", hkv=2, dv=8, batch=0, sq=2, sk=9),
    ]


def _extreme() -> list[Case]:
    """Scores far beyond exp's range, exact in every type, so that only true overflow shows."""
    mask = Mask("f32", ("Sq", "Sk"))
    cases = []
    for dtype in FLOATS:
        base = {**BASE, "dtype": dtype, "integers": True, "scale": 1.0, "dk": 16}
        cases += [
            Case(note="large_scores", **base),
            Case(note="hidden_by_sum", mask=mask, fill=(("mask", -300.0),), **base),
        ]
        if dtype != "f16":  # whose results would all underflow
            cases.append(Case(note="sink_above", sink="f32", fill=(("sink", 200.0),), **base))
    base = {**BASE, "integers": True, "scale": 1.0, "dk": 16}
    cases += [
        Case(note="large_scores_causal", causal=True, **base),
        Case(note="sink_below", sink="f32", fill=(("sink", -200.0),), **base),
        Case(note="uniform", scale=0.0, **BASE),
        Case(note="negative_scale", scale=-0.25, **BASE),
        Case(note="tight_softcap", softcap=0.01, **BASE),
        Case(note="wide_softcap", softcap=1000.0, **BASE),
        Case(note="zero_value_gate", value_gate=GateOperand("kv", False, "f32"),
             fill=(("gv", 0.0),), **BASE),
    ]  # fmt: skip
    return cases


def _saturated() -> list[Case]:
    """Gates far open and far closed: log(1 + exp(-12)) as written loses three digits in f32."""
    return [
        Case(
            op="gate",
            dtype=dtype,
            note=f"saturated_{'open' if bias > 0 else 'closed'}",
            dv=16,
            projection=Projection(
                heads=4, activation=activation, weight="f32", bias="f32", elementwise=elementwise
            ),
            fill=(("b", bias),),
        )
        for activation in ("sigmoid", "softplus")
        for bias in (100.0, -12.0)
        for dtype, elementwise in (("f32", False), ("f16", False), ("f32", True), ("f64", True))
    ]


def _square() -> list[Case]:
    """All four sizes alike, so that only the order of the axes tells the layouts apart."""
    sizes = {"batch": 4, "hq": 4, "hkv": 4, "sq": 4, "sk": 4, "dk": 4, "dv": 4, "lse": True}
    gate = GateOperand("q", True, "f32")
    projection = Projection(heads=4, elementwise=True, weight="f32", bias="f32")
    cases = []
    for layout in LAYOUTS:
        base = {"note": "square", "dtype": "f32", "layout": layout, "causal": True, **sizes}
        cases += [
            Case(op="attention", value_gate=gate, output_gate=gate, **base),
            Case(op="attention", kv_length="partial", value_gate=gate, **base),
            Case(op="gated_attention", projection=projection, **base),
            Case(op="gated_attention", projection=projection, site="output", **base),
        ]
    return cases


def _decode() -> list[Case]:
    """One query against many keys, as in generation."""
    base = {**BASE, "batch": 3, "hq": 8, "sq": 1, "sk": 100, "dk": 64, "dv": 64, "causal": True}
    return [
        Case(note="decode", kv_length="partial", layout=layout, dynamic=("Sk",),
             value_gate=GateOperand("kv", False, "f32"), **{**base, "dtype": dtype})
        for dtype, layout in zip(FLOATS, (*LAYOUTS, "bshd"), strict=True)
    ]  # fmt: skip


def _widths() -> list[Case]:
    """Widths that no vector length divides, beside a gate and a ragged number of keys."""
    return [
        Case(note="width", **{**BASE, "sq": 9, "sk": 37, "dk": width, "dv": width},
             causal=True, value_gate=GateOperand("kv", False, "f32"))
        for width in (1, 3, 20, 72, 96, 100)
    ]  # fmt: skip


def _long_keys() -> list[Case]:
    """Several blocks of keys, the last one ragged, with few queries of shared heads."""
    base = {**BASE, "batch": 1, "sq": 5, "dk": 16, "dv": 16}
    gate = GateOperand("kv", False, "f32")
    return [
        Case(note="long", sk=331, dynamic=("Sq", "Sk"), value_gate=gate, **base),
        Case(note="long", sk=331, causal=True, sink="f32", kv_length="partial", **base),
        Case(note="long", sk=1027, window=(300, 2), dynamic=("Sk",), **base),
        Case(note="long", sk=1027, mask=Mask("f32", ("Sq", "Sk")), softcap=20.0, **base),
        Case(note="long", sk=1027, dynamic=("B", "Sk"), value_gate=gate, **{**base, "sq": 1}),
    ]


def _output_site() -> list[Case]:
    """The output site's shift of positions, in both directions and every layout."""
    cases = []
    for layout in LAYOUTS:
        for sq, sk in ((5, 17), (17, 5), (17, 17)):
            for elementwise in (False, True):
                base = {**BASE, "op": "gated_attention", "sq": sq, "sk": sk, "layout": layout}
                projection = Projection(heads=4, elementwise=elementwise, bias="f32")
                dynamic = ("Sq", "Sk") if elementwise else ()
                note = "output_site"
                cases.append(Case(note=note, site="output", projection=projection,
                                  dynamic=dynamic, **base))  # fmt: skip
    return cases


def _append() -> list[Case]:
    """Appending to caches and to pages: within one, to its end, across several; all layouts."""
    cases = []
    for layout in LAYOUTS:
        for number, (sq, sk, page) in enumerate(
            ((1, 16, 0), (7, 40, 0), (300, 700, 0), (1, 48, 16), (16, 64, 16), (21, 64, 8), (5, 9, 1))
        ):
            dtype = FLOATS[(number + LAYOUTS.index(layout)) % 4]
            base = {"op": "append", "dtype": dtype, "batch": 3, "hkv": 2, "layout": layout}
            dynamic = ((), ("B", "Sq", "Sk"), ("Sk",))[(number + LAYOUTS.index(layout)) % 3]
            kv_type = "i64" if number % 2 else "i32"
            cases.append(Case(note="append", sq=sq, sk=sk, page=page, dv=8 + number,
                              dynamic=dynamic, kv_type=kv_type, **base))  # fmt: skip
    # Enough for tasks: more than what one thread copies.
    many = {"op": "append", "note": "append_many", "dtype": "f32", "hkv": 2, "dv": 64, "sq": 700}
    base = {"op": "append", "note": "append_gates", "dtype": "f32", "dv": 0, "hkv": 4}
    return [
        *cases,
        Case(sk=800, **many),
        Case(sk=800, page=16, dynamic=("B", "Sq", "Sk"), layout="bshd", **many),
        Case(sk=912, page=48, layout="sbhd", **{**many, "batch": 3}),
        Case(sq=1, sk=17, **base),
        Case(sq=9, sk=48, page=16, dynamic=("B", "Sq", "Sk"), **base),
        Case(sq=0, sk=32, page=8, dynamic=("Sq",), **{**base, "note": "append_nothing"}),
    ]


def _at_length() -> list[Case]:
    """Chunks of queries at the end of what each sequence has, shorter than the chunk included."""
    base = {**BASE, "batch": 3, "alignment": "length", "kv_length": "mixed"}
    gate = GateOperand("kv", False, "f32")
    cases = []
    for layout in LAYOUTS:
        cases += [
            Case(note="chunk", sq=17, sk=80, causal=True, value_gate=gate, layout=layout,
                 dynamic=("Sq", "Sk"), **base),
            Case(note="chunk", sq=70, sk=33, window=(9, 3), layout=layout, **base),
        ]  # fmt: skip
    projection = Projection(heads=4, bias="f32")
    for number, page in enumerate((0, 8)):
        for layout, kind in zip(LAYOUTS, ("mixed", "partial", "over"), strict=True):
            form = replace(projection, elementwise=layout == "bshd")
            dynamic = ((), ("Sq", "Sk"))[number]
            cases.append(Case(note="chunk_output", sq=11, sk=32, causal=layout != "sbhd",
                              layout=layout, page=page, dynamic=dynamic, site="output",
                              projection=form,
                              **{**base, "op": "gated_attention", "kv_length": kind}))  # fmt: skip
    every = {**BASE, "op": "gated_attention", "site": "output", "projection": projection}
    return [
        *cases,
        Case(note="pages_output", sq=11, sk=32, page=8, causal=True, **every),
        Case(note="pages_output", sq=19, sk=15, page=5, dynamic=("B", "Sk"), **every),
        Case(note="pages_output", sq=3, sk=0, page=8, dynamic=("Sk",), **every),
        Case(note="chunk", sq=1, sk=300, causal=True, window=(7, -1), dynamic=("Sq",), **base),
        Case(note="chunk", sq=5, sk=33, causal=True, **{**base, "kv_length": "over"}),
        Case(note="chunk", sq=5, sk=33, causal=True, **{**base, "kv_length": "negative"}),
    ]


def _one_position() -> list[Case]:
    """Gates of one position: rows of values with rows of weights."""
    base = {"op": "gate", "note": "one_position", "batch": 1, "sk": 1}
    return [
        Case(dtype="f32", hkv=8, dv=64, projection=Projection(heads=8), **base),
        Case(dtype="bf16", hkv=4, dv=64, layout="bshd",
             projection=Projection(heads=4, weight="bf16", bias="f32"), **base),
        Case(dtype="f32", hkv=5, dv=20, dynamic=("Sk",), projection=Projection(heads=5), **base),
    ]  # fmt: skip


def _underflow() -> list[Case]:
    """A sink so far above all scores that the weights of the keys are 0 in f32."""
    base = {**BASE, "integers": True, "scale": 1.0, "dk": 16, "note": "sink_far_above"}
    return [Case(sink="f32", fill=(("sink", 400.0),), **{**base, "dtype": dtype})
            for dtype in ("bf16", "f32")]  # fmt: skip


def corner_cases() -> list[Case]:
    groups = (
        _features,
        _fully_masked,
        _unclamped_lengths,
        _hidden,
        _element_types,
        _empty,
        _extreme,
        _saturated,
        _square,
        _decode,
        _widths,
        _long_keys,
        _output_site,
        _append,
        _at_length,
        _one_position,
        _underflow,
    )
    return [case for group in groups for case in group()]
