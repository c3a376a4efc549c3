// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize | FileCheck %s

// The cap is put on the scaled score, before the causal mask hides anything:
// a cap on -inf would bring hidden keys back.

// CHECK-LABEL: func @capped(
// CHECK-SAME:    %{{.*}}: tensor<1x2x4x8xf32>, %[[K:[^:]+]]: tensor<1x2x6x8xf32>
func.func @capped(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x6x8xf32>,
                  %v: tensor<1x2x6x8xf32>) -> tensor<1x2x4x8xf32> {
  // CHECK-DAG:   %[[HIDDEN:.*]] = arith.constant 0xFF800000 : f32
  // CHECK-DAG:   %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK-DAG:   %[[CAP:.*]] = arith.constant 3.000000e+01 : f32
  // CHECK:       %[[SCORES:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[K]] :
  // CHECK:       linalg.generic {{.*}} ins(%[[SCORES]] :
  // CHECK-NEXT:  ^bb0(%[[SCORE:.*]]: f32, %{{.*}}: f32):
  // CHECK:         %[[SCALED:.*]] = arith.mulf %[[SCORE]], %[[SCALE]]
  // CHECK:         %[[SMALL:.*]] = arith.mulf %[[SCALED]], %{{.*}}
  // CHECK-NEXT:    %[[TANH:.*]] = math.tanh %[[SMALL]]
  // CHECK-NEXT:    %[[CAPPED:.*]] = arith.mulf %[[TANH]], %[[CAP]]
  // CHECK:         %[[VISIBLE:.*]] = arith.cmpi sle
  // CHECK-NEXT:    %[[MASKED:.*]] = arith.select %[[VISIBLE]], %[[CAPPED]], %[[HIDDEN]]
  // CHECK-NEXT:    linalg.yield %[[MASKED]]
  // CHECK-NOT:   vga.
  %z = vga.attention %q, %k, %v causal scale 0.5 softcap 30.0
         : tensor<1x2x4x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>
  return %z : tensor<1x2x4x8xf32>
}
