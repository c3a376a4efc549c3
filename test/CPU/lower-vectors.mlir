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

// log, log1p and tanh of f32 become polynomials.
// CHECK-LABEL: func @math
func.func @math(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  // CHECK-NOT: math.{{(log|log1p|tanh)}}
  // CHECK: return
  %a = math.log %x : vector<8xf32>
  %b = math.log1p %x : vector<8xf32>
  %c = math.tanh %x : vector<8xf32>
  return %a, %b, %c : vector<8xf32>, vector<8xf32>, vector<8xf32>
}
