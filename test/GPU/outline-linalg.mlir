// A kernel for each linalg.generic: who computes what, and how it is read.
// RUN: vga-opt %s --split-input-file --vga-gpu-outline-linalg --canonicalize --cse | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>

// Eight neighbors a thread: one access for bf16, one for all of f32; a number for the row.
// CHECK: gpu.func @elements_0
// CHECK-SAME: (%[[X:.*]]: memref<?x64xbf16>, %[[R:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?x64xf32>, %[[N:.*]]: index) kernel
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK: %[[POINT:.*]] = arith.addi
// CHECK: %[[COUNT:.*]] = arith.muli %[[N]], %c8
// CHECK: %[[EXISTS:.*]] = arith.cmpi ult, %[[POINT]], %[[COUNT]]
// CHECK: scf.if %[[EXISTS]]
// CHECK: vector.load %[[X]][%[[I:.*]], %[[J:.*]]] {alignment = 16 : i64} : memref<?x64xbf16>, vector<8xbf16>
// CHECK: %[[FACTOR:.*]] = memref.load %[[R]][%[[I]]]
// CHECK-COUNT-8: arith.mulf %{{.*}}, %[[FACTOR]]
// CHECK: vector.store %{{.*}}, %[[Y]][%[[I]], %[[J]]] {alignment = 16 : i64} : memref<?x64xf32>, vector<8xf32>
// CHECK-LABEL: func.func @elements
// CHECK-SAME: %[[X:.*]]: memref<?x64xbf16>, %[[R:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?x64xf32>
// CHECK: %[[N:.*]] = memref.dim %[[X]]
// CHECK: %[[VECTORS:.*]] = arith.muli %[[N]], %c8
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %[[VECTORS]], %c256
// CHECK: gpu.launch_func @vga_kernels::@elements_0 blocks in (%[[BLOCKS]], %c1, %c1) threads in (%c256, %c1, %c1) args(%[[X]] : {{.*}}, %[[R]] : {{.*}}, %[[Y]] : {{.*}}, %[[N]] : index)
func.func @elements(%x: memref<?x64xbf16>, %r: memref<?xf32>, %y: memref<?x64xf32>) {
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r : memref<?x64xbf16>, memref<?xf32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%a: bf16, %b: f32, %out: f32):
    %0 = arith.extf %a : bf16 to f32
    %1 = arith.mulf %0, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// No vectors, nor several elements a thread, where rows need not begin at a multiple of their size.
#id = affine_map<(i, j) -> (i, j)>
// CHECK: gpu.func @elements_0
// CHECK-NOT: vector
// CHECK: memref.load
// CHECK-NOT: memref.load
// CHECK: gpu.return
func.func @strided(%x: memref<?x64xf32, strided<[?, 1], offset: ?>>, %y: memref<?x64xf32, strided<[68, 1], offset: 2>>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x64xf32, strided<[?, 1], offset: ?>>) outs(%y : memref<?x64xf32, strided<[68, 1], offset: 2>>) {
  ^bb0(%a: f32, %out: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// A warp for each row, eight rows a block; no fill, as the sum starts from what it fills in.
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
// CHECK: gpu.func @sums_0
// CHECK-NOT: workgroup
// CHECK: %[[START:.*]] = arith.constant 2.0
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %{{.*}} to %c64 step %c32
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: scf.yield
// CHECK: gpu.shuffle xor %[[SUM]], %c1_i32, %c32_i32
// CHECK: gpu.shuffle xor
// CHECK: gpu.shuffle xor
// CHECK: gpu.shuffle xor
// CHECK: %[[OTHER:.*]], %{{.*}} = gpu.shuffle xor %[[MINE:.*]], %c16_i32
// CHECK: %[[ALL:.*]] = arith.addf %[[MINE]], %[[OTHER]]
// CHECK: %[[RESULT:.*]] = arith.addf %[[ALL]], %[[START]]
// CHECK: scf.if
// CHECK-NOT: memref.load
// CHECK: memref.store %[[RESULT]]
// CHECK-LABEL: func.func @rows
// CHECK-NOT: elements_
// CHECK: arith.ceildivui %{{.*}}, %c8
// CHECK: gpu.launch_func @vga_kernels::@sums_0
func.func @rows(%x: memref<?x256xf32>, %n: index) -> memref<?xf32> {
  %two = arith.constant 2.0 : f32
  %y = memref.alloc(%n) : memref<?xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%y : memref<?xf32>) {
  ^bb0(%out: f32):
    linalg.yield %two : f32
  }
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x256xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.addf %acc, %a : f32
    linalg.yield %0 : f32
  }
  return %y : memref<?xf32>
}

// -----

