func.func @main(%q: tensor<1x8x512x64xf32>, %k: tensor<1x8x512x64xf32>, %v: tensor<1x8x512x64xf32>, %g: tensor<1x8x512xf32>) -> tensor<1x8x512x64xf32> {
  %o = vga.attention %q, %k, %v value_gate(%g : tensor<1x8x512xf32>) : tensor<1x8x512x64xf32>, tensor<1x8x512x64xf32>, tensor<1x8x512x64xf32>
  return %o : tensor<1x8x512x64xf32>
}
