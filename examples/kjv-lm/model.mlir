// The King James language model: bytes in, logits of every next byte out.
//
// A decoder-only transformer with value-state gated attention: embedding, six
// blocks of attention and MLP around a residual stream, norm, head. S is the
// number of tokens, which follow P earlier ones: their keys and values are in
// caches, which are updated in place. train.py is the same network in PyTorch.

!tokens = tensor<?xi32>          // [S]
!rows = tensor<?x256xf32>        // [S, width]
!hidden = tensor<?x1024xf32>     // [S, width of the MLP]
!q_heads = tensor<1x?x4x64xf32>  // [1, S, heads, head size]
!kv_heads = tensor<1x?x2x64xf32>
!cache = tensor<1x512x2x64xf32>  // keys, or values, of one block

!vec256 = tensor<256xf32>
!vec1024 = tensor<1024xf32>
!mat256 = tensor<256x256xf32>    // matrices are [in, out]
!mat128 = tensor<256x128xf32>
!up = tensor<256x1024xf32>
!down = tensor<1024x256xf32>
!gate_w = tensor<2x64xf32>       // [KV heads, head size]
!gate_b = tensor<2xf32>

!attention = (!rows, index, !cache, !cache, !vec256, !mat256, !mat128, !mat128,
              !mat256, !gate_w, !gate_b) -> (!rows, !cache, !cache)
!mlp = (!rows, !vec256, !up, !vec1024, !down, !vec256) -> !rows
!block = (!rows, index, !cache, !cache, !vec256, !mat256, !mat128, !mat128,
          !mat256, !gate_w, !gate_b, !vec256, !up, !vec1024, !down, !vec256)
         -> (!rows, !cache, !cache)

#id = affine_map<(s, d) -> (s, d)>
#row = affine_map<(s, d) -> (s)>
#column = affine_map<(s, d) -> (d)>

// Row s is token[tokens[s]] + position[P + s].
func.func private @embed(%tokens: !tokens, %p: index, %token: !mat256,
                         %position: tensor<512x256xf32>) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %tokens, %c0 : !tokens
  %byte_mask = arith.constant 255 : i32
  %positions = tensor.extract_slice %position[%p, 0] [%s, 256] [1, 1]
      : tensor<512x256xf32> to !rows
  %empty = tensor.empty(%s) : !rows
  %x = linalg.generic {indexing_maps = [#row, #id, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%tokens, %positions : !tokens, !rows) outs(%empty : !rows) {
  ^bb0(%t: i32, %at: f32, %out: f32):
    %byte = arith.andi %t, %byte_mask : i32 // never outside the table
    %i = arith.index_cast %byte : i32 to index
    %d = linalg.index 1 : index
    %e = tensor.extract %token[%i, %d] : !mat256
    %sum = arith.addf %e, %at : f32
    linalg.yield %sum : f32
  } -> !rows
  return %x : !rows
}

// Every row over its root mean square, times a weight per column.
func.func private @rms_norm(%x: !rows, %weight: !vec256) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %zero = arith.constant 0.0 : f32
  %width = arith.constant 256.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %empty_row = tensor.empty(%s) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_row : tensor<?xf32>)
      -> tensor<?xf32>
  %squares = linalg.generic {indexing_maps = [#id, #row],
                             iterator_types = ["parallel", "reduction"]}
      ins(%x : !rows) outs(%zeros : tensor<?xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %square = arith.mulf %in, %in : f32
    %sum = arith.addf %acc, %square : f32
    linalg.yield %sum : f32
  } -> tensor<?xf32>
  %empty = tensor.empty(%s) : !rows
  %y = linalg.generic {indexing_maps = [#id, #row, #column, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %squares, %weight : !rows, tensor<?xf32>, !vec256)
      outs(%empty : !rows) {
  ^bb0(%in: f32, %square: f32, %w: f32, %out: f32):
    %mean = arith.divf %square, %width : f32
    %positive = arith.addf %mean, %epsilon : f32
    %rms = math.sqrt %positive : f32
    %unit = arith.divf %in, %rms : f32
    %scaled = arith.mulf %unit, %w : f32
    linalg.yield %scaled : f32
  } -> !rows
  return %y : !rows
}

// x . w, for a square matrix: queries and logits.
func.func private @project(%x: !rows, %w: !mat256) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%s) : !rows
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : !rows) -> !rows
  %y = linalg.matmul ins(%x, %w : !rows, !mat256) outs(%zeros : !rows) -> !rows
  return %y : !rows
}

