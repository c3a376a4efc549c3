//===- VGAAttrs.td - Attributes of the vga operations ------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGAATTRS_TD
#define VGA_DIALECT_VGA_IR_VGAATTRS_TD

include "mlir/IR/EnumAttr.td"
include "vga/Dialect/VGA/IR/VGADialect.td"

class VGA_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::vga";
  let genSpecializedAttr = 0;
}

class VGA_EnumAttr<EnumAttrInfo enumInfo, string name>
    : EnumAttr<VGA_Dialect, enumInfo, name> {
  let assemblyFormat = "$value";
}

def VGA_Layout : VGA_Enum<"Layout", "order of the axes of a rank-4 tensor", [
  I32EnumAttrCase<"bhsd", 0>, // [batch, head, sequence, channel]
  I32EnumAttrCase<"bshd", 1>, // [batch, sequence, head, channel]
  I32EnumAttrCase<"sbhd", 2>, // [sequence, batch, head, channel]
]>;
def VGA_LayoutAttr : VGA_EnumAttr<VGA_Layout, "layout">;

def VGA_Alignment : VGA_Enum<"Alignment",
    "where causal masks and windows are anchored when Sq != Sk", [
  I32EnumAttrCase<"bottom_right", 0>, // the last query sees the last key
  I32EnumAttrCase<"top_left", 1>,     // the first query sees the first key
]>;
def VGA_AlignmentAttr : VGA_EnumAttr<VGA_Alignment, "alignment">;

def VGA_Activation : VGA_Enum<"Activation", "activation of a gate", [
  I32EnumAttrCase<"sigmoid", 0>,
  I32EnumAttrCase<"identity", 1>,
  I32EnumAttrCase<"softplus", 2>,
]>;
def VGA_ActivationAttr : VGA_EnumAttr<VGA_Activation, "activation">;

def VGA_Mixing : VGA_Enum<"Mixing", "which heads of its source a gate reads", [
  I32EnumAttrCase<"per_head", 0>,
  I32EnumAttrCase<"cross_head", 1>,
]>;
def VGA_MixingAttr : VGA_EnumAttr<VGA_Mixing, "mixing">;

def VGA_GateSite : VGA_Enum<"GateSite", "what a gate multiplies", [
  I32EnumAttrCase<"value", 0>,  // z_i = sum_j g_j alpha_ij v_j
  I32EnumAttrCase<"output", 1>, // out_i = g_i sum_j alpha_ij v_j
]>;
def VGA_GateSiteAttr : VGA_EnumAttr<VGA_GateSite, "site">;

def VGA_Form : VGA_Enum<"Form", "how a step of attention stores its operands", [
  I32EnumAttrCase<"columns", 0>, // queries are columns: lanes of vectors
  I32EnumAttrCase<"rows", 1>,    // queries are rows
  I32EnumAttrCase<"pairs", 2>,   // columns, in pairs for dot products of bf16
]>;
def VGA_FormAttr : VGA_EnumAttr<VGA_Form, "form">;

#endif // VGA_DIALECT_VGA_IR_VGAATTRS_TD
