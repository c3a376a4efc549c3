"""The King James model as a step of a server: the next byte of many texts at once.

The blocks of examples/kjv-lm/model.mlir, of which this takes the functions of rows (norm, products,
MLP), with caches for a batch, in which each text has its own length. No size depends on a length:
every step launches the same kernels.
"""

from __future__ import annotations

import re
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent / "examples" / "kjv-lm" / "model.mlir"


def functions(text: str) -> str:
    """The aliases, and the private functions that do not know of sequences."""
    aliases = re.findall(r"^[!#]\w+ = .*$", text, re.M)
    found = {}
    for part in re.split(r"^(?=func\.func )", text, flags=re.M)[1:]:
        name = re.match(r"func\.func (?:private )?@(\w+)", part).group(1)
        found[name] = part[: part.index("\n}\n") + 3]
    kept = [found[name] for name in ("rms_norm", "project", "project_kv", "mlp")]
    wanted = [line for line in aliases if not re.match(r"!(tokens|cache|attention|block)\b", line)]
    wanted = [re.sub(r"\s*//.*$", "", line) for line in wanted]
    return "\n".join(wanted) + "\n" + "\n".join(kept)


def module(batch: int, layers: int = 6, context: int = 512) -> str:
    rows, cache = "tensor<?x256xf32>", f"tensor<{batch}x{context}x2x64xf32>"
    heads, kv_heads = f"tensor<{batch}x1x4x64xf32>", f"tensor<{batch}x1x2x64xf32>"
    lengths, tokens = f"tensor<{batch}xi32>", f"tensor<{batch}xi32>"
    text = functions(MODEL.read_text(encoding="utf-8"))
    static = f"tensor<{batch}x256xf32>"
    text += f"""
func.func private @embed(%tokens: {tokens}, %past: {lengths}, %token: !mat256, %position: tensor<512x256xf32>) -> {rows} {{
  %empty = tensor.empty() : {static}
  %byte_mask = arith.constant 255 : i32
  %x = linalg.generic {{indexing_maps = [#row, #row, #id], iterator_types = ["parallel", "parallel"]}}
      ins(%tokens, %past : {tokens}, {lengths}) outs(%empty : {static}) {{
  ^bb0(%t: i32, %p: i32, %out: f32):
    %byte = arith.andi %t, %byte_mask : i32
    %i = arith.index_cast %byte : i32 to index
    %j = arith.index_cast %p : i32 to index
    %d = linalg.index 1 : index
    %e = tensor.extract %token[%i, %d] : !mat256
    %at = tensor.extract %position[%j, %d] : tensor<512x256xf32>
    %sum = arith.addf %e, %at : f32
    linalg.yield %sum : f32
  }} -> {static}
  %r = tensor.cast %x : {static} to {rows}
  return %r : {rows}
}}
func.func private @attend(%x: {rows}, %past: {lengths}, %n: {lengths}, %keys: {cache}, %values: {cache},
    %norm: !vec256, %query: !mat256, %key: !mat128, %value: !mat128, %output: !mat256, %gate_w: !gate_w, %gate_b: !gate_b)
    -> ({rows}, {cache}, {cache}) {{
  %h = call @rms_norm(%x, %norm) : (!rows, !vec256) -> !rows
  %q = call @project(%h, %query) : (!rows, !mat256) -> !rows
  %k = call @project_kv(%h, %key) : (!rows, !mat128) -> !kv_heads
  %v = call @project_kv(%h, %value) : (!rows, !mat128) -> !kv_heads
  %q2 = tensor.cast %q : !rows to {static}
  %qh = tensor.expand_shape %q2 [[0, 1], [2, 3]] output_shape [{batch}, 1, 4, 64] : {static} into {heads}
  %k2 = tensor.cast %k : !kv_heads to tensor<1x{batch}x2x64xf32>
  %v2 = tensor.cast %v : !kv_heads to tensor<1x{batch}x2x64xf32>
  %k3 = tensor.collapse_shape %k2 [[0, 1], [2], [3]] : tensor<1x{batch}x2x64xf32> into tensor<{batch}x2x64xf32>
  %v3 = tensor.collapse_shape %v2 [[0, 1], [2], [3]] : tensor<1x{batch}x2x64xf32> into tensor<{batch}x2x64xf32>
  %kh = tensor.expand_shape %k3 [[0, 1], [2], [3]] output_shape [{batch}, 1, 2, 64] : tensor<{batch}x2x64xf32> into {kv_heads}
  %vh = tensor.expand_shape %v3 [[0, 1], [2], [3]] output_shape [{batch}, 1, 2, 64] : tensor<{batch}x2x64xf32> into {kv_heads}
  %keys1 = vga.append %kh into %keys at %past layout bshd : {kv_heads}, {cache}, {lengths}
  %values1 = vga.append %vh into %values at %past layout bshd : {kv_heads}, {cache}, {lengths}
  %zh = vga.gated_attention %qh, %keys1, %values1, %gate_w bias(%gate_b : !gate_b) kv_length(%n : {lengths})
      layout bshd : {heads}, {cache}, {cache}, !gate_w
  %z = tensor.collapse_shape %zh [[0, 1], [2, 3]] : {heads} into {static}
  %zr = tensor.cast %z : {static} to !rows
  %y = linalg.matmul ins(%zr, %output : !rows, !mat256) outs(%x : !rows) -> !rows
  return %y, %keys1, %values1 : {rows}, {cache}, {cache}
}}
"""
    weights = [
        ("an", "!vec256", "attention.norm"), ("q", "!mat256", "attention.query"),
        ("k", "!mat128", "attention.key"), ("v", "!mat128", "attention.value"),
        ("o", "!mat256", "attention.output"), ("gw", "!gate_w", "attention.gate.weight"),
        ("gb", "!gate_b", "attention.gate.bias"), ("mn", "!vec256", "mlp.norm"),
        ("uw", "!up", "mlp.up.weight"), ("ub", "!vec1024", "mlp.up.bias"),
        ("dw", "!down", "mlp.down.weight"), ("db", "!vec256", "mlp.down.bias"),
    ]  # fmt: skip
    arguments = [f"%tokens: {tokens}", f"%past: {lengths}"]
    for i in range(layers):
        arguments += [f'%{n}{i}: {cache} {{vga.state = "{n}.{i}"}}' for n in ("keys", "values")]
    arguments += [
        '%token: !mat256 {vga.param = "embedding.token"}',
        '%position: tensor<512x256xf32> {vga.param = "embedding.position"}',
    ]
    for i in range(layers):
        arguments += [f'%{n}{i}: {t} {{vga.param = "blocks.{i}.{p}"}}' for n, t, p in weights]
    arguments += ['%norm: !vec256 {vga.param = "norm"}', '%head: !mat256 {vga.param = "head"}']
    caches = ", ".join([cache] * (2 * layers))
    lines = [f"func.func @main({', '.join(arguments)}) -> ({rows}, {caches}) {{"]
    lines += [
        "  %one = arith.constant 1 : i32",
        f"  %ones = tensor.splat %one : {lengths}",
        f"  %n = arith.addi %past, %ones : {lengths}",
        f"  %x0 = call @embed(%tokens, %past, %token, %position) : ({tokens}, {lengths}, !mat256, tensor<512x256xf32>) -> {rows}",
    ]
    attend = f"({rows}, {lengths}, {lengths}, {cache}, {cache}, !vec256, !mat256, !mat128, !mat128, !mat256, !gate_w, !gate_b) -> ({rows}, {cache}, {cache})"
    mlp = f"({rows}, !vec256, !up, !vec1024, !down, !vec256) -> {rows}"
    for i in range(layers):
        lines += [
            f"  %y{i}, %nk{i}, %nv{i} = call @attend(%x{i}, %past, %n, %keys{i}, %values{i}, %an{i}, %q{i}, %k{i}, %v{i}, %o{i}, %gw{i}, %gb{i}) : {attend}",
            f"  %x{i + 1} = call @mlp(%y{i}, %mn{i}, %uw{i}, %ub{i}, %dw{i}, %db{i}) : {mlp}",
        ]
    results = ", ".join(f"%nk{i}, %nv{i}" for i in range(layers))
    lines += [
        f"  %y = call @rms_norm(%x{layers}, %norm) : (!rows, !vec256) -> !rows",
        "  %logits = call @project(%y, %head) : (!rows, !mat256) -> !rows",
        f"  return %logits, {results} : {rows}, {caches}",
        "}",
    ]
    return text + "\n".join(lines) + "\n"
