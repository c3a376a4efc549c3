//===- VGAOps.td - The vga operations ----------------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGAOPS_TD
#define VGA_DIALECT_VGA_IR_VGAOPS_TD

include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"
include "vga/Dialect/VGA/IR/VGAAttrs.td"
include "vga/Dialect/VGA/IR/VGADialect.td"
include "vga/Dialect/VGA/IR/VGAInterfaces.td"

//===----------------------------------------------------------------------===//
// Operand types
//===----------------------------------------------------------------------===//

def VGA_Float : AnyTypeOf<[F16, BF16, F32, F64]>;
def VGA_Tensor4D : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[4]>],
                                  "4D tensor of f16, bf16, f32 or f64">;
def VGA_Mask : RankedTensorOf<[I1, VGA_Float], [HasAnyRankOfPred<[0, 1, 2, 3, 4]>],
                              "tensor of i1 or float with at most 4 dimensions">;
def VGA_Lengths : RankedTensorOf<[I32, I64], [HasAnyRankOfPred<[1]>],
                                 "1D tensor of i32 or i64">;
def VGA_PerHead : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[1]>],
                                 "1D tensor of f16, bf16, f32 or f64">;
def VGA_Gate : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[3, 4]>],
                              "3D or 4D tensor of f16, bf16, f32 or f64">;
def VGA_GateWeight : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[2, 3, 4]>],
                                    "2D, 3D or 4D tensor of f16, bf16, f32 or f64">;
def VGA_GateBias : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[1, 2]>],
                                  "1D or 2D tensor of f16, bf16, f32 or f64">;
def VGA_BlockTable : RankedTensorOf<[I32], [HasAnyRankOfPred<[2]>],
                                    "2D tensor">;
def VGA_Lse : RankedTensorOf<[F32, F64], [HasAnyRankOfPred<[3]>],
                             "3D tensor of f32 or f64">;

