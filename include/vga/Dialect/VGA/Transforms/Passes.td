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
    with zeros in front where there are more queries than keys.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // VGA_DIALECT_VGA_TRANSFORMS_PASSES_TD
