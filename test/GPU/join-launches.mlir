// Launches of one kernel with the same sizes, none of which needs another, are one, where the first
// of them was. What all read is a parameter once.
// RUN: vga-opt %s --vga-gpu-join-launches --canonicalize | FileCheck %s

module attributes {gpu.container_module} {
gpu.module @kernels {
  // CHECK: llvm.func @product_x3_0(
  // CHECK-SAME: %[[X:[a-z0-9]+]]: !llvm.ptr<1>, %[[W0:[a-z0-9]+]]: !llvm.ptr {llvm.byval = f32}, %[[W1:[a-z0-9]+]]: !llvm.ptr {llvm.byval = f32}, %[[W2:[a-z0-9]+]]: !llvm.ptr {llvm.byval = f32},
  // CHECK-SAME: %[[Y0:[a-z0-9]+]]: !llvm.ptr<1>, %[[Y1:[a-z0-9]+]]: !llvm.ptr<1>, %[[Y2:[a-z0-9]+]]: !llvm.ptr<1>, %[[N:[a-z0-9]+]]: i32, %[[BLOCKS:[a-z0-9]+]]: i32)
  // CHECK: %[[ALL:.*]] = nvvm.read.ptx.sreg.ctaid.x
  // CHECK: %[[INSTANCE:.*]] = arith.divui %[[ALL]], %[[BLOCKS]]
  // CHECK: %[[BLOCK:.*]] = arith.remui %[[ALL]], %[[BLOCKS]]
  // CHECK: %[[W01:.*]] = arith.select %{{.*}}, %[[W1]], %[[W0]]
  // CHECK: %[[W:.*]] = arith.select %{{.*}}, %[[W2]], %[[W01]]
  // CHECK: %[[Y01:.*]] = arith.select %{{.*}}, %[[Y1]], %[[Y0]]
  // CHECK: %[[Y:.*]] = arith.select %{{.*}}, %[[Y2]], %[[Y01]]
  // CHECK: %[[LOADED:.*]] = llvm.load %[[W]]
  // CHECK: %[[SUM:.*]] = arith.addi %[[BLOCK]], %[[LOADED]]
  // CHECK: llvm.store %[[SUM]], %[[Y]]
  llvm.func @product(%x: !llvm.ptr<1>, %w: !llvm.ptr {llvm.byval = f32}, %y: !llvm.ptr<1>, %n: i32) attributes {gpu.kernel, nvvm.kernel} {
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %v = llvm.load %w : !llvm.ptr -> i32
    %sum = arith.addi %block, %v : i32
    llvm.store %sum, %y : i32, !llvm.ptr<1>
    llvm.return
  }
  llvm.mlir.global internal @count(0 : i32) {addr_space = 1 : i32} : i32
  llvm.func @counting(%x: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %count = llvm.mlir.addressof @count : !llvm.ptr<1>
    llvm.store %x, %count : !llvm.ptr<1>, !llvm.ptr<1>
    llvm.return
  }
}

// CHECK-LABEL: func @projections
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[Q:.*]]: tensor<64x64xf32>, %[[K:.*]]: tensor<64x64xf32>, %[[V:.*]]: tensor<64x64xf32>, %[[B:[a-z0-9]+]]: index
// CHECK: %[[ALL:.*]] = arith.muli %[[B]], %c3
// CHECK: %[[R:.*]]:3 = vga.launch @kernels::@product_x3_0 blocks(%[[ALL]]) threads 32 shared_memory 0 sizes(%{{.*}}, %[[B]]) boxes [array<i64>, array<i64: 8, 8>, array<i64: 8, 8>, array<i64: 8, 8>, array<i64>, array<i64>, array<i64>] ins(%[[X]], %[[Q]], %[[K]], %[[V]] :
// CHECK-NOT: vga.launch
// CHECK: return %[[R]]#0, %[[R]]#1, %[[R]]#2
func.func @projections(%x: tensor<?x64xf32>, %q: tensor<64x64xf32>, %k: tensor<64x64xf32>, %v: tensor<64x64xf32>, %blocks: index, %n: index)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {
  %e = tensor.empty(%n) : tensor<?x64xf32>
  %0 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %q : tensor<?x64xf32>, tensor<64x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %k : tensor<?x64xf32>, tensor<64x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %v : tensor<?x64xf32>, tensor<64x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0, %1, %2 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}

// The second needs the first; the third has other sizes.
// CHECK-LABEL: func @chain
// CHECK-COUNT-3: vga.launch @kernels::@product blocks
func.func @chain(%x: tensor<4x64xf32>, %w: tensor<64x64xf32>, %blocks: index, %n: index, %m: index) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
  %e = tensor.empty() : tensor<4x64xf32>
  %0 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %w : tensor<4x64xf32>, tensor<64x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  %1 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%0, %w : tensor<4x64xf32>, tensor<64x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  %2 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%m) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %w : tensor<4x64xf32>, tensor<64x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  return %1, %2 : tensor<4x64xf32>, tensor<4x64xf32>
}

// Blocks that count each other stay with their own.
// CHECK-LABEL: func @counters
// CHECK-COUNT-2: vga.launch @kernels::@counting blocks
func.func @counters(%blocks: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = vga.launch @kernels::@counting blocks(%blocks) threads 32 shared_memory 0 boxes [array<i64>] ins() outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = vga.launch @kernels::@counting blocks(%blocks) threads 32 shared_memory 0 boxes [array<i64>] ins() outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// An error says which launch has met it.
// CHECK-LABEL: func @errors
// CHECK-COUNT-2: vga.launch @kernels::@product blocks
func.func @errors(%x: tensor<4x64xf32>, %w: tensor<64x64xf32>, %blocks: index, %n: index) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
  %e = tensor.empty() : tensor<4x64xf32>
  %0 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %w : tensor<4x64xf32>, tensor<64x64xf32>) outs(%e : tensor<4x64xf32>) errors ["the first"] -> tensor<4x64xf32>
  %1 = vga.launch @kernels::@product blocks(%blocks) threads 32 shared_memory 0 sizes(%n) boxes [array<i64>, array<i64: 8, 8>, array<i64>]
    ins(%x, %w : tensor<4x64xf32>, tensor<64x64xf32>) outs(%e : tensor<4x64xf32>) errors ["the second"] -> tensor<4x64xf32>
  return %0, %1 : tensor<4x64xf32>, tensor<4x64xf32>
}
}