class VGA_Op<string mnemonic, list<Trait> traits = []>
    : Op<VGA_Dialect, mnemonic, !listconcat([
        Pure,
        DeclareOpInterfaceMethods<InferTypeOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>,
      ], traits)> {
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// vga.gate
//===----------------------------------------------------------------------===//

def VGA_GateOp : VGA_Op<"gate"> {
  let summary = "computes a gate from a source, g = act(source . W + b)";
  let description = [{
    Projects each position of `source` to one gate per head (scalar), or to one
    gate per head and channel (elementwise), and applies the activation:

    | mixing | W | formula | result |
    |---|---|---|---|
    | `per_head`, scalar | `[H, Ds]` | `g[b,h,s] = act(sum_d x[b,h',s,d] W[h,d] + b[h])` | `[B, H, S]` |
    | `per_head`, elementwise | `[H, Ds, De]` | `g[b,h,s,e] = act(sum_d x[b,h',s,d] W[h,d,e] + b[h,e])` | `[B, H, S, De]` |
    | `cross_head`, scalar | `[Hs, Ds, H]` | `g[b,h,s] = act(sum_{k,d} x[b,k,s,d] W[k,d,h] + b[h])` | `[B, H, S]` |
    | `cross_head`, elementwise | `[Hs, Ds, H, De]` | `g[b,h,s,e] = act(sum_{k,d} x[b,k,s,d] W[k,d,h,e] + b[h,e])` | `[B, H, S, De]` |

    with `h' = h / (H / Hs)` and `act` one of `sigmoid` (default), `identity`,
    `softplus` (`log(1 + exp(x))`). The first row with `source` = v is equation
    6 of arXiv 2510.09017, the third is its appendix B; with the hidden state
    as `[B, 1, S, Dmodel]` the last is an input-state gate, as Qwen's G1.

    | operand | shape | notes |
    |---|---|---|
    | `source` | `[B, Hs, S, Ds]`, in `layout` | B and S may be dynamic |
    | `weight` | as above | |
    | `bias` | `[H]` scalar, `[H, De]` elementwise | optional |

    The result is f32 (f64 for an f64 source): gates are evaluated in that
    precision. A scalar gate is `[B, H, S]` whatever the layout; an elementwise
    one follows `layout`.

    Example:

    ```mlir
    func.func @gate(%v: tensor<2x4x128x64xf16>, %w: tensor<4x64xf16>,
                    %b: tensor<4xf16>) -> tensor<2x4x128xf32> {
      %g = vga.gate %v, %w bias(%b : tensor<4xf16>)
             : tensor<2x4x128x64xf16>, tensor<4x64xf16>
      return %g : tensor<2x4x128xf32>
    }
    ```
  }];
  let arguments = (ins
    VGA_Tensor4D:$source,
    VGA_GateWeight:$weight,
    Optional<VGA_GateBias>:$bias,
    DefaultValuedAttr<VGA_ActivationAttr, "::mlir::vga::Activation::sigmoid">:$activation,
    DefaultValuedAttr<VGA_MixingAttr, "::mlir::vga::Mixing::per_head">:$mixing,
    DefaultValuedAttr<VGA_LayoutAttr, "::mlir::vga::Layout::bhsd">:$layout);
  let results = (outs VGA_Gate:$result);
  let assemblyFormat = [{
    $source `,` $weight
    oilist(`bias` `(` $bias `:` type($bias) `)`
         | `activation` $activation
         | `mixing` $mixing
         | `layout` $layout)
    attr-dict `:` type($source) `,` type($weight)
  }];
  let extraClassDeclaration = [{
    /// True if the gate has one value per channel, false if one per head.
    bool isElementwise() { return getResult().getType().getRank() == 4; }
    /// The number of heads of the gate.
    int64_t getNumHeads();
  }];
}

//===----------------------------------------------------------------------===//
// vga.attention
//===----------------------------------------------------------------------===//

// What vga.attention and vga.gated_attention have in common.
class VGA_AttentionBase<string mnemonic, dag gateArguments, string gateClauses,
                      string gatePositional, string gateTypes>
    : VGA_Op<mnemonic, [AttrSizedOperandSegments, VGA_AttentionInterface]> {
  let arguments = !con(
    (ins VGA_Tensor4D:$query,
         VGA_Tensor4D:$key,
         VGA_Tensor4D:$value),
    gateArguments,
    (ins Optional<VGA_Mask>:$mask,
         Optional<VGA_Lengths>:$kv_length,
         Optional<VGA_BlockTable>:$block_table,
         Optional<VGA_PerHead>:$sink,
         UnitAttr:$causal,
         OptionalAttr<DenseI64ArrayAttr>:$window,
         DefaultValuedAttr<VGA_AlignmentAttr, "::mlir::vga::Alignment::bottom_right">:$alignment,
         OptionalAttr<F64Attr>:$scale,
         OptionalAttr<F64Attr>:$softcap,
         DefaultValuedAttr<VGA_LayoutAttr, "::mlir::vga::Layout::bhsd">:$layout,
         OptionalAttr<VGA_AnySchedule>:$schedule,
         UnitAttr:$return_lse));
  let results = (outs VGA_Tensor4D:$result, Optional<VGA_Lse>:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value }] # gatePositional # [{
    oilist( }] # gateClauses # [{
           `mask` `(` $mask `:` type($mask) `)`
         | `kv_length` `(` $kv_length `:` type($kv_length) `)`
         | `block_table` `(` $block_table `:` type($block_table) `)`
         | `sink` `(` $sink `:` type($sink) `)`
         | `causal` $causal
         | `window` custom<Window>($window)
         | `alignment` $alignment
         | `scale` $scale
         | `softcap` $softcap
         | `layout` $layout
         | `schedule` custom<Schedule>($schedule)
         | `lse` $return_lse)
    attr-dict `:` type($query) `,` type($key) `,` type($value) }] # gateTypes;
}

