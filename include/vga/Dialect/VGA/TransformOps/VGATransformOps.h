//===- VGATransformOps.h - Steps of a schedule ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_H
#define VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_H

#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/TransformOps/VGATransformOps.h.inc"

namespace mlir::vga {
/// Adds `transform.vga.*` to the transform dialect.
void registerTransformDialectExtension(DialectRegistry &registry);
} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMOPS_VGATRANSFORMOPS_H
