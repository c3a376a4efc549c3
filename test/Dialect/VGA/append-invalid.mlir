// RUN: vga-opt %s -verify-diagnostics -split-input-file

func.func @element_type(%x: tensor<2x1x3x8xf16>, %c: tensor<2x1x16x8xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected element type of source to be 'f32' as in cache, got 'f16'}}
  %r = vga.append %x into %c at %p : tensor<2x1x3x8xf16>, tensor<2x1x16x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @rank(%x: tensor<2x1x3xf32>, %c: tensor<2x1x16x8xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected source to have rank 4 as cache, got 3}}
  %r = vga.append %x into %c at %p : tensor<2x1x3xf32>, tensor<2x1x16x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @static_heads(%x: tensor<2x?x3x8xf32>, %c: tensor<2x1x16x8xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected heads of source to be static}}
  %r = vga.append %x into %c at %p : tensor<2x?x3x8xf32>, tensor<2x1x16x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @static_channels(%x: tensor<2x1x3x8xf32>, %c: tensor<2x1x16x?xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected channels of cache to be static}}
  %r = vga.append %x into %c at %p : tensor<2x1x3x8xf32>, tensor<2x1x16x?xf32>, tensor<2xi32>
  return
}

// -----

func.func @heads(%x: tensor<2x3x1x8xf32>, %c: tensor<2x16x2x8xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected heads of source to be 2 as in cache, got 1}}
  %r = vga.append %x into %c at %p layout bshd : tensor<2x3x1x8xf32>, tensor<2x16x2x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @channels(%x: tensor<2x1x3x8xf32>, %c: tensor<2x1x16x4xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected channels of source to be 4 as in cache, got 8}}
  %r = vga.append %x into %c at %p : tensor<2x1x3x8xf32>, tensor<2x1x16x4xf32>, tensor<2xi32>
  return
}

// -----

func.func @positions(%x: tensor<2x1x3xf32>, %c: tensor<2x1x16xf32>, %p: tensor<3xi64>) {
  // expected-error @+1 {{expected batch of position to be 2 as in source, got 3}}
  %r = vga.append %x into %c at %p : tensor<2x1x3xf32>, tensor<2x1x16xf32>, tensor<3xi64>
  return
}

// -----

func.func @batch(%x: tensor<3x2x1x8xf32>, %c: tensor<16x3x1x8xf32>, %p: tensor<2xi32>) {
  // expected-error @+1 {{expected batch of cache to be 2 as in source, got 3}}
  %r = vga.append %x into %c at %p layout sbhd : tensor<3x2x1x8xf32>, tensor<16x3x1x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @table(%x: tensor<2x1x3x8xf32>, %c: tensor<9x1x16x8xf32>, %p: tensor<2xi32>, %t: tensor<3x?xi32>) {
  // expected-error @+1 {{expected batch of block_table to be 2 as in source, got 3}}
  %r = vga.append %x into %c at %p block_table(%t : tensor<3x?xi32>) : tensor<2x1x3x8xf32>, tensor<9x1x16x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @dynamic_page(%x: tensor<2x1x3x8xf32>, %c: tensor<9x1x?x8xf32>, %p: tensor<2xi32>, %t: tensor<2x4xi32>) {
  // expected-error @+1 {{expected page of cache to be static}}
  %r = vga.append %x into %c at %p block_table(%t : tensor<2x4xi32>) : tensor<2x1x3x8xf32>, tensor<9x1x?x8xf32>, tensor<2xi32>
  return
}

// -----

func.func @empty_page(%x: tensor<2x1x3xf32>, %c: tensor<9x1x0xf32>, %p: tensor<2xi32>, %t: tensor<2x4xi32>) {
  // expected-error @+1 {{expected a page of cache to have at least one row}}
  %r = vga.append %x into %c at %p block_table(%t : tensor<2x4xi32>) : tensor<2x1x3xf32>, tensor<9x1x0xf32>, tensor<2xi32>
  return
}

// -----

func.func @table_type(%x: tensor<2x1x3xf32>, %c: tensor<9x1x8xf32>, %p: tensor<2xi32>, %t: tensor<2x4xi64>) {
  // expected-error @+1 {{operand #3 must be 2D tensor of 32-bit signless integer values, but got 'tensor<2x4xi64>'}}
  %r = vga.append %x into %c at %p block_table(%t : tensor<2x4xi64>) : tensor<2x1x3xf32>, tensor<9x1x8xf32>, tensor<2xi32>
  return
}
