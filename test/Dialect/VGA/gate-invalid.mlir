// RUN: vga-opt %s -verify-diagnostics -split-input-file

func.func @source_rank(%x: tensor<2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected source to be a 4D tensor}}
  %g = vga.gate %x, %w : tensor<2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @per_head_rank(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4x2x4xf32>) {
  // expected-error @+1 {{expected weight of a per_head gate to have rank 2 (scalar) or 3 (elementwise), got 'tensor<2x4x2x4xf32>'}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<2x4x2x4xf32>
  return
}

// -----

func.func @cross_head_rank(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected weight of a cross_head gate to have rank 3 (scalar) or 4 (elementwise), got 'tensor<2x4xf32>'}}
  %g = vga.gate %x, %w mixing cross_head : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @weight_type(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xi32>) {
  // expected-error @+1 {{operand #1 must be 2D, 3D or 4D tensor of f16, bf16, f32 or f64}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<2x4xi32>
  return
}

// -----

func.func @dynamic_heads(%x: tensor<1x?x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected heads of source to be static}}
  %g = vga.gate %x, %w : tensor<1x?x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_channels(%x: tensor<1x2x8x?xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected channels of source to be static}}
  %g = vga.gate %x, %w : tensor<1x2x8x?xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_weight(%x: tensor<1x2x8x4xf32>, %w: tensor<?x4xf32>) {
  // expected-error @+1 {{expected weight to have a static shape, got 'tensor<?x4xf32>'}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<?x4xf32>
  return
}

// -----

func.func @weight_channels(%x: tensor<1x2x8x4xf32>, %w: tensor<2x5xf32>) {
  // expected-error @+1 {{expected channels of weight to be 4 as in source, got 5}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<2x5xf32>
  return
}

// -----

func.func @weight_source_heads(%x: tensor<1x2x8x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{expected source heads of weight to be 2 as in source, got 3}}
  %g = vga.gate %x, %w mixing cross_head : tensor<1x2x8x4xf32>, tensor<3x4x6xf32>
  return
}

// -----

func.func @weight_heads(%x: tensor<1x2x8x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @+1 {{expected heads of weight to be a multiple of the 2 heads of source, got 3}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @scalar_bias(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expected bias of shape 2, got 4}}
  %g = vga.gate %x, %w bias(%b : tensor<4xf32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @elementwise_bias(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4x5xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{expected bias of shape 2x5, got 2}}
  %g = vga.gate %x, %w bias(%b : tensor<2xf32>) : tensor<1x2x8x4xf32>, tensor<2x4x5xf32>
  return
}

// -----

func.func @activation(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+2 {{to be one of: sigmoid, identity, softplus}}
  // expected-error @+1 {{failed to parse VGA_ActivationAttr}}
  %g = vga.gate %x, %w activation relu : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}
