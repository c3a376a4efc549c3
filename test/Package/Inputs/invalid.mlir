// CHECK: invalid.mlir:[[#@LINE+3]]:8: error: 'vga.attention' op expected heads of query to be a multiple of the 2 heads of key, got 3
func.func @heads(%q: tensor<1x3x8x16xf32>, %k: tensor<1x2x8x16xf32>,
                 %v: tensor<1x2x8x16xf32>) -> tensor<1x3x8x16xf32> {
  %z = vga.attention %q, %k, %v
         : tensor<1x3x8x16xf32>, tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>
  return %z : tensor<1x3x8x16xf32>
}
