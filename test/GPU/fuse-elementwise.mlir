// On a GPU, what is computed for each element is computed again by each of a few users.
// RUN: vga-opt %s --convert-elementwise-to-linalg --linalg-generalize-named-ops --vga-gpu-fuse-elementwise --canonicalize | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The exponentials go to their sum and to the quotients.
// CHECK-LABEL: func @normalize
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[S:.*]]: tensor<?xf32>
// CHECK: %[[SUMS:.*]] = linalg.generic {{.*}}"reduction"]{{.*}} ins(%[[X]] :
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[SUMS]] :
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: return %[[Y]]
func.func @normalize(%x: tensor<?x64xf32>, %s: tensor<?xf32>) -> tensor<?x64xf32> {
  %e = linalg.exp ins(%x : tensor<?x64xf32>) outs(%x : tensor<?x64xf32>) -> tensor<?x64xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%e : tensor<?x64xf32>) outs(%s : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.addf %a, %acc : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%e, %sum : tensor<?x64xf32>, tensor<?xf32>) outs(%x : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// What is a result, too, has to be in memory, and is read from there.
// CHECK-LABEL: func @result
// CHECK: %[[E:.*]] = linalg.generic
// CHECK: math.exp
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[E]] :
// CHECK: return %[[E]], %[[Y]]
func.func @result(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = linalg.exp ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = linalg.add ins(%e, %e : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %e, %y : tensor<4x8xf32>, tensor<4x8xf32>
}

// Sizes are those of the inputs: nothing is in memory for them.
// CHECK-LABEL: func @chain
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK-NEXT: arith.negf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @chain(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %e = math.exp %x : tensor<?x?xf32>
  %n = arith.negf %e : tensor<?x?xf32>
  %p = arith.mulf %n, %x : tensor<?x?xf32>
  %s = arith.addf %p, %e : tensor<?x?xf32>
  return %s : tensor<?x?xf32>
}

// A fill is a number for as many as read it, but memory for what it is returned to.
// CHECK-LABEL: func @fill
// CHECK: %[[FILLED:.*]] = linalg.generic
// CHECK-COUNT-4: linalg.generic {{.*}} ins(%{{.*}} : tensor<4xf32>) outs
// CHECK-NOT: linalg.generic
// CHECK: return %[[FILLED]]
func.func @fill(%x: tensor<4xf32>, %y: tensor<4xf32>, %z: tensor<4xf32>, %w: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %one = arith.constant 1.0 : f32
  %f = linalg.fill ins(%one : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  %0 = arith.addf %x, %f : tensor<4xf32>
  %1 = arith.addf %y, %f : tensor<4xf32>
  %2 = arith.addf %z, %f : tensor<4xf32>
  %3 = arith.addf %w, %f : tensor<4xf32>
  return %f, %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// The initial value is read, and would be written before the second iteration of
// the consumer's inner loop reads it.
// CHECK-LABEL: func @initial
// CHECK: arith.subf
// CHECK: linalg.generic
// CHECK: arith.negf
func.func @initial(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%y : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.subf %in, %out : f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    linalg.yield %n : f32
  } -> tensor<4x8xf32>
  return %b : tensor<4x8xf32>
}
