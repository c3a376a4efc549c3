// RUN: vga-opt %s --vga-expand-exp | FileCheck %s

// CHECK-LABEL: func @vector
// CHECK-SAME:    %[[X:.*]]: vector<8xf32>
func.func @vector(%x: vector<8xf32>) -> vector<8xf32> {
  // Rounds x / ln 2 by adding 1.5 * 2^23.
  // CHECK-DAG: %[[SHIFTER:.*]] = arith.constant dense<0x4B400000> : vector<8xf32>
  // CHECK: %[[SHIFTED:.*]] = math.fma %{{.*}}, %{{.*}}, %[[SHIFTER]]
  // CHECK: %[[N:.*]] = arith.subf %[[SHIFTED]], %[[SHIFTER]]
  // Subtracts n ln 2 in two steps.
  // CHECK: %[[R0:.*]] = math.fma %[[N]], %{{.*}}, %{{.*}}
  // CHECK: %[[R:.*]] = math.fma %[[N]], %{{.*}}, %[[R0]]
  // CHECK-COUNT-5: math.fma %{{.*}}, %[[R]], %{{.*}}
  // Adds n to the exponent bits.
  // CHECK: %[[BITS:.*]] = arith.bitcast %[[SHIFTED]] : vector<8xf32> to vector<8xi32>
  // CHECK: %[[EXPONENT:.*]] = arith.shli %[[BITS]], %{{.*}} : vector<8xi32>
  // CHECK: arith.addi %{{.*}}, %[[EXPONENT]]
  // 0 below, inf above, NaN for NaN.
  // CHECK: arith.cmpf olt, %[[X]]
  // CHECK: arith.cmpf ogt, %[[X]]
  // CHECK: arith.cmpf uno, %[[X]], %[[X]]
  // CHECK-NOT: math.exp
  %y = math.exp %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @scalar
func.func @scalar(%x: f32) -> f32 {
  // CHECK-NOT: math.exp
  // CHECK: arith.bitcast %{{.*}} : f32 to i32
  %y = math.exp %x : f32
  return %y : f32
}

// f64 is left to the mathematical library.
// CHECK-LABEL: func @double
func.func @double(%x: f64) -> f64 {
  // CHECK: math.exp
  %y = math.exp %x : f64
  return %y : f64
}

// exp2: n = round(x) leaves the exponent of 2^n in the low bits of the sum.
// CHECK-LABEL: func @base_two
// CHECK-SAME:    %[[X:.*]]: vector<8xf32>
func.func @base_two(%x: vector<8xf32>) -> vector<8xf32> {
  // Bounds that let NaNs pass.
  // CHECK: %[[LOW:.*]] = arith.cmpf olt, %[[X]]
  // CHECK: arith.select %[[LOW]], %{{.*}}, %[[X]]
  // CHECK: %[[HIGH:.*]] = arith.cmpf ogt
  // CHECK: %[[BOUNDED:.*]] = arith.select %[[HIGH]]
  // CHECK: arith.constant dense<0x4B40007F> : vector<8xf32>
  // CHECK: %[[SHIFTED:.*]] = arith.addf %[[BOUNDED]], %[[SHIFTER:.*]] :
  // CHECK: %[[N:.*]] = arith.subf %[[SHIFTED]], %[[SHIFTER]]
  // CHECK: %[[F:.*]] = arith.subf %[[BOUNDED]], %[[N]]
  // CHECK: %[[BITS:.*]] = arith.bitcast %[[SHIFTED]]
  // CHECK: %[[EXPONENT:.*]] = arith.shli %[[BITS]]
  // CHECK: %[[POWER:.*]] = arith.bitcast %[[EXPONENT]]
  // CHECK-COUNT-5: math.fma %{{.*}}, %[[F]], %{{.*}}
  // CHECK: arith.mulf %{{.*}}, %[[POWER]]
  // CHECK-NOT: math.exp2
  %y = math.exp2 %x : vector<8xf32>
  return %y : vector<8xf32>
}

// Tensors become linalg first, whose bodies are expanded.
// CHECK-LABEL: func @tensor
// CHECK-NEXT: math.exp
// CHECK-NEXT: math.exp2
// CHECK-NEXT: return
func.func @tensor(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = math.exp %x : tensor<?xf32>
  %z = math.exp2 %y : tensor<?xf32>
  return %z : tensor<?xf32>
}

// expm1 is no difference of exp and 1, which has no bits left of a small x: x is its own result there.
// CHECK-LABEL: func @minus_one
// CHECK-SAME:    %[[X:.*]]: vector<8xf32>
func.func @minus_one(%x: vector<8xf32>) -> vector<8xf32> {
  // CHECK-NOT: math.exp
  // CHECK: %[[SIZE:.*]] = math.absf %[[X]]
  // CHECK: %[[SMALL:.*]] = arith.cmpf olt, %[[SIZE]]
  // CHECK: %[[Y:.*]] = arith.select %[[SMALL]], %[[X]],
  // CHECK: return %[[Y]]
  %y = math.expm1 %x : vector<8xf32>
  return %y : vector<8xf32>
}

// In f64: (exp(x) - 1) * (x / log(exp(x))).
// CHECK-LABEL: func @minus_one_double
// CHECK-SAME:    %[[X:.*]]: f64
func.func @minus_one_double(%x: f64) -> f64 {
  // CHECK: %[[POWER:.*]] = math.exp %[[X]]
  // CHECK: %[[LESS:.*]] = arith.subf %[[POWER]]
  // CHECK: %[[LOG:.*]] = math.log %[[POWER]]
  // CHECK: arith.divf %[[X]], %[[LOG]]
  %y = math.expm1 %x : f64
  return %y : f64
}

// Denormals are scaled before their exponent is taken.
// CHECK-LABEL: func @logarithm
// CHECK-SAME:    %[[X:.*]]: vector<8xf32>
func.func @logarithm(%x: vector<8xf32>) -> vector<8xf32> {
  // CHECK: %[[SMALLEST:.*]] = arith.constant dense<1.17549435E-38>
  // CHECK: arith.mulf %[[X]]
  // CHECK: arith.cmpf olt, %[[X]], %[[SMALLEST]]
  // CHECK: arith.shrui
  // CHECK-NOT: math.log
  %y = math.log %x : vector<8xf32>
  return %y : vector<8xf32>
}
