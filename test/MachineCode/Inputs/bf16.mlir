func.func @d64(%q: tensor<1x8x512x64xbf16>, %k: tensor<1x8x512x64xbf16>, %v: tensor<1x8x512x64xbf16>) -> tensor<1x8x512x64xbf16> {
  %z = vga.attention %q, %k, %v causal
      : tensor<1x8x512x64xbf16>, tensor<1x8x512x64xbf16>, tensor<1x8x512x64xbf16>
  return %z : tensor<1x8x512x64xbf16>
}