def VGA_AttentionOp : VGA_AttentionBase<"attention",
    (ins Optional<VGA_Gate>:$value_gate,
         Optional<VGA_Gate>:$output_gate),
    [{ `value_gate` `(` $value_gate `:` type($value_gate) `)`
     | `output_gate` `(` $output_gate `:` type($output_gate) `)` | }],
    "", ""> {
  let summary = "attention with optional value gate and output gate";
  let description = [{
    Scaled dot-product attention of every query over the keys it can see, with
    a gate on the values, a gate on the output, both, or none:

    ```
    s_ij    = scale * <q_i, k_j>                      scale = 1/sqrt(Dk)
    s_ij    = c * tanh(s_ij / c)                      if softcap c is given
    s_ij    = s_ij + mask_ij                          if the mask is of floats
    alpha_i = softmax of s_ij over the keys j visible to query i
    z_i     = sum_j alpha_ij * (value_gate_j (*) v_j)
    out_i   = output_gate_i (*) z_i
    lse_i   = log sum_j exp(s_ij)                     over the visible j
    ```

    The gate never enters the softmax statistics (arXiv 2510.09017, equation
    4). With `o = Sk - Sq` for alignment `bottom_right` (default), `o = 0` for
    `top_left`, and `o = kv_length[b] - Sq` for `length`, which lines up the last
    query with the last key that counts, key j is visible to query i when all
    given conditions hold:

    | given | condition |
    |---|---|
    | `causal` | `j <= i + o` |
    | `window [left, right]` | `i + o - left <= j <= i + o + right`; -1 is unbounded |
    | `kv_length` | `j < kv_length[b]` |
    | `mask` of i1 | `mask_ij` is true |

    A query that sees no key has output 0 and lse -inf, never NaN. A `sink`
    logit per head enters the denominator (and lse) as one more key with no
    value.

    | operand | shape | notes |
    |---|---|---|
    | `query` | `[B, Hq, Sq, Dk]`, in `layout` | |
    | `key` | `[B, Hkv, Sk, Dk]`, in `layout` | element type of `query` |
    | `value` | `[B, Hkv, Sk, Dv]`, in `layout` | element type of `query` |
    | `value_gate` | `[B, Hg, Sk]`, or `[B, Hg, Sk, Dv]` in `layout` | `Hg` is `Hkv` or `Hq` |
    | `output_gate` | `[B, Hq, Sq]`, or `[B, Hq, Sq, Dv]` in `layout` | |
    | `mask` | broadcasts to `[B, Hq, Sq, Sk]` | right-aligned, dimensions of 1 or the full size; a dynamic dimension is a full one |
    | `kv_length` | `[B]` of i32 or i64 | keys and values at or past it are never used, whatever they hold |
    | `block_table` | `[B, N]` of i32 | key, value and value gate are pools of pages, see below |
    | `sink` | `[Hq]` | |
    | result | `[B, Hq, Sq, Dv]`, in `layout` | element type of `query` |
    | `lse` | `[B, Hq, Sq]`, with keyword `lse` | f32, or f64 for f64 |

    Scores, softmax, gates and sums are computed in f32 for f16, bf16 and f32,
    and in f64 for f64.

    With a `block_table` the batch axis of `key`, `value` and `value_gate` counts
    pages and their sequence axis is a page, of static size: position j of
    sequence b is row `j mod page` of page `block_table[b, j / page]`, as
    `vga.append` writes it, and `Sk` is `N * page`. Entries for positions at or
    past kv_length are never used; the others are from 0 to P - 1, which
    `vga-check-pages` checks.

    | operand | shape with a `block_table` |
    |---|---|
    | `key` | `[P, Hkv, page, Dk]`, in `layout` |
    | `value` | `[P, Hkv, page, Dv]`, in `layout` |
    | `value_gate` | `[P, Hg, page]`, or `[P, Hg, page, Dv]` in `layout` |

    Example:

    ```mlir
    func.func @attend(%q: tensor<2x8x?x64xf16>, %k: tensor<2x2x?x64xf16>,
                      %v: tensor<2x2x?x64xf16>, %g: tensor<2x2x?xf32>)
        -> tensor<2x8x?x64xf16> {
      %z = vga.attention %q, %k, %v value_gate(%g : tensor<2x2x?xf32>)
             causal window [255, 0]
             : tensor<2x8x?x64xf16>, tensor<2x2x?x64xf16>, tensor<2x2x?x64xf16>
      return %z : tensor<2x8x?x64xf16>
    }
    func.func @decode(%q: tensor<4x1x8x64xf16>, %k: tensor<64x16x2x64xf16>,
                      %v: tensor<64x16x2x64xf16>, %n: tensor<4xi32>,
                      %t: tensor<4x32xi32>) -> tensor<4x1x8x64xf16> {
      %z = vga.attention %q, %k, %v kv_length(%n : tensor<4xi32>)
             block_table(%t : tensor<4x32xi32>) layout bshd
             : tensor<4x1x8x64xf16>, tensor<64x16x2x64xf16>,
               tensor<64x16x2x64xf16>
      return %z : tensor<4x1x8x64xf16>
    }
    ```
  }];
}

