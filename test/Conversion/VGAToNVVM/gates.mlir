// A gate's own kernel; gates of keys are applied to the values before, where many queries meet them,
// and to weights after their sum was taken elsewhere.
// RUN: vga-opt %s --vga-split-gated-attention --vga-gpu-choose-schedules --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// One warp reads four vectors of 64 channels.
// CHECK: llvm.func @gate_0(%[[V:[^:]*]]: !llvm.ptr<1>, %[[W:[^:]*]]: !llvm.ptr<1>, %[[G:[^:]*]]: !llvm.ptr<1>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK: llvm.intr.fma
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// The sigmoid.
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<1>

// CHECK: llvm.func @gate_values_1(
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK-COUNT-8: arith.mulf
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>

// CHECK: llvm.func @attention_2(
// CHECK: scf.for
// CHECK: nvvm.vote.sync any
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xf32>
// CHECK: arith.mulf
// CHECK: llvm.nvvm.ff2bf16x2.rn

// CHECK-LABEL: func @vga
// CHECK: %[[GATE:.*]] = vga.launch @vga_kernels::@gate_0
// CHECK-SAME: threads 256
// CHECK: %[[VALUES:.*]] = vga.launch @vga_kernels::@gate_values_1 {{.*}} ins(%{{.*}}, %[[GATE]] :
// CHECK: vga.launch @vga_kernels::@attention_1 {{.*}} ins(%{{[^,]*}}, %{{[^,]*}}, %[[VALUES]] :
func.func @vga(%q: tensor<1x4x256x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
               %w: tensor<2x64xf32>) -> tensor<1x4x256x64xbf16> {
  %z = vga.gated_attention %q, %k, %v, %w
    : tensor<1x4x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<2x64xf32>
  return %z : tensor<1x4x256x64xbf16>
}

// CHECK-LABEL: func @few_queries
// CHECK: vga.launch @vga_kernels::@attention_2 {{.*}} ins(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %arg3 :
func.func @few_queries(%q: tensor<1x4x16x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
                       %g: tensor<1x2x256xf32>) -> tensor<1x4x16x64xbf16> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x2x256xf32>)
    : tensor<1x4x16x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>
  return %z : tensor<1x4x16x64xbf16>
}
