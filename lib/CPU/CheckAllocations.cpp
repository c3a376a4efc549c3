//===- CheckAllocations.cpp - Sizes of buffers are sizes ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUCHECKALLOCATIONSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether the buffer has sizes that are none, or so many elements that their
/// bytes, or what LLVM adds to align them, do not fit into a pointer. The
/// product is one of floats: it does not overflow, and is precise enough.
static Value isSized(OpBuilder &builder, memref::AllocOp alloc) {
  Location loc = alloc.getLoc();
  MemRefType type = alloc.getType();
  double known = DataLayout::closest(alloc).getTypeSize(type.getElementType());
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size))
      known *= size;
  auto getFloat = [&](double value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF64FloatAttr(value));
  };
  Value bytes = getFloat(known), signs;
  for (Value size : alloc.getDynamicSizes()) {
    Value integer =
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), size);
    signs =
        signs ? arith::OrIOp::create(builder, loc, signs, integer) : integer;
    Value asFloat =
        arith::SIToFPOp::create(builder, loc, builder.getF64Type(), integer);
    bytes = arith::MulFOp::create(builder, loc, bytes, asFloat);
  }
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(0));
  Value isPositive = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sge, signs, zero);
  Value fits = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                     bytes, getFloat(/*2^62=*/0x1p62));
  return arith::AndIOp::create(builder, loc, isPositive, fits);
}

namespace {
struct CheckAllocationsPass
    : vga::impl::VGACPUCheckAllocationsPassBase<CheckAllocationsPass> {
  void runOnOperation() override {
    getOperation()->walk([](memref::AllocOp alloc) {
      if (alloc.getDynamicSizes().empty() ||
          !alloc.getType().getElementType().isIntOrIndexOrFloat())
        return;
      OpBuilder builder(alloc);
      cf::AssertOp::create(builder, alloc.getLoc(), isSized(builder, alloc),
                           "the sizes of a tensor are negative or too large");
    });
  }
};
} // namespace
