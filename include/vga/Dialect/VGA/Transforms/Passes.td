//===- Passes.td - Passes on the vga dialect ---------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_PASSES_TD
#define VGA_DIALECT_VGA_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VGASplitGatedAttentionPass : Pass<"vga-split-gated-attention"> {
  let summary = "Split vga.gated_attention into vga.gate and vga.attention";
  let description = [{
    Rewrites the paper's operator into the gate and the attention it gates, for
    targets whose kernels do not compute the gate themselves:

    ```mlir
    %z = vga.gated_attention %q, %k, %v, %w causal : ...
    // becomes
    %g = vga.gate %v, %w : ...
    %z = vga.attention %q, %k, %v value_gate(%g : ...) causal : ...
    ```

    At the output site the gate of query i comes from the value at position
    `i + (Sk - Sq)`: the gate is sliced to its last Sq positions, or padded
    with zeros in front where there are more queries than keys. In pages, and
    with alignment `length`, the values at the positions of the queries are
    gathered first, and their gate is computed.

    Tasks of `vga-tile-attention` compute a gate themselves if it is the product
    of a value with one vector per head (site `value`, `per_head`, scalar):
    `keep-tileable` leaves these whole.
  }];
  let options = [
    Option<"keepTileable", "keep-tileable", "bool", /*default=*/"false",
           "Leave what vga-tile-attention takes">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGAFoldValueGatesPass
    : Pass<"vga-fold-value-gates", "::mlir::ModuleOp"> {
  let summary = "Gate values where they are made, not in attention";
  let description = [{
    A value gate weighs a value alike for every query: `g_j (*) v_j` may as well
    be computed where `v_j` is made. This pass does so where it costs less than
    in attention, for gates of all forms and layouts with one head per
    key/value head (`Hg = Hkv`; heads of queries share their values otherwise).
    Gated values have the type of the values; gates are evaluated, and meet the
    values, in f32 or f64.

    1. *Appended values.* A function inserts new values into a cache, by
       `tensor.insert_slice` or `vga.append`, and attends to the cache or to a slice
       of it, gated by a function of the values: `vga.gated_attention`, or
       `vga.attention` with a `vga.gate` of them. New values are gated before
       they are inserted, so that the cache holds gated values, and a step of
       decoding gates one token instead of all.

       ```mlir
       %values1 = tensor.insert_slice %v into %values[0, %p, 0, 0] ...
       %vh = tensor.extract_slice %values1[0, 0, 0, 0] [1, %n, 2, 64] ...
       %z = vga.gated_attention %q, %k, %vh, %w layout bshd : ...
       // becomes
       %g = vga.gate %v, %w layout bshd : ...
       %gv = linalg.generic ... ins(%v, %g) ...   // %v times %g
       %values1 = tensor.insert_slice %gv into %values[0, %p, 0, 0] ...
       %vh = tensor.extract_slice %values1[0, 0, 0, 0] [1, %n, 2, 64] ...
       %z = vga.attention %q, %k, %vh layout bshd : ...
       ```

       Nobody else may see what the cache holds. It is an argument that the
       function inserts into, reads for this attention alone, and returns; on
       all ways through private functions it comes from a `vga.state` of a
       public function, which is passed on once and returned as that state,
       and whose name no other argument of the module has. Slices have whole
       heads, and weights and bias of the gate are the same in every call:
       `vga.param` arguments, what is computed from these alone, or constants.

    2. *Projected values.* The values are the result of a product in this
       function, through reshapes, slices and elementwise operations. They are
       gated behind it; other uses see them as they were.

       ```mlir
       %v = linalg.matmul ins(%x, %w) ...
       %z = vga.attention %q, %k, %v value_gate(%g : ...) : ...
       // becomes
       %v = linalg.matmul ins(%x, %w) ...
       %gv = linalg.generic ... ins(%v, %g) ...   // %v times %g
       %z = vga.attention %q, %k, %gv : ...
       ```

       A gate of channels that comes from elsewhere goes in front of reshapes of
       the product, where it is part of the product's tasks: it costs nothing.
       Every other gate is one more pass over the values, which is worth its
       while if they meet many queries: if `Sq` times the query heads of a
       key/value head is at least `min-queries`, half of it under a causal mask
       or a window, or not known.

    Everything else, such as values that are arguments, is gated in attention.
  }];
  let options = [
    Option<"appends", "appends", "bool", /*default=*/"true",
           "Gate what is inserted into states">,
    Option<"projections", "projections", "bool", /*default=*/"true",
           "Gate the results of products">,
    Option<"minQueries", "min-queries", "int64_t", /*default=*/"256",
           "Fewest queries that a pass over the values is for">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGAHoistParametersPass
    : Pass<"vga-hoist-parameters", "::mlir::ModuleOp"> {
  let summary = "Compute once per load what depends on weights only";
  let description = [{
    What a private function computes from weights alone is computed by its
    callers, through a function of its own, and passed to it. Where that ends in a public function NAME, with
    `vga.param` arguments, it moves to a function `NAME.prepare`: its arguments
    are these weights, its results the values of arguments that NAME gets at its
    end. Whoever calls NAME calls NAME.prepare once before, and again when
    weights change. The attribute `vga.preparation` of NAME names it: where the
    module has another function NAME.prepare, a number is behind the name.

    ```mlir
    func.func @main(%x: tensor<?x4xf32>,
                    %w: tensor<2x4xf32> {vga.param = "w"}) {
      %t = linalg.transpose ins(%w) ...   // weights only
      ...
    }
    // becomes
    func.func @main.prepare(%w: ... {vga.param = "w"}) -> tensor<4x2xf32>
    func.func @main(%x, %w, %t: tensor<4x2xf32>)
    ```

    Only operations without side effects move, and only if what is kept is no
    larger than what it is made from: a weight stored in 16 bits stays so.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def VGACheckPagesPass : Pass<"vga-check-pages"> {
  let summary = "Check at run time that block tables name pages that there are";
  let description = [{
    Checks in front of every operation with a `block_table` that each entry it
    uses is a page of its cache: those of the positions that an append writes, or
    that lie before the `kv_length` of attention.

    ```mlir
    %d = vga.append %k into %pages at %p block_table(%t : tensor<4x32xi32>) ...
    // becomes, in loops over sequences and entries,
    vga.check %ok, "vga.append: entry {1} of sequence {0} in block_table: expected
      at least 0 and less than {2} (the pages of cache), got {3}"(%sequence, %entry,
      %pages, %page)
    %d = vga.append %k into %pages at %p block_table(%t : tensor<4x32xi32>) ...
    ```

    Tables are data: the checks read them once more. Comes after
    `vga-check-sizes`, whose checks of sizes these rely on.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACheckSizesPass : Pass<"vga-check-sizes"> {
  let summary = "Check at run time what only the run knows of sizes and offsets";
  let description = [{
    Makes a `vga.check` in front of every operation on tensors for each size,
    offset, stride and index that its verifier could not see: an error names
    operation, operand and axis, what is expected, and what is there.

    ```mlir
    %r = tensor.insert_slice %x into %c[%j, 0] [1, 4] [1, 1]
        : tensor<1x4xf32> into tensor<16x4xf32>
    // becomes
    %ok = arith.cmpi ule, %j, %c15 : index
    vga.check %ok, "tensor.insert_slice: offset of axis 0 of dest: expected 0 to 15, got {0}"(%j)
    %r = tensor.insert_slice %x into %c[%j, 0] [1, 4] [1, 1] ...
    ```

    There is no check of what the IR proves: sizes that are the same value, the
    bounds of loops and of values (ValueBoundsOpInterface), ranges of integers. Where
    types would have sizes that the IR proves to be wrong, and whoever calls the
    function gets there, the message is an error of the pass.

    Sizes of `vga`, `tensor`, `linalg`, elementwise operations of any dialect
    and steps of loops are checked here; for other operations there are upstream's
    checks (RuntimeVerifiableOpInterface).

    On a GPU (`reads-arrays=false`) the host does not look at elements of arrays
    for a check: kernels do, where they read them.
  }];
  let options = [
    Option<"readsArrays", "reads-arrays", "bool", /*default=*/"true",
           "Check elements of arrays, too">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vga::VGADialect"];
}

def VGAHoistChecksPass : Pass<"vga-hoist-checks"> {
  let summary = "Move checks in front of what they need not wait for";
  let description = [{
    Moves each `vga.check` and `cf.assert`, with the numbers that it is computed
    from, up in its block, to behind the last tensor, loop or call that it needs.
    Other passes move the work itself up: an operand of `tensor.insert_slice` is
    computed in the place where it goes, so its offset has to be checked first.
    Besides, nothing is then between operations that belong together.

    Checks stay in order.
  }];
}

def VGATileAttentionPass : Pass<"vga-tile-attention"> {
  let summary = "Tile vga.attention into tasks of vga.online_attention";
  let description = [{
    Rewrites `vga.attention`, and `vga.gated_attention` with a value gate of one
    vector per head, into a parallel loop over tasks - a batch, the query
    heads that read one key/value head, a block of queries - of which each
    walks over the blocks of keys that it can see:

    ```
    forall (batch, heads, block of queries)
      pack the queries, scaled and transposed
      for each block of keys
        the gate of the block, if it comes as weights
        for each stripe of `lanes` queries
          vga.online_attention
      out = output_gate * acc / sum
    ```

    Masks become loop bounds first: causal masks, windows and lengths bound the
    loop over the keys, which is split so that only the blocks on the edge of
    a band compare positions, and there a stripe leaves out the keys that none
    of its queries sees. Nothing is as large as Sq x Sk.

    Decoding has few queries, which would fill neither a stripe nor all
    threads. Up to `decode-rows` of them (counting the query heads that read a
    key/value head) are stored as rows, and the keys are split, too:

    ```
    forall (batch, heads, queries, part of the keys)
      for each block of keys of the part
        vga.online_attention rows
    forall (batch, heads, queries)
      merge the states of the parts, and out as above
    ```

    With a dynamic number of queries both forms are emitted, and a comparison
    chooses.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"16",
           "Queries per stripe, for f32; half of it for f64">,
    Option<"stripes", "stripes", "int64_t", /*default=*/"4",
           "Stripes per task">,
    Option<"keys", "keys", "int64_t", /*default=*/"64",
           "Keys per block">,
    Option<"pairs", "pairs", "bool", /*default=*/"false",
           "Products of bf16 in pairs, for machines that have them">,
    Option<"decodeRows", "decode-rows", "int64_t", /*default=*/"8",
           "Most rows of queries for which the keys are split; 0 for none">,
    Option<"decodeKeys", "decode-keys", "int64_t", /*default=*/"256",
           "Keys per part, where they are split">,
  ];
}

def VGADecomposeOnlineAttentionPass : Pass<"vga-decompose-online-attention"> {
  let summary = "Decompose vga.online_attention into linalg";
  let description = [{
    The scores and the accumulation become contractions, the online update of
    maximum, sum and accumulator elementwise operations and reductions that run
    along the queries.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // VGA_DIALECT_VGA_TRANSFORMS_PASSES_TD
