// The rules of the optional operands and attributes of vga.attention.

// RUN: vga-opt %s -split-input-file -verify-diagnostics

// Visibility


!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<31xi1>
func.func @mask_keys(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to 2x8x16x32, got 31}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<32x32xf32>
func.func @mask_queries(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to 2x8x16x32, got 32x32}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<2x1x32xi1>
func.func @mask_heads(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to 2x8x16x32, got 2x1x32}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

!q = tensor<?x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!m = tensor<2x9x1x?xi1>
func.func @mask_batch(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to ?x8x16x32, got 2x9x1x?}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) : !q, !k, !v
  return
}

// -----

// A mask is [B, Hq, Sq, Sk] in every layout.

!q = tensor<2x16x8x4xf32>
!k = tensor<2x32x2x4xf32>
!v = tensor<2x32x2x6xf32>
!m = tensor<2x16x8x32xi1>
func.func @mask_order(%q: !q, %k: !k, %v: !v, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to 2x8x16x32, got 2x16x8x32}}
  %0 = vga.attention %q, %k, %v mask(%m : !m) layout bshd : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!l = tensor<8xi32>
func.func @kv_length(%q: !q, %k: !k, %v: !v, %l: !l) {
  // expected-error@+1 {{'vga.attention' op expected kv_length of shape 2, got 8}}
  %0 = vga.attention %q, %k, %v kv_length(%l : !l) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!s = tensor<2xf32>
func.func @sink(%q: !q, %k: !k, %v: !v, %s: !s) {
  // expected-error@+1 {{'vga.attention' op expected sink of shape 8, got 2}}
  %0 = vga.attention %q, %k, %v sink(%s : !s) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @empty_window(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected window to be [left, right], got 0 bounds}}
  %0 = vga.attention %q, %k, %v window [] : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @window_of_three(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected window to be [left, right], got 3 bounds}}
  %0 = vga.attention %q, %k, %v window [1, 2, 3] : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @window_left(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected bounds of window to be -1 (unbounded) or from 0 to 2147483647, got -2}}
  %0 = vga.attention %q, %k, %v window [-2, 0] : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @window_right(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected bounds of window to be -1 (unbounded) or from 0 to 2147483647, got 2147483648}}
  %0 = vga.attention %q, %k, %v window [0, 2147483648] : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @window_number(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{expected '['}}
  %0 = vga.attention %q, %k, %v window 64 : !q, !k, !v
  return
}

// -----

// Scores


!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @scale_infinite(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected scale to be finite}}
  %0 = vga.attention %q, %k, %v scale 0x7FF0000000000000 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @scale_nan(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected scale to be finite}}
  %0 = vga.attention %q, %k, %v scale 0x7FF8000000000000 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xbf16>
!k = tensor<2x2x32x4xbf16>
!v = tensor<2x2x32x6xbf16>
func.func @scale_beyond_f32(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected scale to be finite in 'f32', got 1.000000e+300}}
  %0 = vga.attention %q, %k, %v scale 1.0e300 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf16>
!k = tensor<2x2x32x4xf16>
!v = tensor<2x2x32x6xf16>
func.func @softcap_beyond_f32(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap and its inverse to be finite in 'f32', got 1.000000e+39}}
  %0 = vga.attention %q, %k, %v softcap 1.0e39 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @softcap_below_f32(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap and its inverse to be finite in 'f32', got 1.000000e-39}}
  %0 = vga.attention %q, %k, %v softcap 1.0e-39 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf64>
!k = tensor<2x2x32x4xf64>
!v = tensor<2x2x32x6xf64>
func.func @softcap_below_f64(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap and its inverse to be finite in 'f64', got 9.999}}
  %0 = vga.attention %q, %k, %v softcap 1.0e-320 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @softcap_zero(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap to be positive and finite}}
  %0 = vga.attention %q, %k, %v softcap 0.0 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @softcap_negative(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap to be positive and finite}}
  %0 = vga.attention %q, %k, %v softcap -1.0 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @softcap_infinite(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap to be positive and finite}}
  %0 = vga.attention %q, %k, %v softcap 0x7FF0000000000000 : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
