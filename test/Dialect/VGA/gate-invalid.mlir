// RUN: vga-opt %s -verify-diagnostics -split-input-file

func.func @source_rank(%x: tensor<2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected source to be a 4D tensor, got 'tensor<2x8x4xf32>'}}
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

// -----

func.func @source_type(%x: tensor<1x2x8x4xi32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{operand #0 must be 4D tensor of}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xi32>, tensor<2x4xf32>
  return
}

// -----

func.func @bias_type(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>, %b: tensor<f32>) {
  // expected-error @+1 {{operand #2 must be 1D or 2D tensor of}}
  %g = vga.gate %x, %w bias(%b : tensor<f32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @result_type(%x: tensor<1x2x8x4xf16>, %w: tensor<2x4xf16>) {
  // expected-error @+2 {{inferred type(s) 'tensor<1x2x8xf32>' are incompatible with return type(s) of operation 'tensor<1x2x8xf16>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %g = "vga.gate"(%x, %w) : (tensor<1x2x8x4xf16>, tensor<2x4xf16>) -> tensor<1x2x8xf16>
  return
}

// -----

func.func @no_source_heads(%x: tensor<1x0x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected heads of weight to be a multiple of the 0 heads of source, got 2}}
  %g = vga.gate %x, %w : tensor<1x0x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @no_heads(%x: tensor<1x2x8x4xf32>, %w: tensor<0x4xf32>) {
  // expected-error @+1 {{expected heads of weight to be a multiple of the 2 heads of source, got 0}}
  %g = vga.gate %x, %w : tensor<1x2x8x4xf32>, tensor<0x4xf32>
  return
}

// -----

func.func @no_cross_heads(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4x0xf32>) {
  // expected-error @+1 {{expected weight to have at least one head}}
  %g = vga.gate %x, %w mixing cross_head : tensor<1x2x8x4xf32>, tensor<2x4x0xf32>
  return
}

// -----

func.func @no_cross_source_heads(%x: tensor<1x0x8x4xf32>, %w: tensor<0x4x2xf32>) {
  // expected-error @+1 {{expected source to have at least one head}}
  %g = vga.gate %x, %w mixing cross_head : tensor<1x0x8x4xf32>, tensor<0x4x2xf32>
  return
}

// -----

// The layout says which axis the heads are.
func.func @heads_follow_layout(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{expected heads of weight to be a multiple of the 8 heads of source, got 2}}
  %g = vga.gate %x, %w layout bshd : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @cross_head_weight_channels(%x: tensor<1x2x8x4xf32>, %w: tensor<2x5x6xf32>) {
  // expected-error @+1 {{expected channels of weight to be 4 as in source, got 5}}
  %g = vga.gate %x, %w mixing cross_head : tensor<1x2x8x4xf32>, tensor<2x5x6xf32>
  return
}

// -----

func.func @cross_head_bias(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4x6x5xf32>, %b: tensor<2x5xf32>) {
  // expected-error @+1 {{expected bias of shape 6x5, got 2x5}}
  %g = vga.gate %x, %w bias(%b : tensor<2x5xf32>) mixing cross_head : tensor<1x2x8x4xf32>, tensor<2x4x6x5xf32>
  return
}

// -----

func.func @repeated_clause(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error @+1 {{`layout` clause can appear at most once}}
  %g = vga.gate %x, %w layout bshd layout bhsd : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_bias(%x: tensor<1x2x8x4xf32>, %w: tensor<2x4xf32>, %b: tensor<?xf32>) {
  // expected-error @+1 {{expected bias to have a static shape, got 'tensor<?xf32>'}}
  %g = vga.gate %x, %w bias(%b : tensor<?xf32>) : tensor<1x2x8x4xf32>, tensor<2x4xf32>
  return
}
