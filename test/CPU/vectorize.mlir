// RUN: vga-opt %s --vga-cpu-vectorize | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize="vector-bits=512 vector-registers=32" | FileCheck %s --check-prefix=WIDE

#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (k, j)>
#c = affine_map<(i, j, k) -> (i, j)>
#id = affine_map<(i, j) -> (i, j)>

// Rows: blocks of 6, then of 4, 2 and 1; columns: two vectors, or more of them
// for few rows, then one, half of one and single columns. All tiles are static,
// none is masked; the dot product of a single row and column is a loop.
// CHECK-DAG: #[[$SIXES:.*]] = affine_map<()[s0] -> ((s0 floordiv 6) * 6)>
// CHECK-LABEL: func @contraction
func.func @contraction(%a: memref<?x64xf32>, %b: memref<64x?xf32>, %c: memref<?x?xf32>) {
  // CHECK-NOT: vector.mask
  // CHECK: affine.apply #[[$SIXES]]()
  // CHECK-NOT: linalg.
  // CHECK: vector.from_elements {{.*}} : vector<6x4xf32>
  // CHECK: vector.transfer_read {{.*}} {in_bounds = [true, true]} : {{.*}}, vector<4x16xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4x16xf32> into vector<6x16xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4x8xf32> into vector<6x8xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4x4xf32> into vector<6x4xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4xf32> into vector<6xf32>
  // CHECK: vector.contract {{.*}} : vector<4x4xf32>, vector<4x16xf32> into vector<4x16xf32>
  // CHECK: vector.contract {{.*}} : vector<2x4xf32>, vector<4x32xf32> into vector<2x32xf32>
  // CHECK: vector.contract {{.*}} : vector<4xf32>, vector<4x64xf32> into vector<64xf32>
  // CHECK: vector.contract {{.*}} : vector<4xf32>, vector<4x8xf32> into vector<8xf32>
  // CHECK-NOT: linalg.
  // 32 registers hold 12 rows.
  // WIDE-LABEL: func @contraction
  // WIDE: vector.contract {{.*}} : vector<12x4xf32>, vector<4x32xf32> into vector<12x32xf32>
  // WIDE: vector.contract {{.*}} : vector<6x4xf32>, vector<4x32xf32> into vector<6x32xf32>
  // WIDE: vector.contract {{.*}} : vector<4xf32>, vector<4x128xf32> into vector<128xf32>
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32>, memref<64x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// 16-bit operands are widened in registers.
// CHECK-LABEL: func @widening
func.func @widening(%a: memref<6x4xf16>, %b: memref<4x16xf16>, %c: memref<6x16xf32>) {
  // CHECK: arith.extf %{{.*}} : vector<6x4xf16> to vector<6x4xf32>
  // CHECK: arith.extf %{{.*}} : vector<4x16xf16> to vector<4x16xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4x16xf32> into vector<6x16xf32>
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xf16>, memref<4x16xf16>) outs(%c : memref<6x16xf32>) {
  ^bb0(%x: f16, %y: f16, %acc: f32):
    %u = arith.extf %x : f16 to f32
    %v = arith.extf %y : f16 to f32
    %p = arith.mulf %u, %v : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// linalg.index counts over the whole operation, not from the tile.
// CHECK-LABEL: func @index
func.func @index(%x: memref<4x32xindex>) {
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
  // CHECK: scf.for %[[J:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
  // CHECK: vector.broadcast %[[I]] : index
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%x : memref<4x32xindex>) {
  ^bb0(%out: index):
    %i = linalg.index 0 : index
    linalg.yield %i : index
  }
  return
}

// A memref has a byte where a vector of i1 has a bit: scalar loads.
// CHECK-LABEL: func @booleans
func.func @booleans(%m: memref<4x32xi1>, %x: memref<4x32xf32>) {
  // CHECK-NOT: vector<{{.*}}xi1>
  // CHECK: memref.load %{{.*}} : memref<{{.*}}xi1
  // CHECK: return
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m : memref<4x32xi1>) outs(%x : memref<4x32xf32>) {
  ^bb0(%in: i1, %out: f32):
    %s = arith.select %in, %out, %zero : f32
    linalg.yield %s : f32
  }
  return
}