func.func @softcap_nan(%q: !q, %k: !k, %v: !v) {
  // expected-error@+1 {{'vga.attention' op expected softcap to be positive and finite}}
  %0 = vga.attention %q, %k, %v softcap 0x7FF8000000000000 : !q, !k, !v
  return
}

// -----

// Gates


!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x4x32xf32>
func.func @value_gate_heads(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 2x2x32 or 2x8x32 or 2x2x32x6 or 2x8x32x6, got 2x4x32}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x2x16xf32>
func.func @value_gate_sequence(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 2x2x32 or 2x8x32 or 2x2x32x6 or 2x8x32x6, got 2x2x16}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x8x32x4xf32>
func.func @value_gate_channels(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 2x2x32 or 2x8x32 or 2x2x32x6 or 2x8x32x6, got 2x8x32x4}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) : !q, !k, !v
  return
}

// -----

// As many key heads as query heads: one kind of gate.

!q = tensor<2x2x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x1x32xf32>
func.func @value_gate_one_kind_of_heads(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 2x2x32 or 2x2x32x6, got 2x1x32}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) : !q, !k, !v
  return
}

// -----

// Elementwise gates follow the layout, scalar ones do not.

!q = tensor<2x16x8x4xf32>
!k = tensor<2x32x2x4xf32>
!v = tensor<2x32x2x6xf32>
!g = tensor<2x2x32x6xf32>
func.func @value_gate_layout(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 2x2x32 or 2x8x32 or 2x32x2x6 or 2x32x8x6, got 2x2x32x6}}
  %0 = vga.attention %q, %k, %v value_gate(%g : !g) layout bshd : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x2x16xf32>
func.func @output_gate_heads(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected output_gate of shape 2x8x16 or 2x8x16x6, got 2x2x16}}
  %0 = vga.attention %q, %k, %v output_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x8x32xf32>
func.func @output_gate_sequence(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected output_gate of shape 2x8x16 or 2x8x16x6, got 2x8x32}}
  %0 = vga.attention %q, %k, %v output_gate(%g : !g) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x?x4xf32>
!k = tensor<2x2x32x4xf32>
!v = tensor<2x2x32x6xf32>
!g = tensor<2x8x16x4xf32>
func.func @output_gate_channels(%q: !q, %k: !k, %v: !v, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected output_gate of shape 2x8x? or 2x8x?x6, got 2x8x16x4}}
  %0 = vga.attention %q, %k, %v output_gate(%g : !g) : !q, !k, !v
  return
}

// -----

// Kernels are made for the heads and the channels.

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!s = tensor<?xf32>
func.func @dynamic_sink(%q: !q, %k: !k, %s: !s) {
  // expected-error@+1 {{'vga.attention' op expected heads of sink to be static}}
  %0 = vga.attention %q, %k, %k sink(%s : !s) : !q, !k, !k
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<2x2x32x4xf32>
!g = tensor<2x?x32xf32>
func.func @dynamic_value_gate(%q: !q, %k: !k, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected heads of value_gate to be static}}
  %0 = vga.attention %q, %k, %k value_gate(%g : !g) : !q, !k, !k
  return
}

// -----

!q = tensor<2x16x8x4xf32>
!k = tensor<2x32x2x4xf32>
!g = tensor<2x16x8x?xf32>
func.func @dynamic_output_gate(%q: !q, %k: !k, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected channels of output_gate to be static}}
  %0 = vga.attention %q, %k, %k output_gate(%g : !g) layout bshd : !q, !k, !k
  return
}

// -----

!q = tensor<2x8x16x4xf32>
func.func @at_no_length(%q: !q) {
  // expected-error@+1 {{'vga.attention' op expected a kv_length with alignment length}}
  %0 = vga.attention %q, %q, %q causal alignment length : !q, !q, !q
  return
}
