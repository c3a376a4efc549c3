// RUN: vga-opt %s --vga-normalize-slices | FileCheck %s
// RUN: vga-opt %s --vga-cpu-pipeline -o /dev/null
// RUN: vga-opt %s --vga-gpu-pipeline -o /dev/null

// Axes of one element are stepped along by one, others as they were.
// CHECK-LABEL: func @slices
// CHECK: tensor.extract_slice %{{.*}}[1, 0, 0, 1] [1, 16, %{{.*}}, 1] [1, 2, 3, 1] : tensor<3x32x?x2xf32> to tensor<16x?x1xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[1, 0, 0, 1] [1, 16, %{{.*}}, 1] [1, 2, 3, 1] : tensor<16x?x1xf32> into tensor<3x32x?x2xf32>
func.func @slices(%x: tensor<3x32x?x2xf32>, %n: index, %step: index) -> tensor<3x32x?x2xf32> {
  %s = tensor.extract_slice %x[1, 0, 0, 1][1, 16, %n, 1][%step, 2, 3, 2] : tensor<3x32x?x2xf32> to tensor<16x?x1xf32>
  %e = math.exp %s : tensor<16x?x1xf32>
  %y = tensor.insert_slice %e into %x[1, 0, 0, 1][1, 16, %n, 1][%step, 2, 3, 2] : tensor<16x?x1xf32> into tensor<3x32x?x2xf32>
  return %y : tensor<3x32x?x2xf32>
}
