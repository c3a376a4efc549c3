// Attention by warps: copies in the background, products by mma.sync, teams and splits.
// RUN: split-file %s %t
// RUN: vga-opt %t/tiles.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/tiles.mlir
// RUN: vga-opt %t/stages.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/stages.mlir
// RUN: vga-opt %t/teams.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/teams.mlir
// RUN: vga-opt %t/splits.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/splits.mlir
// RUN: vga-opt %t/f32.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/f32.mlir
// RUN: vga-opt %t/tf32.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/tf32.mlir
// RUN: vga-opt %t/gates.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/gates.mlir
// RUN: vga-opt %t/own-gate.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/own-gate.mlir
// RUN: vga-opt %t/own-gates-of-few-rows.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/own-gates-of-few-rows.mlir
// RUN: vga-opt %t/gated-values.mlir --convert-vga-to-nvvm=chip=sm_80 --canonicalize --cse | FileCheck %t/gated-values.mlir

//--- tiles.mlir
// One stage: keys are waited for before the scores, values before the output, and both rings are
// refilled in between. Keys are hidden on the edge of the band only.
// CHECK-LABEL: llvm.func @attention_0
// CHECK-SAME: nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 128>
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier
// CHECK: scf.if
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;"
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.if {{.*}} -> (f32
// CHECK: arith.select %{{.*}}, %{{.*}}, %cst
// CHECK: nvvm.vote.sync any
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK: nvvm.mma.sync
// CHECK: loop_annotation
// Eight 16-bit elements of a row go to global memory at a time.
// CHECK: nvvm.shfl.sync bfly
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
// The tiles are of the four query heads of a key/value head: 4 * 100 rows.
// CHECK-LABEL: func @tiles
// CHECK: %[[BLOCKS:.*]] = arith.constant 28 : index
// CHECK: vga.launch @vga_kernels::@attention_0 blocks(%[[BLOCKS]]) threads 128 shared_memory 18432 sizes(
func.func @tiles(%q: tensor<2x8x100x64xf16>, %k: tensor<2x2x100x64xf16>) -> tensor<2x8x100x64xf16> {
  %z = vga.attention %q, %k, %k causal
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
    : tensor<2x8x100x64xf16>, tensor<2x2x100x64xf16>, tensor<2x2x100x64xf16>
  return %z : tensor<2x8x100x64xf16>
}

//--- stages.mlir
// With three stages, four groups of copies may be under way.
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 4
// CHECK: nvvm.cp.async.wait.group 4
// CHECK: nvvm.vote.sync any
func.func @stages(%q: tensor<2x2x128x64xf16>, %k: tensor<2x2x128x64xf16>) -> tensor<2x2x128x64xf16> {
  %z = vga.attention %q, %k, %k
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 3>
    : tensor<2x2x128x64xf16>, tensor<2x2x128x64xf16>, tensor<2x2x128x64xf16>
  return %z : tensor<2x2x128x64xf16>
}

//--- teams.mlir
// A team of two warps has a barrier of its own, by its number, which it passes as often as the other
// even if there is no block for it in the last round. At the end, teams meet twice: before their
// states go to shared memory, and before they are merged.
// CHECK-DAG: %[[TEAMS:.*]] = arith.constant 2 : i32
// CHECK-DAG: %[[THREADS:.*]] = arith.constant 64 : i32
// CHECK: scf.for {{.*}} step %[[TEAMS]] iter_args
// CHECK-COUNT-2: nvvm.barrier id = %{{.*}} number_of_threads = %[[THREADS]]
// CHECK: %[[BUSY:.*]] = arith.remui %{{.*}}, %[[TEAMS]]
// CHECK: scf.if
// CHECK-COUNT-2: nvvm.barrier id = %{{.*}} number_of_threads = %[[THREADS]]
// CHECK: }
// CHECK: nvvm.barrier{{$}}
// CHECK: llvm.store %{{.*}} : vector<4xf32>, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-LABEL: func @teams
func.func @teams(%q: tensor<2x8x8x64xf16>, %k: tensor<2x2x128x64xf16>) -> tensor<2x8x8x64xf16> {
  %z = vga.attention %q, %k, %k
    schedule warp<rows = 32, warps = 2, teams = 2, keys = 32, stages = 1>
    : tensor<2x8x8x64xf16>, tensor<2x2x128x64xf16>, tensor<2x2x128x64xf16>
  return %z : tensor<2x8x8x64xf16>
}

//--- splits.mlir
// Teams of one warp need no barrier. The last block of threads to arrive merges the states of all,
// and leaves the counter as it was.
// CHECK: llvm.mlir.global internal @attention_0_arrivals(dense<0> : tensor<1024xi32>)
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.bar.warp.sync
// CHECK: scf.if {{.*}} -> (f32
// CHECK: llvm.store %{{.*}} : vector<4xf32>, !llvm.ptr<1>
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK: nvvm.barrier
// CHECK: llvm.atomicrmw uinc_wrap {{.*}} syncscope("device") acq_rel
// CHECK: nvvm.barrier
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> vector<4xf32>
// CHECK-LABEL: func @splits
// CHECK: arith.minui %{{.*}}, %c32
// CHECK: %[[SPLITS:.*]] = arith.maxui
// CHECK: %[[BLOCKS:.*]] = arith.muli %[[SPLITS]], %c2
// CHECK: %[[STATES:.*]] = bufferization.alloc_tensor(%{{.*}}) : tensor<?xf32>
// CHECK: vga.launch @vga_kernels::@attention_0 blocks(%[[BLOCKS]]) {{.*}} sizes({{.*}}, %[[SPLITS]])
// CHECK-SAME: ins(%{{.*}}, %[[STATES]] : {{.*}}) outs(%{{.*}}, %[[STATES]] :
func.func @splits(%q: tensor<1x8x1x64xf16>, %k: tensor<1x2x?x64xf16>) -> tensor<1x8x1x64xf16> {
  %z = vga.attention %q, %k, %k
    schedule warp<rows = 16, warps = 1, teams = 4, keys = 16, stages = 2, splits = 32>
    : tensor<1x8x1x64xf16>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>
  return %z : tensor<1x8x1x64xf16>
}

//--- f32.mlir
// A product is three of tf32; sums of a block are added by rounding.
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.convert.float.to.tf32 %{{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK-COUNT-3: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<tf32>, {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: nvvm.mma.sync
// CHECK: arith.addf
// CHECK: llvm.store %{{.*}} : vector<2xf32>, !llvm.ptr<1>
func.func @f32(%q: tensor<2x2x100x64xf32>) -> tensor<2x2x100x64xf32> {
  %z = vga.attention %q, %q, %q
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
    : tensor<2x2x100x64xf32>, tensor<2x2x100x64xf32>, tensor<2x2x100x64xf32>
  return %z : tensor<2x2x100x64xf32>
}

//--- tf32.mlir
// On request it is one, of elements that are rounded.
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.convert.float.to.tf32 %{{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK-NOT: arith.subf
// CHECK: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<tf32>
// CHECK: arith.subf
func.func @tf32(%q: tensor<2x2x100x64xf32>) -> tensor<2x2x100x64xf32> {
  %z = vga.attention %q, %q, %q
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1, tf32 = true>
    : tensor<2x2x100x64xf32>, tensor<2x2x100x64xf32>, tensor<2x2x100x64xf32>
  return %z : tensor<2x2x100x64xf32>
}

//--- gates.mlir
// Gates of keys multiply weights, behind the sums.
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.vote.sync any
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: arith.mulf
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>
func.func @gates(%q: tensor<2x2x100x64xf16>, %g: tensor<2x2x100xf32>) -> tensor<2x2x100x64xf16> {
  %z = vga.attention %q, %q, %q value_gate(%g : tensor<2x2x100xf32>)
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
    : tensor<2x2x100x64xf16>, tensor<2x2x100x64xf16>, tensor<2x2x100x64xf16>
  return %z : tensor<2x2x100x64xf16>
}

//--- own-gate.mlir
// The weights of a gate that is computed are the query of a product with the values, behind the sums:
// what a lane has of it are the logits of the keys whose weights it has. Of two query heads with
// gates of their own, a tile of many rows has one.
// CHECK-LABEL: llvm.func @attention_0
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> f16
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.mma.sync
// CHECK: nvvm.vote.sync any
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK: nvvm.mma.sync
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: arith.mulf
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>
// CHECK-LABEL: func @own_gate
// CHECK: %[[BLOCKS:.*]] = arith.constant 8 : index
// CHECK-NOT: @gate
// CHECK: vga.launch @vga_kernels::@attention_0 blocks(%[[BLOCKS]])
func.func @own_gate(%q: tensor<2x2x100x64xf16>, %k: tensor<2x1x100x64xf16>, %w: tensor<2x64xf16>)
    -> tensor<2x2x100x64xf16> {
  %g = vga.gate %k, %w : tensor<2x1x100x64xf16>, tensor<2x64xf16>
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<2x2x100xf32>)
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
    : tensor<2x2x100x64xf16>, tensor<2x1x100x64xf16>, tensor<2x1x100x64xf16>
  return %z : tensor<2x2x100x64xf16>
}

//--- own-gates-of-few-rows.mlir
// Few rows are of both heads, and the lanes of a row point to the weights of its head: of f32, which
// are three sums of bf16.
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.vote.sync any
// CHECK-COUNT-3: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK-COUNT-3: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<bf16>
// CHECK-LABEL: func @own_gates_of_few_rows
// CHECK: %[[TILES:.*]] = arith.constant 2 : index
// CHECK: vga.launch @vga_kernels::@attention_0
func.func @own_gates_of_few_rows(%q: tensor<2x2x1x64xbf16>, %k: tensor<2x1x100x64xbf16>, %w: tensor<2x64xf32>)
    -> tensor<2x2x1x64xbf16> {
  %g = vga.gate %k, %w : tensor<2x1x100x64xbf16>, tensor<2x64xf32>
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<2x2x100xf32>)
    schedule warp<rows = 16, warps = 1, teams = 4, keys = 16, stages = 2, splits = 32>
    : tensor<2x2x1x64xbf16>, tensor<2x1x100x64xbf16>, tensor<2x1x100x64xbf16>
  return %z : tensor<2x2x1x64xbf16>
}

//--- gated-values.mlir
// Where weights are no sums of a few elements, a gate multiplies the values that a thread has copied,
// before the barrier that shows them to the others.
// CHECK: scf.for {{.*}} iter_args
// CHECK: nvvm.mma.sync
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> vector<8xf16>
// CHECK: nvvm.shfl.sync bfly
// CHECK: llvm.store %{{.*}} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.barrier
func.func @gated_values(%q: tensor<2x2x100x64xf16>, %k: tensor<2x1x100x64xf16>, %w: tensor<2x64xf32>)
    -> tensor<2x2x100x64xf16> {
  %g = vga.gate %k, %w : tensor<2x1x100x64xf16>, tensor<2x64xf32>
  %z = vga.attention %q, %k, %k value_gate(%g : tensor<2x2x100xf32>)
    schedule warp<rows = 64, warps = 4, teams = 1, keys = 32, stages = 1>
    : tensor<2x2x100x64xf16>, tensor<2x1x100x64xf16>, tensor<2x1x100x64xf16>
  return %z : tensor<2x2x100x64xf16>
}