//===----------------------------------------------------------------------===//
// vga.gated_attention
//===----------------------------------------------------------------------===//

def VGA_GatedAttentionOp : VGA_AttentionBase<"gated_attention",
    (ins VGA_GateWeight:$weight,
         Optional<VGA_GateBias>:$bias,
         DefaultValuedAttr<VGA_GateSiteAttr, "::mlir::vga::GateSite::value">:$site,
         DefaultValuedAttr<VGA_MixingAttr, "::mlir::vga::Mixing::per_head">:$mixing,
         DefaultValuedAttr<VGA_ActivationAttr, "::mlir::vga::Activation::sigmoid">:$activation),
    [{ `bias` `(` $bias `:` type($bias) `)`
     | `site` $site | `mixing` $mixing | `activation` $activation | }],
    " `,` $weight ", " `,` type($weight) "> {
  let summary = "attention gated by its own value vectors";
  let description = [{
    The operator of arXiv 2510.09017: a gate computed from the value vectors,
    applied to the values (equations 4 and 6) or to the output (appendix B).

    ```
    g     = act(v . W + b)                            as vga.gate of v
    out_i = sum_j alpha_ij * (g_j (*) v_j)            site value (default)
    out_i = g_{i + Sk - Sq} (*) sum_j alpha_ij v_j    site output
    ```

    At the output site query i takes its gate from the value at its own
    position, `i + (Sk - Sq)`; where there is no such position its gate is 0,
    and so is its output. (The gate is that of the position, also at or past
    kv_length.) With alignment `length` the position is `i + (kv_length[b] - Sq)`,
    which a `block_table` with lengths takes at the output site. Scores, visibility, sink, lse and precision are those
    of `vga.attention`.

    | operand | shape | notes |
    |---|---|---|
    | `query`, `key`, `value`, `mask`, `kv_length`, `block_table`, `sink` | as for `vga.attention` | |
    | `weight` | `[H, Dv]` or `[H, Dv, Dv]` (`per_head`), `[Hkv, Dv, H]` or `[Hkv, Dv, H, Dv]` (`cross_head`) | `H` is `Hkv` or `Hq` at the value site, `Hq` at the output site |
    | `bias` | `[H]` or `[H, Dv]` | optional |

    Whether the op stays whole down to a kernel that computes the gate from the
    value tile it has just loaded, or splits into `vga.gate` and
    `vga.attention` (`vga-split-gated-attention`), is the target's choice; both
    compute the same.

    Example:

    ```mlir
    func.func @vga(%q: tensor<1x8x512x64xf32>, %k: tensor<1x2x512x64xf32>,
                   %v: tensor<1x2x512x64xf32>, %w: tensor<2x64xf32>)
        -> tensor<1x8x512x64xf32> {
      %z = vga.gated_attention %q, %k, %v, %w causal
             : tensor<1x8x512x64xf32>, tensor<1x2x512x64xf32>,
               tensor<1x2x512x64xf32>, tensor<2x64xf32>
      return %z : tensor<1x8x512x64xf32>
    }
    ```
  }];
}

//===----------------------------------------------------------------------===//
// vga.append
//===----------------------------------------------------------------------===//

