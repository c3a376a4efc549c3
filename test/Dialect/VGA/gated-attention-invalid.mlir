// What vga.gated_attention has of its own; the rest is that of vga.attention,
// of which one rule each stands for all.

// RUN: vga-opt %s -split-input-file -verify-diagnostics

!q = tensor<2x8x16x4xf32>
!kv = tensor<2x32x6xf32>
!w = tensor<2x6xf32>
func.func @value_rank(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{expected value to be a 4D tensor, got 'tensor<2x32x6xf32>'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @query_rank(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{expected query to be a 4D tensor, got 'tensor<8x16x6xf32>'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<6xf32>
func.func @weight_type(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{operand #3 must be 2D, 3D or 4D tensor of}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
!b = tensor<1x2x3xf32>
func.func @bias_type(%q: !q, %kv: !kv, %w: !w, %b: !b) {
  // expected-error@+1 {{operand #4 must be 1D or 2D tensor of}}
  %0 = vga.gated_attention %q, %kv, %kv, %w bias(%b : !b) : !q, !kv, !kv, !w
  return
}

// -----

// Shared rules: the problem, the visibility, the scores.

!q = tensor<2x8x16x6xf32>
!kv = tensor<3x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @problem(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected batch of key to be 2 as in query, got 3}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
!s = tensor<2xf32>
func.func @visibility(%q: !q, %kv: !kv, %w: !w, %s: !s) {
  // expected-error@+1 {{'vga.gated_attention' op expected sink of shape 8, got 2}}
  %0 = vga.gated_attention %q, %kv, %kv, %w sink(%s : !s) : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @scores(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected softcap to be positive and finite}}
  %0 = vga.gated_attention %q, %kv, %kv, %w softcap 0.0 : !q, !kv, !kv, !w
  return
}

// -----

// Gates are given by weights here.
!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
!g = tensor<2x2x32xf32>
func.func @no_gate_operand(%q: !q, %kv: !kv, %w: !w, %g: !g) {
  // expected-error@+1 {{expected ':'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w value_gate(%g : !g) : !q, !kv, !kv, !w
  return
}

// -----

// The gate

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6x8x6xf32>
func.func @per_head_weight_rank(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected weight of a per_head gate to have rank 2 (scalar) or 3 (elementwise), got 'tensor<2x6x8x6xf32>'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @cross_head_weight_rank(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected weight of a cross_head gate to have rank 3 (scalar) or 4 (elementwise), got 'tensor<2x6xf32>'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w mixing cross_head
      : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x?xf32>
func.func @dynamic_weight(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected weight to have a static shape, got 'tensor<2x?xf32>'}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x4xf32>
func.func @weight_channels(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected channels of weight to be 6 as in value, got 4}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<4x6x8xf32>
func.func @cross_head_source_heads(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected source heads of weight to be 2 as in value, got 4}}
  %0 = vga.gated_attention %q, %kv, %kv, %w mixing cross_head
      : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<3x6xf32>
func.func @per_head_multiple(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected heads of weight to be a multiple of the 2 heads of value, got 3}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<8x6xf32>
!b = tensor<2xf32>
func.func @bias(%q: !q, %kv: !kv, %w: !w, %b: !b) {
  // expected-error@+1 {{'vga.gated_attention' op expected bias of shape 8, got 2}}
  %0 = vga.gated_attention %q, %kv, %kv, %w bias(%b : !b) : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<4x6xf32>
func.func @value_site_heads(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected heads of weight to be 2 or 8 at site value, got 4}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x2x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6x8xf32>
func.func @value_site_heads_without_groups(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected heads of weight to be 2 at site value, got 8}}
  %0 = vga.gated_attention %q, %kv, %kv, %w mixing cross_head
      : !q, !kv, !kv, !w
  return
}

// -----

// At the output site a gate per key head is not enough.
!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @output_site_heads(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected heads of weight to be 8 at site output, got 2}}
  %0 = vga.gated_attention %q, %kv, %kv, %w site output : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6x4xf32>
func.func @gated_channels(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected gated channels of weight to be 6 as in value, got 4}}
  %0 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6x8x4xf32>
func.func @gated_channels_cross_head(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected gated channels of weight to be 6 as in value, got 4}}
  %0 = vga.gated_attention %q, %kv, %kv, %w site output mixing cross_head
      : !q, !kv, !kv, !w
  return
}

// -----

// An lse is asked for, or there is none.

!q = tensor<2x8x16x6xf32>
!kv = tensor<2x2x32x6xf32>
!w = tensor<2x6xf32>
func.func @lse_without_keyword(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+1 {{operation defines 1 results but was provided 2 to bind}}
  %0, %1 = vga.gated_attention %q, %kv, %kv, %w : !q, !kv, !kv, !w
  return
}

// -----

!q = tensor<2x8x16x6xf16>
!kv = tensor<2x2x32x6xf16>
!w = tensor<2x6xf32>
func.func @lse_type(%q: !q, %kv: !kv, %w: !w) {
  // expected-error@+2 {{inferred type(s) 'tensor<2x8x16x6xf16>', 'tensor<2x8x16xf32>' are incompatible with return type(s) of operation 'tensor<2x8x16x6xf16>', 'tensor<2x8x16xf64>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %0:2 = "vga.gated_attention"(%q, %kv, %kv, %w) <{
           operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0, 0>, return_lse
         }> : (!q, !kv, !kv, !w) -> (!q, tensor<2x8x16xf64>)
  return
}

// -----

!q = tensor<2x8x16x6xf16>
!kv = tensor<2x2x32x6xf16>
!w = tensor<8x6xf32>
!n = tensor<2xi32>
func.func @output_at_length(%q: !q, %kv: !kv, %w: !w, %n: !n) {
  // expected-error@+1 {{expected site value with alignment length, got site output}}
  %0 = vga.gated_attention %q, %kv, %kv, %w site output kv_length(%n : !n) causal alignment length : !q, !kv, !kv, !w
  return
}
