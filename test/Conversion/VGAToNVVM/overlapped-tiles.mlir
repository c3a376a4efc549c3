// With a buffer for the output a tile begins before the one before has ended: the scores of its
// first block are under way while the output is written.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// Two tiles of queries: a ring as those of keys and values.
// CHECK: nvvm.setmaxregister decrease
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c8192_i32
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c16384_i32

// CHECK: nvvm.setmaxregister increase
// The first tile begins alone.
// CHECK-COUNT-4: nvvm.wgmma.mma_async
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// CHECK: scf.while
// Its other blocks; its queries are released; the number of the next tile.
// CHECK: scf.for
// CHECK: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16
// CHECK: nvvm.mbarrier.arrive
// CHECK: %[[NEXT:.*]] = nvvm.shfl.sync idx
// CHECK: %[[THERE_IS:.*]] = arith.cmpi slt, %[[NEXT]], %{{.*}} : i32
// CHECK: scf.if %[[THERE_IS]]
// The last output of one, the first scores of the other.
// CHECK: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16
// CHECK-COUNT-4: nvvm.wgmma.mma_async
// The output is there and is written.
// CHECK: wgmma.wait_group.sync.aligned 1
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: nvvm.stmatrix
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// The scores are there.
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// The last tile ends alone.
// CHECK: } else {
// CHECK-NOT: nvvm.wgmma.mma_async
// CHECK: nvvm.stmatrix
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// CHECK: }
func.func @attend(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x256x64xbf16>) -> tensor<2x8x?x64xbf16> {
  %z = vga.attention %q, %k, %k
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 3, output_buffer = true, query_stages = 2>
    : tensor<2x8x?x64xbf16>, tensor<2x2x256x64xbf16>, tensor<2x2x256x64xbf16>
  return %z : tensor<2x8x?x64xbf16>
}
