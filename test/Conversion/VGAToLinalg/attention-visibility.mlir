// RUN: vga-opt %s --convert-vga-to-linalg --canonicalize --cse --split-input-file | FileCheck %s

// Keys that a query does not see get the score -inf.

// Bottom right: j <= i + (Sk - Sq) = i + 8.
// CHECK-LABEL: func @causal
func.func @causal(%q: tensor<1x2x16x4xf32>, %k: tensor<1x2x24x4xf32>) -> tensor<1x2x16x4xf32> {
  // CHECK-DAG: %[[OFFSET:.*]] = arith.constant 8 : index
  // CHECK-DAG: %[[MINUS_INF:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: %[[I:.*]] = linalg.index 3
  // CHECK: %[[LAST:.*]] = arith.addi %[[I]], %[[OFFSET]]
  // CHECK: %[[J:.*]] = linalg.index 4
  // CHECK: %[[VISIBLE:.*]] = arith.cmpi sle, %[[J]], %[[LAST]]
  // CHECK: arith.select %[[VISIBLE]], %{{.*}}, %[[MINUS_INF]]
  %o = vga.attention %q, %k, %k causal : tensor<1x2x16x4xf32>, tensor<1x2x24x4xf32>, tensor<1x2x24x4xf32>
  return %o : tensor<1x2x16x4xf32>
}

// -----

// Top left: j <= i.
// CHECK-LABEL: func @top_left
func.func @top_left(%q: tensor<1x2x16x4xf32>, %k: tensor<1x2x24x4xf32>) -> tensor<1x2x16x4xf32> {
  // CHECK: %[[I:.*]] = linalg.index 3
  // CHECK: %[[J:.*]] = linalg.index 4
  // CHECK: %[[VISIBLE:.*]] = arith.cmpi sle, %[[J]], %[[I]]
  // CHECK: arith.select %[[VISIBLE]]
  %o = vga.attention %q, %k, %k causal alignment top_left : tensor<1x2x16x4xf32>, tensor<1x2x24x4xf32>, tensor<1x2x24x4xf32>
  return %o : tensor<1x2x16x4xf32>
}

// -----

// i + o - 5 <= j <= i + o + 3 with o = Sk - Sq at run time.
// CHECK-DAG: #[[$LOWER:.*]] = affine_map<()[s0, s1] -> (-s0 + s1 - 5)>
// CHECK-DAG: #[[$UPPER:.*]] = affine_map<()[s0, s1] -> (-s0 + s1 + 3)>
// CHECK-LABEL: func @window
// CHECK-SAME:    %[[Q:.*]]: tensor<1x2x?x4xf32>, %[[K:.*]]: tensor<1x2x?x4xf32>
func.func @window(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32> {
  // CHECK-DAG: %[[SQ:.*]] = tensor.dim %[[Q]], %c2
  // CHECK-DAG: %[[SK:.*]] = tensor.dim %[[K]], %c2
  // CHECK-DAG: %[[LOW:.*]] = affine.apply #[[$LOWER]]()[%[[SQ]], %[[SK]]]
  // CHECK-DAG: %[[HIGH:.*]] = affine.apply #[[$UPPER]]()[%[[SQ]], %[[SK]]]
  // CHECK: %[[FIRST:.*]] = arith.addi %{{.*}}, %[[LOW]]
  // CHECK: %[[AFTER:.*]] = arith.cmpi sge, %{{.*}}, %[[FIRST]]
  // CHECK: %[[LAST:.*]] = arith.addi %{{.*}}, %[[HIGH]]
  // CHECK: %[[BEFORE:.*]] = arith.cmpi sle, %{{.*}}, %[[LAST]]
  // CHECK: %[[VISIBLE:.*]] = arith.andi %[[AFTER]], %[[BEFORE]]
  // CHECK: arith.select %[[VISIBLE]]
  %o = vga.attention %q, %k, %k window [5, 3] : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>
  return %o : tensor<1x2x?x4xf32>
}

// -----

// Causal closes the right side of a window, and -1 leaves the left side open.
// CHECK-LABEL: func @causal_window
func.func @causal_window(%q: tensor<1x2x16x4xf32>) -> tensor<1x2x16x4xf32> {
  // CHECK-NOT: arith.cmpi sge
  // CHECK: %[[I:.*]] = linalg.index 3
  // CHECK: %[[J:.*]] = linalg.index 4
  // CHECK: arith.cmpi sle, %[[J]], %[[I]]
  // CHECK-NOT: arith.cmpi
  %o = vga.attention %q, %q, %q causal window [-1, 7] : tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>
  return %o : tensor<1x2x16x4xf32>
}

// -----

// Keys at or past kv_length[b] are not visible, and their values count as 0:
// they may be NaN.
// CHECK-LABEL: func @kv_length
// CHECK-SAME:    %[[K:[a-z0-9]*]]: tensor<2x2x24x4xf32>, %[[LENGTH:[a-z0-9]*]]: tensor<2xi32>
func.func @kv_length(%q: tensor<2x2x16x4xf32>, %k: tensor<2x2x24x4xf32>, %n: tensor<2xi32>) -> tensor<2x2x16x4xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK-DAG: %[[MINUS_INF:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[LENGTH]]
  // CHECK:   %[[LIMIT:.*]] = arith.index_cast %{{.*}} : i32 to index
  // CHECK:   %[[J:.*]] = linalg.index 4
  // CHECK:   %[[WITHIN:.*]] = arith.cmpi slt, %[[J]], %[[LIMIT]]
  // CHECK:   arith.select %[[WITHIN]], %{{.*}}, %[[MINUS_INF]]
  // CHECK: %[[VALUES:.*]] = linalg.generic {{.*}} ins(%[[K]], %[[LENGTH]]
  // CHECK:   %[[KEY:.*]] = linalg.index 2
  // CHECK:   %[[INSIDE:.*]] = arith.cmpi slt, %[[KEY]]
  // CHECK:   arith.select %[[INSIDE]], %{{.*}}, %[[ZERO]]
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[VALUES]]
  %o = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) : tensor<2x2x16x4xf32>, tensor<2x2x24x4xf32>, tensor<2x2x24x4xf32>
  return %o : tensor<2x2x16x4xf32>
}

