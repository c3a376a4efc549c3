// Attention to nothing is no kernel: neither tasks nor scores are left, on either target.
// RUN: vga-opt %s --vga-cpu-pipeline | FileCheck %s --check-prefix=CPU
// RUN: vga-opt %s --vga-cpu-pipeline=attention=definition | FileCheck %s --check-prefix=CPU
// RUN: vga-opt %s --vga-gpu-pipeline | FileCheck %s --check-prefix=GPU

// CPU-LABEL: llvm.func @no_queries
// CPU-NOT: llvm.intr.fma
// GPU-LABEL: llvm.func @no_queries
// GPU-NOT: llvm.call @vgaCudaLaunch
func.func @no_queries(%q: tensor<2x2x0x4xf32>, %k: tensor<2x2x5x4xf32>, %n: tensor<2xi32>, %s: tensor<2xf32>)
    -> (tensor<2x2x0x4xf32>, tensor<2x2x0xf32>) {
  %o, %lse = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) sink(%s : tensor<2xf32>) causal lse
      : tensor<2x2x0x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x4xf32>
  return %o, %lse : tensor<2x2x0x4xf32>, tensor<2x2x0xf32>
}

// The lse is the sink.
// CPU-LABEL: llvm.func @no_keys
// CPU-NOT: llvm.intr.fma
// GPU-LABEL: llvm.func @no_keys
func.func @no_keys(%q: tensor<2x2x3x4xf32>, %k: tensor<2x2x0x4xf32>, %m: tensor<3x0xi1>, %s: tensor<2xf32>, %w: tensor<2x4xf32>)
    -> (tensor<2x2x3x4xf32>, tensor<2x2x3xf32>) {
  %o, %lse = vga.gated_attention %q, %k, %k, %w mask(%m : tensor<3x0xi1>) sink(%s : tensor<2xf32>) lse
      : tensor<2x2x3x4xf32>, tensor<2x2x0x4xf32>, tensor<2x2x0x4xf32>, tensor<2x4xf32>
  return %o, %lse : tensor<2x2x3x4xf32>, tensor<2x2x3xf32>
}

// CPU-LABEL: llvm.func @no_batch
// CPU-NOT: llvm.intr.fma
// GPU-LABEL: llvm.func @no_batch
func.func @no_batch(%q: tensor<0x2x3x4xf32>, %k: tensor<0x2x5x4xf32>, %w: tensor<2x4xf32>) -> tensor<0x2x3x4xf32> {
  %o = vga.gated_attention %q, %k, %k, %w site output causal
      : tensor<0x2x3x4xf32>, tensor<0x2x5x4xf32>, tensor<0x2x5x4xf32>, tensor<2x4xf32>
  return %o : tensor<0x2x3x4xf32>
}
