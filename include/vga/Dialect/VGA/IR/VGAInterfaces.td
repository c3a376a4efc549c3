//===- VGAInterfaces.td - What the attention operations share -*- tablegen -*-//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGAINTERFACES_TD
#define VGA_DIALECT_VGA_IR_VGAINTERFACES_TD

include "mlir/IR/OpBase.td"

class VGA_Getter<string ret, string name, string description>
    : InterfaceMethod<description, ret, name, (ins)>;

def VGA_AttentionInterface : OpInterface<"AttentionInterface"> {
  let cppNamespace = "::mlir::vga";
  let description = [{
    The operands and attributes that `vga.attention` and `vga.gated_attention`
    have in common: a problem (q, k, v), a visibility, and a softmax. Verifiers,
    shape reification and lowerings of the common part are written against it.
  }];
  let methods = [
    VGA_Getter<"::mlir::Value", "getQuery", "The queries, rank 4.">,
    VGA_Getter<"::mlir::Value", "getKey", "The keys, rank 4.">,
    VGA_Getter<"::mlir::Value", "getValue", "The values, rank 4.">,
    VGA_Getter<"::mlir::Value", "getMask", "The mask, or null.">,
    VGA_Getter<"::mlir::Value", "getKvLength", "Keys per sequence, or null.">,
    VGA_Getter<"::mlir::Value", "getBlockTable",
               "The pages of each sequence, or null.">,
    VGA_Getter<"::mlir::Value", "getSink", "The sink logits, or null.">,
    VGA_Getter<"bool", "getCausal", "True for causal attention.">,
    VGA_Getter<"::std::optional<::llvm::ArrayRef<int64_t>>", "getWindow",
               "[left, right], -1 for unbounded.">,
    VGA_Getter<"::mlir::vga::Alignment", "getAlignment",
               "The anchor of causal masks and windows.">,
    VGA_Getter<"::std::optional<::llvm::APFloat>", "getScale",
               "The factor of the scores, if it is not 1/sqrt(Dk).">,
    VGA_Getter<"::std::optional<::llvm::APFloat>", "getSoftcap",
               "The cap c of c*tanh(s/c), if any.">,
    VGA_Getter<"::mlir::vga::Layout", "getLayout", "The axis order.">,
    VGA_Getter<"bool", "getReturnLse", "True if the op has an lse result.">,
  ];
}

#endif // VGA_DIALECT_VGA_IR_VGAINTERFACES_TD
