"""One case of the grid: an operation, its features, sizes and element types.

The shape of every operand is written in symbols ("B", "Hq", "Sk", ...), so that one table serves
the MLIR text (which may leave a symbol dynamic) and the data (which needs its size).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

FLOATS = ("f16", "bf16", "f32", "f64")
LAYOUTS = ("bhsd", "bshd", "sbhd")
SPARE_PAGES = 3  # of a pool, which no sequence uses


@dataclass(frozen=True)
class GateOperand:
    """A gate given to vga.attention. heads: "kv" or "q"."""

    heads: str
    elementwise: bool
    type: str


@dataclass(frozen=True)
class Projection:
    """A gate computed by vga.gate or inside vga.gated_attention."""

    heads: int
    elementwise: bool = False
    mixing: str = "per_head"
    activation: str = "sigmoid"
    weight: str = "f32"
    bias: str | None = None
    channels: int = 0  # De of an elementwise gate; 0 stands for Dv
    source_width: int = 0  # gate_attention only: the source is x [B,1,S,width]; 0 for v


@dataclass(frozen=True)
class Mask:
    """A mask: type i1 or a float; dims as symbols and "1", right-aligned to [B,Hq,Sq,Sk]."""

    type: str
    dims: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """op: attention, gate, gated_attention, gate_attention (vga.gate feeding vga.attention), append.

    vga.gate alone uses hkv, sk and dv as its source's Hs, S and Ds. vga.append appends sq positions
    of hkv heads to a cache of sk; dv is 0 for scalar gates.
    """

    op: str
    dtype: str
    batch: int = 2
    hq: int = 2
    hkv: int = 2
    sq: int = 17
    sk: int = 17
    dk: int = 8
    dv: int = 8
    layout: str = "bhsd"
    dynamic: tuple[str, ...] = ()  # of "B", "Sq", "Sk"
    causal: bool = False
    window: tuple[int, int] | None = None
    alignment: str = "bottom_right"
    mask: Mask | None = None
    kv_length: str | None = None  # zero, partial, full, mixed, over, negative
    kv_type: str = "i32"
    sink: str | None = None  # its element type
    scale: float | None = None
    softcap: float | None = None
    value_gate: GateOperand | None = None
    output_gate: GateOperand | None = None
    lse: bool = False
    projection: Projection | None = None
    site: str = "value"
    page: int = 0  # rows of a page, which divide sk; 0 for caches without pages
    integers: bool = False  # small integers as q and k: large scores, exact in every type
    fill: tuple[tuple[str, float], ...] = ()  # operands that hold one value throughout
    note: str = ""  # what a corner case is about; part of its name

    @property
    def key(self) -> str:
        """The features in short; with the number in the list it makes the case's name."""
        gate = self.projection
        parts = [
            self.note,
            self.dtype,
            f"b{self.batch}h{self.hq}x{self.hkv}s{self.sq}x{self.sk}d{self.dk}x{self.dv}",
            "" if self.layout == "bhsd" else self.layout,
            "dyn" + "".join(self.dynamic) if self.dynamic else "",
            "causal" if self.causal else "",
            "win" + "x".join("u" if n < 0 else str(n) for n in self.window) if self.window else "",
            {"bottom_right": "", "top_left": "tl", "length": "atlength"}[self.alignment],
            f"mask{self.mask.type}_{''.join(self.mask.dims)}" if self.mask else "",
            f"kv{self.kv_length}_{self.kv_type}" if self.kv_length else "",
            f"sink{self.sink}" if self.sink else "",
            "scale" if self.scale is not None else "",
            "softcap" if self.softcap is not None else "",
            _gate_key("vg", self.value_gate),
            _gate_key("og", self.output_gate),
            "lse" if self.lse else "",
            f"page{self.page}" if self.page else "",
            f"at{self.kv_type}" if self.op == "append" else "",
        ]
        if gate:
            parts += [
                self.site if self.op != "gate" else "",
                ("e" if gate.elementwise else "s") + f"{gate.heads}",
                "cross" if gate.mixing == "cross_head" else "",
                gate.activation,
                f"w{gate.weight}",
                f"b{gate.bias}" if gate.bias else "",
                f"de{gate.channels}" if gate.channels else "",
                f"x{gate.source_width}" if gate.source_width else "",
            ]
        return "_".join(part for part in parts if part)

    @property
    def sizes(self) -> dict[str, int]:
        """The size of every symbol."""
        gate = self.projection
        entries = self.sk // self.page if self.page else 0
        return {
            "1": 1,
            "page": self.page,
            "N": entries,
            "P": self.batch * entries + SPARE_PAGES,
            "B": self.batch,
            "Hq": self.hq,
            "Hkv": self.hkv,
            "Sq": self.sq,
            "Sk": self.sk,
            "Dk": self.dk,
            "Dv": self.dv,
            "H": gate.heads if gate else 0,
            "De": (gate.channels or self.dv) if gate else 0,
            "Dx": gate.source_width if gate else 0,
        }

    def is_dynamic(self, dim: str) -> bool:
        """Whether the size of a symbol is known at run time only; that of Sk is N * page."""
        return ("Sk" if dim in ("P", "N") else dim) in self.dynamic

    @property
    def wide(self) -> str:
        """The type that gates and lse are computed in and returned as."""
        return "f64" if self.dtype == "f64" else "f32"


