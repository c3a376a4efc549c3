// RUN: vga-opt %s --vga-cpu-lower-packs | FileCheck %s

// CHECK-LABEL: func @pack
// CHECK: %[[PADDED:.*]] = tensor.pad %{{.*}} low[0, 0] high[0, 84]
// CHECK: %[[PANELS:.*]] = tensor.expand_shape %[[PADDED]] {{\[\[0\], \[1, 2\]\]}} {{.*}} into tensor<7x3x128xf32>
// CHECK: linalg.transpose ins(%[[PANELS]] {{.*}} permutation = [1, 0, 2]
func.func @pack(%w: tensor<7x300xf32>) -> tensor<3x7x128xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x7x128xf32>
  %p = linalg.pack %w padding_value(%zero : f32) outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %empty : tensor<7x300xf32> -> tensor<3x7x128xf32>
  return %p : tensor<3x7x128xf32>
}

// CHECK-LABEL: func @unpack
// CHECK: linalg.transpose {{.*}} permutation = [1, 0, 2]
// CHECK: tensor.collapse_shape
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [7, 300]
func.func @unpack(%p: tensor<3x7x128xf32>) -> tensor<7x300xf32> {
  %empty = tensor.empty() : tensor<7x300xf32>
  %w = linalg.unpack %p outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %empty : tensor<3x7x128xf32> -> tensor<7x300xf32>
  return %w : tensor<7x300xf32>
}

// What nobody reads is not unpacked.
// CHECK-LABEL: func @unread
// CHECK-NEXT: return
func.func @unread(%p: tensor<3x7x128xf32>, %to: tensor<7x300xf32>) {
  %w = linalg.unpack %p outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %to : tensor<3x7x128xf32> -> tensor<7x300xf32>
  return
}

// CHECK-LABEL: func @nothing
// CHECK-SAME: %{{.*}}: tensor<3x0x128xf32>, %[[Y:.*]]: tensor<0x300xf32>
// CHECK-NEXT: return %[[Y]]
func.func @nothing(%x: tensor<3x0x128xf32>, %y: tensor<0x300xf32>) -> tensor<0x300xf32> {
  %r = linalg.unpack %x outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %y : tensor<3x0x128xf32> -> tensor<0x300xf32>
  return %r : tensor<0x300xf32>
}

// CHECK-LABEL: func @no_rows
// CHECK-SAME: %{{.*}}: tensor<3x0x128xf32>, %[[Y:.*]]: tensor<0x?xf32>
// CHECK-NEXT: return %[[Y]]
func.func @no_rows(%x: tensor<3x0x128xf32>, %y: tensor<0x?xf32>) -> tensor<0x?xf32> {
  %r = linalg.unpack %x outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %y : tensor<3x0x128xf32> -> tensor<0x?xf32>
  return %r : tensor<0x?xf32>
}

// A size that only the source has, in another order.
// CHECK-LABEL: func @size_of_source
// CHECK-NOT: linalg.pack
// CHECK: tensor.cast %{{.*}} : tensor<3x7x128xf32> to tensor<3x?x128xf32>
func.func @size_of_source(%x: tensor<7x300xf32>, %y: tensor<3x?x128xf32>) -> tensor<3x?x128xf32> {
  %zero = arith.constant 0.0 : f32
  %r = linalg.pack %x padding_value(%zero : f32) outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [128] into %y : tensor<7x300xf32> -> tensor<3x?x128xf32>
  return %r : tensor<3x?x128xf32>
}
