// Eight query heads on two key/value heads; each query sees itself and what
// came before. Head h weighs the value of position j by the gate
// g_j = sigmoid(w_h . v_j + b_h): it may attend to j and yet take nothing.
func.func @main(%q: tensor<1x8x?x64xf32>, %k: tensor<1x2x?x64xf32>,
                %v: tensor<1x2x?x64xf32>, %w: tensor<2x64xf32>,
                %b: tensor<2xf32>) -> tensor<1x8x?x64xf32> {
  %z = vga.gated_attention %q, %k, %v, %w bias(%b : tensor<2xf32>) causal
         : tensor<1x8x?x64xf32>, tensor<1x2x?x64xf32>,
           tensor<1x2x?x64xf32>, tensor<2x64xf32>
  return %z : tensor<1x8x?x64xf32>
}
