//===- StackScratch.cpp - Buffers of a task on its stack -----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUSTACKSCRATCHPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// The stack of a thread of the OpenMP runtime is 4 MB.
static constexpr int64_t kMaxBytes = 256 * 1024;
/// A cache line, and the widest vector.
static constexpr int64_t kAlignment = 64;

/// An upper bound of the size of `alloc` in bytes.
static std::optional<int64_t> getMaxBytes(memref::AllocOp alloc) {
  MemRefType type = alloc.getType();
  if (!type.getLayout().isIdentity() || type.getMemorySpace() ||
      !type.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size))
      bytes *= size;
  for (Value size : alloc.getDynamicSizes()) {
    FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
        presburger::BoundType::UB, size, /*stopCondition=*/nullptr,
        /*closedUB=*/true);
    if (failed(bound) || *bound > kMaxBytes)
      return std::nullopt;
    bytes *= std::max<int64_t>(*bound, 1);
  }
  // Of nothing there is no slice.
  if (bytes == 0 || bytes > kMaxBytes)
    return std::nullopt;
  return bytes;
}

namespace {
struct StackScratchPass
    : vga::impl::VGACPUStackScratchPassBase<StackScratchPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::AllocOp alloc) {
      if (!alloc->getParentOfType<scf::ForallOp>())
        return;
      if (std::optional<int64_t> bytes = getMaxBytes(alloc))
        replace(rewriter, alloc, *bytes);
    });
  }

private:
  static void replace(RewriterBase &rewriter, memref::AllocOp alloc,
                      int64_t bytes) {
    Location loc = alloc.getLoc();
    IntegerAttr alignment = rewriter.getI64IntegerAttr(kAlignment);
    rewriter.setInsertionPoint(alloc);
    MemRefType type = alloc.getType();
    if (type.hasStaticShape()) {
      rewriter.replaceOpWithNewOp<memref::AllocaOp>(alloc, type, ValueRange(),
                                                    alignment);
      return;
    }
    // A number of rows is a part of a buffer of static shape, whose accesses
    // the passes to come can tell apart.
    ArrayRef<int64_t> rows = type.getShape().drop_front();
    if (!ShapedType::isDynamicShape(rows)) {
      int64_t rowBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8) *
                         ShapedType::getNumElements(rows);
      SmallVector<int64_t> shape(type.getShape());
      shape.front() = bytes / std::max<int64_t>(rowBytes, 1);
      auto block = memref::AllocaOp::create(
          rewriter, loc, MemRefType::get(shape, type.getElementType()),
          ValueRange(), alignment);
      SmallVector<OpFoldResult> offsets(shape.size(), rewriter.getIndexAttr(0));
      SmallVector<OpFoldResult> strides(shape.size(), rewriter.getIndexAttr(1));
      SmallVector<OpFoldResult> sizes =
          getAsIndexOpFoldResult(rewriter.getContext(), shape);
      sizes.front() = alloc.getDynamicSizes().front();
      Value part = memref::SubViewOp::create(rewriter, loc, block, offsets,
                                             sizes, strides);
      rewriter.replaceOpWithNewOp<memref::CastOp>(alloc, type, part);
      return;
    }
    auto storage = memref::AllocaOp::create(
        rewriter, loc, MemRefType::get(bytes, rewriter.getI8Type()),
        ValueRange(), alignment);
    Value start = arith::ConstantIndexOp::create(rewriter, loc, 0);
    rewriter.replaceOpWithNewOp<memref::ViewOp>(alloc, type, storage, start,
                                                alloc.getDynamicSizes());
  }
};
} // namespace
