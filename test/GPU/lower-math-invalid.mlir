// RUN: vga-opt %s --pass-pipeline='builtin.module(gpu.module(vga-gpu-lower-math))' -verify-diagnostics -split-input-file

gpu.module @kernels {
  func.func @double(%x: f64) -> f64 {
    // expected-error@+1 {{'math.exp' op of 'f64' has no kernel yet}}
    %0 = math.exp %x : f64
    return %0 : f64
  }
}

// -----

gpu.module @kernels {
  func.func @remainder(%x: f32, %y: f32) -> f32 {
    // expected-error@+1 {{'arith.remf' op of 'f32' has no kernel yet}}
    %0 = arith.remf %x, %y : f32
    return %0 : f32
  }
}
