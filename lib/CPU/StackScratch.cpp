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
  if (bytes > kMaxBytes)
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
    auto storage = memref::AllocaOp::create(
        rewriter, loc, MemRefType::get(bytes, rewriter.getI8Type()),
        ValueRange(), alignment);
    Value start = arith::ConstantIndexOp::create(rewriter, loc, 0);
    rewriter.replaceOpWithNewOp<memref::ViewOp>(alloc, type, storage, start,
                                                alloc.getDynamicSizes());
  }
};
} // namespace
