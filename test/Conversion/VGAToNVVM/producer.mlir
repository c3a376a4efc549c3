// The first warpgroup gives registers away; one of its threads has the copy engine fill the rings:
// keys of a block before the values of the one before.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// CHECK: llvm.func @attention_0(%arg0: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}, %arg1: !llvm.ptr {llvm.align
// CHECK-SAME: nvvm.minctasm = 1 : i32
// CHECK-SAME: nvvm.reqntid = array<i32: 384>
// CHECK: nvvm.mbarrier.init
// CHECK: nvvm.fence.mbarrier.init
// CHECK: nvvm.barrier0
// CHECK: nvvm.setmaxregister decrease 24
// CHECK: nvvm.elect.sync
// CHECK: scf.while
// The next tile, counted in global memory.
// CHECK: llvm.atomicrmw add
// The keys of the last block, then the queries.
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c8192_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg1
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c16384_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg0
// CHECK: scf.for
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg1
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg2
// CHECK: scf.yield
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg2
// The number of the next tile goes to the consumers.
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK: nvvm.mbarrier.arrive
// The counters are 0 again when all are done.
// CHECK: llvm.atomicrmw uinc_wrap

// CHECK-LABEL: func @attend
// CHECK: vga.launch @vga_kernels::@attention_0 {{.*}} threads 384 shared_memory {{[0-9]+}} persistent
// CHECK-SAME: boxes [array<i64: 1, 1, 128, 64>, array<i64: 1, 1, 64, 64>, array<i64: 1, 1, 64, 64>, array<i64: 1, 1, 64, 64>]
func.func @attend(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x?x64xbf16>) -> tensor<2x8x?x64xbf16> {
  %z = vga.attention %q, %k, %k
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 3, output_buffer = true>
    : tensor<2x8x?x64xbf16>, tensor<2x2x?x64xbf16>, tensor<2x2x?x64xbf16>
  return %z : tensor<2x8x?x64xbf16>
}

// Without persistence a block has one tile, and no counters.
// (Kernels come before functions.)
// CHECK: vga.launch @vga_kernels::@attention_1
// CHECK-SAME: boxes [array<i64: 1, 128, 1, 64>,
func.func @once(%q: tensor<2x?x8x64xbf16>) -> tensor<2x?x8x64xbf16> {
  %z = vga.attention %q, %q, %q layout bshd
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 3, persistent = false>
    : tensor<2x?x8x64xbf16>, tensor<2x?x8x64xbf16>, tensor<2x?x8x64xbf16>
  return %z : tensor<2x?x8x64xbf16>
}
