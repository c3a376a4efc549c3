// What a library can do of products, which it is asked for before a launch.
// RUN: vga-opt %s --convert-products-to-nvvm=cublas --canonicalize --cse --split-input-file | FileCheck %s
// RUN: vga-opt %s --convert-products-to-nvvm --split-input-file | FileCheck %s --check-prefix=NONE
// NONE-NOT: vga.multiply

#id = affine_map<(s, d) -> (s, d)>
#column = affine_map<(s, d) -> (d)>

// The sum and the bias of each column, in f32, then the tanh form of gelu, rounded once. The launch
// that follows has no blocks if the library has done it.
// CHECK-LABEL: func @up
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<256x1024xbf16>
// CHECK: %[[R:.*]], %[[DONE:.*]] = vga.multiply sizes(%c1, %c256, %c1024, %c64) strides(%c0, %c64, %c0, %c1024, %c0, %c1024)
// CHECK-SAME: lhs(%arg0 : {{.*}}) rhs(%arg1 : {{.*}}) bias(%arg2 : {{.*}}) nonlinearity gelu outs(%[[EMPTY]] :
// CHECK: %[[BLOCKS:.*]] = arith.select %[[DONE]], %c0, %c{{[0-9]+}} : index
// CHECK: vga.launch @vga_kernels::@product_0 blocks(%[[BLOCKS]]) {{.*}} outs(%[[R]] :
func.func @up(%x: tensor<256x64xbf16>, %w: tensor<64x1024xbf16>, %bias: tensor<1024xbf16>)
    -> tensor<256x1024xbf16> {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %cubic = arith.constant 0.044715 : f32
  %root = arith.constant 0.7978845608 : f32
  %e = tensor.empty() : tensor<256x1024xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<256x1024xf32>) -> tensor<256x1024xf32>
  %sum = linalg.matmul ins(%x, %w : tensor<256x64xbf16>, tensor<64x1024xbf16>)
    outs(%zeros : tensor<256x1024xf32>) -> tensor<256x1024xf32>
  %to = tensor.empty() : tensor<256x1024xbf16>
  %y = linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum, %bias : tensor<256x1024xf32>, tensor<1024xbf16>) outs(%to : tensor<256x1024xbf16>) {
  ^bb0(%in: f32, %b: bf16, %out: bf16):
    %bf = arith.extf %b : bf16 to f32
    %t = arith.addf %in, %bf : f32
    %t2 = arith.mulf %t, %t : f32
    %t3 = arith.mulf %t2, %t : f32
    %bent = arith.mulf %t3, %cubic : f32
    %inside = arith.addf %t, %bent : f32
    %inner = arith.mulf %inside, %root : f32
    %tanh = math.tanh %inner : f32
    %open = arith.addf %tanh, %one : f32
    %part = arith.mulf %open, %half : f32
    %gelu = arith.mulf %part, %t : f32
    %r = arith.truncf %gelu : f32 to bf16
    linalg.yield %r : bf16
  } -> tensor<256x1024xbf16>
  return %y : tensor<256x1024xbf16>
}

// -----

#id = affine_map<(s, d) -> (s, d)>

