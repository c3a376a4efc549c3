//===- Passes.td - From linalg to CPU code -----------------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_CPU_PASSES_TD
#define VGA_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def VGAFuseElementwisePass : Pass<"vga-fuse-elementwise"> {
  let summary = "Fuse elementwise linalg into elementwise consumers";
  let description = [{
    Fuses a linalg operation without reductions into its only user when that
    has no reductions either. Upstream's `linalg-fuse-elementwise-ops` fuses
    into reductions too, which repeats the producer's work for every element of
    a contraction and hides the contraction from the register tiling.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VGASpellOutPass : Pass<"vga-spell-out"> {
  let summary = "Spell out what upstream's canonicalization gets wrong";
  let description = [{
    Runs ahead of the first canonicalization, and once more behind passes that make
    slices. A slice that drops axes, but keeps one before them whose size is 1, or
    may turn out to be, would drop the first ones of size 1 instead; one that has
    strides as well drops axes that can not be told from its buffer. Both become a
    slice that keeps all axes and a reshape:

    ```mlir
    %y = tensor.extract_slice %x[%i, 0, 0] [%n, 7, 1] [1, 1, 1]
        : tensor<?x?x?xf32> to tensor<?x7xf32>
    // becomes
    %s = tensor.extract_slice %x[%i, 0, 0] [%n, 7, 1] [1, 1, 1]
        : tensor<?x?x?xf32> to tensor<?x7x1xf32>
    %y = tensor.collapse_shape %s [[0], [1, 2]] : tensor<?x7x1xf32> into tensor<?x7xf32>
    ```

    Comparisons, differences and `arith.xori` of integer tensors with dynamic sizes
    become linalg: of a tensor and itself upstream makes a constant of a type that no
    constant has.

    `math.atan2` gets 1 or -1 for its second operand where both are zeros: upstream
    folds that of two zeros to NaN.

    Tensors that a loop carries begin as copies if their sizes are dynamic and an
    iteration may change them: upstream gives them the type of what the first is
    cast from.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGADecomposeAggregatesPass : Pass<"vga-decompose-aggregates"> {
  let summary = "Decompose linalg.softmax into what loops can be made of";
  let description = [{
    Rewrites linalg.softmax as upstream's `AggregatedOpInterface` has it: maxima,
    exponentials of what is left of them, sums, and the quotients.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGANormalizeSlicesPass : Pass<"vga-normalize-slices"> {
  let summary = "Step by one along axes of one element, and make no empty slices";
  let description = [{
    Gives axes of one element a stride of one in `tensor.extract_slice` and
    `tensor.insert_slice`. What they step by is never used, but a view that drops
    other axes can only be told from its strides: upstream takes one that steps by
    two along an axis of one element for a view that has dropped this axis, and
    dies.

    Leaves out operands of `tensor.concat` and sources of `tensor.pad` that are known
    to be empty. Each would become a slice of the result, which must begin at one of
    its elements. The
    sizes of a `tensor.expand_shape` that its type has become those of the type,
    as they are in a memref.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def VGAExpandMathPass : Pass<"vga-expand-math"> {
  let summary = "Expand functions of math that nothing else lowers";
  let description = [{
    Turns `math.clampf`, `math.isfinite`, `math.isinf`, `math.isnan`,
    `math.isnormal`, `math.fpowi`, `math.ipowi`, `math.sincos` and an
    `arith.addui_extended` of `index`, of numbers and of vectors, into other
    arithmetic. A clampf is into the interval from `min` to `max`, and NaN stays NaN.
    An fpowi is a `math.powf` in f64; an ipowi below 0 is rounded towards 0, and 0 to
    such a power is 0. A `math.fma` of bf16 is one of f32, but in `kernels`.
  }];
  let options = [
    Option<"kernels", "kernels", "bool", /*default=*/"false",
           "For a GPU, which computes with bf16">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def VGALowerReshapesPass : Pass<"vga-lower-reshapes"> {
  let summary = "Lower reshapes that make several dynamic sizes of one";
  let description = [{
    Turns a `memref.expand_shape` with more than one dynamic size for an axis of its
    source into a `memref.reinterpret_cast`. Upstream finds a dynamic size from the
    others, and dies where there are two.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def VGACutAliasesPass : Pass<"vga-cut-aliases", "::mlir::ModuleOp"> {
  let summary = "Cut long chains of tensors that share memory";
  let description = [{
    One-shot bufferization compares every read of what shares memory with every
    write, once for each operand: a chain of N updates of one tensor takes it
    N^3 steps. Where a chain is long, and of all that shares its memory only one
    tensor is used any more, this pass inserts `vga.take_over`: there is nothing
    to compare across it. A `tensor.empty` that is used on both sides becomes two.
  }];
  let options = [
    Option<"operations", "operations", "int64_t", "16",
           "How many operations of a chain come between two cuts at least; a "
           "chain of four times as many is long">,
  ];
  let dependentDialects = ["::mlir::vga::VGADialect"];
}

def VGABufferizePass : Pass<"vga-bufferize", "::mlir::ModuleOp"> {
  let summary = "One-shot bufferization that sees through vga.take_over";
  let description = [{
    Upstream's one-shot bufferization across functions, with loops that may carry
    new memory and arguments whose layout is the identity. After its analysis the
    result of a `vga.take_over` that needs no copy is known to be in the
    memory of its operand, so that a loop whose body is cut still updates
    what it carries in place.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def VGACopyToLinalgPass : Pass<"vga-copy-to-linalg"> {
  let summary = "Turn memref.copy into linalg";
  let description = [{
    Upstream lowers a strided memref.copy to a call of a runtime library. As
    linalg it is tiled and vectorized like everything else.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VGACPUDropUnitLoopsPass : Pass<"vga-cpu-drop-unit-loops"> {
  let summary = "Drop loops of one iteration from products";
  let description = [{
    A task's share of a product with many axes - one head's share of a gate, for
    instance - is a product of matrices or vectors, which is what
    `vga-cpu-vectorize` knows best. Views of the operands drop the axes of size
    1, on buffers:

    ```mlir
    linalg.generic ... ins(%v, %w : memref<1x?x1x64xf32>, memref<1x1x64xf32>)
                       outs(%g : memref<1x1x1x?xf32>)
    // becomes, on views
    linalg.generic ... ins(%v, %w : memref<?x64xf32>, memref<64xf32>)
                       outs(%g : memref<?xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def VGAExpandExpPass : Pass<"vga-expand-exp"> {
  let summary = "Expand math.exp and math.exp2 of f32 into arithmetic";
  let description = [{
    exp: Cody-Waite reduction to |r| <= ln(2)/2 and a polynomial of degree 7, all in
    fma; relative error under 1.5e-7 where the result is a normal number, 0
    below -87.3, inf above 88.37, NaN for NaN. (Upstream's approximation is off
    by up to 1e-5 for large arguments.)

    exp2: x is split into an integer n and |f| <= 1/2; a polynomial of degree
    5 in f, times 2^n; relative error under 1.7e-7 where the result is a normal
    number, 0 below -126.5, inf from 127.5 on, NaN for NaN.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def VGACPUStackScratchPass : Pass<"vga-cpu-stack-scratch"> {
  let summary = "Put the buffers of a parallel task on its stack";
  let description = [{
    Replaces a memref.alloc inside a parallel loop whose size has a small
    constant bound by a memref.alloca of that bound, so that no task allocates.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def VGAOpenStatesPass : Pass<"vga-open-states", "::mlir::ModuleOp"> {
  let summary = "Let bufferization write to the states of functions only";
  let description = [{
    Arguments with the attribute `vga.state` become writable, all others of a
    public function read only: inputs, weights, and what was prepared from weights
    hold in the next call what they hold in this one. A private function may write
    to what it is given, for bufferization copies it before the call where it is
    still needed. What is computed from a state, but is none, gets memory of its
    own, so that it does not take that of the state.

    What a state was before an update is copied, with a remark, if it is used
    after that, and not otherwise: so updates are done in place. Results that may
    be in the memory of a state when `vga-close-states` writes to it are copied.

    Other functions of the module call a private copy of a function with states,
    whose arguments are none.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACloseStatesPass : Pass<"vga-close-states", "::mlir::ModuleOp"> {
  let summary = "Drop the results that are states, updated in place";
  let description = [{
    After `vga-open-states` and bufferization, a function's last results are its
    states. Callers have their buffers, the arguments: what is returned is copied
    there, with a remark, unless it is the argument, updated in place. States are
    no longer returned.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def VGACPUHoistAllocasPass : Pass<"vga-cpu-hoist-allocas"> {
  let summary = "Move static memref.allocas out of loops";
  let description = [{
    Moves each memref.alloca of a static size to the start of the omp.parallel
    region, or else of the function, around it: a thread has one copy of its
    scratch, which all of its tasks use.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def VGACPULoadBitsPass : Pass<"vga-cpu-load-bits"> {
  let summary = "Load numbers of bf16 as their bits";
  let description = [{
    Turns each llvm.load of bf16 into one of 16-bit integers and a bitcast. Where
    LLVM 22.1 generates code for x86 without optimizations, it takes the sign of
    the bits of a bf16 that it loads for 0: comparisons with 0, masks and
    `llvm.copysign` are wrong. Integers do not have that fault, and with
    optimizations they are what is left in any case.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def VGACPUBalanceTasksPass : Pass<"vga-cpu-balance-tasks"> {
  let summary = "Schedule tasks of unequal work dynamically";
  let description = [{
    Threads fetch the iterations of an omp.wsloop one by one where the bounds of
    loops inside depend on which iteration it is: under a causal mask, a task at
    the end has many times as many keys as one at the start.
  }];
}

def VGACPUSerializeSingleTasksPass : Pass<"vga-cpu-serialize-single-tasks"> {
  let summary = "Run a parallel loop of one iteration without waking threads";
  let description = [{
    Gives each omp.parallel around a loop nest an `if` clause that holds when
    the nest has more than one iteration, which for a dynamic shape only the run
    knows. A parallel region costs some microseconds, as much as a small step of
    decoding one token.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def VGACPUPackWeightsPass : Pass<"vga-cpu-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Pack the weights of products into panels of columns";
  let description = [{
    Replaces the operand W of a product x W by `unpack(pack(W))` where W depends
    on weights only (`vga.param`) and its columns are those of the result: K
    rows of N columns become ceil(N / 128) panels of K x 128, the last padded
    with zeros. `vga-hoist-parameters` takes the packing out of the calls;
    `vga-cpu-tile-tasks` reads the panels in place of what is unpacked.

    Weights that are stored by columns, x W^T, become rows in this way. Without
    panels a task of a wide matrix reads addresses that are a large power of two
    apart, which share few sets of the caches.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACPUTileTasksPass : Pass<"vga-cpu-tile-tasks"> {
  let summary = "Tile linalg on tensors into tasks, producers included";
  let description = [{
    Makes a parallel loop (scf.forall) over blocks of the result of a product,
    or of what is computed element by element from products or sums: 48 rows by
    128 columns, or whole rows where something is summed along them. Producers
    that nothing else needs are computed block by block in the same task: the
    bias or zeros that a product starts from, the product under an activation or
    a residual connection, the sums of squares under a norm.

    A slice of columns of an unpacked matrix is read from its panel, if it lies
    within one.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACPULowerPacksPass : Pass<"vga-cpu-lower-packs"> {
  let summary = "Lower linalg.pack and linalg.unpack to transpositions";
  let description = [{
    Packing becomes padding, an expanded shape and a transposition, unpacking
    the reverse, by upstream's decomposition.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACPUParallelizePass : Pass<"vga-cpu-parallelize"> {
  let summary = "Tile linalg on buffers into scf.parallel loops";
  let description = [{
    Splits every linalg operation on buffers into independent tasks that are
    worth a thread each: one step of the outer parallel loops, a block of rows
    and, for contractions, a block of columns. Operations that are known to be
    small are left alone.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def VGACPUVectorizePass : Pass<"vga-cpu-vectorize"> {
  let summary = "Tile linalg on buffers to registers and vectorize the tiles";
  let description = [{
    Tiles every linalg operation on buffers to a shape that registers hold -
    rows x columns x reduction of a contraction, one vector of everything
    else - and turns the tile into vector operations. What a tile size leaves
    over is covered by the next of a ladder of smaller sizes that ends in 1, so
    that every tile is static and none needs a mask. A contraction's tile has 6
    rows of 2 vectors (12 or 8 with 32 registers), a single row 8 vectors. Tiles
    of a few elements, and operations that cannot be vectorized, become scalar
    loops. Special tiles:

    | operation | tile |
    |---|---|
    | rows times rows, few of one kind | whole dot products, summed across a vector at the end |
    | products of pairs of bf16 | 8 rows of 2 vectors of dot products, or 2 x 2 tiles of a matrix unit |
    | transposition | squares, by shuffles |
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::amx::AMXDialect",
                           "::mlir::vector::VectorDialect",
                           "::mlir::x86vector::X86VectorDialect"];
  let options = [
    Option<"vectorBits", "vector-bits", "unsigned", /*default=*/"256",
           "Width of a vector register in bits">,
    Option<"vectorRegisters", "vector-registers", "unsigned", /*default=*/"16",
           "Number of vector registers">,
    Option<"pairs", "pairs", "bool", /*default=*/"true",
           "Products of pairs of bf16 as dot products (AVX512-BF16)">,
    Option<"matrixTiles", "matrix-tiles", "bool", /*default=*/"false",
           "Products of pairs of bf16 on matrix units (AMX)">,
  ];
}

def VGACPULowerVectorsPass : Pass<"vga-cpu-lower-vectors"> {
  let summary = "Lower vector contractions, reductions and math to 1-D vectors";
  let description = [{
    Keeps accumulators in registers across the reduction loop, then lowers
    contractions to outer products in fma form, transfers to rank 1, and exp,
    log and tanh of f32 to polynomials. Contractions of pairs of bf16 become
    dot products of the x86vector dialect.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::x86vector::X86VectorDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def VGALowerAssertPass : Pass<"vga-lower-assert", "::mlir::ModuleOp"> {
  let summary = "Turn vga.check and cf.assert into calls of vgaRuntimeError";
  let description = [{
    Upstream lowers a failed assertion to `abort`. A program that embeds
    compiled code wants the message instead: this pass calls
    `void vgaRuntimeError(const char *message, int64_t count, ...)`, which does
    not return. There are `count` integers of 64 bits more, for which `{0}`, `{1}`
    and so on stand in the message.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::scf::SCFDialect"];
}

def VGASeparateNamesPass : Pass<"vga-separate-names", "::mlir::ModuleOp"> {
  let summary = "Keep names of functions apart from those of libraries";
  let description = [{
    Compiled code calls functions that its source does not name: those of the C
    library, such as `expf` and `malloc`, and of runtimes. A function with such a
    name would be called in their place. It gets another one, `vga_user_expf`:

    ```mlir
    func.func @expf(%x: tensor<4xf32>) -> tensor<4xf32>
    // becomes
    func.func @vga_user_expf(%x: tensor<4xf32>) -> tensor<4xf32>
    ```

    A declaration keeps its name, as it means the function of the library. With
    tensors it can not be one, and is an error.
  }];
}

def VGACheckModulePass : Pass<"vga-check-module", "::mlir::ModuleOp"> {
  let summary = "Check that a module consists of functions";
  let description = [{
    Functions are compiled, and constants (memref.global) that they read. Anything
    else beside them, such as a gpu.binary or an ml_program.global, is an error that
    names it.
  }];
}

def VGACPUCheckFunctionsPass : Pass<"vga-cpu-check-functions",
                                    "::mlir::ModuleOp"> {
  let summary = "Check that functions can be compiled for a CPU";
  let description = [{
    An operation that no pass on the way to CPU code takes, or a value of a type that
    is not computed with, is an error that names it. `vga-gpu-check-host` is the same
    for GPUs.
  }];
}

def VGALowerTensorOpsPass : Pass<"vga-lower-tensor-ops"> {
  let summary = "Lower tensor.gather and tensor.scatter to linalg and loops";
  let description = [{
    A gather becomes a linalg.generic that reads each element where the indices say.
    A scatter becomes a loop that inserts one slice after the other, in place where
    nobody needs what was there; in `kernels`, for each element of the result, the
    search for the slice that it is in; these check indices themselves, where
    others have been checked by `vga-check-sizes`.

    A tensor.bitcast becomes an arith.bitcast, and the shape of a tensor.reshape an
    array of `index`.

    ```mlir
    %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<9x8xf32>, tensor<?x1xindex>) -> tensor<?x8xf32>
    // becomes
    %y = linalg.generic ... outs(%empty : tensor<?x8xf32>) {
      %r = tensor.extract %i[%b, %c0]
      vga.check %ok, "tensor.gather: index of axis 0 of source: ..."(%c9, %r)
      %v = tensor.extract %x[%r, %c]
      linalg.yield %v
    }
    ```
  }];
  let options = [
    Option<"kernels", "kernels", "bool", /*default=*/"false",
           "Without loops of the host, for a GPU">,
    Option<"checks", "checks", "bool", /*default=*/"true",
           "Let kernels check indices at run time">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vga::VGADialect"];
}

def VGANameInterfacesPass : Pass<"vga-name-interfaces", "::mlir::ModuleOp"> {
  let summary = "Name C interfaces as their functions were";
  let description = [{
    The C interface of a function that `vga-separate-names` has renamed is
    `_mlir_ciface_expf` all the same: no library has a function of that name.
  }];
}

def VGAFillSplatsPass
    : Pass<"vga-fill-splats", "::mlir::func::FuncOp"> {
  let summary = "Turn large constants of one value into fills";
  let description = [{
    A constant becomes part of the object file, with all of its elements. One
    that is large and has the same value everywhere is filled when the function
    runs, which takes no longer than to read it, and whose lack of memory is an
    error of the run.
  }];
  let options = [
    Option<"minBytes", "min-bytes", "int64_t", /*default=*/"1048576",
           "The size of the smallest constant that is filled">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGACPUCheckAllocationsPass
    : Pass<"vga-cpu-check-allocations", "::mlir::func::FuncOp"> {
  let summary = "Assert that sizes of buffers are sizes";
  let description = [{
    Before each `memref.alloc` with sizes that only the run knows: none of them
    is negative, and their product fits into a pointer. Otherwise what is
    allocated would be smaller than what is written.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

def VGACPUCheckMallocPass
    : Pass<"vga-cpu-check-malloc", "::mlir::ModuleOp"> {
  let summary = "Report a lack of memory";
  let description = [{
    Calls of `malloc` become calls of a function of the module that calls
    `vgaRuntimeError` if there is no memory, with the place of what is allocated
    and its size. To LLVM it is a function like malloc.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // VGA_CPU_PASSES_TD