def VGA_AppendOp : Op<VGA_Dialect, "append", [
    Pure, DestinationStyleOpInterface, AllTypesMatch<["cache", "result"]>]> {
  let summary = "appends keys, values or gates to a cache";
  let description = [{
    Writes new positions of each sequence of a batch into a cache, behind those
    that the sequence has:

    ```
    result[b, h, position[b] + s, :] = source[b, h, s, :]
    ```

    All else of the cache stays. With a `block_table` the cache is a pool of
    pages: its batch axis counts pages, its sequence axis is a page, and position
    j of sequence b is row `j mod page` of page `block_table[b, j / page]`:

    ```
    result[block_table[b, j / page], h, j mod page, :] = source[b, h, s, :]
                                                with j = position[b] + s
    ```

    | operand | shape | notes |
    |---|---|---|
    | `source` | `[B, H, S, D]` in `layout`, or `[B, H, S]` | keys, values and elementwise gates; scalar gates |
    | `cache` | `[B, H, C, D]` in `layout`, or `[B, H, C]`; pages `[P, H, page, D]` in `layout`, or `[P, H, page]` | element type of `source`; a page has a static size |
    | `position` | `[B]` of i32 or i64 | how many positions each sequence has |
    | `block_table` | `[B, N]` of i32 | optional; the pages of each sequence |
    | result | that of `cache` | |

    A position below 0, or with `position + S` beyond the capacity - `C`, or
    `N * page` - is an error when the function runs. Entries of the table that
    are appended to are from 0 to P - 1, which `vga-check-pages` checks; no other
    entry is read. Where two of the appended positions are the same row of the
    same page, the row gets one of them.

    An append to a cache that nobody reads as it was before is done in place.

    Example:

    ```mlir
    func.func @append(%k: tensor<4x1x2x64xf16>, %cache: tensor<4x512x2x64xf16>,
                      %pages: tensor<64x16x2x64xf16>, %p: tensor<4xi32>,
                      %t: tensor<4x32xi32>)
        -> (tensor<4x512x2x64xf16>, tensor<64x16x2x64xf16>) {
      %c = vga.append %k into %cache at %p layout bshd
             : tensor<4x1x2x64xf16>, tensor<4x512x2x64xf16>, tensor<4xi32>
      %d = vga.append %k into %pages at %p block_table(%t : tensor<4x32xi32>)
             layout bshd
             : tensor<4x1x2x64xf16>, tensor<64x16x2x64xf16>, tensor<4xi32>
      return %c, %d : tensor<4x512x2x64xf16>, tensor<64x16x2x64xf16>
    }
    ```
  }];
  let arguments = (ins
    VGA_Gate:$source,
    VGA_Gate:$cache,
    VGA_Lengths:$position,
    Optional<VGA_BlockTable>:$block_table,
    DefaultValuedAttr<VGA_LayoutAttr, "::mlir::vga::Layout::bhsd">:$layout);
  let results = (outs VGA_Gate:$result);
  let assemblyFormat = [{
    $source `into` $cache `at` $position
    oilist(`block_table` `(` $block_table `:` type($block_table) `)`
         | `layout` $layout)
    attr-dict `:` type($source) `,` type($cache) `,` type($position)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getCacheMutable();
    }
  }];
}

//===----------------------------------------------------------------------===//
// vga.online_attention
//===----------------------------------------------------------------------===//

def VGA_FloatVector : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[1]>], "vector">;
def VGA_FloatMatrix : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[2]>], "matrix">;
def VGA_FloatBlock : RankedTensorOf<[VGA_Float], [HasAnyRankOfPred<[2, 3]>],
                                    "matrix, or matrix of pairs">;

