// vga-reduce parses vga, runs its passes on candidates, and keeps what a script
// finds interesting.

// RUN: vga-reduce %s --reduction-tree="traversal-mode=0 test=%S/Inputs/gate-is-there.sh" 2>/dev/null | FileCheck %s --check-prefix=TREE
// RUN: vga-reduce %s --opt-reduction-pass="opt-pass=canonicalize test=%S/Inputs/gate-is-there.sh" 2>/dev/null | FileCheck %s --check-prefix=CANON

// What was split is not interesting: the lowering leaves no gate behind, and is
// taken back.
// RUN: vga-reduce %s --opt-reduction-pass="opt-pass=convert-vga-to-linalg test=%S/Inputs/gate-is-there.sh" 2>/dev/null | FileCheck %s --check-prefix=KEPT

// TREE-NOT: @unrelated
// TREE: func.func @model(
// TREE: vga.gate
// TREE: value_gate(

// CANON: @unrelated
// CANON: func.func @model(
// CANON: vga.gate
// CANON-NOT: mask(
// CANON: value_gate(
// CANON-NOT: mask(

// KEPT: vga.gate
// KEPT: mask(

func.func @unrelated(%a: f32) -> f32 {
  %0 = arith.addf %a, %a : f32
  return %0 : f32
}

func.func @model(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>)
    -> tensor<1x2x8x4xf32> {
  %all = arith.constant dense<true> : tensor<8x8xi1>
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  %z = vga.attention %x, %x, %x value_gate(%g : tensor<1x2x8xf32>)
      mask(%all : tensor<8x8xi1>)
      : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
  return %z : tensor<1x2x8x4xf32>
}
