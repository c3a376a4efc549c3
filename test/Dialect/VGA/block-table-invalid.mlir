// Keys and values in pages.

// RUN: vga-opt %s -split-input-file -verify-diagnostics

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!v = tensor<9x2x16x6xf32>
!t = tensor<3x4xi32>
func.func @table_batch(%q: !q, %k: !k, %v: !v, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected batch of block_table to be 2 as in query, got 3}}
  %0 = vga.attention %q, %k, %v block_table(%t : !t) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!v = tensor<8x2x16x6xf32>
!t = tensor<2x4xi32>
func.func @pages(%q: !q, %k: !k, %v: !v, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected pages of value to be 9 as in key, got 8}}
  %0 = vga.attention %q, %k, %v block_table(%t : !t) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!v = tensor<9x2x32x6xf32>
!t = tensor<2x4xi32>
func.func @page_sizes(%q: !q, %k: !k, %v: !v, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected sequence of value to be 16 as in key, got 32}}
  %0 = vga.attention %q, %k, %v block_table(%t : !t) : !q, !k, !v
  return
}

// -----

!q = tensor<2x16x8x4xf32>
!k = tensor<9x?x2x4xf32>
!v = tensor<9x16x2x6xf32>
!t = tensor<2x4xi32>
func.func @key_page(%q: !q, %k: !k, %v: !v, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected page of key to be static}}
  %0 = vga.attention %q, %k, %v block_table(%t : !t) layout bshd : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!v = tensor<9x2x?x6xf32>
!t = tensor<2x4xi32>
func.func @value_page(%q: !q, %k: !k, %v: !v, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected page of value to be static}}
  %0 = vga.attention %q, %k, %v block_table(%t : !t) : !q, !k, !v
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x0x4xf32>
!t = tensor<2x4xi32>
func.func @empty_page(%q: !q, %k: !k, %t: !t) {
  // expected-error@+1 {{'vga.attention' op expected a page of key to have at least one row}}
  %0 = vga.attention %q, %k, %k block_table(%t : !t) : !q, !k, !k
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!t = tensor<2x4xi32>
!m = tensor<16x16xi1>
func.func @mask(%q: !q, %k: !k, %t: !t, %m: !m) {
  // expected-error@+1 {{'vga.attention' op expected mask to broadcast to 2x8x16x64, got 16x16}}
  %0 = vga.attention %q, %k, %k block_table(%t : !t) mask(%m : !m) : !q, !k, !k
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!t = tensor<2x4xi32>
!g = tensor<2x2x64xf32>
func.func @gate(%q: !q, %k: !k, %t: !t, %g: !g) {
  // expected-error@+1 {{'vga.attention' op expected value_gate of shape 9x2x16 or 9x8x16 or 9x2x16x4 or 9x8x16x4, got 2x2x64}}
  %0 = vga.attention %q, %k, %k block_table(%t : !t) value_gate(%g : !g) : !q, !k, !k
  return
}

// -----

!q = tensor<2x8x16x4xf32>
!k = tensor<9x2x16x4xf32>
!t = tensor<2x4xi32>
!w = tensor<8x4xf32>
func.func @output_site(%q: !q, %k: !k, %t: !t, %w: !w) {
  // expected-error@+1 {{'vga.gated_attention' op expected site value with a block_table, got site output}}
  %0 = vga.gated_attention %q, %k, %k, %w site output block_table(%t : !t) : !q, !k, !k, !w
  return
}
