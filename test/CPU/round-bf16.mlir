// Roundings to bf16 that may be approximate are an instruction where there is one, which makes zeros
// of denormals; others are spelled out later.
// RUN: vga-opt %s --vga-cpu-vectorize --canonicalize | FileCheck %s
// RUN: vga-opt %s --vga-cpu-vectorize=pairs=false --canonicalize | FileCheck %s --check-prefix=NONE

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func @approximate
// CHECK-NOT: arith.truncf
// CHECK: x86vector.avx512.cvt.packed.f32_to_bf16 {{.*}} : vector<16xf32> -> vector<16xbf16>
// CHECK-NOT: arith.truncf
// CHECK: return
// NONE-LABEL: func @approximate
// NONE-NOT: x86vector
// NONE: arith.truncf {{.*}} fastmath<afn> : vector<16xf32> to vector<16xbf16>
func.func @approximate(%x: memref<16xf32>, %y: memref<16xbf16>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<16xf32>) outs(%y : memref<16xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %r = arith.truncf %in fastmath<afn> : f32 to bf16
    linalg.yield %r : bf16
  }
  return
}

// CHECK-LABEL: func @exact
// CHECK-NOT: x86vector
// CHECK: arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
func.func @exact(%x: memref<16xf32>, %y: memref<16xbf16>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<16xf32>) outs(%y : memref<16xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %r = arith.truncf %in : f32 to bf16
    linalg.yield %r : bf16
  }
  return
}
