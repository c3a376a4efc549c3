//===- PlaceArrays.cpp - Launches get dense arrays on the GPU -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUPLACEARRAYSPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

static MemRefType getDenseType(MemRefType type) {
  return MemRefType::get(type.getShape(), type.getElementType(),
                         MemRefLayoutAttrInterface(), type.getMemorySpace());
}

static SmallVector<Value> getDynamicSizes(ImplicitLocOpBuilder &b,
                                          Value array) {
  auto type = cast<MemRefType>(array.getType());
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      sizes.push_back(memref::DimOp::create(b, array, axis));
  return sizes;
}

/// New memory for a dense array of this shape.
static Value allocateLike(ImplicitLocOpBuilder &b, Value array) {
  return memref::AllocOp::create(
      b, getDenseType(cast<MemRefType>(array.getType())),
      getDynamicSizes(b, array));
}

/// Whether the elements of a view are known to be neighbors, the first of them
/// at the start of its memory.
static bool isDense(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || offset != 0)
    return false;
  int64_t expected = 1;
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    int64_t size = type.getDimSize(axis);
    if (size == 1)
      continue;
    if (strides[axis] != expected || ShapedType::isDynamic(expected))
      return false;
    // The axes outside of a dynamic one have strides that only the run knows.
    expected = ShapedType::isDynamic(size) ? size : expected * size;
  }
  return true;
}

/// A dense array with the elements of `view`, in its memory if possible.
static Value makeDense(ImplicitLocOpBuilder &b, Value view, bool isCopied) {
  auto type = cast<MemRefType>(view.getType());
  if (isDense(type)) {
    MemRefType dense = getDenseType(type);
    SmallVector<OpFoldResult> sizes =
        memref::getMixedSizes(b, b.getLoc(), view);
    SmallVector<OpFoldResult> strides(type.getRank());
    OpFoldResult stride = b.getIndexAttr(1);
    auto [denseStrides, offset] = dense.getStridesAndOffset();
    for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
      strides[axis] = stride;
      if (axis == 0)
        break;
      if (!ShapedType::isDynamic(denseStrides[axis - 1]))
        stride = b.getIndexAttr(denseStrides[axis - 1]);
      else
        stride = b.createOrFold<arith::MulIOp>(
            getValueOrCreateConstantIndexOp(b, b.getLoc(), stride),
            getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[axis]));
    }
    return memref::ReinterpretCastOp::create(b, dense, view, b.getIndexAttr(0),
                                             sizes, strides);
  }
  Value dense = allocateLike(b, view);
  if (isCopied)
    memref::CopyOp::create(b, view, dense);
  return dense;
}

/// Whether `operand` is an output of a kernel or of a library.
static bool isOutput(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (auto launch = dyn_cast<LaunchOp>(op))
    return launch.isDpsInit(&operand);
  auto multiply = dyn_cast<MultiplyOp>(op);
  return multiply && &operand == &multiply.getOutputMutable();
}

/// Whether `output` may already have what this operation is to write: of those
/// with one output, all but one do nothing.
static bool isWrittenBefore(OpOperand &output) {
  Operation *op = output.getOwner();
  return llvm::any_of(output.get().getUses(), [&](OpOperand &use) {
    return isOutput(use) && use.getOwner()->getBlock() == op->getBlock() &&
           use.getOwner()->isBeforeInBlock(op);
  });
}

static void placeOperands(Operation *op) {
  ImplicitLocOpBuilder b(op->getLoc(), op);
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type || type.getLayout().isIdentity())
      continue;
    Value view = operand.get();
    Value dense = makeDense(b, view, /*isCopied=*/!isOutput(operand) ||
                                         isWrittenBefore(operand));
    operand.set(dense);
    if (isOutput(operand) && dense.getDefiningOp<memref::AllocOp>()) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointAfter(op);
      memref::CopyOp::create(b, dense, view);
    }
  }
}

/// Copies a constant to the GPU if anything but linalg reads it.
static LogicalResult placeConstant(memref::GetGlobalOp constant) {
  auto isCopyOrLinalg = [](Operation *user) {
    return isa<memref::CopyOp, linalg::LinalgOp>(user) ||
           user->getParentOfType<linalg::LinalgOp>();
  };
  if (llvm::all_of(constant->getUsers(), isCopyOrLinalg))
    return success();
  auto type = cast<MemRefType>(constant.getType());
  if (!type.getLayout().isIdentity())
    return constant.emitOpError("expected a dense constant, got ") << type;
  ImplicitLocOpBuilder b(constant.getLoc(), constant->getContext());
  b.setInsertionPointAfter(constant);
  Value placed = allocateLike(b, constant);
  auto copy = memref::CopyOp::create(b, constant, placed);
  constant.getResult().replaceAllUsesExcept(placed, copy);
  return success();
}

namespace {
struct PlaceArraysPass : vga::impl::VGAGPUPlaceArraysPassBase<PlaceArraysPass> {
  void runOnOperation() override {
    WalkResult placed = getOperation().walk(
        [](memref::GetGlobalOp op) { return WalkResult(placeConstant(op)); });
    if (placed.wasInterrupted())
      return signalPassFailure();
    SmallVector<Operation *> users;
    getOperation().walk([&](Operation *op) {
      if (isa<LaunchOp, MultiplyOp>(op))
        users.push_back(op);
    });
    // From the end: who writes before is still seen to.
    for (Operation *op : llvm::reverse(users))
      placeOperands(op);
  }
};
} // namespace
