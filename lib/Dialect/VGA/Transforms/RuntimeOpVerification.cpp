//===- RuntimeOpVerification.cpp - Checks of shapes at run time -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the verifiers check of static sizes, for dynamic ones, and that caches
// have room for what is appended. The checks are made by vga-check-sizes, and
// by upstream's generate-runtime-verification.
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Checks that operands agree on the size of an axis.
class AxisChecker {
public:
  explicit AxisChecker(SizeChecker &checker) : checker(checker) {}

  /// `value`, if there, must have at `axis` the size that `source` has at
  /// `sourceAxis`; static sizes were compared by the verifier.
  void expectSame(StringRef name, Value value, unsigned axis,
                  StringRef sourceName, Value source, unsigned sourceAxis,
                  StringRef axisName) {
    if (!value || (!isDynamic(value, axis) && !isDynamic(source, sourceAxis)))
      return;
    checker.expectSize(axisName + " of " + name,
                       checker.getSize(source, sourceAxis),
                       "that of " + sourceName, value, axis);
  }

  /// `value` must have at `axis` the positions of `table` in pages of `page`.
  void expectPositions(StringRef name, Value value, unsigned axis, Value table,
                       int64_t page) {
    if (!isDynamic(value, axis) && !isDynamic(table, 1))
      return;
    checker.expectSize(
        "sequence of " + name,
        checker.mul(checker.getSize(table, 1), checker.index(page)),
        "that of block_table", value, axis);
  }

private:
  static bool isDynamic(Value value, unsigned axis) {
    return cast<RankedTensorType>(value.getType()).isDynamicDim(axis);
  }

  SizeChecker &checker;
};
} // namespace

static void checkProblem(AttentionInterface op, AxisChecker &checker) {
  AxisOrder axes(op.getLayout());
  Value query = op.getQuery(), key = op.getKey(), value = op.getValue();
  Value table = op.getBlockTable();
  if (table) {
    checker.expectSame("block_table", table, 0, "query", query, axes.batch,
                       "batch");
    checker.expectSame("value", value, axes.batch, "key", key, axes.batch,
                       "pages");
  } else {
    checker.expectSame("key", key, axes.batch, "query", query, axes.batch,
                       "batch");
    checker.expectSame("value", value, axes.batch, "query", query, axes.batch,
                       "batch");
  }
  checker.expectSame("value", value, axes.sequence, "key", key, axes.sequence,
                     "sequence");
  checker.expectSame("kv_length", op.getKvLength(), 0, "query", query,
                     axes.batch, "batch");

  // A mask dimension that is not 1 is a full one.
  Value mask = op.getMask();
  if (!mask)
    return;
  auto type = cast<RankedTensorType>(mask.getType());
  struct Axis {
    unsigned fromRight;
    StringRef sourceName;
    Value source;
    unsigned sourceAxis;
    StringRef name;
  };
  for (const Axis &axis : {Axis{1, "key", key, axes.sequence, "sequence"},
                           Axis{2, "query", query, axes.sequence, "sequence"},
                           Axis{3, "query", query, axes.head, "heads"},
                           Axis{4, "query", query, axes.batch, "batch"}}) {
    if (type.getRank() < axis.fromRight)
      return;
    unsigned dim = type.getRank() - axis.fromRight;
    if (type.getDimSize(dim) == 1)
      continue;
    if (axis.fromRight == 1 && table)
      checker.expectPositions("mask", mask, dim, table, getPageSize(op));
    else
      checker.expectSame("mask", mask, dim, axis.sourceName, axis.source,
                         axis.sourceAxis, axis.name);
  }
}

static void checkGate(StringRef name, Value gate, StringRef sourceName,
                      Value source, AxisOrder axes, StringRef batchName,
                      AxisChecker &checker) {
  if (!gate)
    return;
  bool elementwise = cast<RankedTensorType>(gate.getType()).getRank() == 4;
  checker.expectSame(name, gate, elementwise ? axes.batch : 0, sourceName,
                     source, axes.batch, batchName);
  checker.expectSame(name, gate, elementwise ? axes.sequence : 2, sourceName,
                     source, axes.sequence, "sequence");
}

/// Checks that all that is appended has a place in the cache.
static void checkCapacity(AppendOp op, SizeChecker &b) {
  CacheAxes axes(op.getCache().getType(), op.getLayout());
  Value capacity = b.getSize(op.getCache(), axes.sequence);
  if (op.getBlockTable())
    capacity = b.mul(capacity, b.getSize(op.getBlockTable(), 1));
  Value count = b.getSize(op.getSource(), axes.sequence);
  b.expectUpTo("sequence of source", capacity, count);
  // A kernel looks at the positions itself.
  if (!b.mayReadArrays())
    return;
  Value zero = b.index(0), last = b.sub(capacity, count);
  b.forEach(zero, b.size(op.getPosition(), 0), [&](Value sequence) {
    Value position = b.load(op.getPosition(), {sequence});
    Value fits = b.both(b.isAtMost(zero, position), b.isAtMost(position, last));
    CheckOp::create(b, fits, describeOverflow(op), {sequence, last, position});
  });
}

static void checkAppend(AppendOp op, SizeChecker &checker) {
  AxisChecker axisChecker(checker);
  CacheAxes axes(op.getCache().getType(), op.getLayout());
  auto expectBatch = [&](StringRef name, Value value, unsigned axis) {
    axisChecker.expectSame(name, value, axis, "source", op.getSource(),
                           axes.batch, "batch");
  };
  expectBatch("position", op.getPosition(), 0);
  if (op.getBlockTable())
    expectBatch("block_table", op.getBlockTable(), 0);
  else
    expectBatch("cache", op.getCache(), axes.batch);
  checkCapacity(op, checker);
}

void vga::checkVGAOp(Operation *op, SizeChecker &checker) {
  if (auto append = dyn_cast<AppendOp>(op))
    return checkAppend(append, checker);
  auto problem = dyn_cast<AttentionInterface>(op);
  if (!problem)
    return;
  AxisChecker axisChecker(checker);
  checkProblem(problem, axisChecker);
  if (auto attention = dyn_cast<AttentionOp>(op)) {
    AxisOrder axes(attention.getLayout());
    checkGate("value_gate", attention.getValueGate(), "key", attention.getKey(),
              axes, attention.getBlockTable() ? "pages" : "batch", axisChecker);
    checkGate("output_gate", attention.getOutputGate(), "query",
              attention.getQuery(), axes, "batch", axisChecker);
  }
}

namespace {
template <typename OpTy>
struct Verification
    : RuntimeVerifiableOpInterface::ExternalModel<Verification<OpTy>, OpTy> {
  void generateRuntimeVerification(
      Operation *op, OpBuilder &builder, Location,
      function_ref<std::string(Operation *, StringRef)>) const {
    SizeChecker checker(builder, op);
    checkVGAOp(op, checker);
  }
};
} // namespace

void vga::registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, VGADialect *) {
    AppendOp::attachInterface<Verification<AppendOp>>(*context);
    AttentionOp::attachInterface<Verification<AttentionOp>>(*context);
    GatedAttentionOp::attachInterface<Verification<GatedAttentionOp>>(*context);
    // The verification code is made of these.
    context->loadDialect<arith::ArithDialect, scf::SCFDialect,
                         tensor::TensorDialect>();
  });
}
