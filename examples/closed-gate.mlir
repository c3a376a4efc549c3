// A head that has nothing to say. All three queries give nearly all of their
// attention to key 0, as heads of trained transformers do with the first token.
// Attention without a gate must then add v_0 to everything; a gate computed
// from the value - sigmoid(w . v_j + b), near 0 for v_0, near 1 for the others -
// closes on it. Results: without the gate, with it.
func.func @main() -> (tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>) {
  %q = arith.constant dense<1.0> : tensor<1x1x3x2xf32>
  %k = arith.constant dense<[[[[4.0, 4.0], [0.0, 0.0], [0.0, 0.0]]]]>
         : tensor<1x1x3x2xf32>
  %v = arith.constant dense<[[[[-3.0, 1.0], [2.0, 1.0], [2.0, -1.0]]]]>
         : tensor<1x1x3x2xf32>
  %w = arith.constant dense<[[2.0, 0.0]]> : tensor<1x2xf32>
  %plain = vga.attention %q, %k, %v
      : tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>
  %gated = vga.gated_attention %q, %k, %v, %w
      : tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>,
        tensor<1x2xf32>
  return %plain, %gated : tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>
}
