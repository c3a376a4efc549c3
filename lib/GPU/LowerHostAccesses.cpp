//===- LowerHostAccesses.cpp - Single elements, from the host -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeCalls.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPULOWERHOSTACCESSESPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// A view of the element of this index, of rank 0.
static Value getElement(ImplicitLocOpBuilder &b, Value array,
                        ValueRange indices) {
  SmallVector<OpFoldResult> offsets(indices.begin(), indices.end());
  SmallVector<OpFoldResult> ones(indices.size(), b.getIndexAttr(1));
  auto type = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      {}, cast<MemRefType>(array.getType()), offsets, ones, ones));
  return memref::SubViewOp::create(b, type, array, offsets, ones, ones);
}

static void lowerLoad(memref::LoadOp op, ModuleOp module) {
  RuntimeCalls b(op, module);
  Value element = getElement(b, op.getMemRef(), op.getIndices());
  Type type = op.getType();
  // The host's own copy is an integer where the element is an index.
  Type stored = type.isIndex() ? b.getI64Type() : type;
  Value memory = b.allocate(stored);
  unsigned bits = stored.getIntOrFloatBitWidth();
  b.call("vgaCudaRead",
         {memory, b.elementAddress(element), b.i64(llvm::divideCeil(bits, 8))});
  Value value = LLVM::LoadOp::create(b, stored, memory);
  if (type.isIndex())
    value = arith::IndexCastOp::create(b, type, value);
  op.replaceAllUsesWith(value);
  op.erase();
}

static void lowerStore(memref::StoreOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  linalg::FillOp::create(b, op.getValueToStore(),
                         getElement(b, op.getMemRef(), op.getIndices()));
  op.erase();
}

/// The position of a call (vga.position) is in the host's memory, which reads
/// it there; for everything else there is a copy on the GPU.
static void splitPosition(BlockArgument position, ModuleOp module) {
  Operation *function = position.getOwner()->getParentOp();
  Operation *first = &position.getOwner()->front();
  RuntimeCalls b(first, module);
  auto isHostAccess = [&](OpOperand &use) {
    auto load = dyn_cast<memref::LoadOp>(use.getOwner());
    return load && load->getParentOfType<linalg::LinalgOp>() == nullptr;
  };
  auto read = [&] {
    return LLVM::LoadOp::create(b, b.getI64Type(), b.address(position))
        .getResult();
  };
  SmallVector<OpOperand *> others;
  for (OpOperand &use : llvm::make_early_inc_range(position.getUses())) {
    if (!isHostAccess(use)) {
      others.push_back(&use);
      continue;
    }
    b.setInsertionPoint(use.getOwner());
    use.getOwner()->replaceAllUsesWith(ValueRange(read()));
    use.getOwner()->erase();
  }
  if (others.empty())
    return;
  b.setInsertionPointToStart(&function->getRegion(0).front());
  Value copy = memref::AllocOp::create(b, cast<MemRefType>(position.getType()),
                                       ValueRange());
  linalg::FillOp::create(b, read(), copy);
  for (OpOperand *use : others)
    use->set(copy);
}

namespace {
struct LowerHostAccessesPass
    : vga::impl::VGAGPULowerHostAccessesPassBase<LowerHostAccessesPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (BlockArgument argument : function.getArguments())
        if (function.getArgAttr(argument.getArgNumber(), "vga.position")) {
          if (!isa<MemRefType>(argument.getType())) {
            function.emitError()
                << "argument " << argument.getArgNumber() << " of '"
                << function.getName()
                << "' is a position that is no buffer: " << getArgument()
                << " comes after bufferization";
            return signalPassFailure();
          }
          splitPosition(argument, getOperation());
        }
    SmallVector<Operation *> accesses;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (isa<linalg::LinalgOp>(op))
          return WalkResult::skip();
        if (isa<memref::LoadOp, memref::StoreOp>(op))
          accesses.push_back(op);
        return WalkResult::advance();
      });
    for (Operation *op : accesses) {
      if (auto load = dyn_cast<memref::LoadOp>(op))
        lowerLoad(load, getOperation());
      else
        lowerStore(cast<memref::StoreOp>(op));
    }
  }
};
} // namespace
