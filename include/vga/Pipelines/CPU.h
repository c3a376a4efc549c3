//===- CPU.h - The way to CPU code ---------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_PIPELINES_CPU_H
#define VGA_PIPELINES_CPU_H

#include "mlir/Pass/PassOptions.h"
#include "vga/Pipelines/AttentionLowering.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::vga {

/// How products of bf16 are computed.
enum class BF16Products {
  /// In f32.
  Widen,
  /// By dot products of pairs (AVX512-BF16).
  Dot,
  /// By tiles of a matrix unit (AMX-BF16).
  Matrix
};

/// Options of `vga-cpu-pipeline`.
struct CPUPipelineOptions : PassPipelineOptions<CPUPipelineOptions> {
  Option<unsigned> vectorBits{
      *this, "vector-bits",
      llvm::cl::desc("Width of a vector register in bits"),
      llvm::cl::init(256)};
  Option<unsigned> vectorRegisters{*this, "vector-registers",
                                   llvm::cl::desc("Number of vector registers"),
                                   llvm::cl::init(16)};
  Option<BF16Products> bf16Products{
      *this, "bf16", llvm::cl::desc("How products of bf16 are computed"),
      llvm::cl::init(BF16Products::Widen),
      llvm::cl::values(clEnumValN(BF16Products::Widen, "widen", "in f32"),
                       clEnumValN(BF16Products::Dot, "dot",
                                  "by dot products of pairs (AVX512-BF16)"),
                       clEnumValN(BF16Products::Matrix, "matrix",
                                  "by tiles of a matrix unit (AMX-BF16)"))};
  Option<bool> parallel{*this, "parallel",
                        llvm::cl::desc("Run tasks in parallel through OpenMP"),
                        llvm::cl::init(true)};
  Option<AttentionLowering> attention{
      *this, "attention", llvm::cl::desc("How attention is computed"),
      llvm::cl::init(AttentionLowering::Auto), getAttentionLowerings()};
  Option<bool> foldValueGates{
      *this, "fold-value-gates",
      llvm::cl::desc("Gate values where they are made, if it costs less there"),
      llvm::cl::init(true)};
  Option<bool> runtimeChecks{
      *this, "runtime-checks",
      llvm::cl::desc("Check sizes, offsets and indices that are known at run "
                     "time only"),
      llvm::cl::init(true)};
  Option<bool> checkPages{
      *this, "check-pages",
      llvm::cl::desc("Check that block tables name pages that there are"),
      llvm::cl::init(false)};
};

/// Adds the passes that take a module of vga, linalg, tensor, arith and math
/// on tensors to the llvm dialect (and omp, unless `parallel` is off):
///
///   graph     gated attention -> gate and attention -> linalg
///   buffers   one-shot bufferization, deallocation by ownership
///   loops     parallel tasks, register tiles, vectors
///   llvm      with a C interface (_mlir_ciface_NAME) where a function asks for
///             it by llvm.emit_c_interface
///
/// A function's tensor arguments become memrefs that it only reads, its tensor
/// results memrefs that the caller frees (free of the allocated pointer). Its
/// states (`vga.state`) become memrefs that it updates and does not return.
void buildCPUPipeline(OpPassManager &manager,
                      const CPUPipelineOptions &options);

/// Adds the passes that move what depends on weights only, and the packing of
/// weights, to functions NAME.prepare. Comes before the CPU pipeline, for who
/// calls these functions.
void buildPreparationPipeline(OpPassManager &manager);

/// Registers `vga-cpu-pipeline` and `vga-cpu-preparation-pipeline`.
void registerCPUPipeline();

} // namespace mlir::vga

#endif // VGA_PIPELINES_CPU_H
