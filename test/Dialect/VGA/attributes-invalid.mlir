// RUN: vga-opt %s -verify-diagnostics -split-input-file

// expected-error @+1 {{expected 'vga.param' on argument #0 to be a non-empty string, got ""}}
func.func @empty_name(%w: tensor<4xf32> {vga.param = ""}) { return }

// -----

// expected-error @+1 {{expected 'vga.param' on argument #1 to be a non-empty string, got 3 : i64}}
func.func @no_name(%x: tensor<4xf32>, %w: tensor<4xf32> {vga.param = 3}) { return }

// -----

// expected-error @+1 {{unknown attribute 'vga.weight' on argument #0}}
func.func @unknown_argument(%w: tensor<4xf32> {vga.weight = "w"}) { return }

// -----

// expected-error @+1 {{'vga.preparation' names a function for another}}
func.func @preparation() attributes {vga.preparation = "prepare"} { return }

// -----

// expected-error @+1 {{expected 'vga.context' to be a positive integer, got 0 : i64}}
func.func @context() attributes {vga.context = 0} { return }

// -----

// expected-error @+1 {{expected 'vga.state' on argument #0 to be a non-empty string, got unit}}
func.func @no_state(%w: tensor<4xf32> {vga.state}) { return }

// -----

// expected-error @+1 {{expected 'vga.position' on argument #0 to have no value, got 3 : i64}}
func.func @position(%w: tensor<i64> {vga.position = 3}) { return }

// -----

// expected-error @+1 {{expected 'vga.position' on argument #1, a tensor<i64>, got 'memref<1xi64>'}}
func.func @position_rank(%x: i64, %p: memref<1xi64> {vga.position}) { return }

// -----

// expected-error @+1 {{expected 'vga.position' on argument #0, a tensor<i64>, got 'tensor<i32>'}}
func.func @position_element(%p: tensor<i32> {vga.position}) { return }

// -----

// expected-error @+1 {{expected 'vga.position' on argument #0, a tensor<i64>, got 'i64'}}
func.func @position_number(%p: i64 {vga.position}) { return }

// -----

// expected-error @+1 {{'vga.context' belongs on a function}}
module attributes {vga.context = 512} {}

// -----

// expected-error @+1 {{unknown attribute 'vga.tokens' on 'func.func'}}
func.func @unknown() attributes {vga.tokens = 512} { return }

// -----

// expected-error @+1 {{expected 'vga.context' to be a positive integer, got -1 : i64}}
func.func @negative() attributes {vga.context = -1} { return }

// -----

// expected-error @+1 {{expected 'vga.context' to be a positive integer, got "512"}}
func.func @string() attributes {vga.context = "512"} { return }

// -----

!x = tensor<1x2x8x4xf32>
func.func @layout(%x: !x) {
  // expected-error @+2 {{to be one of: bhsd, bshd, sbhd}}
  // expected-error @+1 {{failed to parse VGA_LayoutAttr}}
  %0 = vga.attention %x, %x, %x layout hbsd : !x, !x, !x
  return
}

// -----

!x = tensor<1x2x8x4xf32>
func.func @alignment(%x: !x) {
  // expected-error @+2 {{to be one of: bottom_right, top_left}}
  // expected-error @+1 {{failed to parse VGA_AlignmentAttr}}
  %0 = vga.attention %x, %x, %x alignment center : !x, !x, !x
  return
}

// -----

!x = tensor<1x2x8x4xf32>
!w = tensor<2x4xf32>
func.func @mixing(%x: !x, %w: !w) {
  // expected-error @+2 {{to be one of: per_head, cross_head}}
  // expected-error @+1 {{failed to parse VGA_MixingAttr}}
  %g = vga.gate %x, %w mixing all : !x, !w
  return
}

// -----

!x = tensor<1x2x8x4xf32>
!w = tensor<2x4xf32>
func.func @site(%x: !x, %w: !w) {
  // expected-error @+2 {{to be one of: value, output}}
  // expected-error @+1 {{failed to parse VGA_GateSiteAttr}}
  %z = vga.gated_attention %x, %x, %x, %w site key : !x, !x, !x, !w
  return
}

// -----

!x = tensor<1x2x8x4xf32>
func.func @scale_type(%x: !x) {
  // expected-error @+1 {{attribute 'scale' failed to satisfy constraint: 64-bit float attribute}}
  %0 = "vga.attention"(%x, %x, %x) <{scale = 1.0 : f32, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0>}> : (!x, !x, !x) -> !x
  return
}
