// Products of matrices, and what surrounds them, are kernels.
// RUN: vga-opt %s --convert-products-to-nvvm --canonicalize --cse --split-input-file | FileCheck %s

!rows = tensor<?x256xf32>
!hidden = tensor<?x1024xf32>
#id = affine_map<(s, d) -> (s, d)>

// One row: a thread loads four depths of four columns at once, and lanes and warps of the same
// columns meet by shuffles and in shared memory.
// CHECK-LABEL: llvm.func @product_0(
// CHECK-SAME: nvvm.reqntid = array<i32: 128>
// CHECK: %[[SUMS:.*]]:4 = scf.for
// CHECK-COUNT-5: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK-COUNT-16: llvm.intr.fma
// CHECK: scf.yield
// CHECK-COUNT-16: nvvm.shfl.sync bfly
// CHECK: nvvm.barrier
// What follows is done for four neighbors of the output; the bias is broadcast by the kernel.
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK-COUNT-4: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-COUNT-4: math.tanh
// CHECK: llvm.store {{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>

// Up to 16 rows, and any number of them, which come in stages.
// CHECK-LABEL: llvm.func @product_1(
// CHECK-LABEL: llvm.func @product_2(
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;"
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: llvm.intr.fma
// CHECK: math.tanh

// The three kernels are launched one after the other; two have no blocks.
// CHECK-LABEL: func @mlp_up
// CHECK: %[[ROWS:.*]] = tensor.dim
// CHECK-NEXT: %[[EMPTY:.*]] = tensor.empty(%[[ROWS]])
// CHECK: %[[IS_ONE:.*]] = arith.cmpi ule, %[[ROWS]], %c1
// CHECK: %[[BLOCKS:.*]] = arith.select %[[IS_ONE]], %{{.*}}, %c0
// CHECK: %[[ONE:.*]] = vga.launch @vga_kernels::@product_0 blocks(%[[BLOCKS]]) threads 128
// CHECK-SAME: sizes(%[[ROWS]]) {{.*}} outs(%[[EMPTY]]
// CHECK: %[[FEW:.*]] = vga.launch @vga_kernels::@product_1 {{.*}} outs(%[[ONE]]
// CHECK: %[[MANY:.*]] = vga.launch @vga_kernels::@product_2 {{.*}} outs(%[[FEW]]
// CHECK-NEXT: return %[[MANY]]
func.func @mlp_up(%h: !rows, %w: tensor<256x1024xf32>, %b: tensor<1024xf32>) -> !hidden {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %h, %c0 : !rows
  %half = arith.constant 0.5 : f32
  %empty = tensor.empty(%s) : !hidden
  %bs = linalg.broadcast ins(%b : tensor<1024xf32>) outs(%empty : !hidden) dimensions = [0]
  %u = linalg.matmul ins(%h, %w : !rows, tensor<256x1024xf32>) outs(%bs : !hidden) -> !hidden
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%u : !hidden) outs(%empty : !hidden) {
  ^bb0(%in: f32, %out: f32):
    %tanh = math.tanh %in : f32
    %part = arith.mulf %tanh, %half : f32
    linalg.yield %part : f32
  } -> !hidden
  return %a : !hidden
}

// -----

