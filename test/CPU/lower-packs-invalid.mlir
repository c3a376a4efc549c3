// Elements that upstream's verifier lets pass.
// RUN: vga-opt %s --vga-cpu-lower-packs -verify-diagnostics -split-input-file

func.func @unpack(%x: tensor<3x7x128xbf16>, %y: tensor<7x300xf32>) -> tensor<7x300xf32> {
  // expected-error@+1 {{'linalg.unpack' op expected elements of 'f32', got 'bf16'}}
  %r = linalg.unpack %x outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %y : tensor<3x7x128xbf16> -> tensor<7x300xf32>
  return %r : tensor<7x300xf32>
}

// -----

func.func @pack(%x: tensor<17x300xf32>, %y: tensor<3x17x128xf16>, %zero: f32) -> tensor<3x17x128xf16> {
  // expected-error@+1 {{'linalg.pack' op expected elements of 'f16', got 'f32'}}
  %r = linalg.pack %x padding_value(%zero : f32) outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %y : tensor<17x300xf32> -> tensor<3x17x128xf16>
  return %r : tensor<3x17x128xf16>
}