// -----

// Dimensions of 1 broadcast; the heads of a full one are split like the query's.
// CHECK-DAG: #[[$MASK:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d2, d4)>
// CHECK-LABEL: func @boolean_mask
// CHECK-SAME:    %[[M:[a-z0-9]*]]: tensor<1x4x1x8xi1>
func.func @boolean_mask(%q: tensor<2x4x8x4xf32>, %k: tensor<2x2x8x4xf32>, %m: tensor<1x4x1x8xi1>) -> tensor<2x4x8x4xf32> {
  // CHECK: %[[FULL:.*]] = tensor.{{extract_slice|collapse_shape}} %[[M]]{{.*}} tensor<4x8xi1>
  // CHECK: %[[HEADS:.*]] = tensor.expand_shape %[[FULL]] {{.*}} into tensor<2x2x8xi1>
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$MASK]], #{{.*}}], {{.*}} ins(%{{.*}}, %[[HEADS]]
  // CHECK: ^bb0(%{{.*}}: f32, %[[VISIBLE:.*]]: i1
  // CHECK: arith.select %[[VISIBLE]]
  %o = vga.attention %q, %k, %k mask(%m : tensor<1x4x1x8xi1>) : tensor<2x4x8x4xf32>, tensor<2x2x8x4xf32>, tensor<2x2x8x4xf32>
  return %o : tensor<2x4x8x4xf32>
}

// -----

