// Accumulators are divided by their sums, gated, staged with the swizzle of the copy engine, stored.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// CHECK: llvm.func @attention_0({{.*}}nvvm.grid_constant}, %[[GATE:[^:]*]]: !llvm.ptr<1>, %[[SINK:[^:]*]]: !llvm.ptr<1>, %[[OUT:[^:]*]]: !llvm.ptr {{{.*}}}, %[[LSE:[^:]*]]: !llvm.ptr<1>
// CHECK: nvvm.setmaxregister increase
// Gates of rows are on their way from the beginning of the tile on.
// CHECK: %[[WORD:.*]] = llvm.getelementptr %[[GATE]][%{{.*}}] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
// CHECK: nvvm.cp.async.shared.global %[[KEPT:.*]], %[[WORD]], 4, cache = ca
// CHECK: nvvm.cp.async.commit.group
// The last product, then the sums of four lanes.
// CHECK: scf.for
// CHECK: nvvm.vote.sync any
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: nvvm.shfl.sync bfly
// CHECK: llvm.getelementptr %[[SINK]]
// CHECK: llvm.nvvm.lg2.approx.ftz.f
// CHECK: llvm.getelementptr %[[LSE]]
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<1>
// A sum of 0 has no inverse.
// CHECK: arith.cmpf oeq
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.bar.warp.sync
// CHECK-COUNT-2: llvm.load volatile %{{.*}} : !llvm.ptr<3> -> f32
// CHECK-COUNT-8: nvvm.stmatrix
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>
// CHECK: nvvm.barrier
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta %[[OUT]]
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta %[[OUT]]
// CHECK: nvvm.cp.async.bulk.commit.group
// The queries' memory, where the output was staged, is free when that has been read.
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
func.func @attend(%q: tensor<2x8x256x128xf16>, %g: tensor<2x8x256xf32>, %s: tensor<8xf32>)
    -> (tensor<2x8x256x128xf16>, tensor<2x8x256xf32>) {
  %z:2 = vga.attention %q, %q, %q output_gate(%g : tensor<2x8x256xf32>) sink(%s : tensor<8xf32>)
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 2> lse
    : tensor<2x8x256x128xf16>, tensor<2x8x256x128xf16>, tensor<2x8x256x128xf16>
  return %z#0, %z#1 : tensor<2x8x256x128xf16>, tensor<2x8x256xf32>
}

// Where tiles are long, gates of rows are loaded beside the last product.
// CHECK: llvm.func @attention_1({{.*}}nvvm.grid_constant}, %[[GATE:[^:]*]]: !llvm.ptr<1>,
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: llvm.getelementptr %[[GATE]]
// CHECK-NEXT: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: nvvm.stmatrix
func.func @long(%q: tensor<2x8x4096x64xbf16>, %g: tensor<2x8x4096xf32>) -> tensor<2x8x4096x64xbf16> {
  %z = vga.attention %q, %q, %q output_gate(%g : tensor<2x8x4096xf32>)
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<2x8x4096x64xbf16>, tensor<2x8x4096x64xbf16>, tensor<2x8x4096x64xbf16>
  return %z : tensor<2x8x4096x64xbf16>
}
