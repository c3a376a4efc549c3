//===- VGABufferOps.td - What bufferization is told --------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGABUFFEROPS_TD
#define VGA_DIALECT_VGA_IR_VGABUFFEROPS_TD

include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "vga/Dialect/VGA/IR/VGADialect.td"

def VGA_TakeOverOp : Op<VGA_Dialect, "take_over",
                        [Pure, SameOperandsAndResultType]> {
  let summary = "takes over the memory of a tensor";
  let description = [{
    The result is the operand. To bufferization it is a new tensor, in the memory
    that the operand had: it counts as read and overwritten here, so that
    whoever reads it or what shares its memory later gets a copy. What is written
    to the result is then no matter of what was before. `vga-cut-aliases` makes
    these operations where nothing else reads that memory any more; they become
    no code.

    Example:

    ```mlir
    func.func @second_half(%first: tensor<64xf32>) -> tensor<64xf32> {
      %second = vga.take_over %first : tensor<64xf32>
      return %second : tensor<64xf32>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source)";
}

#endif // VGA_DIALECT_VGA_IR_VGABUFFEROPS_TD
