// RUN: vga-opt %s -verify-diagnostics -split-input-file

// expected-error@+1 {{expected queries of a schedule to be a multiple of 64 up to 192, got 100}}
#a = #vga.schedule<queries = 100, keys = 128, key_stages = 2, value_stages = 2>

// -----

// expected-error@+1 {{expected keys of a schedule to be a multiple of 16 up to 256, got 272}}
#a = #vga.schedule<queries = 128, keys = 272, key_stages = 2, value_stages = 2>

// -----

// expected-error@+1 {{expected key_stages of a schedule to be between 1 and 8, got 0}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 0, value_stages = 2>

// -----

// expected-error@+1 {{expected value_stages of a schedule to be between 1 and 8, got 9}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 9>

// -----

// expected-error@+1 {{expected query_stages of a schedule to be between 1 and 8, got 0}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, query_stages = 0>

// -----

// expected-error@+1 {{expected 1 query_stages of a schedule without output_buffer, got 2}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, query_stages = 2>

// -----

// expected-error@+1 {{expected a schedule with value_gate = ahead to be persistent}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, persistent = false, value_gate = ahead>

// -----

// expected-error@+1 {{expected warps of a warp_schedule to be between 1 and 16, got 0}}
#a = #vga.warp_schedule<rows = 64, warps = 0, teams = 1, keys = 64, stages = 1>

// -----

// expected-error@+1 {{expected teams of a warp_schedule to be between 1 and 15, got 16}}
#a = #vga.warp_schedule<rows = 16, warps = 1, teams = 16, keys = 64, stages = 1>

// -----

// expected-error@+1 {{expected stages of a warp_schedule to be between 1 and 8, got 9}}
#a = #vga.warp_schedule<rows = 64, warps = 4, teams = 1, keys = 64, stages = 9>

// -----

// expected-error@+1 {{expected splits of a warp_schedule to be between 1 and 256, got 0}}
#a = #vga.warp_schedule<rows = 64, warps = 4, teams = 1, keys = 64, stages = 1, splits = 0>

// -----

// expected-error@+1 {{expected rows of a warp_schedule of 4 warps to be 64 or 128, got 96}}
#a = #vga.warp_schedule<rows = 96, warps = 4, teams = 1, keys = 64, stages = 1>

// -----

// expected-error@+1 {{expected keys of a warp_schedule to be a multiple of 16 up to 128, got 24}}
#a = #vga.warp_schedule<rows = 64, warps = 4, teams = 1, keys = 24, stages = 1>

// -----

// expected-error@+1 {{expected a warp_schedule to have at most 32 warps, got 36}}
#a = #vga.warp_schedule<rows = 64, warps = 4, teams = 9, keys = 64, stages = 1>

// -----

// expected-error@+1 {{expected value_gate of a warp_schedule to be inside or before}}
#a = #vga.warp_schedule<rows = 64, warps = 4, teams = 1, keys = 64, stages = 1, value_gate = ahead>

// -----

!x = tensor<1x2x8x8xf16>
func.func @keyword(%x: !x) {
  // expected-error@+1 {{expected '<'}}
  %0 = vga.attention %x, %x, %x schedule warps<rows = 64, warps = 4> : !x, !x, !x
  return
}

// -----

!x = tensor<1x2x8x8xf16>
func.func @any_schedule(%x: !x) {
  // expected-error@+1 {{attribute 'schedule' failed to satisfy constraint: schedule of a GPU kernel}}
  %0 = "vga.attention"(%x, %x, %x) <{schedule = "fast", operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0>}> : (!x, !x, !x) -> !x
  return
}

// -----

func.func @boxes(%x: memref<?x64xf16>, %n: index) {
  // expected-error@+1 {{expected a box for each of 2 arrays, got 1}}
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>] ins(%x : memref<?x64xf16>) outs(%x : memref<?x64xf16>)
  return
}

// -----

func.func @rank(%x: memref<?x64xf16>, %n: index) {
  // expected-error@+1 {{expected the box of array #1 to have rank 2, got 3}}
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64: 1, 1, 1>]
    ins(%x : memref<?x64xf16>) outs(%x : memref<?x64xf16>)
  return
}

// -----

func.func @sizes(%x: memref<8x8xf16>, %n: index) {
  // expected-error@+1 {{expected 4 sizes and 6 strides, got 3 and 6}}
  %d = vga.multiply sizes(%n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>) outs(%x : memref<8x8xf16>)
  return
}

// -----

func.func @factors(%x: memref<8x8xf16>, %y: memref<8x8xbf16>, %n: index) {
  // expected-error@+1 {{expected lhs and rhs of f16 or of bf16, got 'f16' and 'bf16'}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf16>) rhs(%y : memref<8x8xbf16>) outs(%x : memref<8x8xf16>)
  return
}

// -----

func.func @f32_factors(%x: memref<8x8xf32>, %n: index) {
  // expected-error@+1 {{expected lhs and rhs of f16 or of bf16, got 'f32' and 'f32'}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf32>) rhs(%x : memref<8x8xf32>) outs(%x : memref<8x8xf32>)
  return
}

// -----

func.func @outs(%x: memref<8x8xf16>, %y: memref<8x8xbf16>, %n: index) {
  // expected-error@+1 {{expected outs of 'f16' or f32, got 'bf16'}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>) outs(%y : memref<8x8xbf16>)
  return
}

// -----

func.func @bias(%x: memref<8x8xf16>, %y: memref<8xf32>, %n: index) {
  // expected-error@+1 {{expected the bias to be of 'f16' as outs are, got 'f32'}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>) bias(%y : memref<8xf32>) outs(%x : memref<8x8xf16>)
  return
}

// -----

func.func @residual(%x: memref<8x8xf16>, %y: memref<8x8xf32>, %n: index) {
  // expected-error@+1 {{expected the residual to be of 'f16' as outs are, got 'f32'}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : memref<8x8xf16>) rhs(%x : memref<8x8xf16>) residual(%y : memref<8x8xf32>) outs(%x : memref<8x8xf16>)
  return
}

// -----

func.func @result(%x: tensor<8x8xf16>, %n: index) {
  // expected-error@+1 {{expected a result of the type of outs if that is a tensor, and none otherwise}}
  %d = vga.multiply sizes(%n, %n, %n, %n) strides(%n, %n, %n, %n, %n, %n) lhs(%x : tensor<8x8xf16>) rhs(%x : tensor<8x8xf16>) outs(%x : tensor<8x8xf16>)
  return
}
