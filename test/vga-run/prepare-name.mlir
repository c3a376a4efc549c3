// A function of the user's that is named as what prepares weights would be.
// RUN: rm -rf %t && %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --entry main --weights %t/half.safetensors --input %t/x.npy | FileCheck %s --check-prefix=MAIN
// RUN: vga-run %s --entry main.prepare --input %t/x.npy | FileCheck %s --check-prefix=PREPARE
// RUN: vga-opt %s --vga-hoist-parameters | FileCheck %s

// MAIN: tensor<2xf32> = [1, -8]
// PREPARE: tensor<2xf32> = [3, 6]

// CHECK: func @main.prepare0(%{{.*}}: tensor<2xf32> {vga.param = "w"})
// CHECK: func @main({{.*}} attributes {vga.preparation = @main.prepare0}
// CHECK: func @main.prepare(%{{.*}}: tensor<2xf32>)
func.func @main(%x: tensor<2xf32>, %w: tensor<2xf32> {vga.param = "w"}) -> tensor<2xf32> {
  %y = arith.addf %w, %w : tensor<2xf32>
  %z = arith.mulf %x, %y : tensor<2xf32>
  return %z : tensor<2xf32>
}
func.func @main.prepare(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = arith.addf %x, %x : tensor<2xf32>
  %z = arith.addf %x, %y : tensor<2xf32>
  return %z : tensor<2xf32>
}