// A float mask is added, after the softcap; -inf hides whatever the score is, and a weight of 0 whatever
// the value is.
// CHECK-LABEL: func @softcap_and_float_mask
func.func @softcap_and_float_mask(%q: tensor<2x4x8x4xf32>, %m: tensor<?x8xbf16>) -> tensor<2x4x8x4xf32> {
  // CHECK-DAG: %[[CAP:.*]] = arith.constant 2.000000e+01 : f32
  // CHECK-DAG: %[[INVERSE:.*]] = arith.constant 5.000000e-02 : f32
  // CHECK-DAG: %[[SCALE:.*]] = arith.constant 3.000000e+00 : f32
  // CHECK: %[[SCALED:.*]] = arith.mulf %{{.*}}, %[[SCALE]]
  // CHECK: %[[RATIO:.*]] = arith.mulf %[[SCALED]], %[[INVERSE]]
  // CHECK: %[[TANH:.*]] = math.tanh %[[RATIO]]
  // CHECK: %[[CAPPED:.*]] = arith.mulf %[[TANH]], %[[CAP]]
  // CHECK: %[[MASK:.*]] = arith.extf %{{.*}} : bf16 to f32
  // CHECK: %[[HIDDEN:.*]] = arith.cmpf oeq, %[[MASK]], %[[INF:.*]] : f32
  // CHECK: %[[MASKED:.*]] = arith.addf %[[CAPPED]], %[[MASK]]
  // CHECK: %[[SCORE:.*]] = arith.select %[[HIDDEN]], %[[INF]], %[[MASKED]]
  // CHECK: linalg.yield %[[SCORE]]
  // CHECK: ^bb0(%[[P:.*]]: f32, %[[V:.*]]: f32, %[[SUM:.*]]: f32):
  // CHECK: %[[NONE:.*]] = arith.cmpf oeq, %[[P]], %[[ZERO:.*]] : f32
  // CHECK: %[[PRODUCT:.*]] = arith.mulf %[[P]], %[[V]]
  // CHECK: %[[GUARDED:.*]] = arith.select %[[NONE]], %[[ZERO]], %[[PRODUCT]]
  // CHECK: arith.addf %[[SUM]], %[[GUARDED]]
  %o = vga.attention %q, %q, %q mask(%m : tensor<?x8xbf16>) scale 3.0 softcap 20.0 : tensor<2x4x8x4xf32>, tensor<2x4x8x4xf32>, tensor<2x4x8x4xf32>
  return %o : tensor<2x4x8x4xf32>
}

// -----

// What is finite in f64 stays finite in the scores.
// CHECK-LABEL: func @wide_float_mask
func.func @wide_float_mask(%q: tensor<2x4x8x4xf32>, %m: tensor<8x8xf64>) -> tensor<2x4x8x4xf32> {
  // CHECK-DAG: %[[LARGEST:.*]] = arith.constant 3.4028234663852886E+38 : f64
  // CHECK: %[[SIZE:.*]] = math.absf %[[M:.*]] : f64
  // CHECK: %[[BEYOND:.*]] = arith.cmpf ogt, %[[SIZE]], %[[LARGEST]]
  // CHECK: %[[EDGE:.*]] = math.copysign %[[LARGEST]], %[[M]]
  // CHECK: %[[ENTRY:.*]] = arith.select %{{.*}}, %[[EDGE]], %[[M]]
  // CHECK: arith.truncf %[[ENTRY]] : f64 to f32
  %o = vga.attention %q, %q, %q mask(%m : tensor<8x8xf64>) : tensor<2x4x8x4xf32>, tensor<2x4x8x4xf32>, tensor<2x4x8x4xf32>
  return %o : tensor<2x4x8x4xf32>
}

// -----

// A bound of 0 is a bound: query i sees key i alone.
// CHECK-LABEL: func @diagonal
func.func @diagonal(%q: tensor<1x2x16x4xf32>) -> tensor<1x2x16x4xf32> {
  // CHECK: %[[I:.*]] = linalg.index 3
  // CHECK: %[[J:.*]] = linalg.index 4
  // CHECK: %[[AFTER:.*]] = arith.cmpi sge, %[[J]], %[[I]]
  // CHECK: %[[BEFORE:.*]] = arith.cmpi sle, %[[J]], %[[I]]
  // CHECK: %[[VISIBLE:.*]] = arith.andi %[[AFTER]], %[[BEFORE]]
  // CHECK: arith.select %[[VISIBLE]]
  %o = vga.attention %q, %q, %q window [0, 0] : tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>
  return %o : tensor<1x2x16x4xf32>
}

// -----

