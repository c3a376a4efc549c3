// The rules of q, k and v of vga.attention, and the types of its operands.

// RUN: vga-opt %s -split-input-file -verify-diagnostics

// Type inference


!q = tensor<8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @query_rank(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{expected query to be a 4D tensor, got 'tensor<8x16x4xf32>'}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x32x6xf32>
func.func @value_rank(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{expected value to be a 4D tensor, got 'tensor<2x32x6xf32>'}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

// Operand types


!q = tensor<2x8x16x4xi32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @query_type(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{operand #0 must be 4D tensor of}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @key_type(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{operand #1 must be 4D tensor of}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xi8>
func.func @value_type(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{operand #2 must be 4D tensor of}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x32xf32>
func.func @value_gate_rank(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{operand #3 must be 3D or 4D tensor of}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x8x16xi1>
func.func @output_gate_type(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{operand #3 must be 3D or 4D tensor of}}
  %0 = vga.attention %q, %k, %v output_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<16x32xi8>
func.func @mask_type(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{operand #3 must be tensor of i1 or float with at most 4 dimensions}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<1x2x8x16x32xi1>
func.func @mask_rank(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{operand #3 must be tensor of i1 or float with at most 4 dimensions}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!l = tensor<2xi16>
func.func @kv_length_type(%q: !q, %k: !k, %v: !v, %l: !l) {
  // expected-error@+1 {{operand #3 must be 1D tensor of}}
  %0 = vga.attention %q, %k, %v kv_length(%l : !l) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!l = tensor<i32>
func.func @kv_length_rank(%q: !q, %k: !k, %v: !v, %l: !l) {
  // expected-error@+1 {{operand #3 must be 1D tensor of}}
  %0 = vga.attention %q, %k, %v kv_length(%l : !l) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!s = tensor<2x8xf32>
func.func @sink_rank(%q: !q, %k: !k, %v: !v, %s: !s) {
  // expected-error@+1 {{operand #3 must be 1D tensor of}}
  %0 = vga.attention %q, %k, %v sink(%s : !s) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!s = tensor<8xi32>
func.func @sink_type(%q: !q, %k: !k, %v: !v, %s: !s) {
  // expected-error@+1 {{operand #3 must be 1D tensor of}}
  %0 = vga.attention %q, %k, %v sink(%s : !s) : !q, !k, !v
  return
}

// -----

// The problem: q, k, v


!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf16>
!v = tensor<2x2x32x6xf32>
func.func @key_element_type(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected element type of key to be 'f32' as in query, got 'f16'}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xbf16>
func.func @value_element_type(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected element type of value to be 'f32' as in query, got 'bf16'}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x?x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @dynamic_query_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of query to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x?xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @dynamic_query_channels(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected channels of query to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x?x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @dynamic_key_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of key to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x?xf32>
!v = tensor<2x2x32x6xf32>
func.func @dynamic_key_channels(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected channels of key to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x?x32x6xf32>
func.func @dynamic_value_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of value to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x?xf32>
func.func @dynamic_value_channels(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected channels of value to be static}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<3x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @key_batch(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected batch of key to be 2 as in query, got 3}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<1x2x32x6xf32>
func.func @value_batch(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected batch of value to be 2 as in query, got 1}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x4x32x6xf32>
func.func @value_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of value to be 2 as in key, got 4}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x16x6xf32>
func.func @value_sequence(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected sequence of value to be 32 as in key, got 16}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x6xf32>
!v = tensor<2x2x32x6xf32>
func.func @key_channels(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected channels of key to be 4 as in query, got 6}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x3x32x4xf32>
!v = tensor<2x3x32x6xf32>
func.func @query_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of query to be a multiple of the 3 heads of key, got 8}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x0x32x4xf32>
!v = tensor<2x0x32x6xf32>
func.func @no_key_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of query to be a multiple of the 0 heads of key, got 8}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x0x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @no_query_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of query to be a multiple of the 2 heads of key, got 0}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x0xf32>
!k = tensor<2x2x32x0xf32>
!v = tensor<2x2x32x6xf32>
func.func @no_channels(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected query to have at least one channel}}
  %0 = vga.attention %q, %k, %v : !q, !k, !v
  return
}

// -----

// The layout decides which axis is which.


!q = tensor<2x16x8x4xf32>
!k = tensor<3x32x2x4xf32>
!v = tensor<2x32x2x6xf32>
func.func @bshd(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected batch of key to be 2 as in query, got 3}}
  %0 = vga.attention %q, %k, %v layout bshd : !q, !k, !v
  return
}

// -----

!q = tensor<2x16x8x4xf32>
!k = tensor<2x32x3x4xf32>
!v = tensor<2x32x3x6xf32>
func.func @bshd_heads(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected heads of query to be a multiple of the 3 heads of key, got 8}}
  %0 = vga.attention %q, %k, %v layout bshd : !q, !k, !v
  return
}

// -----

!q = tensor<16x2x8x4xf32>
!k = tensor<32x2x2x4xf32>
!v = tensor<16x2x2x6xf32>
func.func @sbhd_sequence(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected sequence of value to be 32 as in key, got 16}}
  %0 = vga.attention %q, %k, %v layout sbhd : !q, !k, !v
  return
}

// -----

!q = tensor<16x2x8x4xf32>
!k = tensor<32x2x2x4xf32>
!v = tensor<32x5x2x6xf32>
func.func @sbhd_batch(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected batch of value to be 2 as in query, got 5}}
  %0 = vga.attention %q, %k, %v layout sbhd : !q, !k, !v
  return
}

// -----

!q = tensor<2x100x9223372036854775807x4xbf16>
!k = tensor<2x2x7x4xbf16>
func.func @too_large(%q: !q, %k: !k) {
  // expected-error@+1 {{'vga.attention' op expected less than 2^63 bytes, got 'tensor<2x100x9223372036854775807x4xbf16>'}}
  %0 = vga.attention %q, %k, %k : !q, !k, !k
  return
}
