// What the host fills in or reads, itself or in a function, is on its stack; what kernels use is not.
// RUN: vga-opt %s --vga-gpu-place-host-scratch | FileCheck %s

// CHECK-LABEL: func @scratch
// CHECK-DAG: memref.alloca() : memref<2xindex>
// CHECK-DAG: memref.alloca() : memref<1xi1>
// CHECK-NOT: memref.alloc()
// CHECK: memref.store
// CHECK: call @fill
// CHECK-NOT: memref.dealloc
// CHECK: memref.alloc() : memref<8xf32>
// CHECK: memref.dealloc {{.*}} : memref<8xf32>
func.func @scratch(%i: index) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<2xindex>
  memref.store %i, %a[%c0] : memref<2xindex>
  memref.dealloc %a : memref<2xindex>
  %b = memref.alloc() : memref<1xi1>
  %cast = memref.cast %b : memref<1xi1> to memref<?xi1>
  call @fill(%cast) : (memref<?xi1>) -> ()
  memref.dealloc %b : memref<1xi1>
  %c = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<8xf32>)
  memref.dealloc %c : memref<8xf32>
  return
}
func.func private @fill(%x: memref<?xi1>) {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  memref.store %true, %x[%c0] : memref<?xi1>
  return
}

// What an element is computed from is read by a kernel, through a view as well.
// CHECK-LABEL: func @lookup
// CHECK-NOT: memref.alloca()
// CHECK: memref.alloc() : memref<8xf32>
// CHECK: linalg.generic
// CHECK: memref.dealloc
func.func @lookup(%at: memref<4xindex>, %out: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %table = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%table : memref<8xf32>)
  %cast = memref.cast %table : memref<8xf32> to memref<?xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%at : memref<4xindex>) outs(%out : memref<4xf32>) {
  ^bb0(%i: index, %o: f32):
    %a = memref.load %table[%i] : memref<8xf32>
    %b = memref.load %cast[%i] : memref<?xf32>
    %c = arith.addf %a, %b : f32
    linalg.yield %c : f32
  }
  memref.dealloc %table : memref<8xf32>
  return
}
