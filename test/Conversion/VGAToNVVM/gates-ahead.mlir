// Value gates applied once, by three warps of the producer's warpgroup that run ahead of the tiles.
// RUN: vga-opt %s --convert-vga-to-nvvm --canonicalize --cse | FileCheck %s

// How many blocks of values each thread block has gated.
// CHECK: llvm.mlir.global internal @attention_0_gated(dense<0> : tensor<257xi32>) {addr_space = 1 : i32

// CHECK-LABEL: llvm.func @attention_0(
// CHECK-SAME: %[[VALUES:arg3]]: !llvm.ptr<1>, %[[GATES:arg4]]: !llvm.ptr<1>
// The producer waits until the block is gated, unless all are; then the copy engine may read it.
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[DONE:.*]] = llvm.load %{{.*}} atomic syncscope("device") acquire
// CHECK: %[[ALL:.*]] = arith.cmpi eq, %[[DONE]], %{{.*}} : i32
// CHECK: %[[NOW:.*]] = arith.extui %[[ALL]]
// CHECK: %[[GATED:.*]] = arith.ori %{{.*}}, %[[NOW]]
// CHECK: %[[WAITS:.*]] = arith.cmpi eq, %[[GATED]], %c0_i32 : i32
// CHECK: scf.if %[[WAITS]]
// CHECK: scf.while : () -> () {
// CHECK-NEXT: %[[DONE:.*]] = llvm.load %{{.*}} atomic syncscope("device") acquire {{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[WAITS:.*]] = arith.cmpi sle, %[[DONE]], %{{.*}} : i32
// CHECK-NEXT: scf.condition(%[[WAITS]])
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.global>}
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// The last of all producers and gaters leaves the counters at 0.
// CHECK: nvvm.mbarrier.arrive %{{.*}}
// CHECK: %[[GRID:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK-NEXT: %[[TWO:.*]] = arith.muli %[[GRID]], %c2_i32 : i32
// CHECK: %[[LAST:.*]] = arith.subi %[[TWO]], %c1_i32 : i32
// CHECK: llvm.atomicrmw uinc_wrap %{{.*}}, %[[LAST]] syncscope("device") acq_rel
// CHECK: scf.for %{{.*}} = %c0_i32 to %[[GRID]]
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %c0_i32

// Thread block n has every grid-th block of values, from n on. Six pieces are loaded before one is gated.
// CHECK: %[[STEP:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK: %[[FIRST:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %{{.*}} step %[[STEP]] iter_args(%[[BLOCKS:.*]] = %c0_i32)
// CHECK-COUNT-6: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// The gate, as a sum of two bf16, times pairs of values.
// CHECK: %[[GATE:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: %[[HIGH_BITS:.*]] = arith.andi %{{.*}}, %c-65536_i32 : i32
// CHECK: %[[HIGH:.*]] = llvm.bitcast %[[HIGH_BITS]] : i32 to f32
// CHECK: %[[LOW:.*]] = arith.subf %[[GATE]], %[[HIGH]] : f32
// CHECK: %[[CODE:.*]] = llvm.call_intrinsic "llvm.nvvm.ff2bf16x2.rn"(%[[HIGH]], %[[LOW]])
// CHECK: %[[LOWS:.*]] = llvm.shufflevector %[[CODE]], %[[CODE]] [0, 0]
// CHECK: %[[HIGHS:.*]] = llvm.shufflevector %[[CODE]], %[[CODE]] [1, 1]
// CHECK: %[[PART:.*]] = llvm.fmul %[[PAIR:.*]], %[[LOWS]] : vector<2xbf16>
// CHECK: llvm.intr.fma(%[[PAIR]], %[[HIGHS]], %[[PART]])
// Past kv_length there are zeros; past the last key nothing is stored.
// CHECK: %[[VISIBLE:.*]] = llvm.select %{{.*}}, %{{.*}}, %{{.*}} : i1, vector<4xi32>
// CHECK: scf.if
// CHECK: llvm.store %[[VISIBLE]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
// All stores of the three warps come before the count of blocks.
// CHECK: %[[DONE:.*]] = arith.addi %[[BLOCKS]], %c1_i32 : i32
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.global>}
// CHECK-NEXT: nvvm.barrier id = %{{.*}} number_of_threads = %c96_i32
// CHECK: llvm.store %[[DONE]], %{{.*}} atomic syncscope("device") release
// CHECK: nvvm.setmaxregister increase

// The scratch is what the copy engine loads, and what the warps write. Queries and keys come a second
// time, as they are in memory, for rows that a hidden value has made NaN.
// CHECK-LABEL: func @ahead
// CHECK: %[[SCRATCH:.*]] = bufferization.alloc_tensor() : tensor<1x2x256x64xbf16>
// CHECK: %[[RESULTS:.*]]:2 = vga.launch @vga_kernels::@attention_0 {{.*}} persistent cooperative
// CHECK-SAME: ins(%arg0, %arg1, %[[SCRATCH]], %arg2, %arg3, %arg4, %arg0, %arg1 :
// CHECK-SAME: outs(%{{.*}}, %[[SCRATCH]] :
// CHECK: return %[[RESULTS]]#0
func.func @ahead(%q: tensor<1x4x256x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>,
                 %g: tensor<1x2x256xf32>, %n: tensor<1xi32>) -> tensor<1x4x256x64xbf16> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x2x256xf32>) kv_length(%n : tensor<1xi32>) causal
    schedule <queries = 128, keys = 64, key_stages = 2, value_stages = 2, order = heavy_first, value_gate = ahead>
    : tensor<1x4x256x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>
  return %z : tensor<1x4x256x64xbf16>
}
