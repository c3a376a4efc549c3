// Schedules follow from heads, masks and what is read for each score.
// RUN: vga-opt %s --vga-gpu-choose-schedules | FileCheck %s
// RUN: vga-opt %s --vga-gpu-choose-schedules=chip=sm_80 | FileCheck %s --check-prefix=SM80
// RUN: vga-opt %s --vga-gpu-choose-schedules=tf32 | FileCheck %s --check-prefix=TF32
// RUN: not vga-opt %s --vga-gpu-choose-schedules=chip=sm_70 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: no kernels for 'sm_70'; there are some for sm_80, sm_86, sm_89, sm_90, sm_90a

!h64 = tensor<2x8x500x64xbf16>
!h128 = tensor<2x8x500x128xbf16>
!h256 = tensor<2x8x500x256xbf16>
!few = tensor<2x8x65x64xbf16>

// CHECK-LABEL: func @by_heads
// CHECK: schedule <queries = 192, keys = 128, key_stages = 4, value_stages = 4, output_buffer = true, query_stages = 2>
// CHECK: schedule <queries = 128, keys = 128, key_stages = 2, value_stages = 2, output_buffer = true, query_stages = 2>
// CHECK: schedule <queries = 128, keys = 80, key_stages = 2, value_stages = 2>
func.func @by_heads(%a: !h64, %b: !h128, %c: !h256) -> (!h64, !h128, !h256) {
  %x = vga.attention %a, %a, %a : !h64, !h64, !h64
  %y = vga.attention %b, %b, %b : !h128, !h128, !h128
  %z = vga.attention %c, %c, %c : !h256, !h256, !h256
  return %x, %y, %z : !h64, !h128, !h256
}

// Tiles with the most keys come first, and blocks are smaller.
// CHECK-LABEL: func @causal
// CHECK: schedule <queries = 192, keys = 96, {{.*}} order = heavy_first
func.func @causal(%a: !h64) -> !h64 {
  %x = vga.attention %a, %a, %a causal : !h64, !h64, !h64
  return %x : !h64
}

// A value gate is applied for every tile where few queries meet a value: of 512, of 1024 under a
// causal mask; once, ahead of the tiles, where many do.
// CHECK-LABEL: func @value_gate
// CHECK: vga.attention
// CHECK-NOT: value_gate =
// CHECK: vga.attention
// CHECK-NOT: value_gate =
// CHECK: vga.attention
// CHECK-SAME: schedule {{.*}} value_gate = ahead>
func.func @value_gate(%a: tensor<2x8x512x128xbf16>, %ga: tensor<2x8x512xf32>,
                      %b: tensor<2x8x1024x128xbf16>, %gb: tensor<2x8x1024xf32>)
    -> (tensor<2x8x512x128xbf16>, tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>) {
  %x = vga.attention %a, %a, %a value_gate(%ga : tensor<2x8x512xf32>)
    : tensor<2x8x512x128xbf16>, tensor<2x8x512x128xbf16>, tensor<2x8x512x128xbf16>
  %y = vga.attention %b, %b, %b value_gate(%gb : tensor<2x8x1024xf32>) causal
    : tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>
  %z = vga.attention %b, %b, %b value_gate(%gb : tensor<2x8x1024xf32>)
    : tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>
  return %x, %y, %z : tensor<2x8x512x128xbf16>, tensor<2x8x1024x128xbf16>, tensor<2x8x1024x128xbf16>
}

// What is computed takes more time: before the kernel, where there is not enough beside it.
// CHECK-LABEL: func @own_gate
// CHECK: vga.attention
// CHECK-SAME: value_gate = before>
// CHECK: vga.attention
// CHECK-SAME: value_gate = ahead>
func.func @own_gate(%a: tensor<2x8x512x128xbf16>, %w: tensor<8x128xf32>, %q: tensor<2x24x512x128xbf16>)
    -> (tensor<2x8x512x128xbf16>, tensor<2x24x512x128xbf16>) {
  %g = vga.gate %a, %w : tensor<2x8x512x128xbf16>, tensor<8x128xf32>
  %x = vga.attention %a, %a, %a value_gate(%g : tensor<2x8x512xf32>)
    : tensor<2x8x512x128xbf16>, tensor<2x8x512x128xbf16>, tensor<2x8x512x128xbf16>
  %h = vga.gate %a, %w : tensor<2x8x512x128xbf16>, tensor<8x128xf32>
  %y = vga.attention %q, %a, %a value_gate(%h : tensor<2x8x512xf32>)
    : tensor<2x24x512x128xbf16>, tensor<2x8x512x128xbf16>, tensor<2x8x512x128xbf16>
  return %x, %y : tensor<2x8x512x128xbf16>, tensor<2x24x512x128xbf16>
}

