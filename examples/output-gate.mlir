// Causal attention with a gate on its output, for a GPU.
func.func @attend(%q: tensor<?x16x?x128xbf16>, %k: tensor<?x4x?x128xbf16>,
                  %v: tensor<?x4x?x128xbf16>, %g: tensor<?x16x?xf32>)
    -> tensor<?x16x?x128xbf16> {
  %z = vga.attention %q, %k, %v output_gate(%g : tensor<?x16x?xf32>) causal
    : tensor<?x16x?x128xbf16>, tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>
  return %z : tensor<?x16x?x128xbf16>
}
