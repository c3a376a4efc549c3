//===- SupportedOps.h - What functions may consist of -----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_SUPPORTEDOPS_H
#define VGA_DIALECT_VGA_TRANSFORMS_SUPPORTEDOPS_H

#include "mlir/IR/Operation.h"

namespace mlir::vga {

/// Whether code for CPUs and for GPUs loads, stores and computes with numbers
/// of this type.
bool isComputedWith(Type elementType);

/// Why values of a type are not computed with on CPUs; empty if they are.
std::string getObstacleOnCPU(Type type);

/// Why an operation of a function can not be compiled for CPUs; empty if it
/// can. What its regions contain is another question.
std::string getObstacleOnCPU(Operation *op);

/// The same for GPUs, of operations whose kernels are not made yet.
std::string getObstacleOnGPU(Operation *op);

/// The same of operations that are done for each element, in a kernel.
std::string getObstacleInKernel(Operation *op);

/// What upstream's verifiers let through: which static sizes of an operation
/// disagree, which axis is not there, or that buffers and tensors are mixed;
/// empty if all is well.
std::string getObstacleOfSizes(Operation *op);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_SUPPORTEDOPS_H