// x . w, split in the two KV heads: keys and values.
func.func private @project_kv(%x: !rows, %w: !mat128) -> !kv_heads {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%s) : tensor<?x128xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x128xf32>)
      -> tensor<?x128xf32>
  %y = linalg.matmul ins(%x, %w : !rows, !mat128)
      outs(%zeros : tensor<?x128xf32>) -> tensor<?x128xf32>
  %heads = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [1, %s, 2, 64]
      : tensor<?x128xf32> into !kv_heads
  return %heads : !kv_heads
}

// x + attention(norm(x)). Each of the 4 query heads reads KV head h / 2, and
// key j's value counts g_j = sigmoid(<v_j, gate_w> + gate_b) times.
func.func private @attention(%x: !rows, %p: index, %keys: !cache,
                             %values: !cache, %norm: !vec256, %query: !mat256,
                             %key: !mat128, %value: !mat128, %output: !mat256,
                             %gate_w: !gate_w, %gate_b: !gate_b)
    -> (!rows, !cache, !cache) {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %h = call @rms_norm(%x, %norm) : (!rows, !vec256) -> !rows
  %q = call @project(%h, %query) : (!rows, !mat256) -> !rows
  %qh = tensor.expand_shape %q [[0, 1], [2, 3]] output_shape [1, %s, 4, 64]
      : !rows into !q_heads
  %k = call @project_kv(%h, %key) : (!rows, !mat128) -> !kv_heads
  %v = call @project_kv(%h, %value) : (!rows, !mat128) -> !kv_heads
  // The new keys and values go behind the P that the caches have.
  %keys1 = tensor.insert_slice %k into %keys[0, %p, 0, 0] [1, %s, 2, 64]
      [1, 1, 1, 1] : !kv_heads into !cache
  %values1 = tensor.insert_slice %v into %values[0, %p, 0, 0] [1, %s, 2, 64]
      [1, 1, 1, 1] : !kv_heads into !cache
  %n = arith.addi %p, %s : index
  %kh = tensor.extract_slice %keys1[0, 0, 0, 0] [1, %n, 2, 64] [1, 1, 1, 1]
      : !cache to !kv_heads
  %vh = tensor.extract_slice %values1[0, 0, 0, 0] [1, %n, 2, 64] [1, 1, 1, 1]
      : !cache to !kv_heads
  // Causal masks are anchored at the last query and the last key.
  %zh = vga.gated_attention %qh, %kh, %vh, %gate_w bias(%gate_b : !gate_b)
      causal layout bshd : !q_heads, !kv_heads, !kv_heads, !gate_w
  %z = tensor.collapse_shape %zh [[0, 1], [2, 3]] : !q_heads into !rows
  // The product accumulates onto x: that is the residual connection.
  %y = linalg.matmul ins(%z, %output : !rows, !mat256) outs(%x : !rows) -> !rows
  return %y, %keys1, %values1 : !rows, !cache, !cache
}