// All conditions must hold.
// CHECK-LABEL: func @every_condition
func.func @every_condition(%q: tensor<2x2x16x4xf32>, %m: tensor<2x1x16x16xi1>, %n: tensor<2xi64>) -> tensor<2x2x16x4xf32> {
  // CHECK: ^bb0(%{{.*}}: f32, %[[MASK:.*]]: i1, %[[LENGTH:.*]]: i64, %{{.*}}: f32)
  // CHECK: %[[LIMIT:.*]] = arith.index_cast %[[LENGTH]] : i64 to index
  // CHECK: %[[WITHIN:.*]] = arith.cmpi slt, %{{.*}}, %[[LIMIT]]
  // CHECK: %[[BOTH:.*]] = arith.andi %[[MASK]], %[[WITHIN]]
  // CHECK: %[[AFTER:.*]] = arith.cmpi sge
  // CHECK: %[[THREE:.*]] = arith.andi %[[BOTH]], %[[AFTER]]
  // CHECK: %[[BEFORE:.*]] = arith.cmpi sle
  // CHECK: %[[FOUR:.*]] = arith.andi %[[THREE]], %[[BEFORE]]
  // CHECK: arith.select %[[FOUR]]
  %o = vga.attention %q, %q, %q mask(%m : tensor<2x1x16x16xi1>) kv_length(%n : tensor<2xi64>) causal window [3, -1] : tensor<2x2x16x4xf32>, tensor<2x2x16x4xf32>, tensor<2x2x16x4xf32>
  return %o : tensor<2x2x16x4xf32>
}

// -----

// Masks of one element, of any rank, are read once per score.
// CHECK-DAG: #[[$NOTHING:.*]] = affine_map<(d0, d1, d2, d3, d4) -> ()>
// CHECK-LABEL: func @mask_of_one_element
func.func @mask_of_one_element(%q: tensor<1x2x16x4xf32>, %m: tensor<i1>, %n: tensor<1x1x1xf16>) -> tensor<1x2x16x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$NOTHING]], #{{.*}}], {{.*}} : tensor<1x2x1x16x16xf32>, tensor<i1>)
  %o = vga.attention %q, %q, %q mask(%m : tensor<i1>) : tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$NOTHING]], #{{.*}}], {{.*}} : tensor<1x2x1x16x16xf32>, tensor<f16>)
  %p = vga.attention %o, %q, %q mask(%n : tensor<1x1x1xf16>) : tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>, tensor<1x2x16x4xf32>
  return %p : tensor<1x2x16x4xf32>
}

// -----

// A dynamic dimension of a mask is a full one, the heads included.
// CHECK-LABEL: func @mask_of_unknown_heads
// CHECK-SAME:    %[[M:[a-z0-9]*]]: tensor<?x?x16x16xi1>
func.func @mask_of_unknown_heads(%q: tensor<2x8x16x4xf32>, %k: tensor<2x2x16x4xf32>, %m: tensor<?x?x16x16xi1>) -> tensor<2x8x16x4xf32> {
  // CHECK: %[[KNOWN:.*]] = tensor.{{cast|extract_slice}} %[[M]]{{.*}} to tensor<?x8x16x16xi1>
  // CHECK: tensor.expand_shape %[[KNOWN]] {{.*}} into tensor<?x2x4x16x16xi1>
  %o = vga.attention %q, %k, %k mask(%m : tensor<?x?x16x16xi1>) : tensor<2x8x16x4xf32>, tensor<2x2x16x4xf32>, tensor<2x2x16x4xf32>
  return %o : tensor<2x8x16x4xf32>
}

// -----

// j <= i + length - Sq, with the length counted from 0 to Sk.
// CHECK-LABEL: func @at_length
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[KEYS:.*]] = arith.constant 16 : index
// CHECK-DAG: %[[QUERIES:.*]] = arith.constant -4 : index
// CHECK: ^bb0(%{{.*}}: f32, %[[N:.*]]: i32, %{{.*}}: f32):
// CHECK: %[[LENGTH:.*]] = arith.index_cast %[[N]]
// CHECK: %[[MOST:.*]] = arith.minsi %{{.*}}, %[[KEYS]]
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[MOST]], %[[ZERO]]
// CHECK: %[[LIMIT:.*]] = arith.addi %[[COUNT]], %[[QUERIES]]
// CHECK: %[[I:.*]] = linalg.index 3
// CHECK: %[[LAST:.*]] = arith.addi %[[I]], %[[LIMIT]]
// CHECK: arith.cmpi sle, %{{.*}}, %[[LAST]]
func.func @at_length(%q: tensor<2x2x4x8xf32>, %k: tensor<2x2x16x8xf32>, %n: tensor<2xi32>) -> tensor<2x2x4x8xf32> {
  %z = vga.attention %q, %k, %k kv_length(%n : tensor<2xi32>) causal alignment length
      : tensor<2x2x4x8xf32>, tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>
  return %z : tensor<2x2x4x8xf32>
}
