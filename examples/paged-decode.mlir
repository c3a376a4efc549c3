// A step of serving: four sequences, each of a length of its own, get some more
// tokens - one in decoding, many of a prompt. Their keys and values go into pages
// of 16 tokens, of which `table` says whose is which; then the new queries attend
// to all that their sequences have. Pools are states: appends are done in place,
// and values are gated when they are appended, once, and not in every step.
func.func @main(%q: tensor<4x?x8x64xf32>, %k: tensor<4x?x2x64xf32>,
                %v: tensor<4x?x2x64xf32>, %position: tensor<4xi32>,
                %table: tensor<4x8xi32>,
                %w: tensor<2x64xf32> {vga.param = "gate.weight"},
                %keys: tensor<40x16x2x64xf32> {vga.state = "keys"},
                %values: tensor<40x16x2x64xf32> {vga.state = "values"})
    -> (tensor<4x?x8x64xf32>, tensor<40x16x2x64xf32>, tensor<40x16x2x64xf32>) {
  %keys1 = vga.append %k into %keys at %position
      block_table(%table : tensor<4x8xi32>) layout bshd
      : tensor<4x?x2x64xf32>, tensor<40x16x2x64xf32>, tensor<4xi32>
  %values1 = vga.append %v into %values at %position
      block_table(%table : tensor<4x8xi32>) layout bshd
      : tensor<4x?x2x64xf32>, tensor<40x16x2x64xf32>, tensor<4xi32>

  %c1 = arith.constant 1 : index
  %count = tensor.dim %q, %c1 : tensor<4x?x8x64xf32>
  %count32 = arith.index_cast %count : index to i32
  %counts = tensor.splat %count32 : tensor<4xi32>
  %length = arith.addi %position, %counts : tensor<4xi32>
  %z = vga.gated_attention %q, %keys1, %values1, %w causal alignment length
      kv_length(%length : tensor<4xi32>)
      block_table(%table : tensor<4x8xi32>) layout bshd
      : tensor<4x?x8x64xf32>, tensor<40x16x2x64xf32>, tensor<40x16x2x64xf32>,
        tensor<2x64xf32>
  return %z, %keys1, %values1
      : tensor<4x?x8x64xf32>, tensor<40x16x2x64xf32>, tensor<40x16x2x64xf32>
}
