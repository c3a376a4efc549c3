//===- VGADialect.td - The vga dialect ---------------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGADIALECT_TD
#define VGA_DIALECT_VGA_IR_VGADIALECT_TD

include "mlir/IR/OpBase.td"

def VGA_Dialect : Dialect {
  let name = "vga";
  let cppNamespace = "::mlir::vga";
  let summary = "Gated attention as first-class operations";
  let description = [{
    Value-state gated attention (VGA) weighs every value vector by a gate that
    is computed from the value vector itself:

    ```
    z_i = sum_j g_j alpha_ij v_j        g_j = sigmoid(w . v_j + b)
    ```

    so that an attention head that wants to do nothing can close the gate,
    instead of dumping its weight on a sink token and draining that token's
    value vector (Bu, Zhong, Chen, Li, "Value-State Gated Attention for
    Mitigating Extreme-Token Phenomena in Transformers", arXiv 2510.09017).

    The dialect holds this operator and the family around it - output gates,
    gates computed from other sources, plain attention - on tensors with value
    semantics. Everything else of a transformer is upstream linalg, tensor,
    arith and math.

    | symbol | meaning |
    |---|---|
    | `B` | batch |
    | `Hq`, `Hkv` | query heads and key/value heads; `Hq % Hkv == 0`, query head `h` reads key/value head `h / (Hq / Hkv)` |
    | `Sq`, `Sk` | number of queries and of keys |
    | `Dk`, `Dv` | channels of a query or key, and of a value |
    | `Hg` | heads of a gate: `Hkv` or `Hq` |

    `B`, `Sq` and `Sk` may be dynamic; heads and channels are static.

    A function argument with the attribute `vga.param = "name"` is a weight
    that `vga-run` binds by name. `vga.context = N` on a function is the number
    of tokens that a language model accepts at most.

    An argument with `vga.state = "name"`, a tensor of static shape, is what a
    function remembers between calls, zeros at first: a cache of keys, for
    instance. It returns its states last, in the order of its arguments, and the
    pipelines update them in place. What a state holds is opaque to callers: they
    start from zeros, pass on what the last call has left, to the same function
    with the same weights, and read nothing from it. The pipelines may keep
    something else there than the program says, such as gated values
    (`vga-fold-value-gates`). An argument `tensor<i64> {vga.position}` is how
    many tokens the states hold.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
}

#endif // VGA_DIALECT_VGA_IR_VGADIALECT_TD
