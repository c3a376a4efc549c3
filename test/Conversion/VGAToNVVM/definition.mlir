// Where no kernel has the schedule of an attention, the definition is taken, on request.
// RUN: vga-opt %s --convert-vga-to-nvvm=or-definition -verify-diagnostics -split-input-file | FileCheck %s

// CHECK-LABEL: func @registers
// CHECK-NOT: vga.launch
// CHECK: linalg.generic
// CHECK-NOT: vga.launch
func.func @registers(%x: tensor<1x1x64x256xf16>) -> tensor<1x1x64x256xf16> {
  // expected-remark@+1 {{is computed as it is defined, with all scores in memory: it has no kernel for 'sm_90a': its schedule takes about 248 registers of a thread, there are 240}}
  %z = vga.attention %x, %x, %x
    schedule <queries = 64, keys = 128, key_stages = 1, value_stages = 1>
    : tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>
  return %z : tensor<1x1x64x256xf16>
}

// -----

// CHECK-LABEL: func @shared
// CHECK: linalg.generic
func.func @shared(%q: tensor<1x2x64x64xf16>, %x: tensor<1x1x64x64xf16>, %g: tensor<1x2x64x64xf16>)
    -> tensor<1x2x64x64xf16> {
  // expected-remark@+1 {{it has no kernel for 'sm_90a' that applies a value_gate of type 'tensor<1x2x64x64xf16>' to values of type 'tensor<1x1x64x64xf16>' once for all queries: query heads with gates of their own share values}}
  %z = vga.attention %q, %x, %x value_gate(%g : tensor<1x2x64x64xf16>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2, value_gate = before>
    : tensor<1x2x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x2x64x64xf16>
}

// -----

// CHECK-LABEL: func @pages
// CHECK: linalg.generic
func.func @pages(%q: tensor<2x8x1x64xf16>, %k: tensor<64x2x16x64xf16>, %t: tensor<2x4xi32>) -> tensor<2x8x1x64xf16> {
  // expected-remark@+1 {{it has no kernel for 'sm_90a': a block_table and alignment length take a warp_schedule}}
  %z = vga.attention %q, %k, %k block_table(%t : tensor<2x4xi32>)
    schedule <queries = 64, keys = 64, key_stages = 1, value_stages = 1>
    : tensor<2x8x1x64xf16>, tensor<64x2x16x64xf16>, tensor<64x2x16x64xf16>
  return %z : tensor<2x8x1x64xf16>
}
