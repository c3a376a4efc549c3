// Gates across heads and of channels: products of positions x channels and channels x gates.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// CHECK: #[[$UNROLL:.*]] = #llvm.loop_unroll<disable = true>
// CHECK: #[[$ROLLED:.*]] = #llvm.loop_annotation<unroll = #[[$UNROLL]]>

// Weights of the source's type meet it on the tensor cores.
// CHECK-LABEL: llvm.func @gate_0(
// CHECK-SAME: %[[X:[^:]*]]: !llvm.ptr<1>, %[[W:[^:]*]]: !llvm.ptr<1>, %[[B:[^:]*]]: !llvm.ptr<1>, %[[G:[^:]*]]: !llvm.ptr<1>, %[[BATCH:[^:]*]]: i32, %[[S:[^:]*]]: i32)
// CHECK-SAME: nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 512>
// CHECK-DAG: %[[NEXT_HEAD:.*]] = arith.constant 64 : i32
// CHECK-DAG: %[[TILE_ROWS:.*]] = arith.constant 128 : i32
// CHECK-DAG: %[[COLUMN_TILES:.*]] = arith.constant 4 : i32
// CHECK-DAG: %[[BYTES:.*]] = arith.constant 16 : i32
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0 : i32
// The 512 columns are 4 tiles of each 128 rows.
// CHECK: %[[ROWS:.*]] = arith.muli %[[BATCH]], %[[S]] : i32
// CHECK: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK: arith.remui %[[BLOCK]], %[[COLUMN_TILES]] : i32
// CHECK: %[[ROW_TILE:.*]] = arith.divui %[[BLOCK]], %[[COLUMN_TILES]] : i32
// CHECK: arith.muli %[[ROW_TILE]], %[[TILE_ROWS]] : i32
// Rows past the end are zeros, and nothing is read for them.
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt, %{{.*}}, %[[ROWS]] : i32
// CHECK: arith.divui %{{.*}}, %[[S]] : i32
// CHECK: arith.remui %{{.*}}, %[[S]] : i32
// CHECK: %[[LINE:.*]] = llvm.getelementptr %[[X]][%{{.*}}]
// CHECK: %[[READ:.*]] = arith.select %[[EXISTS]], %[[BYTES]], %[[NONE]] : i32
// CHECK: %[[WEIGHTS:.*]] = llvm.getelementptr %[[W]][%{{.*}}]
// In bhsd a channel's head is far from the one before.
// CHECK: arith.divui %{{.*}}, %[[NEXT_HEAD]] : i32
// CHECK: %[[CHANNEL:.*]] = llvm.getelementptr %[[LINE]][%{{.*}}]
// CHECK: %[[FROM:.*]] = llvm.ptrtoint %[[CHANNEL]] : !llvm.ptr<1> to i64
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;", "r,l,r" %{{.*}}, %[[FROM]], %[[READ]] :
// All 512 columns are whole tiles: these copies have no condition.
// CHECK: %[[FROM:.*]] = llvm.ptrtoint %[[WEIGHTS]] : !llvm.ptr<1> to i64
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;", "r,l,r" %{{.*}}, %[[FROM]], %c16_i32
// Two stages are on their way before the first product.
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.commit.group
// CHECK: %[[SUMS:.*]]:32 = scf.for
// CHECK-NEXT: nvvm.cp.async.wait.group 1
// CHECK-NEXT: nvvm.barrier
// CHECK: scf.if
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;"
// CHECK: nvvm.cp.async.commit.group
// CHECK-COUNT-2: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4 : i32
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4 : i32
// CHECK: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<bf16>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>{{.*}} -> !llvm.struct<(f32, f32, f32, f32)>
// CHECK-COUNT-31: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// The tensor cores sum up a stage, from zero: long sums are rounded as f32 is.
// CHECK-COUNT-32: arith.addf
// CHECK-NEXT: scf.yield
// CHECK: loop_annotation = #[[$ROLLED]]
// Bias, sigmoid, and two channels of a head at a time.
// CHECK: %[[BIAS:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: scf.if
// CHECK: scf.if
// CHECK-NEXT: %[[LOGIT:.*]] = arith.addf %[[SUMS]]#0, %[[BIAS]] : f32
// CHECK: llvm.nvvm.ex2.approx.ftz.f
// CHECK: nvvm.rcp.approx.ftz.f
// CHECK: llvm.store %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>

// Other weights are multiplied in f32, which keeps all of their bits: 8 rows and 4 columns of a thread.
// CHECK-LABEL: llvm.func @gate_1(
// CHECK-SAME: %[[X:[^:]*]]: !llvm.ptr<1>, %[[W:[^:]*]]: !llvm.ptr<1>, %[[G:[^:]*]]: !llvm.ptr<1>,
// CHECK-DAG: %[[HEADS:.*]] = arith.constant 8 : i32
// CHECK-DAG: %[[GROUP:.*]] = arith.constant 2 : i32
// CHECK-DAG: %[[CHANNELS:.*]] = arith.constant 40 : i32
// CHECK-DAG: %[[COLUMNS:.*]] = arith.constant 34 : i32
// Gate heads 2h and 2h + 1 read source head h.
// CHECK: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK: %[[HEAD:.*]] = arith.remui %[[BLOCK]], %[[HEADS]] : i32
// CHECK: arith.divui %[[HEAD]], %[[GROUP]] : i32
// A stage of 64 channels ends in zeros; so does a row of weights, of which two columns are copied at a time.
// CHECK: %[[IS_COLUMN:.*]] = arith.cmpi slt, %{{.*}}, %[[COLUMNS]] : i32
// CHECK: %[[IS_CHANNEL:.*]] = arith.cmpi slt, %{{.*}}, %[[CHANNELS]] : i32
// CHECK: arith.select %[[IS_CHANNEL]],
// CHECK: %[[READ:.*]] = arith.select %[[IS_CHANNEL]],
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;", "r,l,r" %{{.*}}, %{{.*}}, %[[READ]] :
// CHECK: arith.andi %[[IS_COLUMN]],
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 8, cache = ca, %{{.*}} :
// CHECK: scf.for
// CHECK-COUNT-8: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<8xf16>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-COUNT-256: llvm.intr.fma
// CHECK: scf.yield
// CHECK-NOT: nvvm.mma.sync

