// Where gates are computed and applied: by kernels of their own, or in shared memory by three warps of
// the producer's warpgroup.
// RUN: vga-opt %s --vga-split-gated-attention --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// Before attention, from the values themselves, in one go: values are read and written once.
// CHECK-LABEL: llvm.func @gate_values_0(
// CHECK-SAME: %[[V:[^:]*]]: !llvm.ptr<1>, %[[W:[^:]*]]: !llvm.ptr<1>, %[[GATED:[^:]*]]: !llvm.ptr<1>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf32>
// CHECK-COUNT-8: llvm.intr.fma
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// The sigmoid.
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// CHECK: nvvm.rcp.approx.ftz.f
// Pairs of values times the gate, which is a sum of two bf16.
// CHECK-COUNT-4: llvm.intr.fma({{.*}}) : (vector<2xbf16>, vector<2xbf16>, vector<2xbf16>)
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>

// Inside, from memory: gates are loaded before the values are waited for.
// CHECK-LABEL: llvm.func @attention_1(
// CHECK: nvvm.setmaxregister decrease
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.shfl.sync idx
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK: %[[LOW:.*]] = llvm.fmul %[[PAIR:.*]], %{{.*}} : vector<2xbf16>
// CHECK: llvm.intr.fma(%[[PAIR]], %{{.*}}, %[[LOW]])
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// wgmma sees what was stored; consumers may read it.
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.setmaxregister increase

// Inside, from the values: the sums of eight lanes.
// CHECK-LABEL: llvm.func @attention_2(
// CHECK: nvvm.setmaxregister decrease
// CHECK: llvm.load volatile %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<8xbf16>
// CHECK-COUNT-8: llvm.intr.fma
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.setmaxregister increase

// A gate that something else needs, too, has a kernel.
// CHECK-LABEL: llvm.func @gate_0(
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<1>

// CHECK-LABEL: func @before
// CHECK: %[[VALUES:.*]] = vga.launch @vga_kernels::@gate_values_0 {{.*}} threads 256 {{.*}} ins(%arg2, %arg3 :
// CHECK: vga.launch @vga_kernels::@attention_0 {{.*}} ins(%arg0, %arg1, %[[VALUES]] :
func.func @before(%q: tensor<1x4x256x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
                  %w: tensor<2x64xf32>) -> tensor<1x4x256x64xbf16> {
  %z = vga.gated_attention %q, %k, %v, %w
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 2, value_gate = before>
    : tensor<1x4x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<2x64xf32>
  return %z : tensor<1x4x256x64xbf16>
}

// CHECK-LABEL: func @inside
// CHECK: vga.launch @vga_kernels::@attention_1 {{.*}} ins(%arg0, %arg1, %arg2, %arg3 :
func.func @inside(%q: tensor<1x4x16x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
                  %g: tensor<1x2x256xf32>) -> tensor<1x4x16x64xbf16> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x2x256xf32>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x4x16x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>
  return %z : tensor<1x4x16x64xbf16>
}

// Query heads that share values may have gates of their own.
// CHECK-LABEL: func @own_gates
// CHECK: vga.launch @vga_kernels::@attention_2 {{.*}} ins(%arg0, %arg1, %arg2, %arg3, %arg4 :
func.func @own_gates(%q: tensor<1x4x16x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
                     %w: tensor<4x64xf32>, %b: tensor<4xf32>) -> tensor<1x4x16x64xbf16> {
  %z = vga.gated_attention %q, %k, %v, %w bias(%b : tensor<4xf32>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x4x16x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<4x64xf32>
  return %z : tensor<1x4x16x64xbf16>
}

// CHECK-LABEL: func @result
// CHECK: %[[GATE:.*]] = vga.launch @vga_kernels::@gate_0
// CHECK: vga.launch @vga_kernels::@attention_3 {{.*}} ins(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %[[GATE]] :
func.func @result(%q: tensor<1x2x16x64xbf16>, %v: tensor<1x2x256x64xbf16>, %w: tensor<2x64xf32>)
    -> (tensor<1x2x16x64xbf16>, tensor<1x2x256xf32>) {
  %g = vga.gate %v, %w : tensor<1x2x256x64xbf16>, tensor<2x64xf32>
  %z = vga.attention %q, %v, %v value_gate(%g : tensor<1x2x256xf32>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x2x16x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>
  return %z, %g : tensor<1x2x16x64xbf16>, tensor<1x2x256xf32>
}
