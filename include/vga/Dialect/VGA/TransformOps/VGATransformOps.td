//===- VGATransformOps.td - Steps of a schedule ------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_TD
#define VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_TD

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class VGA_TransformOp<string mnemonic>
    : Op<Transform_Dialect, "vga." # mnemonic, [
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DeclareOpInterfaceMethods<TransformOpInterface>]>;

def TileAttentionOp : VGA_TransformOp<"tile_attention"> {
  let summary = "tiles vga.attention into tasks of vga.online_attention";
  let description = [{
    Does for the target operations what the pass `vga-tile-attention` does for
    all: a parallel loop over tasks of `stripes` times `lanes` rows, each of
    which walks over blocks of `keys` keys.

    Consumes the handle; returns one to the loops over tasks and one to the
    `vga.online_attention` operations inside. Fails if a target is neither a
    `vga.attention` nor a `vga.gated_attention` whose gate is the product of a
    value with one vector per head.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "16">:$lanes,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "4">:$stripes,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "64">:$keys);
  let results = (outs TransformHandleTypeInterface:$tasks,
                      TransformHandleTypeInterface:$steps);
  let assemblyFormat = [{
    $target oilist(`lanes` $lanes | `stripes` $stripes | `keys` $keys)
    attr-dict `:` functional-type($target, results)
  }];
}

def SplitKeysOp : VGA_TransformOp<"split_keys"> {
  let summary = "splits the keys of vga.attention with few queries";
  let description = [{
    What `vga-tile-attention` does for decoding: a parallel loop whose tasks
    fold up to `rows` rows of queries with `part` keys, in blocks of `keys`, and
    one that merges what they found.

    Consumes the handle; returns one to the loops over parts, one to the loops
    that merge and one to the `vga.online_attention` operations. Targets are as
    for `transform.vga.tile_attention`.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "8">:$rows,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "64">:$keys,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "256">:$part);
  let results = (outs TransformHandleTypeInterface:$parts,
                      TransformHandleTypeInterface:$merge,
                      TransformHandleTypeInterface:$steps);
  let assemblyFormat = [{
    $target oilist(`rows` $rows | `keys` $keys | `part` $part)
    attr-dict `:` functional-type($target, results)
  }];
}

def DecomposeOnlineAttentionOp : VGA_TransformOp<"decompose_online_attention"> {
  let summary = "decomposes vga.online_attention into linalg";
  let description = [{
    Consumes the handle. (`transform.structured.decompose_interface` is for
    operations with one result.) Fails if a target is not a
    `vga.online_attention`.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target);
  let assemblyFormat = "$target attr-dict `:` type($target)";
}

#endif // VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_TD
