// Functions that nothing else lowers become other arithmetic. op-table.test has their numbers.
// RUN: vga-opt %s --vga-expand-math | FileCheck %s

// CHECK-LABEL: func @clamp
// CHECK-SAME: %[[X:.*]]: f32, %[[LOW:.*]]: f32, %[[HIGH:.*]]: f32
// CHECK: %[[Y:.*]] = arith.maximumf %[[X]], %[[LOW]] : f32
// CHECK: arith.minimumf %[[Y]], %[[HIGH]] : f32
func.func @clamp(%x: f32, %low: f32, %high: f32) -> f32 {
  %r = math.clampf %x to [%low, %high] : f32
  return %r : f32
}

// CHECK-LABEL: func @classes
// CHECK-NOT: math.is
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf oeq
// CHECK: arith.cmpf uno
// CHECK-DAG: arith.constant dense<1.17549435E-38> : vector<4xf32>
// CHECK-DAG: arith.cmpf oge
// CHECK: return
func.func @classes(%x: vector<4xf32>) -> (vector<4xi1>, vector<4xi1>, vector<4xi1>, vector<4xi1>) {
  %a = math.isfinite %x : vector<4xf32>
  %b = math.isinf %x : vector<4xf32>
  %c = math.isnan %x : vector<4xf32>
  %d = math.isnormal %x : vector<4xf32>
  return %a, %b, %c, %d : vector<4xi1>, vector<4xi1>, vector<4xi1>, vector<4xi1>
}

// An odd power has the sign of the number; small constant ones are products.
// CHECK-LABEL: func @powers
// CHECK: %[[P:.*]] = math.powf %{{.*}}, %{{.*}} : f64
// CHECK: math.copysign %[[P]]
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[X:.*]], %[[X]] : f32
// CHECK: arith.mulf %[[SQUARE]], %[[X]] : f32
func.func @powers(%x: f32, %n: i64) -> (f32, f32) {
  %a = math.fpowi %x, %n : f32, i64
  %c3 = arith.constant 3 : i32
  %b = math.fpowi %x, %c3 : f32, i32
  return %a, %b : f32, f32
}

// CHECK-LABEL: func @integers
// CHECK: scf.for %{{.*}} = %{{.*}} to %c31{{.*}} iter_args
// CHECK: arith.shrui
// CHECK: %[[SUM:.*]] = arith.addi %[[I:.*]], %{{.*}} : index
// CHECK: arith.cmpi ult, %[[SUM]], %[[I]] : index
func.func @integers(%x: i32, %n: i32, %i: index) -> (i32, index, i1) {
  %a = math.ipowi %x, %n : i32
  %b, %c = arith.addui_extended %i, %i : index, i1
  return %a, %b, %c : i32, index, i1
}

// CHECK-LABEL: func @both
// CHECK: math.sin
// CHECK: math.cos
func.func @both(%x: f32) -> (f32, f32) {
  %s, %c = math.sincos %x : f32
  return %s, %c : f32, f32
}

// CHECK-LABEL: func @narrow_fma
// CHECK: math.fma %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @narrow_fma(%x: bf16) -> bf16 {
  %r = math.fma %x, %x, %x : bf16
  return %r : bf16
}
