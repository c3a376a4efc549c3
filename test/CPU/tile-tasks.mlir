// RUN: vga-opt %s --split-input-file --vga-cpu-tile-tasks --canonicalize --cse | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (k, j)>
#c = affine_map<(i, j, k) -> (i, j)>

// The bias under a product and the activation on it are part of its task, and
// the panel of the task's columns is all that it reads of the weights.
// CHECK-DAG: #[[$PANEL:.*]] = affine_map<()[s0] -> (s0 floordiv 128)>
// CHECK-LABEL: func @product
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xf32>, %[[PANELS:.*]]: tensor<3x64x128xf32>, %[[BIAS:.*]]: tensor<300xf32>
// CHECK-NOT: linalg
// CHECK: scf.forall (%[[I:.*]], %[[J:.*]]) = (0, 0) to (%{{.*}}, 300) step (48, 128)
// CHECK:   tensor.extract_slice %[[X]][%[[I]], 0] [%{{.*}}, 64]
// CHECK:   %[[P:.*]] = affine.apply #[[$PANEL]]()[%[[J]]]
// CHECK:   %[[COLUMNS:.*]] = tensor.extract_slice %[[PANELS]][%[[P]], 0, 0] [1, 64, %{{.*}}]
// CHECK:   tensor.extract_slice %[[BIAS]][%[[J]]]
// CHECK:   %[[START:.*]] = linalg.generic
// CHECK:   %[[Y:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[COLUMNS]] : {{.*}}) outs(%[[START]]
// CHECK:   linalg.generic {{.*}} ins(%[[Y]]
// CHECK:     math.tanh
// CHECK:   tensor.parallel_insert_slice
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @product(%x: tensor<?x64xf32>, %panels: tensor<3x64x128xf32>, %bias: tensor<300xf32>, %to: tensor<?x300xf32>) -> tensor<?x300xf32> {
  %empty = tensor.empty() : tensor<64x300xf32>
  %w = linalg.unpack %panels outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %empty : tensor<3x64x128xf32> -> tensor<64x300xf32>
  %start = linalg.generic {indexing_maps = [#column, #id], iterator_types = ["parallel", "parallel"]} ins(%bias : tensor<300xf32>) outs(%to : tensor<?x300xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<?x300xf32>
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<?x64xf32>, tensor<64x300xf32>) outs(%start : tensor<?x300xf32>) {
  ^bb0(%in: f32, %weight: f32, %out: f32):
    %p = arith.mulf %in, %weight : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x300xf32>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x300xf32>) outs(%to : tensor<?x300xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = math.tanh %in : f32
    linalg.yield %t : f32
  } -> tensor<?x300xf32>
  return %z : tensor<?x300xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A norm has whole rows: sums along them are made once.
// CHECK-LABEL: func @norm
// CHECK: scf.forall (%[[I:.*]]) = (0) to (512) step (48)
// CHECK:   linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:   linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK:     arith.divf
// CHECK:   tensor.parallel_insert_slice
func.func @norm(%x: tensor<512x256xf32>, %zeros: tensor<512xf32>, %to: tensor<512x256xf32>) -> tensor<512x256xf32> {
  %sums = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<512x256xf32>) outs(%zeros : tensor<512xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %square = arith.mulf %in, %in : f32
    %sum = arith.addf %acc, %square : f32
    linalg.yield %sum : f32
  } -> tensor<512xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %sums : tensor<512x256xf32>, tensor<512xf32>) outs(%to : tensor<512x256xf32>) {
  ^bb0(%in: f32, %sum: f32, %out: f32):
    %unit = arith.divf %in, %sum : f32
    linalg.yield %unit : f32
  } -> tensor<512x256xf32>
  return %y : tensor<512x256xf32>
}

// -----

#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (k, j)>
#c = affine_map<(i, j, k) -> (i, j)>

// Blocks of a product share the rows that they multiply: the first product is a
// loop of its own.
// CHECK-LABEL: func @chain
// CHECK: %[[FIRST:.*]] = scf.forall
// CHECK: scf.forall
// CHECK:   tensor.extract_slice %[[FIRST]]
func.func @chain(%x: tensor<512x256xf32>, %w: tensor<256x256xf32>, %to: tensor<512x256xf32>) -> tensor<512x256xf32> {
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<512x256xf32>, tensor<256x256xf32>) outs(%to : tensor<512x256xf32>) {
  ^bb0(%in: f32, %weight: f32, %out: f32):
    %p = arith.mulf %in, %weight : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<512x256xf32>
  %z = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%y, %w : tensor<512x256xf32>, tensor<256x256xf32>) outs(%to : tensor<512x256xf32>) {
  ^bb0(%in: f32, %weight: f32, %out: f32):
    %p = arith.mulf %in, %weight : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<512x256xf32>
  return %z : tensor<512x256xf32>
}

// -----

// What is small, or only goes over elements, stays for later.
// CHECK-LABEL: func @others
// CHECK-NOT: scf.forall
#id = affine_map<(i, j) -> (i, j)>
func.func @others(%x: tensor<512x256xf32>, %to: tensor<512x256xf32>) -> tensor<512x256xf32> {
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<512x256xf32>) outs(%to : tensor<512x256xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = math.tanh %in : f32
    linalg.yield %t : f32
  } -> tensor<512x256xf32>
  return %y : tensor<512x256xf32>
}

// -----

// Of no elements there are no tasks.
// CHECK-LABEL: func @no_columns
// CHECK-NOT: scf.forall
func.func @no_columns(%x: tensor<?x0x?x?xi8>, %y: tensor<?x0x?x?xi8>, %z: tensor<?x0xi32>) -> tensor<?x0xi32> {
  %r = linalg.contract indexing_maps = [affine_map<(a, b, i, j, k) -> (i, j, k, a)>, affine_map<(a, b, i, j, k) -> (k, b, j, i)>, affine_map<(a, b, i, j, k) -> (a, b)>]
      ins(%x, %y : tensor<?x0x?x?xi8>, tensor<?x0x?x?xi8>) outs(%z : tensor<?x0xi32>) -> tensor<?x0xi32>
  return %r : tensor<?x0xi32>
}