// A block for each row where nobody knows how long it is. f64 moves in two words.
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
// CHECK: gpu.func @sums_0
// CHECK-SAME: workgroup(%[[SCRATCH:[a-z0-9]+]] : memref<8xf64, #gpu.address_space<workgroup>>
// CHECK: arith.minui
// CHECK: scf.for {{.*}} step %c256
// CHECK-COUNT-10: gpu.shuffle xor {{.*}} : i32
// CHECK: memref.store %{{.*}}, %[[SCRATCH]]
// CHECK: gpu.barrier
// CHECK-COUNT-8: memref.load %[[SCRATCH]]
// CHECK: memref.store
func.func @long_rows(%x: memref<?x?xf64>, %y: memref<?xf64>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf64>) outs(%y : memref<?xf64>) {
  ^bb0(%a: f64, %acc: f64):
    %0 = arith.maximumf %acc, %a : f64
    linalg.yield %0 : f64
  }
  return
}

// -----

// Sums of columns: 32 columns and 8 threads for each.
#id = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>
// CHECK: gpu.func @sums_0
// CHECK-SAME: workgroup(%{{.*}}: memref<256xf32
// CHECK: arith.remui %{{.*}}, %c32
// CHECK: scf.for {{.*}} step %c8
// CHECK-NOT: gpu.shuffle
// CHECK: gpu.return
// CHECK-LABEL: func.func @columns
// CHECK: %[[BLOCKS:.*]] = arith.constant 4 : index
// CHECK: gpu.launch_func @vga_kernels::@sums_0 blocks in (%[[BLOCKS]],
func.func @columns(%x: memref<?x100xf32>, %y: memref<100xf32>) {
  linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<?x100xf32>) outs(%y : memref<100xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.addf %acc, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// What has an order keeps it.
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
// CHECK: gpu.func @sums_0
// CHECK: scf.if
// CHECK: scf.for {{.*}} step %c1
// CHECK: %[[TERM:.*]] = memref.load
// CHECK: %[[OLD:.*]] = memref.load %[[Y:[a-z0-9]+]][
// CHECK: %[[NEW:.*]] = arith.subf %[[TERM]], %[[OLD]]
// CHECK: memref.store %[[NEW]], %[[Y]]
func.func @ordered(%x: memref<?x?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.subf %a, %acc : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Tables that are gathered from are parameters, constants are in the kernel's module.
// CHECK: gpu.module @vga_kernels
// CHECK: memref.global "private" constant @places : memref<4xindex> = dense<[3, 1, 0, 2]>
// CHECK: gpu.func
// CHECK: memref.get_global @places
// CHECK: memref.load
// CHECK-LABEL: func.func @gather
// CHECK: gpu.launch_func {{.*}} args(%{{.*}} : memref<4xf32>, %{{.*}} : memref<?x4xf32>)
memref.global "private" constant @places : memref<4xindex> = dense<[3, 1, 0, 2]>
func.func @gather(%table: memref<?x4xf32>, %y: memref<4xf32>) {
  %places = memref.get_global @places : memref<4xindex>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%places : memref<4xindex>) outs(%y : memref<4xf32>) {
  ^bb0(%i: index, %out: f32):
    %j = linalg.index 0 : index
    %0 = memref.load %table[%i, %j] : memref<?x4xf32>
    linalg.yield %0 : f32
  }
  return
}

// -----

// A norm: the threads of a row keep its sum in a register, of which there is no
// array, and go on with its elements. Memory is freed when all is done.
// CHECK: gpu.func @rows_0
// CHECK-SAME: (%[[X:[a-z0-9]+]]: memref<?x64xf32>, %[[Y:[a-z0-9]+]]: memref<?x64xf32>, %{{[a-z0-9]+}}: index) kernel
// CHECK: scf.for
// CHECK: arith.mulf
// CHECK-COUNT-5: gpu.shuffle
// CHECK: %[[ROW:.*]] = arith.addf %{{.*}}, %cst
// CHECK-NOT: scf.if
// CHECK: scf.for
// CHECK-COUNT-4: arith.divf %{{.*}}, %[[ROW]]
// CHECK: scf.if
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: gpu.return
// CHECK-LABEL: func.func @norm
// CHECK: gpu.launch_func @vga_kernels::@rows_0
// CHECK-NOT: gpu.launch_func
// CHECK: memref.dealloc
// CHECK: return
#row = affine_map<(i, j) -> (i)>
#element = affine_map<(i, j) -> (i, j)>
func.func @norm(%x: memref<?x64xf32>, %other: memref<4xf32>, %n: index) -> memref<?x64xf32> {
  %zero = arith.constant 0.0 : f32
  %sum = memref.alloc(%n) : memref<?xf32>
  %y = memref.alloc(%n) : memref<?x64xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%sum : memref<?xf32>) {
  ^bb0(%out: f32):
    linalg.yield %zero : f32
  }
  linalg.generic {indexing_maps = [#element, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x64xf32>) outs(%sum : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %square = arith.mulf %in, %in : f32
    %add = arith.addf %out, %square : f32
    linalg.yield %add : f32
  }
  memref.dealloc %other : memref<4xf32>
  linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : memref<?x64xf32>, memref<?xf32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: f32, %row: f32, %out: f32):
    %quotient = arith.divf %in, %row : f32
    linalg.yield %quotient : f32
  }
  memref.dealloc %sum : memref<?xf32>
  return %y : memref<?x64xf32>
}

