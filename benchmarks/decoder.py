"""A decoder-only transformer with value-state gated attention as a module of vga.

Pre-norm blocks as in GPT-2: layer norms, attention of which every value has a gate of itself, an
MLP with the tanh form of GELU; the head is the embedding of tokens. Everything is of one 16-bit
type, sums are f32. peers/decoder_torch.py is the same network in PyTorch.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Decoder:
    """Sizes of a network and of the batch that it reads."""

    name: str
    batch: int
    length: int
    layers: int = 12
    width: int = 768
    heads: int = 12
    hidden: int = 3072
    vocabulary: int = 50257

    @property
    def tokens(self) -> int:
        return self.batch * self.length

    @property
    def flop(self) -> int:
        """Of products and causal attention."""
        block = 4 * self.width**2 + 2 * self.width * self.hidden
        products = 2 * self.tokens * (self.layers * block + self.width * self.vocabulary)
        return products + self.layers * 2 * self.tokens * self.length * self.width


GPT2 = Decoder("gpt2_b8s1024", 8, 1024)


def tensor(*dims, element: str = "bf16") -> str:
    return f"tensor<{''.join(f'{dim}x' for dim in dims)}{element}>"


def parameters(net: Decoder) -> dict[str, tuple[int, ...]]:
    """The shapes of all weights by name: matrices are [in, out]."""
    w, size = net.width, net.width // net.heads
    shapes: dict[str, tuple[int, ...]] = {"token": (net.vocabulary, w), "position": (net.length, w)}
    for i in range(net.layers):
        block = {
            "norm1.weight": (w,), "norm1.bias": (w,), "query": (w, w), "key": (w, w), "value": (w, w),
            "query.bias": (w,), "key.bias": (w,), "value.bias": (w,), "gate": (net.heads, size),
            "gate.bias": (net.heads,), "output": (w, w), "output.bias": (w,),
            "norm2.weight": (w,), "norm2.bias": (w,), "up": (w, net.hidden), "up.bias": (net.hidden,),
            "down": (net.hidden, w), "down.bias": (w,),
        }  # fmt: skip
        shapes.update({f"blocks.{i}.{name}": shape for name, shape in block.items()})
    shapes.update({"norm.weight": (w,), "norm.bias": (w,)})
    return shapes


PRELUDE = """
#id = affine_map<(s, d) -> (s, d)>
#row = affine_map<(s, d) -> (s)>
#column = affine_map<(s, d) -> (d)>
"""


def norm(net: Decoder) -> str:
    rows, vector = tensor(net.tokens, net.width), tensor(net.width)
    sums = tensor(net.tokens, element="f32")
    return f"""
func.func private @norm(%x: {rows}, %weight: {vector}, %bias: {vector}) -> {rows} {{
  %zero = arith.constant 0.0 : f32
  %width = arith.constant {net.width}.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %e = tensor.empty() : {sums}
  %zeros = linalg.fill ins(%zero : f32) outs(%e : {sums}) -> {sums}
  %sum = linalg.generic {{indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}}
      ins(%x : {rows}) outs(%zeros : {sums}) {{
  ^bb0(%in: bf16, %acc: f32):
    %f = arith.extf %in : bf16 to f32
    %s = arith.addf %acc, %f : f32
    linalg.yield %s : f32
  }} -> {sums}
  %square = linalg.generic {{indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]}}
      ins(%x, %sum : {rows}, {sums}) outs(%zeros : {sums}) {{
  ^bb0(%in: bf16, %all: f32, %acc: f32):
    %f = arith.extf %in : bf16 to f32
    %mean = arith.divf %all, %width : f32
    %d = arith.subf %f, %mean : f32
    %dd = arith.mulf %d, %d : f32
    %s = arith.addf %acc, %dd : f32
    linalg.yield %s : f32
  }} -> {sums}
  %to = tensor.empty() : {rows}
  %y = linalg.generic {{indexing_maps = [#id, #row, #row, #column, #column, #id], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %sum, %square, %weight, %bias : {rows}, {sums}, {sums}, {vector}, {vector}) outs(%to : {rows}) {{
  ^bb0(%in: bf16, %all: f32, %squares: f32, %w: bf16, %b: bf16, %out: bf16):
    %f = arith.extf %in : bf16 to f32
    %wf = arith.extf %w : bf16 to f32
    %bf = arith.extf %b : bf16 to f32
    %mean = arith.divf %all, %width : f32
    %d = arith.subf %f, %mean : f32
    %variance = arith.divf %squares, %width : f32
    %positive = arith.addf %variance, %epsilon : f32
    %scale = math.rsqrt %positive : f32
    %unit = arith.mulf %d, %scale : f32
    %scaled = arith.mulf %unit, %wf : f32
    %moved = arith.addf %scaled, %bf : f32
    %r = arith.truncf %moved : f32 to bf16
    linalg.yield %r : bf16
  }} -> {rows}
  return %y : {rows}
}}
"""


GELU = """
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %cubic = arith.constant 0.044715 : f32
    %root = arith.constant 0.7978845608 : f32
    %in2 = arith.mulf %t, %t : f32
    %in3 = arith.mulf %in2, %t : f32
    %bent = arith.mulf %in3, %cubic : f32
    %inside = arith.addf %t, %bent : f32
    %inner = arith.mulf %inside, %root : f32
    %tanh = math.tanh %inner : f32
    %open = arith.addf %tanh, %one : f32
    %part = arith.mulf %open, %half : f32
    %gelu = arith.mulf %part, %t : f32
    %r = arith.truncf %gelu : f32 to bf16
    linalg.yield %r : bf16
