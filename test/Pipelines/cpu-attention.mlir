// What the pipeline makes of attention: no buffer of Sq x Sk, and nothing
// allocated inside a task.
// RUN: vga-opt %s --vga-cpu-pipeline --mlir-print-ir-after=optimize-allocation-liveness -o %t 2>&1 | FileCheck %s --check-prefix=BUFFERS
// RUN: vga-opt %s --vga-cpu-pipeline --mlir-print-ir-after=vga-cpu-vectorize -o %t 2>&1 | FileCheck %s --check-prefix=VECTORS
// RUN: vga-opt %s --vga-cpu-pipeline=attention=definition --mlir-print-ir-after=optimize-allocation-liveness -o %t 2>&1 | FileCheck %s --check-prefix=DEFINITION

// BUFFERS-LABEL: func.func @attend
// The result; for few queries, the states of the parts of the keys.
// BUFFERS: memref.alloc({{.*}} : memref<1x8x?x64xf32>
// BUFFERS: scf.if
// BUFFERS-NEXT: affine.apply
// BUFFERS-COUNT-3: memref.alloc({{.*}} : memref<1x8x?x?x1x
// BUFFERS-NOT: memref.alloc(
// BUFFERS: scf.forall
// BUFFERS-NOT: memref.alloc(
// BUFFERS: scf.forall
// BUFFERS-NOT: memref.alloc(
// BUFFERS: } else {
// BUFFERS-NOT: memref.alloc(
// BUFFERS: scf.forall
// BUFFERS-NOT: memref.alloc(
// BUFFERS: return

// Tiles of vectors, no linalg left.
// VECTORS-LABEL: func.func @attend
// VECTORS-NOT: linalg.
// VECTORS: scf.if
// VECTORS: math.fma {{.*}} : vector<8xf32>
// VECTORS: vector.contract {{.*}} : vector<4xf32>, vector<4x64xf32> into vector<64xf32>
// VECTORS: } else {
// VECTORS: vector.contract {{.*}} : vector<6x4xf32>, vector<4x16xf32> into vector<6x16xf32>
// VECTORS: math.exp2 {{.*}} : vector<16xf32>
// VECTORS: vector.contract
// VECTORS-NOT: linalg.
// VECTORS: return

// DEFINITION-LABEL: func.func @attend
// DEFINITION: memref.alloc({{.*}}) {{.*}} : memref<1x8x1x?x?xf32>
// DEFINITION-NOT: scf.for %
// DEFINITION: return
func.func @attend(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>, %v: tensor<1x8x?x64xf32>,
                  %g: tensor<1x8x?xf32>) -> tensor<1x8x?x64xf32> {
  %z = vga.attention %q, %k, %v value_gate(%g : tensor<1x8x?xf32>) causal
      : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>
  return %z : tensor<1x8x?x64xf32>
}