// Sums that start from a broadcast bias, a residual in a step, relu in another, on rows that are
// counted when it runs: few are left to kernels.
// CHECK-LABEL: func @steps
// CHECK-DAG: %[[ROWS:.*]] = tensor.dim %arg0, %c0
// CHECK-DAG: %[[MANY:.*]] = arith.cmpi uge, %[[ROWS]], %c128
// CHECK-DAG: %[[BATCHES:.*]] = arith.select %[[MANY]], %c1, %c0
// CHECK: %[[R:.*]], %[[DONE:.*]] = vga.multiply sizes(%[[BATCHES]], %[[ROWS]], %c96, %c64) strides(%c0, %c64, %c0, %c64, %c0, %c96)
// CHECK-SAME: lhs(%arg0 : {{.*}}) rhs transposed(%arg1 : {{.*}}) bias(%arg2 : {{.*}}) residual(%arg3 : {{.*}}) nonlinearity relu
// CHECK: %[[ONE:.*]] = vga.launch {{.*}} outs(%[[R]] :
// CHECK: %[[FEW:.*]] = vga.launch {{.*}} outs(%[[ONE]] :
// CHECK: %[[BLOCKS:.*]] = arith.select %[[DONE]], %c0, %{{.*}} : index
// CHECK: vga.launch {{.*}} blocks(%[[BLOCKS]]) {{.*}} outs(%[[FEW]] :
func.func @steps(%x: tensor<?x64xf16>, %w: tensor<96x64xf16>, %b: tensor<96xf16>,
                 %from: tensor<?x96xf16>) -> tensor<?x96xf16> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f16
  %s = tensor.dim %x, %c0 : tensor<?x64xf16>
  %e = tensor.empty(%s) : tensor<?x96xf16>
  %start = linalg.broadcast ins(%b : tensor<96xf16>) outs(%e : tensor<?x96xf16>) dimensions = [0]
  %sum = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x64xf16>, tensor<96x64xf16>) outs(%start : tensor<?x96xf16>) -> tensor<?x96xf16>
  %added = linalg.add ins(%from, %sum : tensor<?x96xf16>, tensor<?x96xf16>) outs(%e : tensor<?x96xf16>) -> tensor<?x96xf16>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%added : tensor<?x96xf16>) outs(%e : tensor<?x96xf16>) {
  ^bb0(%in: f16, %out: f16):
    %r = arith.maximumf %zero, %in : f16
    linalg.yield %r : f16
  } -> tensor<?x96xf16>
  return %y : tensor<?x96xf16>
}

// -----

#id = affine_map<(s, d) -> (s, d)>

// The same gelu, written otherwise, with constants that bf16 rounds.
// CHECK-LABEL: func @gelu_in_bf16
// CHECK: vga.multiply {{.*}} lhs transposed(%arg0 : {{.*}} residual(%arg2 : {{.*}} nonlinearity gelu
func.func @gelu_in_bf16(%x: tensor<64x256xbf16>, %w: tensor<64x32xbf16>, %from: tensor<256x32xbf16>)
    -> tensor<256x32xbf16> {
  %half = arith.constant 0.5 : bf16
  %three = arith.constant 3.0 : bf16
  %cubic = arith.constant 0.035677 : bf16
  %root = arith.constant 0.7978845608 : bf16
  %e = tensor.empty() : tensor<256x32xbf16>
  %sum = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<64x256xbf16>, tensor<64x32xbf16>) outs(%from : tensor<256x32xbf16>) -> tensor<256x32xbf16>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum : tensor<256x32xbf16>) outs(%e : tensor<256x32xbf16>) {
  ^bb0(%t: bf16, %out: bf16):
    %cube = math.powf %t, %three : bf16
    %bent = arith.mulf %cubic, %cube : bf16
    %line = arith.mulf %root, %t : bf16
    %inner = arith.addf %line, %bent : bf16
    %tanh = math.tanh %inner : bf16
    %part = arith.mulf %t, %half : bf16
    %bend = arith.mulf %part, %tanh : bf16
    %r = arith.addf %bend, %part : bf16
    linalg.yield %r : bf16
  } -> tensor<256x32xbf16>
  return %y : tensor<256x32xbf16>
}

// -----

// Heads are batches: those of a batch of rows share it, and lines of the result are apart.
// CHECK-LABEL: func @heads
// CHECK: vga.multiply sizes(%c3, %c256, %c32, %c64) strides(%c0, %c64, %c32, %c96, %c8192, %c32)
// CHECK-SAME: lhs(%arg0 : {{.*}}) rhs(%arg1 : {{.*}}) outs(
func.func @heads(%x: tensor<256x64xf16>, %w: tensor<64x3x32xf16>) -> tensor<3x256x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x256x32xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<3x256x32xf32>) -> tensor<3x256x32xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(h, s, d, k) -> (s, k)>, affine_map<(h, s, d, k) -> (k, h, d)>, affine_map<(h, s, d, k) -> (h, s, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<256x64xf16>, tensor<64x3x32xf16>) outs(%zeros : tensor<3x256x32xf32>) {
  ^bb0(%a: f16, %b: f16, %acc: f32):
    %af = arith.extf %a : f16 to f32
    %bf = arith.extf %b : f16 to f32
    %p = arith.mulf %af, %bf : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x256x32xf32>
  return %y : tensor<3x256x32xf32>
}

