// The step of a consumer: scores of a block and output of the block before are under way together;
// the softmax runs beside the output's product.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s
// RUN: vga-opt %s --vga-gpu-kernel-pipeline | FileCheck %s --check-prefix=PTX

// CHECK: nvvm.setmaxregister increase 240
// The last block: scores alone.
// CHECK: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 64, k = 16>, D[<f32>, <zero>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <col>]
// CHECK-COUNT-3: nvvm.wgmma.mma_async {{.*}} D[<f32>, <one>]
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: llvm.nvvm.ex2.approx.ftz.f

// CHECK: scf.for
// The turn of this warpgroup.
// CHECK: nvvm.barrier id = %{{.*}} number_of_threads = %c256_i32
// CHECK-COUNT-4: nvvm.wgmma.mma_async
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// P comes from registers, V is [key, channel]: transposed B.
// CHECK: "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{.*}}, 1, 1, 1, 1;"
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: nvvm.barrier.arrive
// Scores are there, keys are released, the online update.
// CHECK: wgmma.wait_group.sync.aligned 1
// CHECK: nvvm.mbarrier.arrive
// CHECK: arith.maxnumf
// CHECK: nvvm.shfl.sync bfly
// CHECK: %[[GROWTH:.*]] = arith.mulf
// CHECK: arith.cmpf ugt, %[[GROWTH]], %cst
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// CHECK: nvvm.vote.sync any
// The output is there, values are released; accumulators are rescaled only if a maximum grew much.
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.if %{{.*}} -> (f32
// CHECK: arith.mulf
// CHECK: } else {
// CHECK: llvm.nvvm.ff2bf16x2.rn
// CHECK: scf.yield

// PTX: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16
// PTX-NOT: __nv_
func.func @attend(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x256x64xbf16>) -> tensor<2x8x?x64xbf16> {
  %z = vga.attention %q, %k, %k
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 3>
    : tensor<2x8x?x64xbf16>, tensor<2x2x256x64xbf16>, tensor<2x2x256x64xbf16>
  return %z : tensor<2x8x?x64xbf16>
}
