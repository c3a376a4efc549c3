// RUN: vga-opt %s -verify-diagnostics -split-input-file

// expected-error@+1 {{expected queries of a schedule to be a multiple of 64 up to 192, got 100}}
#a = #vga.schedule<queries = 100, keys = 128, key_stages = 2, value_stages = 2>

// -----

// expected-error@+1 {{expected keys of a schedule to be a multiple of 16 up to 256, got 272}}
#a = #vga.schedule<queries = 128, keys = 272, key_stages = 2, value_stages = 2>

// -----

// expected-error@+1 {{expected key_stages of a schedule to be between 1 and 8, got 0}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 0, value_stages = 2>

// -----

// expected-error@+1 {{expected value_stages of a schedule to be between 1 and 8, got 9}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 9>

// -----

// expected-error@+1 {{expected query_stages of a schedule to be between 1 and 8, got 0}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, query_stages = 0>

// -----

// expected-error@+1 {{expected 1 query_stages of a schedule without output_buffer, got 2}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, query_stages = 2>

// -----

// expected-error@+1 {{expected a schedule with value_gate = ahead to be persistent}}
#a = #vga.schedule<queries = 128, keys = 128, key_stages = 2, value_stages = 2, persistent = false, value_gate = ahead>

// -----

func.func @boxes(%x: memref<?x64xf16>, %n: index) {
  // expected-error@+1 {{expected a box for each of 2 arrays, got 1}}
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>] ins(%x : memref<?x64xf16>) outs(%x : memref<?x64xf16>)
  return
}

// -----

func.func @rank(%x: memref<?x64xf16>, %n: index) {
  // expected-error@+1 {{expected the box of array #1 to have rank 2, got 3}}
  vga.launch @k::@k blocks(%n) threads 128 shared_memory 0
    boxes [array<i64>, array<i64: 1, 1, 1>]
    ins(%x : memref<?x64xf16>) outs(%x : memref<?x64xf16>)
  return
}
