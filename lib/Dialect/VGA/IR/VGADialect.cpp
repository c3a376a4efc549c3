//===- VGADialect.cpp - The vga dialect -----------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/IR/TakeOver.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::vga;

#include "vga/Dialect/VGA/IR/VGADialect.cpp.inc"
#include "vga/Dialect/VGA/IR/VGAEnums.cpp.inc"
#include "vga/Dialect/VGA/IR/VGAInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "vga/Dialect/VGA/IR/VGAAttrs.cpp.inc"

void VGADialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "vga/Dialect/VGA/IR/VGAAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "vga/Dialect/VGA/IR/VGAOps.cpp.inc"
      >();
  addOperations<CheckOp, TakeOverOp>();
}

LogicalResult VGADialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == "vga.preparation") {
    if (isa<FunctionOpInterface>(op) &&
        isa<FlatSymbolRefAttr>(attribute.getValue()))
      return success();
    return op->emitError() << "'vga.preparation' names a function for another";
  }
  if (name != "vga.context")
    return op->emitError() << "unknown attribute '" << name << "' on '"
                           << op->getName() << "'";
  if (!isa<FunctionOpInterface>(op))
    return op->emitError() << "'vga.context' belongs on a function";
  auto context = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!context || !context.getValue().isStrictlyPositive())
    return op->emitError()
           << "expected 'vga.context' to be a positive integer, got "
           << attribute.getValue();
  return success();
}

LogicalResult VGADialect::verifyRegionArgAttribute(Operation *op,
                                                   unsigned regionIndex,
                                                   unsigned argIndex,
                                                   NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == "vga.position") {
    if (!isa<UnitAttr>(attribute.getValue()))
      return op->emitError()
             << "expected 'vga.position' on argument #" << argIndex
             << " to have no value, got " << attribute.getValue();
    // In the llvm dialect it is no array any more.
    auto function = dyn_cast<FunctionOpInterface>(op);
    if (!function || op->getName().getDialectNamespace() == "llvm")
      return success();
    Type type = function.getArgumentTypes()[argIndex];
    auto array = dyn_cast<ShapedType>(type);
    if (!array || !array.hasRank() || array.getRank() != 0 ||
        !array.getElementType().isInteger(64))
      return op->emitError() << "expected 'vga.position' on argument #"
                             << argIndex << ", a tensor<i64>, got " << type;
    return success();
  }
  if (name != "vga.param" && name != "vga.state")
    return op->emitError() << "unknown attribute '" << name << "' on argument #"
                           << argIndex;
  auto string = dyn_cast<StringAttr>(attribute.getValue());
  if (!string || string.empty())
    return op->emitError() << "expected '" << name << "' on argument #"
                           << argIndex << " to be a non-empty string, got "
                           << attribute.getValue();
  return success();
}
