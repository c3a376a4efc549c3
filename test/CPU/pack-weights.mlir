// RUN: vga-opt %s --split-input-file --vga-cpu-pack-weights | FileCheck %s

// CHECK-LABEL: func @product
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<?x256xf32>, %[[W:[a-z0-9]+]]: tensor<256x1024xf32>
// CHECK: %[[PACKED:.*]] = linalg.pack %[[W]] outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128]
// CHECK-SAME: tensor<256x1024xf32> -> tensor<8x256x128xf32>
// CHECK: %[[BACK:.*]] = linalg.unpack %[[PACKED]] outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128]
// CHECK: linalg.matmul ins(%[[X]], %[[BACK]]
func.func @product(%x: tensor<?x256xf32>, %w: tensor<256x1024xf32> {vga.param = "w"}, %to: tensor<?x1024xf32>) -> tensor<?x1024xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<?x256xf32>, tensor<256x1024xf32>) outs(%to : tensor<?x1024xf32>) -> tensor<?x1024xf32>
  return %y : tensor<?x1024xf32>
}

// -----

// The last panel of 300 columns is filled up with zeros.
// CHECK-LABEL: func @ragged
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : bf16
// CHECK: linalg.pack %{{.*}} padding_value(%[[ZERO]] : bf16) outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128]
// CHECK-SAME: tensor<7x300xbf16> -> tensor<3x7x128xbf16>
func.func @ragged(%x: tensor<4x7xbf16>, %w: tensor<7x300xbf16> {vga.param = "w"}, %to: tensor<4x300xf32>) -> tensor<4x300xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x7xbf16>, tensor<7x300xbf16>) outs(%to : tensor<4x300xf32>) -> tensor<4x300xf32>
  return %y : tensor<4x300xf32>
}

// -----

// Weights stored by columns become rows, few as they may be.
// CHECK-DAG: #[[$ROWS:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func @transposed
// CHECK-SAME:    %[[W:[a-z0-9]+]]: tensor<64x32xf32> {vga.param
// CHECK: %[[PACKED:.*]] = linalg.pack %[[W]] padding_value({{.*}}) outer_dims_perm = [0, 1] inner_dims_pos = [0] inner_tiles = [128]
// CHECK-SAME: tensor<64x32xf32> -> tensor<1x32x128xf32>
// CHECK: %[[BACK:.*]] = linalg.unpack %[[PACKED]] outer_dims_perm = [1, 0] inner_dims_pos = [1] {{.*}} -> tensor<32x64xf32>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$ROWS]], #{{.*}}]
// CHECK-SAME: ins(%{{.*}}, %[[BACK]]
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @transposed(%x: tensor<8x32xf32>, %w: tensor<64x32xf32> {vga.param = "w"}, %to: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %y = linalg.matmul indexing_maps = [#x, #w, #y] ins(%x, %w : tensor<8x32xf32>, tensor<64x32xf32>) outs(%to : tensor<8x64xf32>) -> tensor<8x64xf32>
  return %y : tensor<8x64xf32>
}

// -----

// Through calls, if all of them give weights.
// CHECK-LABEL: func private @weights
// CHECK: linalg.pack
// CHECK-LABEL: func private @either
// CHECK-NOT: linalg.pack
// CHECK-LABEL: func @calls
func.func private @weights(%x: tensor<4x8xf32>, %w: tensor<8x256xf32>, %to: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x256xf32>) outs(%to : tensor<4x256xf32>) -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}
func.func private @either(%x: tensor<4x8xf32>, %w: tensor<8x256xf32>, %to: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x256xf32>) outs(%to : tensor<4x256xf32>) -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}
func.func @calls(%x: tensor<4x8xf32>, %w: tensor<8x256xf32> {vga.param = "w"}, %v: tensor<8x256xf32>, %to: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %a = call @weights(%x, %w, %to) : (tensor<4x8xf32>, tensor<8x256xf32>, tensor<4x256xf32>) -> tensor<4x256xf32>
  %b = call @either(%x, %w, %a) : (tensor<4x8xf32>, tensor<8x256xf32>, tensor<4x256xf32>) -> tensor<4x256xf32>
  %c = call @either(%x, %v, %b) : (tensor<4x8xf32>, tensor<8x256xf32>, tensor<4x256xf32>) -> tensor<4x256xf32>
  return %c : tensor<4x256xf32>
}

// -----

// One panel, and no weights.
// CHECK-LABEL: func @in_place
// CHECK-NOT: linalg.pack
func.func @in_place(%x: tensor<4x8xf32>, %w: tensor<8x128xf32> {vga.param = "w"}, %v: tensor<128x512xf32>, %to: tensor<4x128xf32>, %to2: tensor<4x512xf32>) -> tensor<4x512xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x128xf32>) outs(%to : tensor<4x128xf32>) -> tensor<4x128xf32>
  %z = linalg.matmul ins(%y, %v : tensor<4x128xf32>, tensor<128x512xf32>) outs(%to2 : tensor<4x512xf32>) -> tensor<4x512xf32>
  return %z : tensor<4x512xf32>
}
