// Masks are bounds of the loop over blocks first; predicates are on edge blocks only.
// RUN: split-file %s %t
// RUN: vga-opt %t/full.mlir --convert-vga-to-nvvm --canonicalize --cse | FileCheck %t/full.mlir
// RUN: vga-opt %t/causal.mlir --convert-vga-to-nvvm --canonicalize --cse | FileCheck %t/causal.mlir
// RUN: vga-opt %t/window.mlir --convert-vga-to-nvvm --canonicalize --cse | FileCheck %t/window.mlir
// RUN: vga-opt %t/lengths.mlir --convert-vga-to-nvvm --canonicalize --cse | FileCheck %t/lengths.mlir
// RUN: vga-opt %t/mask.mlir --convert-vga-to-nvvm --canonicalize --cse | FileCheck %t/mask.mlir

//--- full.mlir
// Blocks divide the keys: there is no edge at all.
// CHECK: nvvm.setmaxregister increase
// CHECK: scf.while
// CHECK-NOT: arith.cmpi sgt
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: iter_args
// CHECK: func @full
func.func @full(%q: tensor<1x1x64x64xf16>, %k: tensor<1x1x256x64xf16>) -> tensor<1x1x64x64xf16> {
  %z = vga.attention %q, %k, %k
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x1x64x64xf16>, tensor<1x1x256x64xf16>, tensor<1x1x256x64xf16>
  return %z : tensor<1x1x64x64xf16>
}

//--- causal.mlir
// Two loops: blocks at the diagonal with predicates, blocks below it without.
// CHECK: nvvm.setmaxregister increase
// CHECK: scf.for {{.*}} iter_args
// CHECK: arith.cmpi sgt
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: arith.cmpi sgt
// CHECK: wgmma.wait_group
// CHECK-NOT: iter_args
// Rows that a hidden value has made NaN have loops of their own.
// CHECK: nvvm.bar.warp.sync
// CHECK: func @causal
func.func @causal(%q: tensor<1x1x256x64xf16>) -> tensor<1x1x256x64xf16> {
  %z = vga.attention %q, %q, %q causal
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x1x256x64xf16>, tensor<1x1x256x64xf16>, tensor<1x1x256x64xf16>
  return %z : tensor<1x1x256x64xf16>
}

//--- window.mlir
// Three loops: upper edge, inside, lower edge.
// CHECK: nvvm.setmaxregister increase
// CHECK-COUNT-3: scf.for {{.*}} iter_args
// CHECK-NOT: iter_args
// CHECK: nvvm.bar.warp.sync
// CHECK: func @window
func.func @window(%q: tensor<1x1x256x64xf16>) -> tensor<1x1x256x64xf16> {
  %z = vga.attention %q, %q, %q window [100, 0]
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<1x1x256x64xf16>, tensor<1x1x256x64xf16>, tensor<1x1x256x64xf16>
  return %z : tensor<1x1x256x64xf16>
}

//--- lengths.mlir
// The length bounds the loop; values past it are zeroed, seen by wgmma through the async proxy.
// CHECK: llvm.func @attention_0({{.*}}, %[[LENGTHS:[^:]*]]: !llvm.ptr<1>, %{{[^:]*}}: !llvm.ptr
// CHECK: %[[ZERO:.*]] = llvm.mlir.zero : vector<4xi32>
// CHECK: nvvm.setmaxregister decrease
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// The warps that change values in shared memory, if the block is at the end.
// CHECK: %[[VISIBLE:.*]] = llvm.select %{{.*}}, %{{.*}}, %[[ZERO]] : i1, vector<4xi32>
// CHECK: llvm.store %[[VISIBLE]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.setmaxregister increase
// CHECK: func @lengths
func.func @lengths(%q: tensor<2x1x64x64xf16>, %n: tensor<2xi32>) -> tensor<2x1x64x64xf16> {
  %z = vga.attention %q, %q, %q kv_length(%n : tensor<2xi32>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<2x1x64x64xf16>, tensor<2x1x64x64xf16>, tensor<2x1x64x64xf16>
  return %z : tensor<2x1x64x64xf16>
}

//--- mask.mlir
// A mask is read in all blocks, by strides: here the same for all heads.
// CHECK: nvvm.setmaxregister increase
// CHECK: scf.for {{.*}} iter_args
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: func @mask
// CHECK: vga.launch {{.*}} sizes(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %c65536, %c0, %c256, %c1)
func.func @mask(%q: tensor<2x4x256x64xf16>, %m: tensor<2x1x256x256xf32>) -> tensor<2x4x256x64xf16> {
  %z = vga.attention %q, %q, %q mask(%m : tensor<2x1x256x256xf32>)
    schedule <queries = 64, keys = 64, key_stages = 2, value_stages = 2>
    : tensor<2x4x256x64xf16>, tensor<2x4x256x64xf16>, tensor<2x4x256x64xf16>
  return %z : tensor<2x4x256x64xf16>
}
