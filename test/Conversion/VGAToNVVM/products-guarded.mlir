// A guarded product leaves out terms whose weight is zero, whatever the other factor is: attention
// multiplies weights with values that a row may not see. Tensor cores and the library would add NaN.
// RUN: vga-opt %s --convert-products-to-nvvm=cublas --canonicalize --cse --split-input-file | FileCheck %s
// RUN: vga-opt %s --convert-products-to-nvvm="cublas tf32" --canonicalize --cse --split-input-file | FileCheck %s

#lhs = affine_map<(i, c, j) -> (i, j)>
#rhs = affine_map<(i, c, j) -> (j, c)>
#out = affine_map<(i, c, j) -> (i, c)>

// CHECK-LABEL: llvm.func @product_0(
// CHECK-NOT: mma
// CHECK: %[[FMA:.*]] = llvm.intr.fma(%[[WEIGHT:.*]], %{{.*}}, %[[SUM:[^)]*]])
// CHECK: %[[COUNTS:.*]] = arith.cmpf une, %[[WEIGHT]], %{{.*}} : f32
// CHECK: arith.select %[[COUNTS]], %[[FMA]], %[[SUM]]
// CHECK-NOT: mma
// CHECK-LABEL: func.func @weights_first
// CHECK-NOT: vga.multiply
// CHECK: vga.launch @vga_kernels::@product_0
func.func @weights_first(%p: tensor<128x512xf32>, %v: tensor<512x256xf32>) -> tensor<128x256xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<128x256xf32>
  %start = linalg.fill ins(%zero : f32) outs(%e : tensor<128x256xf32>) -> tensor<128x256xf32>
  %z = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<128x512xf32>, tensor<512x256xf32>) outs(%start : tensor<128x256xf32>) {
  ^bb0(%weight: f32, %value: f32, %sum: f32):
    %is_zero = arith.cmpf oeq, %weight, %zero : f32
    %product = arith.mulf %weight, %value : f32
    %term = arith.select %is_zero, %zero, %product : f32
    %more = arith.addf %sum, %term : f32
    linalg.yield %more : f32
  } -> tensor<128x256xf32>
  return %z : tensor<128x256xf32>
}

// -----

// The weights are the second operand, and those of few columns: operands change places.

#lhs = affine_map<(i, c, j) -> (i, j)>
#rhs = affine_map<(i, c, j) -> (j, c)>
#out = affine_map<(i, c, j) -> (i, c)>

// CHECK-LABEL: llvm.func @product_0(
// CHECK-NOT: mma
// CHECK: %[[FMA:.*]] = llvm.intr.fma(%[[WEIGHT:.*]], %{{.*}}, %[[SUM:[^)]*]])
// CHECK: %[[COUNTS:.*]] = arith.cmpf une, %[[WEIGHT]], %{{.*}} : f32
// CHECK: arith.select %[[COUNTS]], %[[FMA]], %[[SUM]]
// CHECK-LABEL: func.func @weights_second
// CHECK: vga.launch @vga_kernels::@product_0
func.func @weights_second(%v: tensor<512x128xbf16>, %p: tensor<128x4xbf16>) -> tensor<512x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<512x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%e : tensor<512x4xf32>) -> tensor<512x4xf32>
  %z = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%v, %p : tensor<512x128xbf16>, tensor<128x4xbf16>) outs(%start : tensor<512x4xf32>) {
  ^bb0(%value: bf16, %weight: bf16, %sum: f32):
    %w = arith.extf %weight : bf16 to f32
    %x = arith.extf %value : bf16 to f32
    %is_zero = arith.cmpf oeq, %w, %zero : f32
    %product = arith.mulf %w, %x : f32
    %term = arith.select %is_zero, %zero, %product : f32
    %more = arith.addf %sum, %term : f32
    linalg.yield %more : f32
  } -> tensor<512x4xf32>
  return %z : tensor<512x4xf32>
}

// -----

// What compares something else than a factor is no such product.

#lhs = affine_map<(i, c, j) -> (i, j)>
#rhs = affine_map<(i, c, j) -> (j, c)>
#out = affine_map<(i, c, j) -> (i, c)>

// CHECK-LABEL: func.func @others
// CHECK: linalg.generic
// CHECK: linalg.generic
func.func @others(%p: tensor<128x512xf32>, %v: tensor<512x256xf32>, %start: tensor<128x256xf32>)
    -> (tensor<128x256xf32>, tensor<128x256xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %y = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<128x512xf32>, tensor<512x256xf32>) outs(%start : tensor<128x256xf32>) {
  ^bb0(%weight: f32, %value: f32, %sum: f32):
    %is_zero = arith.cmpf oeq, %sum, %zero : f32
    %product = arith.mulf %weight, %value : f32
    %term = arith.select %is_zero, %zero, %product : f32
    %more = arith.addf %sum, %term : f32
    linalg.yield %more : f32
  } -> tensor<128x256xf32>
  %z = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<128x512xf32>, tensor<512x256xf32>) outs(%start : tensor<128x256xf32>) {
  ^bb0(%weight: f32, %value: f32, %sum: f32):
    %is_one = arith.cmpf oeq, %weight, %one : f32
    %product = arith.mulf %weight, %value : f32
    %term = arith.select %is_one, %zero, %product : f32
    %more = arith.addf %sum, %term : f32
    linalg.yield %more : f32
  } -> tensor<128x256xf32>
  return %y, %z : tensor<128x256xf32>, tensor<128x256xf32>
}