"""


def product(tokens: int, name: str, rows: int, columns: int, tail: str) -> str:
    """act(x . w + bias), where tail is "", "gelu" or "residual", which adds an argument."""
    x, w, y = tensor(tokens, rows), tensor(rows, columns), tensor(tokens, columns)
    sums, b = tensor(tokens, columns, element="f32"), tensor(columns)
    residual = tail == "residual"
    body = {
        "": "    %r = arith.truncf %t : f32 to bf16\n    linalg.yield %r : bf16\n",
        "gelu": GELU,
        "residual": "    %rf = arith.extf %res : bf16 to f32\n    %all = arith.addf %t, %rf : f32\n"
        "    %r = arith.truncf %all : f32 to bf16\n    linalg.yield %r : bf16\n",
    }[tail]
    more = (f", %from: {y}", "#id, ", ", %from", f", {y}", "%res: bf16, ") if residual else ("",) * 5
    return f"""
func.func private @{name}(%x: {x}, %w: {w}, %bias: {b}{more[0]}) -> {y} {{
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {sums}
  %zeros = linalg.fill ins(%zero : f32) outs(%e : {sums}) -> {sums}
  %sum = linalg.matmul ins(%x, %w : {x}, {w}) outs(%zeros : {sums}) -> {sums}
  %to = tensor.empty() : {y}
  %y = linalg.generic {{indexing_maps = [#id, #column, {more[1]}#id], iterator_types = ["parallel", "parallel"]}}
      ins(%sum, %bias{more[2]} : {sums}, {b}{more[3]}) outs(%to : {y}) {{
  ^bb0(%in: f32, %b: bf16, {more[4]}%out: bf16):
    %bf = arith.extf %b : bf16 to f32
    %t = arith.addf %in, %bf : f32
{body}  }} -> {y}
  return %y : {y}
}}
"""


def block(net: Decoder) -> tuple[str, list[str]]:
    """A block's function, and the types of its weights."""
    shapes = parameters(net)
    names = [name.split(".", 2)[2] for name in shapes if name.startswith("blocks.0.")]
    types = [tensor(*shapes[f"blocks.0.{name}"]) for name in names]
    weights = {name: "%" + name.replace(".", "_") for name in names}
    arguments = ", ".join(f"{weights[n]}: {t}" for n, t in zip(names, types))
    rows, vector = tensor(net.tokens, net.width), tensor(net.width)
    square, up, down = (
        tensor(net.width, net.width), tensor(net.width, net.hidden), tensor(net.hidden, net.width)
    )  # fmt: skip
    hidden, wide = tensor(net.tokens, net.hidden), tensor(net.hidden)
    size = net.width // net.heads
    heads = tensor(net.batch, net.length, net.heads, size)
    gate, gate_bias = tensor(net.heads, size), tensor(net.heads)
    shape = f"[{net.batch}, {net.length}, {net.heads}, {size}]"
    lines = [
        f"func.func private @block(%x: {rows}, {arguments}) -> {rows} {{",
        f"  %h = call @norm(%x, %norm1_weight, %norm1_bias) : ({rows}, {vector}, {vector}) -> {rows}",
    ]
    for name in ("query", "key", "value"):
        lines += [
            f"  %{name}1 = call @project(%h, %{name}, %{name}_bias) : ({rows}, {square}, {vector}) -> {rows}",
            f"  %{name}h = tensor.expand_shape %{name}1 [[0, 1], [2, 3]] output_shape {shape} : {rows} into {heads}",
        ]
    lines += [
        "  %zh = vga.gated_attention %queryh, %keyh, %valueh, %gate bias(%gate_bias : "
        f"{gate_bias}) causal layout bshd : {heads}, {heads}, {heads}, {gate}",
        f"  %z = tensor.collapse_shape %zh [[0, 1], [2, 3]] : {heads} into {rows}",
        f"  %y = call @add_project(%z, %output, %output_bias, %x) : ({rows}, {square}, {vector}, {rows}) -> {rows}",
        f"  %h2 = call @norm(%y, %norm2_weight, %norm2_bias) : ({rows}, {vector}, {vector}) -> {rows}",
        f"  %u = call @up(%h2, %up, %up_bias) : ({rows}, {up}, {wide}) -> {hidden}",
        f"  %r = call @down(%u, %down, %down_bias, %y) : ({hidden}, {down}, {vector}, {rows}) -> {rows}",
        f"  return %r : {rows}",
        "}",
    ]
    return "\n".join(lines) + "\n", types


def head(net: Decoder) -> str:
    rows, table = tensor(net.tokens, net.width), tensor(net.vocabulary, net.width)
    sums, logits = (tensor(net.tokens, net.vocabulary, element=e) for e in ("f32", "bf16"))
    return f"""
func.func private @head(%x: {rows}, %token: {table}) -> {logits} {{
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {sums}
  %zeros = linalg.fill ins(%zero : f32) outs(%e : {sums}) -> {sums}
  %sum = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %token : {rows}, {table}) outs(%zeros : {sums}) -> {sums}
  %to = tensor.empty() : {logits}
  %y = linalg.generic {{indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}}
      ins(%sum : {sums}) outs(%to : {logits}) {{
  ^bb0(%in: f32, %out: bf16):
    %r = arith.truncf %in : f32 to bf16
    linalg.yield %r : bf16
  }} -> {logits}
  return %y : {logits}
}}
"""


def embed(net: Decoder) -> str:
    tokens, table = tensor(net.batch, net.length, element="i32"), tensor(net.vocabulary, net.width)
    places, rows = tensor(net.length, net.width), tensor(net.batch, net.length, net.width)
    return f"""
func.func private @embed(%tokens: {tokens}, %token: {table}, %position: {places}) -> {tensor(net.tokens, net.width)} {{
  %to = tensor.empty() : {rows}
  %x = linalg.generic {{indexing_maps = [affine_map<(b, s, d) -> (b, s)>, affine_map<(b, s, d) -> (s, d)>, affine_map<(b, s, d) -> (b, s, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]}}
      ins(%tokens, %position : {tokens}, {places}) outs(%to : {rows}) {{
  ^bb0(%t: i32, %at: bf16, %out: bf16):
    %i = arith.index_cast %t : i32 to index
    %d = linalg.index 2 : index
    %e = tensor.extract %token[%i, %d] : {table}
    %sum = arith.addf %e, %at : bf16
    linalg.yield %sum : bf16
  }} -> {rows}
  %r = tensor.collapse_shape %x [[0, 1], [2]] : {rows} into {tensor(net.tokens, net.width)}
  return %r : {tensor(net.tokens, net.width)}
}}
"""


def module(net: Decoder) -> str:
    rows, vector = tensor(net.tokens, net.width), tensor(net.width)
    table, places = tensor(net.vocabulary, net.width), tensor(net.length, net.width)
    tokens, logits = tensor(net.batch, net.length, element="i32"), tensor(net.tokens, net.vocabulary)
    text, types = block(net)
    parts = [PRELUDE, embed(net), norm(net), head(net)]
    parts += [
        product(net.tokens, "project", net.width, net.width, ""),
        product(net.tokens, "add_project", net.width, net.width, "residual"),
        product(net.tokens, "up", net.width, net.hidden, "gelu"),
        product(net.tokens, "down", net.hidden, net.width, "residual"),
        text,
    ]
    shapes = parameters(net)
    name = {key: "%p" + str(i) for i, key in enumerate(shapes)}
    arguments = ", ".join(
        f'{name[key]}: {tensor(*shape)} {{vga.param = "{key}"}}' for key, shape in shapes.items()
    )
    lines = [f"func.func @main(%tokens: {tokens}, {arguments}) -> {logits} {{"]
    lines.append(
        f"  %x0 = call @embed(%tokens, {name['token']}, {name['position']}) : ({tokens}, {table}, {places}) -> {rows}"
    )
    for i in range(net.layers):
        weights = ", ".join(name[key] for key in shapes if key.startswith(f"blocks.{i}."))
        lines.append(
            f"  %x{i + 1} = call @block(%x{i}, {weights}) : ({rows}, {', '.join(types)}) -> {rows}"
        )
    lines += [
        f"  %y = call @norm(%x{net.layers}, {name['norm.weight']}, {name['norm.bias']}) : ({rows}, {vector}, {vector}) -> {rows}",
        f"  %logits = call @head(%y, {name['token']}) : ({rows}, {table}) -> {logits}",
        f"  return %logits : {logits}",
        "}",
    ]
    return "".join(parts) + "\n".join(lines) + "\n"


def weights(net: Decoder, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights as the bits of bf16: norms and gates as they begin, matrices of norm 1."""
    rng, found = np.random.default_rng(seed), {}
    for name, shape in parameters(net).items():
        if name.endswith("norm.weight") or name.endswith(("norm1.weight", "norm2.weight")):
            values = np.ones(shape, np.float32)
        elif name.endswith("bias"):
            values = np.zeros(shape, np.float32)
        else:
            scale = 0.02 if name in ("token", "position") else shape[0] ** -0.5
            values = rng.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        found[name] = (values.view(np.uint32) >> 16).astype("<u2")
    return found


def save_weights(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """A .safetensors file."""
    header, at = {}, 0
    for name, values in tensors.items():
        header[name] = {
            "dtype": "BF16", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]
        }  # fmt: skip
        at += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())
