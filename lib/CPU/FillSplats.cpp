//===- FillSplats.cpp - Large constants of one value are filled -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"
#include "vga/Dialect/VGA/Transforms/SupportedOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAFILLSPLATSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether a tensor takes this many bytes at least.
static bool takes(RankedTensorType type, int64_t bytes,
                  const DataLayout &layout) {
  if (llvm::is_contained(type.getShape(), 0))
    return false;
  int64_t total = layout.getTypeSize(type.getElementType());
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(total, size, total))
      return true;
  return total >= bytes;
}

namespace {
struct FillSplatsPass : vga::impl::VGAFillSplatsPassBase<FillSplatsPass> {
  using VGAFillSplatsPassBase::VGAFillSplatsPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    return vga::checkOption(context, getArgument(), "min-bytes", minBytes,
                            vga::kThreshold);
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    DataLayout layout = DataLayout::closest(getOperation());
    getOperation()->walk([&](arith::ConstantOp constant) {
      auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
      auto type = dyn_cast<RankedTensorType>(constant.getType());
      if (!splat || !type || !vga::isComputedWith(type.getElementType()) ||
          !takes(type, minBytes, layout))
        return;
      rewriter.setInsertionPoint(constant);
      Location loc = constant.getLoc();
      Value value = arith::ConstantOp::create(rewriter, loc,
                                              splat.getSplatValue<TypedAttr>());
      Value empty = tensor::EmptyOp::create(rewriter, loc, type.getShape(),
                                            type.getElementType());
      rewriter.replaceOp(constant,
                         linalg::FillOp::create(rewriter, loc, value, empty));
    });
  }
};
} // namespace