@dataclass(frozen=True)
class Tensor:
    """A function argument or result: its name, its dimensions as symbols, its element type."""

    name: str
    dims: tuple[str, ...]
    type: str


@dataclass(frozen=True)
class NamedCase:
    """A case with its name, which is the seed of its inputs.

    `function` is the MLIR symbol; cases of other sizes call the same one.
    """

    name: str
    case: Case
    function: str = ""

    def __post_init__(self):
        if not self.function:
            object.__setattr__(self, "function", self.name)

    @property
    def seed(self) -> int:
        return zlib.crc32(self.name.encode())


def _gate_key(prefix: str, gate: GateOperand | None) -> str:
    if gate is None:
        return ""
    return prefix + ("e" if gate.elementwise else "s") + gate.heads + gate.type


def in_layout(case: Case, batch: str, head: str, position: str, channel: str) -> tuple[str, ...]:
    """The dimensions of a rank-4 tensor in the case's layout."""
    axes = {"b": batch, "h": head, "s": position, "d": channel}
    return tuple(axes[axis] for axis in case.layout)


def gate_dims(
    case: Case, batch: str, head: str, position: str, channel: str | None
) -> tuple[str, ...]:
    """The dimensions of a gate: [B,H,S] when scalar, in the layout when elementwise."""
    if channel is None:
        return (batch, head, position)
    return in_layout(case, batch, head, position, channel)


def inputs(case: Case) -> list[Tensor]:
    """The arguments of the case's function, in order."""
    found = []

    def add(name, dims, element):
        found.append(Tensor(name, tuple(dims), element))

    if case.op == "append":
        source = cache_dims(replace(case, page=0), "Sq")
        add("v", source, case.dtype)
        add("cache", cache_dims(case, "Sk"), case.dtype)
        add("pos", ("B",), case.kv_type)
        if case.page:
            add("table", ("B", "N"), "i32")
        return found
    batch, position = ("P", "page") if case.page else ("B", "Sk")
    if case.op != "gate":
        add("q", in_layout(case, "B", "Hq", "Sq", "Dk"), case.dtype)
        add("k", in_layout(case, batch, "Hkv", position, "Dk"), case.dtype)
    add("v", in_layout(case, batch, "Hkv", position, "Dv"), case.dtype)
    gate = case.projection
    if gate:
        heads, width = "Hkv", "Dv"
        if gate.source_width:
            heads, width = "1", "Dx"
            add("x", in_layout(case, "B", "1", gate_position(case), "Dx"), case.dtype)
        channels = ("De",) if gate.elementwise else ()
        mixed = gate.mixing == "cross_head"
        add("w", ((heads, width, "H") if mixed else ("H", width)) + channels, gate.weight)
        if gate.bias:
            add("b", ("H", *channels), gate.bias)
    if case.mask:
        add("mask", case.mask.dims, case.mask.type)
    if case.kv_length:
        add("len", ("B",), case.kv_type)
    if case.page:
        add("table", ("B", "N"), "i32")
    if case.sink:
        add("sink", ("Hq",), case.sink)
    for name, operand, batch, position in (
        ("gv", case.value_gate, batch, position),
        ("go", case.output_gate, "B", "Sq"),
    ):
        if operand:
            head = "Hkv" if operand.heads == "kv" else "Hq"
            channel = "Dv" if operand.elementwise else None
            add(name, gate_dims(case, batch, head, position, channel), operand.type)
    return found


def cache_dims(case: Case, position: str) -> tuple[str, ...]:
    """The dimensions of what a case of append appends, and of its cache or pool."""
    axes = ("P", "Hkv", "page") if case.page else ("B", "Hkv", position)
    return in_layout(case, *axes, "Dv") if case.dv else axes


def gate_position(case: Case) -> str:
    """The position axis of the case's projected gate, before any shift."""
    if case.op == "gate_attention" and case.site == "output":
        return "Sq"
    return "page" if case.page else "Sk"


def gate_batch(case: Case) -> str:
    """Its batch axis: gates of values in pages are in pages."""
    return "P" if gate_position(case) == "page" else "B"


def gate_result(case: Case) -> Tensor:
    """The result of the case's vga.gate."""
    channel = "De" if case.projection.elementwise else None
    return Tensor("g", gate_dims(case, gate_batch(case), "H", gate_position(case), channel), case.wide)


def outputs(case: Case) -> list[Tensor]:
    """The results of the case's function, in order."""
    if case.op == "gate":
        return [gate_result(case)]
    if case.op == "append":
        return [Tensor("after", cache_dims(case, "Sk"), case.dtype)]
    found = [Tensor("out", in_layout(case, "B", "Hq", "Sq", "Dv"), case.dtype)]
    if case.lse:
        found.append(Tensor("lse", ("B", "Hq", "Sq"), case.wide))
    return found


def shape(case: Case, tensor: Tensor) -> tuple[int, ...]:
    return tuple(case.sizes[dim] for dim in tensor.dims)