// -----

// What reads the rows in another order, or writes what the sum has read, is a kernel of
// its own, and the sums are stored.
// CHECK: gpu.func @sums_0
// CHECK: gpu.func @elements_0
// CHECK: gpu.func @sums_1
// CHECK: gpu.func @elements_1
// CHECK-LABEL: func.func @apart
#row = affine_map<(i, j) -> (i)>
#element = affine_map<(i, j) -> (i, j)>
#turned = affine_map<(i, j) -> (j, i)>
func.func @apart(%x: memref<64x64xf32>, %z: memref<64x64xf32>) -> memref<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %sum = memref.alloc() : memref<64xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<64xf32>)
  linalg.generic {indexing_maps = [#element, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<64x64xf32>) outs(%sum : memref<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %add = arith.addf %out, %in : f32
    linalg.yield %add : f32
  }
  linalg.generic {indexing_maps = [#row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%sum : memref<64xf32>) outs(%x : memref<64x64xf32>) {
  ^bb0(%row: f32, %out: f32):
    linalg.yield %row : f32
  }
  %more = memref.alloc() : memref<64x64xf32>
  %sum2 = memref.alloc() : memref<64x64xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%sum2 : memref<64x64xf32>) {
  ^bb0(%out: f32):
    linalg.yield %zero : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%z : memref<64x64xf32>) outs(%sum2 : memref<64x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %add = arith.addf %out, %in : f32
    linalg.yield %add : f32
  }
  linalg.generic {indexing_maps = [#element, #turned, #element], iterator_types = ["parallel", "parallel"]}
      ins(%sum2, %sum2 : memref<64x64xf32>, memref<64x64xf32>) outs(%more : memref<64x64xf32>) {
  ^bb0(%row: f32, %column: f32, %out: f32):
    %add = arith.addf %row, %column : f32
    linalg.yield %add : f32
  }
  return %more : memref<64x64xf32>
}

// -----

// So is what computes an element from other rows than its own.
// CHECK: gpu.func @sums_0
// CHECK: gpu.func @elements_0
// CHECK-LABEL: func.func @next_row
#row = affine_map<(i, j) -> (i)>
#element = affine_map<(i, j) -> (i, j)>
func.func @next_row(%x: memref<64x64xf32>) -> memref<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %c63 = arith.constant 63 : index
  %sum = memref.alloc() : memref<64xf32>
  %y = memref.alloc() : memref<64x64xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%sum : memref<64xf32>) {
  ^bb0(%out: f32):
    linalg.yield %zero : f32
  }
  linalg.generic {indexing_maps = [#element, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<64x64xf32>) outs(%sum : memref<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %add = arith.addf %out, %in : f32
    linalg.yield %add : f32
  }
  linalg.generic {indexing_maps = [#row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%sum : memref<64xf32>) outs(%y : memref<64x64xf32>) {
  ^bb0(%row: f32, %out: f32):
    %i = linalg.index 0 : index
    %opposite = arith.subi %c63, %i : index
    %other = memref.load %sum[%opposite] : memref<64xf32>
    %quotient = arith.divf %row, %other : f32
    linalg.yield %quotient : f32
  }
  return %y : memref<64x64xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Lanes start limits from the other limit of the type: that of index is the machine's.
// CHECK-LABEL: gpu.func @sums_0
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %c9223372036854775807) -> (index)
// CHECK-LABEL: gpu.func @sums_1
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %c-9223372036854775808) -> (index)
// CHECK-LABEL: gpu.func @sums_2
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %c2147483647_i32) -> (i32)
func.func @limits(%x: memref<?x64xindex>, %y: memref<?x64xi32>, %least: memref<?xindex>, %largest: memref<?xindex>, %narrow: memref<?xi32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x64xindex>) outs(%least : memref<?xindex>) {
  ^bb0(%a: index, %b: index):
    %limit = arith.minsi %b, %a : index
    linalg.yield %limit : index
  }
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x64xindex>) outs(%largest : memref<?xindex>) {
  ^bb0(%a: index, %b: index):
    %limit = arith.maxsi %b, %a : index
    linalg.yield %limit : index
  }
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%y : memref<?x64xi32>) outs(%narrow : memref<?xi32>) {
  ^bb0(%a: i32, %b: i32):
    %limit = arith.minsi %b, %a : i32
    linalg.yield %limit : i32
  }
  return
}