def VGA_OnlineAttentionOp : Op<VGA_Dialect, "online_attention", [
    Pure, AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
         "getResultTilePosition"]>,
    DeclareOpInterfaceMethods<PartialReductionOpInterface,
        ["generateInitialTensorForPartialReduction", "tileToPartialReduction",
         "mergeReductions", "getPartialResultTilePosition"]>,
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "folds a block of keys and values into a running attention";
  let description = [{
    One step of the online softmax (Milakov and Gimelshein, arXiv 1805.02867;
    FlashAttention, arXiv 2205.14135): a block of J keys and values meets L
    queries, whose weighted values, largest score and sum of weights so far are
    the destinations.

    ```
    s_jl  = scale * <key_j, query_l>              scale is 1 if not given
    s_jl  = c * tanh(s_jl / c)                    if softcap c is given
    s_jl  = s_jl + mask_jl
    s_jl  = -inf  unless  lower <= j - floor(l / group) <= upper  and  j < count
    m'_l  = max(m_l, max_j s_jl)
    a_l   = exp(m_l - m'_l)
    sum'_l   = a_l sum_l + sum_j exp(s_jl - m'_l)
    acc'_cl  = a_l acc_cl + sum_j exp(s_jl - m'_l) g_j v_jc
    ```

    Queries and accumulators are stored transposed, so that vectors run along
    the queries and no step needs a reduction across a vector. With few queries,
    as in decoding, most of such a vector would be empty: the form `rows` stores
    them as rows, and vectors run along the channels and the keys. The form
    `pairs` is that of machines which multiply bf16 in pairs and accumulate in
    f32: what is summed over - the channels of the scores, the keys of the
    values - comes in pairs, and the weights are rounded to bf16. Start with
    `acc = 0`, `sum = 0` and a finite `m`, such as the lowest number: a query
    that has seen no key is the one whose sum is 0. After the last block the
    attention is `acc / sum`, its lse `m + log(sum)`.

    | operand | `columns` (default) | `rows` | `pairs` | notes |
    |---|---|---|---|---|
    | `query` | `[Dk, L]` | `[L, Dk]` | `[Dk/2, L, 2]` | type of the destinations; bf16 in pairs |
    | `key` | `[J, Dk]` | `[J, Dk]` | `[J, Dk/2, 2]` | at most as wide as the query |
    | `value` | `[J, Dv]` | `[J, Dv]` | `[Dv, J/2, 2]` | at most as wide as the query |
    | `value_gate` | `[J]` | `[J]` | `[J]` | optional g |
    | `mask` | `[J, L]` | `[L, J]` | `[J, L]` | optional, added to the scores |
    | `lower`, `upper` | index | index | index | optional limits of `j - floor(l / group)` |
    | `count` | index | index | index | optional, how many of the keys count |
    | `accumulator` | `[Dv, L]` | `[L, Dv]` | `[Dv, L]` | f32 or f64; f32 with pairs |
    | `maximum`, `sum` | `[L]` | `[L]` | `[L]` | |

    `group` consecutive queries share a position: the query heads that read one
    key/value head.

    Tiled along the keys (a reduction, in order) and along the queries (in
    multiples of `group` if there are limits). Parts of the keys can be folded
    in parallel, each into a state of its own (`PartialReductionOpInterface`);
    the states merge as

    ```
    m'_l = max_p m_pl        sum'_l = sum_p exp(m_pl - m'_l) sum_pl
                             acc'_cl = sum_p exp(m_pl - m'_l) acc_pcl
    ```

    Example:

    ```mlir
    func.func @step(%q: tensor<64x16xf32>, %k: tensor<?x64xf32>,
                    %v: tensor<?x64xf32>, %g: tensor<?xf32>, %last: index,
                    %acc: tensor<64x16xf32>, %max: tensor<16xf32>,
                    %sum: tensor<16xf32>)
        -> (tensor<64x16xf32>, tensor<16xf32>, tensor<16xf32>) {
      %r:3 = vga.online_attention
          ins(%q, %k, %v : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x64xf32>)
          value_gate(%g : tensor<?xf32>) upper(%last)
          outs(%acc, %max, %sum : tensor<64x16xf32>, tensor<16xf32>, tensor<16xf32>)
      return %r#0, %r#1, %r#2
          : tensor<64x16xf32>, tensor<16xf32>, tensor<16xf32>
    }
    ```
  }];
  let arguments = (ins
    VGA_FloatBlock:$query,
    VGA_FloatBlock:$key,
    VGA_FloatBlock:$value,
    Optional<VGA_FloatVector>:$value_gate,
    Optional<VGA_FloatMatrix>:$mask,
    Optional<Index>:$lower,
    Optional<Index>:$upper,
    Optional<Index>:$count,
    VGA_FloatMatrix:$accumulator,
    VGA_FloatVector:$maximum,
    VGA_FloatVector:$sum,
    DefaultValuedAttr<I64Attr, "1">:$group,
    OptionalAttr<F64Attr>:$scale,
    OptionalAttr<F64Attr>:$softcap,
    DefaultValuedAttr<VGA_FormAttr, "::mlir::vga::Form::columns">:$form);
  let results = (outs VGA_FloatMatrix:$accumulator_result,
                      VGA_FloatVector:$maximum_result,
                      VGA_FloatVector:$sum_result);
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value
          `:` type($query) `,` type($key) `,` type($value) `)`
    oilist(`value_gate` `(` $value_gate `:` type($value_gate) `)`
         | `mask` `(` $mask `:` type($mask) `)`
         | `lower` `(` $lower `)`
         | `upper` `(` $upper `)`
         | `count` `(` $count `)`
         | `group` $group
         | `scale` $scale
         | `softcap` $softcap
         | `form` $form)
    `outs` `(` $accumulator `,` $maximum `,` $sum
           `:` type($accumulator) `,` type($maximum) `,` type($sum) `)`
    attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The accumulator, the maximum and the sum.
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(getOperation(), getNumOperands() - 3,
                                         3);
    }
    /// The type of all computations.
    ::mlir::FloatType getComputeType() {
      return ::llvm::cast<::mlir::FloatType>(
          getAccumulator().getType().getElementType());
    }
    /// The axis of the queries in `query`, `mask` and `accumulator`.
    unsigned getQueryAxis() { return getForm() == Form::rows ? 0 : 1; }
    /// Merges the states of parts of the keys - accumulators, maxima and sums
    /// with the parts as their first axis - into the state `destinations`.
    static ::llvm::SmallVector<::mlir::Value>
    mergeParts(::mlir::OpBuilder &builder, ::mlir::Location loc,
               ::mlir::ValueRange parts, ::mlir::ValueRange destinations,
               Form form);
  }];
}

