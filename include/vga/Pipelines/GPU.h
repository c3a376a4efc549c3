//===- GPU.h - The way to GPU code ------------------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_PIPELINES_GPU_H
#define VGA_PIPELINES_GPU_H

#include "mlir/Pass/PassOptions.h"
#include "vga/Pipelines/AttentionLowering.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::vga {

/// Options of `vga-gpu-pipeline`.
struct GPUPipelineOptions : PassPipelineOptions<GPUPipelineOptions> {
  Option<std::string> chip{*this, "chip",
                           llvm::cl::desc("The GPU, by LLVM's name"),
                           llvm::cl::init("sm_90a")};
  Option<AttentionLowering> attention{
      *this, "attention", llvm::cl::desc("How attention is computed"),
      llvm::cl::init(AttentionLowering::Auto), getAttentionLowerings()};
  Option<bool> runtimeChecks{
      *this, "runtime-checks",
      llvm::cl::desc("Check sizes, offsets and indices that are known at run "
                     "time only"),
      llvm::cl::init(true)};
  Option<bool> checkPages{
      *this, "check-pages",
      llvm::cl::desc("Whether the host reads block tables and checks their "
                     "entries (vga-check-pages)"),
      llvm::cl::init(false)};
  Option<bool> tf32{
      *this, "tf32",
      llvm::cl::desc("Let attention and products of f32 round their operands "
                     "to tf32, for the tensor cores"),
      llvm::cl::init(false)};
  Option<bool> cublas{
      *this, "cublas",
      llvm::cl::desc("Let cuBLASLt, where it is found, multiply large matrices "
                     "of 16-bit elements"),
      llvm::cl::init(true)};
};

/// vga on tensors -> kernels in PTX, in gpu.binary operations, and functions
/// on memrefs of the GPU's memory that launch them.
void buildGPUKernelPipeline(OpPassManager &manager,
                            const GPUPipelineOptions &options);

/// The same, and on to functions in the llvm dialect that call the runtime in
/// `vga/Runtime/CUDA.h`.
void buildGPUPipeline(OpPassManager &manager,
                      const GPUPipelineOptions &options);

/// Registers `vga-gpu-kernel-pipeline` and `vga-gpu-pipeline`.
void registerGPUPipeline();

} // namespace mlir::vga

#endif // VGA_PIPELINES_GPU_H
