//===- VGA.h - The vga dialect and its operations -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGA_H
#define VGA_DIALECT_VGA_IR_VGA_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "vga/Dialect/VGA/IR/VGADialect.h.inc"
#include "vga/Dialect/VGA/IR/VGAEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "vga/Dialect/VGA/IR/VGAAttrs.h.inc"

#include "vga/Dialect/VGA/IR/VGAInterfaces.h.inc"

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/IR/VGAOps.h.inc"

#endif // VGA_DIALECT_VGA_IR_VGA_H