// Few columns have narrow tiles. Seven of 16 bits are no copies of the machine: their zeros are selected.
// CHECK-LABEL: llvm.func @gate_2(
// CHECK-SAME: %[[W:[^:]*]]: !llvm.ptr<1>, %[[B:[^:]*]]: !llvm.ptr<1>, %[[G:[^:]*]]: !llvm.ptr<1>, %[[BATCH:[^:]*]]: i32, %[[S:[^:]*]]: i32)
// CHECK-SAME: nvvm.minctasm = 4 : i32, nvvm.reqntid = array<i32: 128>
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;"
// CHECK: %[[ADDRESS:.*]] = arith.select %[[IS_COLUMN:.*]], %{{.*}}, %[[W]] : !llvm.ptr<1>
// CHECK: %[[WEIGHT:.*]] = llvm.load %[[ADDRESS]] : !llvm.ptr<1> -> i16
// CHECK: %[[KEPT:.*]] = arith.select %[[IS_COLUMN]], %[[WEIGHT]], %{{.*}} : i16
// CHECK: llvm.store %[[KEPT]], %{{.*}} : i16, !llvm.ptr<3>
// CHECK: scf.for
// CHECK: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>{{.*}} : (vector<2xf16>, vector<2xf16>, f32)
// Scalar gates are [B, H, S] in any layout.
// CHECK: %[[SIZE:.*]] = arith.extui %[[S]] : i32 to i64
// CHECK: llvm.store %{{.*}}, %{{.*}} : f32, !llvm.ptr<1>

// CHECK-LABEL: func.func @across(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x4x?x64xbf16>
// CHECK-DAG: %[[COLUMN_TILES:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[TILE_ROWS:.*]] = arith.constant 128 : index
// CHECK-DAG: %[[BATCH:.*]] = tensor.dim %[[X]], %c0
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[X]], %c2
// CHECK: %[[ROWS:.*]] = arith.muli %[[BATCH]], %[[S]] : index
// CHECK: %[[ROW_TILES:.*]] = arith.ceildivui %[[ROWS]], %[[TILE_ROWS]] : index
// CHECK: %[[BLOCKS:.*]] = arith.muli %[[ROW_TILES]], %[[COLUMN_TILES]] : index
// CHECK: vga.launch @vga_kernels::@gate_0 blocks(%[[BLOCKS]]) threads 512 shared_memory 107520 sizes(%[[BATCH]], %[[S]])
func.func @across(%x: tensor<?x4x?x64xbf16>, %w: tensor<4x64x8x64xbf16>, %b: tensor<8x64xf32>) -> tensor<?x8x?x64xf32> {
  %g = vga.gate %x, %w bias(%b : tensor<8x64xf32>) mixing cross_head
    : tensor<?x4x?x64xbf16>, tensor<4x64x8x64xbf16>
  return %g : tensor<?x8x?x64xf32>
}

// 200 rows are two tiles for each of 8 heads.
// CHECK-LABEL: func.func @own_heads(
// CHECK: vga.launch @vga_kernels::@gate_1 blocks(%c16) threads 256 shared_memory 71680
func.func @own_heads(%x: tensor<2x4x100x40xf16>, %w: tensor<8x40x34xf32>) -> tensor<2x8x100x34xf32> {
  %g = vga.gate %x, %w activation softplus : tensor<2x4x100x40xf16>, tensor<8x40x34xf32>
  return %g : tensor<2x8x100x34xf32>
}

// CHECK-LABEL: func.func @scalars(
// CHECK: vga.launch @vga_kernels::@gate_2 blocks(%{{.*}}) threads 128 shared_memory 49152
func.func @scalars(%x: tensor<?x2x4x64xf16>, %w: tensor<4x64x7xf16>, %b: tensor<7xbf16>) -> tensor<2x7x?xf32> {
  %g = vga.gate %x, %w bias(%b : tensor<7xbf16>) activation identity mixing cross_head layout sbhd
    : tensor<?x2x4x64xf16>, tensor<4x64x7xf16>
  return %g : tensor<2x7x?xf32>
}

// One position, as in decoding, has narrow tiles, too: many blocks read the weights, four
// stages ahead.
// CHECK-LABEL: func.func @decode(
// CHECK: vga.launch @vga_kernels::@gate_3 blocks(%c64) threads 128 shared_memory 71680
func.func @decode(%x: tensor<1x1x1x2048xbf16>, %w: tensor<1x2048x16x128xbf16>) -> tensor<1x16x1x128xf32> {
  %g = vga.gate %x, %w mixing cross_head : tensor<1x1x1x2048xbf16>, tensor<1x2048x16x128xbf16>
  return %g : tensor<1x16x1x128xf32>
}
