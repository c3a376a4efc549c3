// What no kernel computes is an error that says why.
// RUN: vga-opt %s --vga-gpu-choose-schedules --convert-vga-to-nvvm -verify-diagnostics -split-input-file
// RUN: not vga-opt %s --convert-vga-to-nvvm -split-input-file 2>&1 | FileCheck %s
// RUN: not vga-opt %s --convert-vga-to-nvvm=chip=sm_80 -split-input-file 2>&1 | FileCheck %s --check-prefix=OLDER
// OLDER: 'vga.attention' op has no kernel for 'sm_80': expected a warp_schedule
// CHECK: 'vga.attention' op has no schedule (vga-gpu-choose-schedules)

func.func @f32(%x: tensor<1x1x128x64xf32>) -> tensor<1x1x128x64xf32> {
  // expected-error@+1 {{has no kernel for 'sm_90a': expected elements of f16 or bf16, got 'f32'}}
  %z = vga.attention %x, %x, %x
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x1x128x64xf32>, tensor<1x1x128x64xf32>, tensor<1x1x128x64xf32>
  return %z : tensor<1x1x128x64xf32>
}

// -----

func.func @f64(%x: tensor<1x1x64x64xf64>) -> tensor<1x1x64x64xf64> {
  // expected-error@+1 {{has no kernel for 'sm_90a': expected elements of f16, bf16 or f32, got 'f64'}}
  %z = vga.attention %x, %x, %x
    : tensor<1x1x64x64xf64>, tensor<1x1x64x64xf64>, tensor<1x1x64x64xf64>
  return %z : tensor<1x1x64x64xf64>
}

// -----

func.func @warp_memory(%x: tensor<1x1x64x256xf16>) -> tensor<1x1x64x256xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': its schedule takes 304128 bytes of shared memory, there are 232448}}
  %z = vga.attention %x, %x, %x
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 64, stages = 4>
    : tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>
  return %z : tensor<1x1x64x256xf16>
}

// -----

func.func @warp_tf32(%x: tensor<1x1x64x64xf16>) -> tensor<1x1x64x64xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': tf32 is for elements of f32, got 'f16'}}
  %z = vga.attention %x, %x, %x
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 64, stages = 1, tf32 = true>
    : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x1x64x64xf16>
}

// -----

func.func @warp_registers(%x: tensor<1x1x64x256xf16>) -> tensor<1x1x64x256xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': its schedule takes about 336 registers of a thread, there are 255}}
  %z = vga.attention %x, %x, %x
    schedule warp<rows = 64, warps = 2, teams = 1, keys = 32, stages = 1>
    : tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>
  return %z : tensor<1x1x64x256xf16>
}

// -----

func.func @channels(%x: tensor<1x1x64x12xf16>) -> tensor<1x1x64x12xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': expected the channels of key to be a multiple of 8 up to 256, got 12}}
  %z = vga.attention %x, %x, %x
    : tensor<1x1x64x12xf16>, tensor<1x1x64x12xf16>, tensor<1x1x64x12xf16>
  return %z : tensor<1x1x64x12xf16>
}

// -----

func.func @shared(%q: tensor<1x2x64x64xf16>, %x: tensor<1x1x64x64xf16>, %g: tensor<1x2x64x64xf16>)
    -> tensor<1x2x64x64xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a' that applies a value_gate of type 'tensor<1x2x64x64xf16>' to values of type 'tensor<1x1x64x64xf16>' once for all queries: query heads with gates of their own share values}}
  %z = vga.attention %q, %x, %x value_gate(%g : tensor<1x2x64x64xf16>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2, value_gate = before>
    : tensor<1x2x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x2x64x64xf16>
}

// -----

func.func @f64_gate(%x: tensor<1x1x64x64xf16>, %g: tensor<1x1x64x64xf64>) -> tensor<1x1x64x64xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': expected gates of f16, bf16 or f32, got 'f64'}}
  %z = vga.attention %x, %x, %x value_gate(%g : tensor<1x1x64x64xf64>)
    : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16>
  return %z : tensor<1x1x64x64xf16>
}

// -----

func.func @memory(%x: tensor<1x1x64x256xf16>) -> tensor<1x1x64x256xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': its schedule takes 327976 bytes of shared memory, there are 232448}}
  %z = vga.attention %x, %x, %x
    schedule <queries = 128, keys = 64, key_stages = 4, value_stages = 4>
    : tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>
  return %z : tensor<1x1x64x256xf16>
}

// -----

func.func @registers(%x: tensor<1x1x64x256xf16>) -> tensor<1x1x64x256xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': its schedule takes about 248 registers of a thread, there are 240}}
  %z = vga.attention %x, %x, %x
    schedule <queries = 64, keys = 128, key_stages = 1, value_stages = 1>
    : tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>, tensor<1x1x64x256xf16>
  return %z : tensor<1x1x64x256xf16>
}

// -----

func.func @pages(%q: tensor<2x8x1x64xf16>, %k: tensor<64x2x16x64xf16>, %t: tensor<2x4xi32>) -> tensor<2x8x1x64xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': a block_table and alignment length take a warp_schedule}}
  %z = vga.attention %q, %k, %k block_table(%t : tensor<2x4xi32>)
    schedule <queries = 64, keys = 64, key_stages = 1, value_stages = 1>
    : tensor<2x8x1x64xf16>, tensor<64x2x16x64xf16>, tensor<64x2x16x64xf16>
  return %z : tensor<2x8x1x64xf16>
}

// -----

func.func @at_length(%q: tensor<2x8x4x64xf16>, %k: tensor<2x2x64x64xf16>, %n: tensor<2xi32>) -> tensor<2x8x4x64xf16> {
  // expected-error@+1 {{has no kernel for 'sm_90a': a block_table and alignment length take a warp_schedule}}
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) causal alignment length
    schedule <queries = 64, keys = 64, key_stages = 1, value_stages = 1>
    : tensor<2x8x4x64xf16>, tensor<2x2x64x64xf16>, tensor<2x2x64x64xf16>
  return %z : tensor<2x8x4x64xf16>
}
