//===- CheckPages.cpp - Block tables name pages that there are ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeChecks.h"
#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACHECKPAGESPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// The entries [first, last) of a sequence in the block table.
struct Entries {
  Value first, last;
};

struct CheckPagesPass : vga::impl::VGACheckPagesPassBase<CheckPagesPass> {
  void runOnOperation() override {
    getOperation()->walk([](AppendOp op) {
      if (op.getBlockTable())
        check(op, "cache", op.getCache(), op.getLayout(), op.getBlockTable(),
              [&](CheckBuilder &b, Value sequence) {
                return getAppended(b, op, sequence);
              });
    });
    getOperation()->walk([](AttentionInterface op) {
      if (op.getBlockTable())
        check(op, "key", op.getKey(), op.getLayout(), op.getBlockTable(),
              [&](CheckBuilder &b, Value sequence) {
                return getRead(b, op, sequence);
              });
    });
  }

private:
  using GetEntries = function_ref<Entries(CheckBuilder &, Value sequence)>;

  /// Checks that the entries of all sequences are pages of `pool`.
  static void check(Operation *op, StringRef name, Value pool, Layout layout,
                    Value table, GetEntries getEntries) {
    CheckBuilder b(op->getLoc(), op);
    CacheAxes axes(cast<RankedTensorType>(pool.getType()), layout);
    Value zero = b.index(0);
    Value pages = b.size(pool, axes.batch);
    b.forEach(zero, b.size(table, 0), [&](Value sequence) {
      Entries entries = getEntries(b, sequence);
      b.forEach(entries.first, entries.last, [&](Value entry) {
        Value page = b.load(table, {sequence, entry});
        // What is negative is large without a sign.
        Value isThere =
            arith::CmpIOp::create(b, arith::CmpIPredicate::ult, page, pages);
        CheckOp::create(b, isThere, describeMissingPage(op, name),
                        {sequence, entry, pages, page});
      });
    });
  }

  /// The entries of the positions that attention uses: those before kv_length.
  static Entries getRead(CheckBuilder &b, AttentionInterface op,
                         Value sequence) {
    Value zero = b.index(0), all = b.size(op.getBlockTable(), 1);
    if (!op.getKvLength())
      return {zero, all};
    Value length = b.load(op.getKvLength(), {sequence});
    Value pages =
        arith::CeilDivSIOp::create(b, length, b.index(getPageSize(op)));
    return {zero, arith::MinSIOp::create(b, pages, all)};
  }

  /// The entries that an append writes to.
  static Entries getAppended(CheckBuilder &b, AppendOp op, Value sequence) {
    RankedTensorType type = op.getCache().getType();
    CacheAxes axes(type, op.getLayout());
    Value page = b.index(type.getDimSize(axes.sequence));
    Value first = b.load(op.getPosition(), {sequence});
    Value count = b.size(op.getSource(), axes.sequence);
    Value end = arith::AddIOp::create(b, first, count);
    Value entry = arith::DivSIOp::create(b, first, page);
    // No more than there are positions: none, if there are none.
    Value last =
        arith::MinSIOp::create(b, arith::CeilDivSIOp::create(b, end, page),
                               arith::AddIOp::create(b, entry, count));
    return {entry, last};
  }
};
} // namespace
