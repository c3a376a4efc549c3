//===- DropUnitLoops.cpp - Products without loops of one iteration -------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Utils/LinalgSizes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUDROPUNITLOOPSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

/// The parallel loops of one iteration.
static llvm::SmallBitVector getUnitLoops(GenericOp op) {
  llvm::SmallBitVector loops(op.getNumLoops());
  for (auto [loop, extent] : llvm::enumerate(op.getStaticLoopRanges()))
    if (extent == 1 && isParallelIterator(op.getIteratorTypesArray()[loop]))
      loops.set(loop);
  return loops;
}

/// A view of `array` without these axes, of one element each: where a type does
/// not say so another operand's does.
static Value dropAxes(RewriterBase &rewriter, Location loc, Value array,
                      const llvm::SmallBitVector &axes) {
  SmallVector<OpFoldResult> sizes = memref::getMixedSizes(rewriter, loc, array);
  SmallVector<int64_t> shape;
  auto type = cast<MemRefType>(array.getType());
  for (auto [axis, extent] : llvm::enumerate(type.getShape()))
    if (axes.test(axis))
      sizes[axis] = rewriter.getIndexAttr(1);
    else
      shape.push_back(extent);
  SmallVector<OpFoldResult> offsets(sizes.size(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), rewriter.getIndexAttr(1));
  MemRefType view = memref::SubViewOp::inferRankReducedResultType(
      shape, type, offsets, sizes, strides);
  return memref::SubViewOp::create(rewriter, loc, view, array, offsets, sizes,
                                   strides);
}

/// Replaces `op` by the same without these loops, on views of its operands
/// without the axes that they index.
static void dropLoops(RewriterBase &rewriter, GenericOp op,
                      const llvm::SmallBitVector &loops) {
  rewriter.setInsertionPoint(op);
  SmallVector<Value> views;
  SmallVector<AffineMap> maps;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    llvm::SmallBitVector axes(map.getNumResults());
    SmallVector<int64_t> shape;
    for (auto [axis, extent] : llvm::enumerate(op.getShape(&operand)))
      if (loops.test(map.getDimPosition(axis)))
        axes.set(axis);
      else
        shape.push_back(extent);
    bool areUnit = llvm::all_of(axes.set_bits(), [&](unsigned axis) {
      return op.getShape(&operand)[axis] == 1;
    });
    views.push_back(areUnit
                        ? *memref::SubViewOp::rankReduceIfNeeded(
                              rewriter, op.getLoc(), operand.get(), shape)
                        : dropAxes(rewriter, op.getLoc(), operand.get(), axes));
    maps.push_back(compressDims(map.dropResults(axes), loops));
  }
  SmallVector<utils::IteratorType> iterators;
  for (auto [loop, type] : llvm::enumerate(op.getIteratorTypesArray()))
    if (!loops.test(loop))
      iterators.push_back(type);
  ArrayRef<Value> operands(views);
  auto smaller = GenericOp::create(rewriter, op.getLoc(), TypeRange(),
                                   operands.take_front(op.getNumDpsInputs()),
                                   operands.drop_front(op.getNumDpsInputs()),
                                   maps, iterators);
  rewriter.inlineRegionBefore(op.getRegion(), smaller.getRegion(),
                              smaller.getRegion().end());
  rewriter.eraseOp(op);
}

namespace {
struct DropUnitLoopsPass
    : vga::impl::VGACPUDropUnitLoopsPassBase<DropUnitLoopsPass> {
  void runOnOperation() override {
    SmallVector<GenericOp> products;
    getOperation()->walk([&](GenericOp op) {
      if (op.hasPureBufferSemantics() && isaContractionOpInterface(op) &&
          vga::getSizeObstacle(op).empty() &&
          !llvm::is_contained(op.getStaticLoopRanges(), 0))
        products.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (GenericOp op : products)
      if (llvm::SmallBitVector loops = getUnitLoops(op); loops.any())
        dropLoops(rewriter, op, loops);
  }
};
} // namespace