// -----

#id = affine_map<(s, d) -> (s, d)>
#column = affine_map<(s, d) -> (d)>

// Few rows, f32, a residual after the nonlinearity, a bias of another type than the result, a gelu
// that is none, and one of f32, whose tanh may be less exact in a library: kernels only.
// CHECK-NOT: vga.multiply
!x = tensor<256x64xbf16>
!w = tensor<64x32xbf16>
!y = tensor<256x32xbf16>
!sums = tensor<256x32xf32>
func.func @few(%x: tensor<127x64xbf16>, %w: !w, %from: tensor<127x32xbf16>) -> tensor<127x32xbf16> {
  %y = linalg.matmul ins(%x, %w : tensor<127x64xbf16>, !w) outs(%from : tensor<127x32xbf16>) -> tensor<127x32xbf16>
  return %y : tensor<127x32xbf16>
}
func.func @f32(%x: tensor<256x64xf32>, %w: tensor<64x32xf32>, %from: !sums) -> !sums {
  %y = linalg.matmul ins(%x, %w : tensor<256x64xf32>, tensor<64x32xf32>) outs(%from : !sums) -> !sums
  return %y : !sums
}
func.func @residual_after(%x: !x, %w: !w, %from: !y) -> !y {
  %zero = arith.constant 0.0 : bf16
  %e = tensor.empty() : !y
  %zeros = linalg.fill ins(%zero : bf16) outs(%e : !y) -> !y
  %sum = linalg.matmul ins(%x, %w : !x, !w) outs(%zeros : !y) -> !y
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum, %from : !y, !y) outs(%e : !y) {
  ^bb0(%in: bf16, %more: bf16, %out: bf16):
    %relu = arith.maximumf %in, %zero : bf16
    %r = arith.addf %relu, %more : bf16
    linalg.yield %r : bf16
  } -> !y
  return %y : !y
}
func.func @bias_type(%x: !x, %w: !w, %bias: tensor<32xf32>) -> !y {
  %e = tensor.empty() : !sums
  %start = linalg.broadcast ins(%bias : tensor<32xf32>) outs(%e : !sums) dimensions = [0]
  %sum = linalg.matmul ins(%x, %w : !x, !w) outs(%start : !sums) -> !sums
  %to = tensor.empty() : !y
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum : !sums) outs(%to : !y) {
  ^bb0(%in: f32, %out: bf16):
    %r = arith.truncf %in : f32 to bf16
    linalg.yield %r : bf16
  } -> !y
  return %y : !y
}
func.func @no_gelu(%x: !x, %w: !w, %from: !y) -> !y {
  %half = arith.constant 0.5 : bf16
  %e = tensor.empty() : !y
  %sum = linalg.matmul ins(%x, %w : !x, !w) outs(%from : !y) -> !y
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum : !y) outs(%e : !y) {
  ^bb0(%in: bf16, %out: bf16):
    %tanh = math.tanh %in : bf16
    %open = arith.addf %tanh, %half : bf16
    %r = arith.mulf %open, %in : bf16
    linalg.yield %r : bf16
  } -> !y
  return %y : !y
}
func.func @gelu_f32(%x: !x, %w: !w, %from: !sums) -> !sums {
  %half = arith.constant 0.5 : f32
  %three = arith.constant 3.0 : f32
  %cubic = arith.constant 0.03567740814 : f32
  %root = arith.constant 0.7978845608 : f32
  %e = tensor.empty() : !sums
  %sum = linalg.matmul ins(%x, %w : !x, !w) outs(%from : !sums) -> !sums
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sum : !sums) outs(%e : !sums) {
  ^bb0(%t: f32, %out: f32):
    %cube = math.powf %t, %three : f32
    %bent = arith.mulf %cubic, %cube : f32
    %line = arith.mulf %root, %t : f32
    %inner = arith.addf %line, %bent : f32
    %tanh = math.tanh %inner : f32
    %part = arith.mulf %t, %half : f32
    %bend = arith.mulf %part, %tanh : f32
    %r = arith.addf %bend, %part : f32
    linalg.yield %r : f32
  } -> !sums
  return %y : !sums
}
