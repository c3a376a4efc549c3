// RUN: vga-opt %s -verify-diagnostics -split-input-file

func.func @compute_type(%q: tensor<64x16xf16>, %k: tensor<8x64xf16>, %v: tensor<8x32xf16>, %acc: tensor<32x16xf16>, %max: tensor<16xf16>, %sum: tensor<16xf16>) {
  // expected-error@+1 {{expected accumulator to be of f32 or f64, got 'tensor<32x16xf16>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf16>, tensor<8x64xf16>, tensor<8x32xf16>)
      outs(%acc, %max, %sum : tensor<32x16xf16>, tensor<16xf16>, tensor<16xf16>)
  return
}

// -----

func.func @group(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected group to be positive, got 0}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>) group 0
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @softcap(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected softcap to be positive and finite, got 0}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>) softcap 0.0
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @query(%q: tensor<32x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected query to be of type 'tensor<64x16xf32>', got 'tensor<32x16xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<32x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @query_lanes(%q: tensor<64x8xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected query to be of type 'tensor<64x16xf32>', got 'tensor<64x8xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x8xf32>, tensor<8x64xf32>, tensor<8x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @key(%q: tensor<64x16xf32>, %k: tensor<8x64xf64>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected key to be of type 'tensor<8x64xf32>', got 'tensor<8x64xf64>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf64>, tensor<8x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @value(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<9x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected value to be of type 'tensor<8x32xf32>', got 'tensor<9x32xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<9x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @value_gate(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %g: tensor<7xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected value_gate to be of type 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>) value_gate(%g : tensor<7xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @mask(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %m: tensor<16x8xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected mask to be of type 'tensor<8x16xf32>', got 'tensor<16x8xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>) mask(%m : tensor<16x8xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @maximum(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<8xf32>, %sum: tensor<16xf32>) {
  // expected-error@+1 {{expected maximum to be of type 'tensor<16xf32>', got 'tensor<8xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<8xf32>, tensor<16xf32>)
  return
}

// -----

func.func @sum(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %v: tensor<8x32xf32>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf64>) {
  // expected-error@+1 {{expected sum to be of type 'tensor<16xf32>', got 'tensor<16xf64>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf64>)
  return
}

// -----

// By rows, the matrices of the queries are the other way around.
func.func @rows(%q: tensor<64x16xf32>, %k: tensor<8x64xf32>, %acc: tensor<16x64xf32>, %max: tensor<16xf32>) {
  // expected-error@+1 {{expected query to be of type 'tensor<16x64xf32>', got 'tensor<64x16xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<64x16xf32>, tensor<8x64xf32>, tensor<8x64xf32>) form rows
      outs(%acc, %max, %max : tensor<16x64xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @mask_of_rows(%q: tensor<16x64xf32>, %k: tensor<8x64xf32>, %m: tensor<8x16xf32>, %max: tensor<16xf32>) {
  // expected-error@+1 {{expected mask to be of type 'tensor<16x8xf32>', got 'tensor<8x16xf32>'}}
  %r:3 = vga.online_attention ins(%q, %k, %k : tensor<16x64xf32>, tensor<8x64xf32>, tensor<8x64xf32>) mask(%m : tensor<8x16xf32>) form rows
      outs(%q, %max, %max : tensor<16x64xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @pairs_of_f64(%q: tensor<4x16x2xbf16>, %k: tensor<8x4x2xbf16>, %v: tensor<32x4x2xbf16>, %acc: tensor<32x16xf64>, %max: tensor<16xf64>) {
  // expected-error@+1 {{expected accumulator to be of f32 with pairs, got 'tensor<32x16xf64>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<4x16x2xbf16>, tensor<8x4x2xbf16>, tensor<32x4x2xbf16>) form pairs
      outs(%acc, %max, %max : tensor<32x16xf64>, tensor<16xf64>, tensor<16xf64>)
  return
}

// -----

func.func @no_pairs(%q: tensor<8x16xbf16>, %k: tensor<8x4x2xbf16>, %v: tensor<32x4x2xbf16>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>) {
  // expected-error@+1 {{expected query to be of rank 3 in form pairs, got 'tensor<8x16xbf16>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<8x16xbf16>, tensor<8x4x2xbf16>, tensor<32x4x2xbf16>) form pairs
      outs(%acc, %max, %max : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @odd(%q: tensor<4x16x2xbf16>, %k: tensor<7x4x2xbf16>, %v: tensor<32x3x2xbf16>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>) {
  // expected-error@+1 {{expected pairs of keys, got 'tensor<7x4x2xbf16>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<4x16x2xbf16>, tensor<7x4x2xbf16>, tensor<32x3x2xbf16>) form pairs
      outs(%acc, %max, %max : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}

// -----

func.func @value_of_pairs(%q: tensor<4x16x2xbf16>, %k: tensor<8x4x2xbf16>, %v: tensor<4x32x2xbf16>, %acc: tensor<32x16xf32>, %max: tensor<16xf32>) {
  // expected-error@+1 {{expected value to be of type 'tensor<32x4x2xbf16>', got 'tensor<4x32x2xbf16>'}}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<4x16x2xbf16>, tensor<8x4x2xbf16>, tensor<4x32x2xbf16>) form pairs
      outs(%acc, %max, %max : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return
}
