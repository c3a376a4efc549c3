// RUN: vga-opt %s --vga-cpu-vectorize | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize="vector-bits=512 vector-registers=32" | FileCheck %s --check-prefix=WIDE

#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (k, j)>
#c = affine_map<(i, j, k) -> (i, j)>
#id = affine_map<(i, j) -> (i, j)>

// Rows: blocks of 6, then of 2 and 1; columns: two vectors, or eight of them for
// one row, then one, four and single columns. All tiles are static, none is
// masked; the dot product of a single row and column is a loop.
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
  // CHECK-NOT: into vector<4x16xf32>
  // CHECK: vector.contract {{.*}} : vector<2x4xf32>, vector<4x16xf32> into vector<2x16xf32>
  // CHECK: vector.contract {{.*}} : vector<4xf32>, vector<4x64xf32> into vector<64xf32>
  // CHECK: vector.contract {{.*}} : vector<4xf32>, vector<4x8xf32> into vector<8xf32>
  // CHECK-NOT: linalg.
  // 32 registers hold 12 rows.
  // WIDE-LABEL: func @contraction
  // WIDE: vector.contract {{.*}} : vector<12x4xf32>, vector<4x32xf32> into vector<12x32xf32>
  // WIDE-NOT: into vector<6x32xf32>
  // WIDE: vector.contract {{.*}} : vector<4x4xf32>, vector<4x32xf32> into vector<4x32xf32>
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

// Where columns are known, there are more blocks of rows: 6, 4, 2 and 1.
// CHECK-LABEL: func @rows
func.func @rows(%a: memref<?x64xf32>, %b: memref<64x32xf32>, %c: memref<?x32xf32>) {
  // CHECK: into vector<6x16xf32>
  // CHECK: into vector<4x16xf32>
  // CHECK: into vector<2x32xf32>
  // CHECK: into vector<32xf32>
  // CHECK-NOT: into vector
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32>, memref<64x32xf32>) outs(%c : memref<?x32xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Columns that are apart in memory are loaded one by one: one vector of them.
// CHECK-LABEL: func @apart
func.func @apart(%a: memref<8x64xf32>, %b: memref<64x32xf32, strided<[128, 4]>>, %c: memref<8x32xf32>) {
  // CHECK: into vector<4x8xf32>
  // CHECK-NOT: into vector
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<8x64xf32>, memref<64x32xf32, strided<[128, 4]>>) outs(%c : memref<8x32xf32>) {
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

// Integers are converted as the body has it: by their signs or not.
// CHECK-LABEL: func @integers
func.func @integers(%a: memref<6x4xi8>, %b: memref<4x16xi8>, %c: memref<6x16xi32>) {
  // CHECK: arith.extsi %{{.*}} : vector<6x4xi8> to vector<6x4xi32>
  // CHECK: arith.extui %{{.*}} : vector<4x16xi8> to vector<4x16xi32>
  // CHECK: vector.contract {{.*}} : vector<6x4xi32>, vector<4x16xi32> into vector<6x16xi32>
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xi8>, memref<4x16xi8>) outs(%c : memref<6x16xi32>) {
  ^bb0(%x: i8, %y: i8, %acc: i32):
    %u = arith.extsi %x : i8 to i32
    %v = arith.extui %y : i8 to i32
    %p = arith.muli %u, %v : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  }
  return
}

// Between types of one width there are two conversions.
// CHECK-LABEL: func @halves
func.func @halves(%a: memref<6x4xf16>, %b: memref<4x16xbf16>, %c: memref<6x16xf16>) {
  // CHECK: %[[F32:.*]] = arith.extf %{{.*}} : vector<4x16xbf16> to vector<4x16xf32>
  // CHECK: arith.truncf %[[F32]] : vector<4x16xf32> to vector<4x16xf16>
  // CHECK: vector.contract {{.*}} : vector<6x4xf16>, vector<4x16xf16> into vector<6x16xf16>
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xf16>, memref<4x16xbf16>) outs(%c : memref<6x16xf16>) {
  ^bb0(%x: f16, %y: bf16, %acc: f16):
    %u = arith.extf %y : bf16 to f32
    %v = arith.truncf %u : f32 to f16
    %p = arith.mulf %x, %v : f16
    %s = arith.addf %acc, %p : f16
    linalg.yield %s : f16
  }
  return
}

// A contraction with a function in its body, or that sums over one factor's
// loop, has no vector.contract.
// CHECK-LABEL: func @function
// CHECK-NOT: vector.contract
// CHECK: math.exp
// CHECK-NOT: vector.contract
// CHECK: return
func.func @function(%a: memref<6x4xf32>, %b: memref<4x16xf32>, %c: memref<6x16xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xf32>, memref<4x16xf32>) outs(%c : memref<6x16xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %e = math.exp %x : f32
    %p = arith.mulf %e, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: func @oneFactor
// CHECK-NOT: vector.contract
// CHECK: arith.mulf {{.*}} : vector<{{.*}}xf32>
// CHECK-NOT: linalg.
// CHECK: return
func.func @oneFactor(%a: memref<6x4xf32>, %b: memref<16xf32>, %c: memref<6x16xf32>) {
  linalg.generic {indexing_maps = [#a, affine_map<(i, j, k) -> (j)>, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xf32>, memref<16xf32>) outs(%c : memref<6x16xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Rows that no factor has are a loop around the same product.
// CHECK-LABEL: func @repeated
// CHECK: scf.for
// CHECK: vector.contract {{.*}} : vector<4xf32>, vector<4x16xf32> into vector<16xf32>
// CHECK-NOT: linalg.
// CHECK: return
func.func @repeated(%a: memref<4xf32>, %b: memref<4x16xf32>, %c: memref<6x16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (k)>, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<4xf32>, memref<4x16xf32>) outs(%c : memref<6x16xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Loops that the result has an axis of are parallel, whatever they are called.
// CHECK-LABEL: func @called_reductions
// CHECK: vector.contract {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-NOT: linalg.
// CHECK: return
func.func @called_reductions(%x: memref<6x4xf32>, %y: memref<4x16xf32>, %z: memref<6x16xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["reduction", "reduction", "reduction"]}
      ins(%x, %y : memref<6x4xf32>, memref<4x16xf32>) outs(%z : memref<6x16xf32>) {
  ^bb0(%e: f32, %f: f32, %acc: f32):
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  return
}

// Rows are the first factor of a tile, whichever comes first in the product: of
// columns times rows upstream makes sums of single elements.
// CHECK-LABEL: func @columns_first
func.func @columns_first(%a: memref<64x?xf32>, %b: memref<?x64xf32>, %c: memref<?x?xf32>) {
  // CHECK-NOT: into vector<16x6xf32>
  // CHECK: vector.contract {{.*}} : vector<6x4xf32>, vector<4x16xf32> into vector<6x16xf32>
  // CHECK: vector.contract {{.*}} : vector<2x4xf32>, vector<4x16xf32> into vector<2x16xf32>
  linalg.generic {indexing_maps = [#b, #a, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<64x?xf32>, memref<?x64xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %z, %p : f32
    linalg.yield %s : f32
  }
  return
}