//===----------------------------------------------------------------------===//
// vga.launch
//===----------------------------------------------------------------------===//

def VGA_DeviceArray : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef],
                                "ranked tensor or strided memref">;

def VGA_LaunchOp : Op<VGA_Dialect, "launch", [
    AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "runs a kernel on the GPU";
  let description = [{
    Runs a kernel on arrays that are in the GPU's memory. The parameters of the
    kernel are, in this order: for each of `ins` and `outs` a pointer, or, where
    `boxes` has a box for it, a tensor map (128 bytes by value) for copies of
    boxes of this shape with 128-byte swizzle, zeros outside; then the `sizes`
    as i32; and, if there are `errors`, a pointer to where the kernel says
    which of them it has met before it stops (trap), and for each of them the
    i64 that says so.

    A `persistent` kernel takes any number of blocks for its tiles; it gets as
    many as run at a time, if that is less than `blocks`. The blocks of a
    `cooperative` kernel wait for each other: it is an error if they can not all
    run at a time.

    An array that is among both `ins` and `outs` is scratch: the kernel reads
    there only what it has written.

    Launches are asynchronous and in order.

    Example:

    ```mlir
    func.func @copy(%x: tensor<1x2x?x64xbf16>, %y: tensor<1x2x?x64xbf16>,
                    %tiles: index, %rows: index) -> tensor<1x2x?x64xbf16> {
      %r = vga.launch @kernels::@copy blocks(%tiles) threads 128
             shared_memory 8192 persistent sizes(%rows)
             boxes [array<i64: 1, 1, 64, 64>, array<i64>]
             ins(%x : tensor<1x2x?x64xbf16>) outs(%y : tensor<1x2x?x64xbf16>)
             -> tensor<1x2x?x64xbf16>
      return %r : tensor<1x2x?x64xbf16>
    }
    ```
  }];
  let arguments = (ins
    SymbolRefAttr:$kernel,
    Index:$blocks,
    ConfinedAttr<I64Attr, [IntPositive]>:$threads,
    ConfinedAttr<I64Attr, [IntNonNegative]>:$shared_memory,
    UnitAttr:$persistent,
    UnitAttr:$cooperative,
    Variadic<Index>:$sizes,
    TypedArrayAttrBase<DenseI64ArrayAttr, "array of shapes">:$boxes,
    Variadic<VGA_DeviceArray>:$inputs,
    Variadic<VGA_DeviceArray>:$outputs,
    OptionalAttr<StrArrayAttr>:$errors);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `blocks` `(` $blocks `)` `threads` $threads
    `shared_memory` $shared_memory (`persistent` $persistent^)?
    (`cooperative` $cooperative^)?
    (`sizes` `(` $sizes^ `)`)? `boxes` $boxes
    `ins` `(` ($inputs^ `:` type($inputs))? `)`
    `outs` `(` $outputs `:` type($outputs) `)` (`errors` $errors^)?
    attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getOutputsMutable();
    }
    /// The arrays, inputs first.
    ::llvm::SmallVector<::mlir::Value> getArrays() {
      ::llvm::SmallVector<::mlir::Value> arrays(getInputs());
      ::llvm::append_range(arrays, getOutputs());
      return arrays;
    }
  }];
}

