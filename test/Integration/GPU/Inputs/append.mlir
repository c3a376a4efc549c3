// Appends of all kinds of caches: vectors of all sizes of pieces, with pages and
// without, in every layout.

func.func @pages(%k: tensor<4x1x2x64xf16>, %pages: tensor<?x16x2x64xf16>, %p: tensor<4xi64>, %t: tensor<4x?xi32>) -> tensor<?x16x2x64xf16> {
  %r = vga.append %k into %pages at %p block_table(%t : tensor<4x?xi32>) layout bshd
      : tensor<4x1x2x64xf16>, tensor<?x16x2x64xf16>, tensor<4xi64>
  return %r : tensor<?x16x2x64xf16>
}

func.func @odd_pages(%k: tensor<?x3x?x100xf32>, %pages: tensor<64x3x7x100xf32>, %p: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<64x3x7x100xf32> {
  %r = vga.append %k into %pages at %p block_table(%t : tensor<?x?xi32>)
      : tensor<?x3x?x100xf32>, tensor<64x3x7x100xf32>, tensor<?xi32>
  return %r : tensor<64x3x7x100xf32>
}

func.func @gates(%g: tensor<?x2x?xf32>, %c: tensor<?x2x512xf32>, %p: tensor<?xi32>) -> tensor<?x2x512xf32> {
  %r = vga.append %g into %c at %p layout sbhd : tensor<?x2x?xf32>, tensor<?x2x512xf32>, tensor<?xi32>
  return %r : tensor<?x2x512xf32>
}

func.func @gate_pages(%g: tensor<?x2x?xbf16>, %c: tensor<?x2x16xbf16>, %p: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<?x2x16xbf16> {
  %r = vga.append %g into %c at %p block_table(%t : tensor<?x?xi32>) : tensor<?x2x?xbf16>, tensor<?x2x16xbf16>, tensor<?xi32>
  return %r : tensor<?x2x16xbf16>
}

func.func @odd(%k: tensor<2x?x4x5xbf16>, %c: tensor<9x?x4x5xbf16>, %p: tensor<?xi32>) -> tensor<9x?x4x5xbf16> {
  %r = vga.append %k into %c at %p layout sbhd : tensor<2x?x4x5xbf16>, tensor<9x?x4x5xbf16>, tensor<?xi32>
  return %r : tensor<9x?x4x5xbf16>
}
