// Large constants of one value are filled at run time; small ones, and those of many values, stay.
// RUN: vga-opt %s --vga-fill-splats | FileCheck %s
// RUN: vga-opt %s --vga-fill-splats=min-bytes=16 | FileCheck %s --check-prefix=ALL

// CHECK-LABEL: func @large
// CHECK-DAG: %[[ONE:.+]] = arith.constant 1.0{{.*}} : f16
// CHECK-DAG: %[[EMPTY:.+]] = tensor.empty() : tensor<1024x512xf16>
// CHECK: linalg.fill ins(%[[ONE]] : f16) outs(%[[EMPTY]] : tensor<1024x512xf16>)
func.func @large() -> tensor<1024x512xf16> {
  %c = arith.constant dense<1.0> : tensor<1024x512xf16>
  return %c : tensor<1024x512xf16>
}

// More bytes than there are addresses.
// CHECK-LABEL: func @huge
// CHECK: linalg.fill ins(%{{.+}} : i64)
func.func @huge() -> tensor<4611686018427387904x2xi64> {
  %c = arith.constant dense<7> : tensor<4611686018427387904x2xi64>
  return %c : tensor<4611686018427387904x2xi64>
}

// CHECK-LABEL: func @indices
// CHECK: linalg.fill ins(%{{.+}} : index)
func.func @indices() -> tensor<1048576xindex> {
  %c = arith.constant dense<7> : tensor<1048576xindex>
  return %c : tensor<1048576xindex>
}

// CHECK-LABEL: func @rest
// CHECK-NOT: linalg.fill
// ALL-LABEL: func @rest
// ALL: linalg.fill {{.*}} -> tensor<4xf32>
// ALL-NOT: linalg.fill
func.func @rest() -> (tensor<4xf32>, tensor<0x1048576xf32>, tensor<4xi32>, f32) {
  %small = arith.constant dense<1.0> : tensor<4xf32>
  %empty = arith.constant dense<1.0> : tensor<0x1048576xf32>
  %values = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %scalar = arith.constant 1.0 : f32
  return %small, %empty, %values, %scalar : tensor<4xf32>, tensor<0x1048576xf32>, tensor<4xi32>, f32
}

// Of elements that nothing computes with there are no numbers.
// CHECK-LABEL: func @unsigned
// CHECK-NOT: linalg.fill
func.func @unsigned() -> tensor<1048576xui64> {
  %r = arith.constant dense<7> : tensor<1048576xui64>
  return %r : tensor<1048576xui64>
}
