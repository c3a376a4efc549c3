// RUN: vga-opt %s --vga-cpu-vectorize --fold-memref-alias-ops --canonicalize --cse --loop-invariant-code-motion --vga-cpu-lower-vectors --canonicalize | FileCheck %s

// The tile of the result stays in registers while the reduction runs over it;
// each step is 6 x 4 fma on vectors of 16.
// CHECK-LABEL: func @matmul
// CHECK-SAME:    %[[A:[^:]*]]: memref<12x64xf32>, %[[B:[^:]*]]: memref<64x32xf32>, %[[C:[^:]*]]: memref<12x32xf32>
func.func @matmul(%a: memref<12x64xf32>, %b: memref<64x32xf32>, %c: memref<12x32xf32>) {
  // CHECK-COUNT-6: vector.load %[[C]]
  // CHECK: scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (vector<6x16xf32>)
  // CHECK-NOT: vector.load %[[C]]
  // CHECK-COUNT-24: vector.fma {{.*}} : vector<16xf32>
  // CHECK: scf.yield
  // CHECK-COUNT-6: vector.store %{{.*}}, %[[C]]
  // CHECK-NOT: vector.contract
  linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<12x64xf32>, memref<64x32xf32>) outs(%c : memref<12x32xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// log1p and tanh of f32 become polynomials; log is left to --vga-expand-exp.
// CHECK-LABEL: func @math
func.func @math(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  // CHECK-NOT: math.{{(log1p|tanh)}}
  // CHECK: math.log %{{.*}} : vector<8xf32>
  // CHECK-NOT: math.{{(log1p|tanh)}}
  // CHECK: return
  %a = math.log %x : vector<8xf32>
  %b = math.log1p %x : vector<8xf32>
  %c = math.tanh %x : vector<8xf32>
  return %a, %b, %c : vector<8xf32>, vector<8xf32>, vector<8xf32>
}

// Elements that are apart in memory are read and written one by one, with
// vectors of one dimension and of none.
// CHECK-LABEL: func @strided
// CHECK-SAME:    %[[A:[^:]*]]: memref<3x4xf32, strided<[8, 2]>>, %[[B:[^:]*]]: memref<3x4xf32, strided<[8, 2]>>
func.func @strided(%a: memref<3x4xf32, strided<[8, 2]>>, %b: memref<3x4xf32, strided<[8, 2]>>) {
  // CHECK-NOT: vector.transfer
  // CHECK: memref.load %[[A]][%c1, %c3]
  // CHECK: memref.store %{{.*}}, %[[B]][%c2, %c3]
  // CHECK: memref.load %[[A]][%c1, %c2]
  // CHECK-NOT: vector.transfer
  // CHECK: return
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %pad = arith.constant 0.0 : f32
  %v = vector.transfer_read %a[%c1, %c0], %pad {in_bounds = [true]} : memref<3x4xf32, strided<[8, 2]>>, vector<4xf32>
  vector.transfer_write %v, %b[%c2, %c0] {in_bounds = [true]} : vector<4xf32>, memref<3x4xf32, strided<[8, 2]>>
  %s = vector.transfer_read %a[%c1, %c2], %pad : memref<3x4xf32, strided<[8, 2]>>, vector<f32>
  vector.transfer_write %s, %b[%c1, %c1] : vector<f32>, memref<3x4xf32, strided<[8, 2]>>
  return
}