// Lines at multiples of 16 bytes are for the copy engine: one warp more has it bring 128 x 64 of lhs,
// lines along the depth, and 64 x 128 of rhs, two atoms of lines across it, to one of three stages.
// Two warpgroups multiply 64 rows each; a stage is empty when the product after its own has begun.
// CHECK-LABEL: llvm.func @product_0(
// CHECK-SAME: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// CHECK-SAME: nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 288>
// CHECK: scf.if
// CHECK: scf.for
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 128, k = 16>, D[<f32>, <one>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <row>]
// CHECK: wgmma.wait_group.sync.aligned 1
// CHECK: nvvm.mbarrier.arrive
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK: nvvm.barrier
// CHECK: } else {
// CHECK: nvvm.elect.sync
// CHECK: scf.for
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK-COUNT-3: nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK-NOT: nvvm.cp.async.bulk.tensor
// CHECK: nvvm.barrier
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK-LABEL: func @boxes
// CHECK: vga.launch {{.*}} blocks(%c1024) threads 288 shared_memory 98352 {{.*}}boxes [array<i64: 128, 64>, array<i64: 64, 64>, array<i64>, array<i64>]
// CHECK-NEXT: return
func.func @boxes(%x: tensor<4096x2048xbf16>, %w: tensor<2048x4096xbf16>, %to: tensor<4096x4096xbf16>)
    -> tensor<4096x4096xbf16> {
  %y = linalg.matmul ins(%x, %w : tensor<4096x2048xbf16>, tensor<2048x4096xbf16>)
    outs(%to : tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16>
  return %y : tensor<4096x4096xbf16>
}

// -----

#x = affine_map<(b, s, n, k) -> (b, k, s)>
#w = affine_map<(b, s, n, k) -> (b, n, k)>
#y = affine_map<(b, s, n, k) -> (b, s, n)>

// A transposed lhs has an atom for each warpgroup; batches are an axis of the maps.
// CHECK-LABEL: llvm.func @product_0(
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}} A[<f16>, <one>, <col>], B[<f16>, <one>, <col>]
// CHECK-LABEL: func @batches
// CHECK: vga.launch {{.*}} boxes [array<i64: 1, 64, 64>, array<i64: 1, 128, 64>, array<i64>]
func.func @batches(%x: tensor<?x512x256xf16>, %w: tensor<?x384x512xf16>, %to: tensor<?x256x384xf32>)
    -> tensor<?x256x384xf32> {
  %zero = arith.constant 0.0 : f32
  %z = linalg.fill ins(%zero : f32) outs(%to : tensor<?x256x384xf32>) -> tensor<?x256x384xf32>
  %y = linalg.contract indexing_maps = [#x, #w, #y]
    ins(%x, %w : tensor<?x512x256xf16>, tensor<?x384x512xf16>) outs(%z : tensor<?x256x384xf32>) -> tensor<?x256x384xf32>
  return %y : tensor<?x256x384xf32>
}

// -----

// 16-bit operands of one type meet on the tensor cores: 128 x 128 results in blocks of 8 warps, which
// have 64 x 32 each, where lines of an operand begin anywhere. Both operands are in shared memory as in global memory.
// CHECK-LABEL: llvm.func @product_0(
// CHECK-SAME: nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 256>
// CHECK: llvm.inline_asm {{.*}}"cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;"
// CHECK: nvvm.cp.async.commit.group
// CHECK: %{{.*}}:64 = scf.for
// CHECK-NEXT: nvvm.cp.async.wait.group 1
// CHECK-NEXT: nvvm.barrier
// CHECK-COUNT-4: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>
// CHECK-COUNT-64: nvvm.mma.sync
// The residual is added, and the sum rounded, before eight neighbors are stored.
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK-COUNT-8: arith.truncf {{.*}} : f32 to bf16
// CHECK: llvm.store {{.*}} {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>
// CHECK-LABEL: func @large
// CHECK: vga.launch {{.*}} blocks(%c1024)
// CHECK-NEXT: return
func.func @large(%x: tensor<4096x2044xbf16>, %w: tensor<2044x4096xbf16>, %to: tensor<4096x4096xbf16>)
    -> tensor<4096x4096xbf16> {
  %y = linalg.matmul ins(%x, %w : tensor<4096x2044xbf16>, tensor<2044x4096xbf16>)
    outs(%to : tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16>
  return %y : tensor<4096x4096xbf16>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
!y = tensor<16x4096xf32>

// Sixteen rows: four warps divide the depth of a stage, and their sums are parts. A gate and a cast
// follow; weights by columns are not transposed.
// CHECK-LABEL: llvm.func @product_0(
// CHECK-SAME: nvvm.reqntid = array<i32: 256>
// CHECK-NOT: layout = #nvvm.mma_layout<col>
// CHECK: nvvm.mma.sync
// CHECK-COUNT-4: llvm.load {{.*}} : !llvm.ptr<3> -> vector<8xf32>
// CHECK: arith.mulf
// CHECK: arith.truncf
// CHECK-LABEL: func @gated
// CHECK: vga.launch {{.*}} outs(%{{.*}} : tensor<16x4096xbf16>)
// CHECK-NEXT: return
func.func @gated(%x: tensor<16x1024xbf16>, %w: tensor<4096x1024xbf16>, %g: tensor<16xf32>) -> tensor<16x4096xbf16> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : !y
  %zeros = linalg.fill ins(%zero : f32) outs(%e : !y) -> !y
  %y = linalg.matmul indexing_maps = [#x, #w, #y] ins(%x, %w : tensor<16x1024xbf16>, tensor<4096x1024xbf16>)
    outs(%zeros : !y) -> !y
  %n = tensor.empty() : tensor<16x4096xbf16>
  %z = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %g : !y, tensor<16xf32>) outs(%n : tensor<16x4096xbf16>) {
  ^bb0(%a: f32, %b: f32, %out: bf16):
    %c = arith.mulf %a, %b : f32
    %d = arith.truncf %c : f32 to bf16
    linalg.yield %d : bf16
  } -> tensor<16x4096xbf16>
  return %z : tensor<16x4096xbf16>
}

// -----

// A product that something else reads, too, ends where it does; the same products share a kernel.
// CHECK-COUNT-1: llvm.func @product
// CHECK-NOT: llvm.func @product
// CHECK-LABEL: func @shared
// CHECK: %[[Y:.*]] = vga.launch @vga_kernels::@product_0
// CHECK: %[[Z:.*]] = vga.launch @vga_kernels::@product_0
// CHECK: linalg.add ins(%[[Y]], %[[Z]]
func.func @shared(%x: tensor<1x64xf32>, %w: tensor<64x64xf32>, %e: tensor<1x64xf32>)
    -> (tensor<1x64xf32>, tensor<1x64xf32>, tensor<1x64xf32>) {
  %y = linalg.matmul ins(%x, %w : tensor<1x64xf32>, tensor<64x64xf32>) outs(%e : tensor<1x64xf32>) -> tensor<1x64xf32>
  %z = linalg.matmul ins(%y, %w : tensor<1x64xf32>, tensor<64x64xf32>) outs(%e : tensor<1x64xf32>) -> tensor<1x64xf32>
  %s = linalg.add ins(%y, %z : tensor<1x64xf32>, tensor<1x64xf32>) outs(%e : tensor<1x64xf32>) -> tensor<1x64xf32>
  return %y, %z, %s : tensor<1x64xf32>, tensor<1x64xf32>, tensor<1x64xf32>
}

// -----

// A matrix times a vector is a product of few rows: the matrix is what is read once. Two vectors are not.
// CHECK-LABEL: func @vectors
// CHECK: vga.launch
// CHECK: linalg.dot
func.func @vectors(%w: tensor<512x256xf32>, %x: tensor<256xf32>, %y: tensor<512xf32>, %z: tensor<f32>)
    -> (tensor<512xf32>, tensor<f32>) {
  %a = linalg.matvec ins(%w, %x : tensor<512x256xf32>, tensor<256xf32>) outs(%y : tensor<512xf32>) -> tensor<512xf32>
  %b = linalg.dot ins(%x, %x : tensor<256xf32>, tensor<256xf32>) outs(%z : tensor<f32>) -> tensor<f32>
  return %a, %b : tensor<512xf32>, tensor<f32>
}

// The copy engine sees one dimension for each axis of the product: those of size 1 are of none.
// CHECK-LABEL: func @unit_axis
// CHECK: tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2], [3], [4]] : tensor<2x2x1x300x64xbf16> into tensor<4x300x64xbf16>
// CHECK: tensor.collapse_shape %arg1 {{\[\[}}0, 1], [2], [3]] : tensor<2x2x136x64xbf16> into tensor<4x136x64xbf16>
func.func @unit_axis(%q: tensor<2x2x1x300x64xbf16>, %k: tensor<2x2x136x64xbf16>, %z: tensor<2x2x1x300x136xf32>)
    -> tensor<2x2x1x300x136xf32> {
  %s = linalg.generic {
      indexing_maps = [affine_map<(b, h, g, m, n, k) -> (b, h, g, m, k)>,
                       affine_map<(b, h, g, m, n, k) -> (b, h, n, k)>,
                       affine_map<(b, h, g, m, n, k) -> (b, h, g, m, n)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x2x1x300x64xbf16>, tensor<2x2x136x64xbf16>) outs(%z : tensor<2x2x1x300x136xf32>) {
  ^bb0(%a: bf16, %b: bf16, %sum: f32):
    %x = arith.extf %a : bf16 to f32
    %y = arith.extf %b : bf16 to f32
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %sum, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x1x300x136xf32>
  return %s : tensor<2x2x1x300x136xf32>
}

// A size that only an operand's type has is that of the result.
// CHECK-LABEL: func @known_by_operands
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<256x384xf32>
// CHECK: %[[Y:.*]] = vga.launch {{.*}} outs(%{{.*}} : tensor<256x384xf32>) -> tensor<256x384xf32>
// CHECK: %[[R:.*]] = tensor.cast %[[Y]] : tensor<256x384xf32> to tensor<?x384xf32>
// CHECK: return %[[R]]
func.func @known_by_operands(%x: tensor<256x512xf32>, %w: tensor<512x384xf32>, %y: tensor<?x384xf32>) -> tensor<?x384xf32> {
  %r = linalg.matmul ins(%x, %w : tensor<256x512xf32>, tensor<512x384xf32>) outs(%y : tensor<?x384xf32>) -> tensor<?x384xf32>
  return %r : tensor<?x384xf32>
}