def VGA_MultiplyOp : Op<VGA_Dialect, "multiply", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "has a library multiply matrices on the GPU";
  let description = [{
    For all batches b, rows i and columns j,

    ```
    outs[b, i, j] = f(sum over l of lhs[b, i, l] * rhs[b, l, j]
                      + residual[b, i, j] + bias[j])
    ```

    where f is the `nonlinearity`: none, `relu`, max(t, 0), or `gelu`,
    t/2 (1 + tanh(sqrt(2/pi) (t + 0.044715 t^3))). Sums, and what follows, are in
    f32, and rounded once. `done` is whether that happens: it does not, and
    `outs` stays as it is, if there is no library, if it has no code for this
    product, or if any of the sizes is 0. Who needs the product then launches a
    kernel.

    `sizes` are the numbers of batches, of rows, of columns, and the depth, which
    l counts. `strides` are how many elements lie between batches, and between
    lines, of `lhs`, of `rhs`, and of `outs` and `residual`. A stride of 0 has all
    batches share a matrix. Lines are rows, whose elements are neighbors, or
    columns of an operand that is `transposed`. `lhs` and `rhs` are of f16 or of
    bf16; all others are of one type, which is that or f32.

    Like launches, products are asynchronous and in order.

    Example:

    ```mlir
    func.func @up(%x: tensor<512x64xbf16>, %w: tensor<256x64xbf16>,
                  %b: tensor<256xbf16>, %y: tensor<512x256xbf16>)
        -> (tensor<512x256xbf16>, i1) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c64 = arith.constant 64 : index
      %c256 = arith.constant 256 : index
      %c512 = arith.constant 512 : index
      %r, %done = vga.multiply sizes(%c1, %c512, %c256, %c64)
             strides(%c0, %c64, %c0, %c64, %c0, %c256)
             lhs(%x : tensor<512x64xbf16>)
             rhs transposed(%w : tensor<256x64xbf16>)
             bias(%b : tensor<256xbf16>) nonlinearity gelu
             outs(%y : tensor<512x256xbf16>) -> tensor<512x256xbf16>
      return %r, %done : tensor<512x256xbf16>, i1
    }
    ```
  }];
  let arguments = (ins
    Variadic<Index>:$sizes,
    Variadic<Index>:$strides,
    UnitAttr:$lhs_transposed,
    UnitAttr:$rhs_transposed,
    DefaultValuedAttr<VGA_NonlinearityAttr,
                      "::mlir::vga::Nonlinearity::none">:$nonlinearity,
    VGA_DeviceArray:$lhs,
    VGA_DeviceArray:$rhs,
    Optional<VGA_DeviceArray>:$bias,
    Optional<VGA_DeviceArray>:$residual,
    VGA_DeviceArray:$output);
  let results = (outs Optional<AnyRankedTensor>:$result, I1:$done);
  let assemblyFormat = [{
    `sizes` `(` $sizes `)` `strides` `(` $strides `)`
    `lhs` (`transposed` $lhs_transposed^)? `(` $lhs `:` type($lhs) `)`
    `rhs` (`transposed` $rhs_transposed^)? `(` $rhs `:` type($rhs) `)`
    (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`residual` `(` $residual^ `:` type($residual) `)`)?
    (`nonlinearity` $nonlinearity^)?
    `outs` `(` $output `:` type($output) `)` attr-dict (`->` type($result)^)?
  }];
  let hasVerifier = 1;
}

#endif // VGA_DIALECT_VGA_IR_VGAOPS_TD
