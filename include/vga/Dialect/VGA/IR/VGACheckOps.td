//===- VGACheckOps.td - Checks at run time ------------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGACHECKOPS_TD
#define VGA_DIALECT_VGA_IR_VGACHECKOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "vga/Dialect/VGA/IR/VGADialect.td"

def VGA_CheckOp : Op<VGA_Dialect, "check", [MemoryEffects<[MemWrite]>]> {
  let summary = "ends the call with a message unless a condition holds";
  let description = [{
    If `condition` is false, the call ends with an error, which is `message`
    behind the location of the operation: `{0}`, `{1}` and so on stand for the
    `values`, as they are then. `vga-check-sizes` makes these operations of
    what operations demand of sizes, offsets and indices. The host lowers them
    to calls (`vga-lower-assert`), a kernel to a report to the host.

    Example:

    ```mlir
    func.func @expect(%fits: i1, %size: index) {
      vga.check %fits, "arith.addf: axis 0 of lhs: expected 3, got {0}"(%size)
      return
    }
    ```
  }];
  let arguments = (ins I1:$condition, StrAttr:$message, Variadic<Index>:$values);
  let assemblyFormat =
      "$condition `,` $message (`(` $values^ `)`)? attr-dict";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What a kernel can report.
    static constexpr unsigned kMostValues = 4;
  }];
}

#endif // VGA_DIALECT_VGA_IR_VGACHECKOPS_TD