// x + down(gelu(up(norm(x)))), with the tanh form of GELU.
func.func private @mlp(%x: !rows, %norm: !vec256, %up_w: !up, %up_b: !vec1024,
                       %down_w: !down, %down_b: !vec256) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %cubic = arith.constant 0.044715 : f32
  %root = arith.constant 0.7978845608 : f32 // sqrt(2 / pi)
  %h = call @rms_norm(%x, %norm) : (!rows, !vec256) -> !rows
  // The products accumulate onto the bias.
  %empty = tensor.empty(%s) : !hidden
  %up_bs = linalg.broadcast ins(%up_b : !vec1024) outs(%empty : !hidden)
      dimensions = [0]
  %u = linalg.matmul ins(%h, %up_w : !rows, !up) outs(%up_bs : !hidden)
      -> !hidden
  %a = linalg.generic {indexing_maps = [#id, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%u : !hidden) outs(%empty : !hidden) {
  ^bb0(%in: f32, %out: f32):
    %in2 = arith.mulf %in, %in : f32
    %in3 = arith.mulf %in2, %in : f32
    %bent = arith.mulf %in3, %cubic : f32
    %sum = arith.addf %in, %bent : f32
    %inner = arith.mulf %sum, %root : f32
    %tanh = math.tanh %inner : f32
    %open = arith.addf %tanh, %one : f32
    %part = arith.mulf %open, %half : f32
    %gelu = arith.mulf %part, %in : f32
    linalg.yield %gelu : f32
  } -> !hidden
  %rows = tensor.empty(%s) : !rows
  %down_bs = linalg.broadcast ins(%down_b : !vec256) outs(%rows : !rows)
      dimensions = [0]
  %d = linalg.matmul ins(%a, %down_w : !hidden, !down) outs(%down_bs : !rows)
      -> !rows
  %y = linalg.add ins(%x, %d : !rows, !rows) outs(%rows : !rows) -> !rows
  return %y : !rows
}

func.func private @block(
    %x: !rows, %p: index, %keys: !cache, %values: !cache, %an: !vec256,
    %q: !mat256, %k: !mat128, %v: !mat128, %o: !mat256, %gw: !gate_w,
    %gb: !gate_b, %mn: !vec256, %uw: !up, %ub: !vec1024, %dw: !down,
    %db: !vec256) -> (!rows, !cache, !cache) {
  %y, %keys1, %values1 = call @attention(%x, %p, %keys, %values, %an, %q, %k,
                                         %v, %o, %gw, %gb) : !attention
  %z = call @mlp(%y, %mn, %uw, %ub, %dw, %db) : !mlp
  return %z, %keys1, %values1 : !rows, !cache, !cache
}