// No more rows than there are queries.
// CHECK-LABEL: func @few_queries
// CHECK: schedule <queries = 128,
func.func @few_queries(%q: !few, %k: !h64) -> !few {
  %x = vga.attention %q, %k, %k : !few, !h64, !h64
  return %x : !few
}

// What is there stays.
// CHECK-LABEL: func @given
// CHECK: schedule <queries = 64, keys = 32, key_stages = 3, value_stages = 4>
func.func @given(%a: !h64) -> !h64 {
  %x = vga.attention %a, %a, %a
    schedule <queries = 64, keys = 32, key_stages = 3, value_stages = 4> : !h64, !h64, !h64
  return %x : !h64
}

// Few queries of all heads that read a key/value head are rows of warps, the rest are teams.
// CHECK-LABEL: func @decode
// CHECK: schedule warp<rows = 16, warps = 1, teams = 4, keys = 32, stages = 2, splits = 64>
// CHECK: schedule warp<rows = 32, warps = 2, teams = 2, keys = 64, stages = 2, splits = 64, order = heavy_first>
func.func @decode(%a: tensor<2x8x1x128xbf16>, %b: tensor<2x8x4x128xbf16>, %k: tensor<2x1x?x128xbf16>)
    -> (tensor<2x8x1x128xbf16>, tensor<2x8x4x128xbf16>) {
  %x = vga.attention %a, %k, %k : tensor<2x8x1x128xbf16>, tensor<2x1x?x128xbf16>, tensor<2x1x?x128xbf16>
  %y = vga.attention %b, %k, %k causal : tensor<2x8x4x128xbf16>, tensor<2x1x?x128xbf16>, tensor<2x1x?x128xbf16>
  return %x, %y : tensor<2x8x1x128xbf16>, tensor<2x8x4x128xbf16>
}

// The number of queries decides when the function runs; gates go with attention.
// CHECK-LABEL: func @dynamic
// CHECK: %[[FEW:.*]] = arith.cmpi ule, %{{.*}}, %c8
// CHECK: scf.if %[[FEW]]
// CHECK: vga.gate
// CHECK: schedule warp<rows = 16,
// CHECK-NOT: value_gate =
// CHECK: else
// CHECK: vga.gate
// CHECK: schedule <queries = 128,
// CHECK-NOT: vga.gate
// CHECK: return
func.func @dynamic(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x?x64xbf16>, %w: tensor<2x64xbf16>)
    -> tensor<2x8x?x64xbf16> {
  %g = vga.gate %k, %w : tensor<2x2x?x64xbf16>, tensor<2x64xbf16>
  %x = vga.attention %q, %k, %k value_gate(%g : tensor<2x2x?xf32>)
    : tensor<2x8x?x64xbf16>, tensor<2x2x?x64xbf16>, tensor<2x2x?x64xbf16>
  return %x : tensor<2x8x?x64xbf16>
}

// Elements of f32 have kernels of warps only. Other GPUs have no others: two blocks of threads fit
// into the shared memory of an A100.
// CHECK-LABEL: func @f32
// CHECK: schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 2>
// TF32-LABEL: func @f32
// TF32: schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 2, tf32 = true>
// TF32-NOT: tf32
// SM80-LABEL: func @f32
// SM80: schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
// SM80: schedule warp<rows = 128, warps = 4, teams = 1, keys = 64, stages = 1>
// SM80: schedule warp<rows = 128, warps = 4, teams = 1, keys = 128, stages = 1, order = heavy_first>
func.func @f32(%a: tensor<2x8x500x128xf32>, %b: !h128, %c: !h64)
    -> (tensor<2x8x500x128xf32>, !h128, !h64) {
  %x = vga.attention %a, %a, %a : tensor<2x8x500x128xf32>, tensor<2x8x500x128xf32>, tensor<2x8x500x128xf32>
  %y = vga.attention %b, %b, %b : !h128, !h128, !h128
  %z = vga.attention %c, %c, %c causal : !h64, !h64, !h64
  return %x, %y, %z : tensor<2x8x500x128xf32>, !h128, !h64
}
