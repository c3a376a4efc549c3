// With tf32, the tensor cores multiply f32, but for a few rows.
// RUN: vga-opt %s --convert-products-to-nvvm=tf32 | FileCheck %s
// RUN: vga-run %s --target cuda --tf32 --emit=ptx | FileCheck %s --check-prefix=PTX
// PTX: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32

// CHECK-LABEL: llvm.func @product_0(
// CHECK-NOT: nvvm.mma.sync
// CHECK-LABEL: llvm.func @product_1(
// Rows are matrices of four elements; columns, which neighbors are along, are loaded one by one.
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK: nvvm.convert.float.to.tf32 {{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> i32
// CHECK: nvvm.convert.float.to.tf32
// CHECK: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<tf32>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 8>
func.func @products(%x: tensor<4x256xf32>, %y: tensor<400x256xf32>, %w: tensor<256x512xf32>,
                    %e: tensor<4x512xf32>, %f: tensor<400x512xf32>) -> (tensor<4x512xf32>, tensor<400x512xf32>) {
  %a = linalg.matmul ins(%x, %w : tensor<4x256xf32>, tensor<256x512xf32>) outs(%e : tensor<4x512xf32>) -> tensor<4x512xf32>
  %b = linalg.matmul ins(%y, %w : tensor<400x256xf32>, tensor<256x512xf32>) outs(%f : tensor<400x512xf32>) -> tensor<400x512xf32>
  return %a, %b : tensor<4x512xf32>, tensor<400x512xf32>
}