// Weights are found by name; a digit in a value's name is its block. The caches
// hold `past` tokens: none at first, then what earlier calls were given.
func.func @main(
    %tokens: !tokens,
    %past: tensor<i64> {vga.position},
    %keys0: !cache {vga.state = "keys.0"},
    %values0: !cache {vga.state = "values.0"},
    %keys1: !cache {vga.state = "keys.1"},
    %values1: !cache {vga.state = "values.1"},
    %keys2: !cache {vga.state = "keys.2"},
    %values2: !cache {vga.state = "values.2"},
    %keys3: !cache {vga.state = "keys.3"},
    %values3: !cache {vga.state = "values.3"},
    %keys4: !cache {vga.state = "keys.4"},
    %values4: !cache {vga.state = "values.4"},
    %keys5: !cache {vga.state = "keys.5"},
    %values5: !cache {vga.state = "values.5"},
    %token: !mat256 {vga.param = "embedding.token"},
    %position: tensor<512x256xf32> {vga.param = "embedding.position"},
    %an0: !vec256 {vga.param = "blocks.0.attention.norm"},
    %q0: !mat256 {vga.param = "blocks.0.attention.query"},
    %k0: !mat128 {vga.param = "blocks.0.attention.key"},
    %v0: !mat128 {vga.param = "blocks.0.attention.value"},
    %o0: !mat256 {vga.param = "blocks.0.attention.output"},
    %gw0: !gate_w {vga.param = "blocks.0.attention.gate.weight"},
    %gb0: !gate_b {vga.param = "blocks.0.attention.gate.bias"},
    %mn0: !vec256 {vga.param = "blocks.0.mlp.norm"},
    %uw0: !up {vga.param = "blocks.0.mlp.up.weight"},
    %ub0: !vec1024 {vga.param = "blocks.0.mlp.up.bias"},
    %dw0: !down {vga.param = "blocks.0.mlp.down.weight"},
    %db0: !vec256 {vga.param = "blocks.0.mlp.down.bias"},
    %an1: !vec256 {vga.param = "blocks.1.attention.norm"},
    %q1: !mat256 {vga.param = "blocks.1.attention.query"},
    %k1: !mat128 {vga.param = "blocks.1.attention.key"},
    %v1: !mat128 {vga.param = "blocks.1.attention.value"},
    %o1: !mat256 {vga.param = "blocks.1.attention.output"},
    %gw1: !gate_w {vga.param = "blocks.1.attention.gate.weight"},
    %gb1: !gate_b {vga.param = "blocks.1.attention.gate.bias"},
    %mn1: !vec256 {vga.param = "blocks.1.mlp.norm"},
    %uw1: !up {vga.param = "blocks.1.mlp.up.weight"},
    %ub1: !vec1024 {vga.param = "blocks.1.mlp.up.bias"},
    %dw1: !down {vga.param = "blocks.1.mlp.down.weight"},
    %db1: !vec256 {vga.param = "blocks.1.mlp.down.bias"},
    %an2: !vec256 {vga.param = "blocks.2.attention.norm"},
    %q2: !mat256 {vga.param = "blocks.2.attention.query"},
    %k2: !mat128 {vga.param = "blocks.2.attention.key"},
    %v2: !mat128 {vga.param = "blocks.2.attention.value"},
    %o2: !mat256 {vga.param = "blocks.2.attention.output"},
    %gw2: !gate_w {vga.param = "blocks.2.attention.gate.weight"},
    %gb2: !gate_b {vga.param = "blocks.2.attention.gate.bias"},
    %mn2: !vec256 {vga.param = "blocks.2.mlp.norm"},
    %uw2: !up {vga.param = "blocks.2.mlp.up.weight"},
    %ub2: !vec1024 {vga.param = "blocks.2.mlp.up.bias"},
    %dw2: !down {vga.param = "blocks.2.mlp.down.weight"},
    %db2: !vec256 {vga.param = "blocks.2.mlp.down.bias"},
    %an3: !vec256 {vga.param = "blocks.3.attention.norm"},
    %q3: !mat256 {vga.param = "blocks.3.attention.query"},
    %k3: !mat128 {vga.param = "blocks.3.attention.key"},
    %v3: !mat128 {vga.param = "blocks.3.attention.value"},
    %o3: !mat256 {vga.param = "blocks.3.attention.output"},
    %gw3: !gate_w {vga.param = "blocks.3.attention.gate.weight"},
    %gb3: !gate_b {vga.param = "blocks.3.attention.gate.bias"},
    %mn3: !vec256 {vga.param = "blocks.3.mlp.norm"},
    %uw3: !up {vga.param = "blocks.3.mlp.up.weight"},
    %ub3: !vec1024 {vga.param = "blocks.3.mlp.up.bias"},
    %dw3: !down {vga.param = "blocks.3.mlp.down.weight"},
    %db3: !vec256 {vga.param = "blocks.3.mlp.down.bias"},
    %an4: !vec256 {vga.param = "blocks.4.attention.norm"},
    %q4: !mat256 {vga.param = "blocks.4.attention.query"},
    %k4: !mat128 {vga.param = "blocks.4.attention.key"},
    %v4: !mat128 {vga.param = "blocks.4.attention.value"},
    %o4: !mat256 {vga.param = "blocks.4.attention.output"},
    %gw4: !gate_w {vga.param = "blocks.4.attention.gate.weight"},
    %gb4: !gate_b {vga.param = "blocks.4.attention.gate.bias"},
    %mn4: !vec256 {vga.param = "blocks.4.mlp.norm"},
    %uw4: !up {vga.param = "blocks.4.mlp.up.weight"},
    %ub4: !vec1024 {vga.param = "blocks.4.mlp.up.bias"},
    %dw4: !down {vga.param = "blocks.4.mlp.down.weight"},
    %db4: !vec256 {vga.param = "blocks.4.mlp.down.bias"},
    %an5: !vec256 {vga.param = "blocks.5.attention.norm"},
    %q5: !mat256 {vga.param = "blocks.5.attention.query"},
    %k5: !mat128 {vga.param = "blocks.5.attention.key"},
    %v5: !mat128 {vga.param = "blocks.5.attention.value"},
    %o5: !mat256 {vga.param = "blocks.5.attention.output"},
    %gw5: !gate_w {vga.param = "blocks.5.attention.gate.weight"},
    %gb5: !gate_b {vga.param = "blocks.5.attention.gate.bias"},
    %mn5: !vec256 {vga.param = "blocks.5.mlp.norm"},
    %uw5: !up {vga.param = "blocks.5.mlp.up.weight"},
    %ub5: !vec1024 {vga.param = "blocks.5.mlp.up.bias"},
    %dw5: !down {vga.param = "blocks.5.mlp.down.weight"},
    %db5: !vec256 {vga.param = "blocks.5.mlp.down.bias"},
    %norm: !vec256 {vga.param = "norm"},
    %head: !mat256 {vga.param = "head"})
    -> (!rows, !cache, !cache, !cache, !cache, !cache, !cache, !cache, !cache,
        !cache, !cache, !cache, !cache)
    attributes {vga.context = 512 : i64} {
  %c0 = arith.constant 0 : index
  %context = arith.constant 512 : index
  %s = tensor.dim %tokens, %c0 : !tokens
  %p64 = tensor.extract %past[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %n = arith.addi %p, %s : index
  %fits = arith.cmpi ule, %n, %context : index
  cf.assert %fits, "more than 512 tokens"
  %x0 = call @embed(%tokens, %p, %token, %position)
      : (!tokens, index, !mat256, tensor<512x256xf32>) -> !rows
  %x1, %nk0, %nv0 = call @block(
      %x0, %p, %keys0, %values0, %an0, %q0, %k0, %v0, %o0, %gw0, %gb0,
      %mn0, %uw0, %ub0, %dw0, %db0) : !block
  %x2, %nk1, %nv1 = call @block(
      %x1, %p, %keys1, %values1, %an1, %q1, %k1, %v1, %o1, %gw1, %gb1,
      %mn1, %uw1, %ub1, %dw1, %db1) : !block
  %x3, %nk2, %nv2 = call @block(
      %x2, %p, %keys2, %values2, %an2, %q2, %k2, %v2, %o2, %gw2, %gb2,
      %mn2, %uw2, %ub2, %dw2, %db2) : !block
  %x4, %nk3, %nv3 = call @block(
      %x3, %p, %keys3, %values3, %an3, %q3, %k3, %v3, %o3, %gw3, %gb3,
      %mn3, %uw3, %ub3, %dw3, %db3) : !block
  %x5, %nk4, %nv4 = call @block(
      %x4, %p, %keys4, %values4, %an4, %q4, %k4, %v4, %o4, %gw4, %gb4,
      %mn4, %uw4, %ub4, %dw4, %db4) : !block
  %x6, %nk5, %nv5 = call @block(
      %x5, %p, %keys5, %values5, %an5, %q5, %k5, %v5, %o5, %gw5, %gb5,
      %mn5, %uw5, %ub5, %dw5, %db5) : !block
  %y = call @rms_norm(%x6, %norm) : (!rows, !vec256) -> !rows
  %logits = call @project(%y, %head) : (!rows, !mat256) -> !rows
  return %logits, %nk0, %nv0, %nk1, %nv1, %nk2, %nv2, %nk3, %nv3, %nk4, %nv4,
      %nk5, %nv5
      : !rows, !cache, !cache, !cache, !cache, !cache, !cache, !cache, !cache,
        !cache, !cache, !cache, !cache
}
