//===- RuntimeOpVerification.cpp - Checks of shapes at run time -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the verifiers check of static sizes, for dynamic ones, and that caches
// have room for what is appended. The assertions are made by the pass
// generate-runtime-verification.
//
//===----------------------------------------------------------------------===//

#include "RuntimeChecks.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"

using namespace mlir;
using namespace mlir::vga;

namespace {

/// Asserts that operands agree on the size of an axis.
class AxisChecker {
public:
  AxisChecker(OpBuilder &builder, Location loc, Operation *op)
      : builder(loc, builder), op(op) {}

  /// `value`, if there, must have at `axis` the size that `source` has at
  /// `sourceAxis`; static sizes were compared by the verifier.
  void expectSame(StringRef name, Value value, unsigned axis,
                  StringRef sourceName, Value source, unsigned sourceAxis,
                  StringRef axisName) {
    if (!value || (!isDynamic(value, axis) && !isDynamic(source, sourceAxis)))
      return;
    Value got = tensor::DimOp::create(builder, value, axis);
    Value expected = tensor::DimOp::create(builder, source, sourceAxis);
    Value same =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, got, expected);
    cf::AssertOp::create(builder, same,
                         (op->getName().getStringRef() + ": " + axisName +
                          " of " + name + " differs from that of " + sourceName)
                             .str());
  }

  /// `value` must have at `axis` the positions of `table` in pages of `page`.
  void expectPositions(StringRef name, Value value, unsigned axis, Value table,
                       int64_t page) {
    if (!isDynamic(value, axis) && !isDynamic(table, 1))
      return;
    CheckBuilder b(builder.getLoc(), builder);
    Value got = b.size(value, axis);
    Value expected = arith::MulIOp::create(b, b.size(table, 1), b.index(page));
    Value same =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, got, expected);
    cf::AssertOp::create(b, same,
                         (op->getName().getStringRef() + ": sequence of " +
                          name + " differs from that of block_table")
                             .str());
  }

private:
  static bool isDynamic(Value value, unsigned axis) {
    return cast<RankedTensorType>(value.getType()).isDynamicDim(axis);
  }

  ImplicitLocOpBuilder builder;
  Operation *op;
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

/// Asserts that all that is appended has a place in the cache.
static void checkCapacity(AppendOp op, CheckBuilder &b) {
  CacheAxes axes(op.getCache().getType(), op.getLayout());
  Value capacity = b.size(op.getCache(), axes.sequence);
  if (op.getBlockTable())
    capacity =
        arith::MulIOp::create(b, capacity, b.size(op.getBlockTable(), 1));
  Value zero = b.index(0);
  Value last =
      arith::SubIOp::create(b, capacity, b.size(op.getSource(), axes.sequence));
  Value fits = b.forAll(zero, b.size(op.getPosition(), 0), [&](Value sequence) {
    Value position = b.load(op.getPosition(), {sequence});
    return b.both(b.isAtMost(zero, position), b.isAtMost(position, last));
  });
  cf::AssertOp::create(b, fits, describeOverflow(op));
}

namespace {

struct AppendVerification
    : RuntimeVerifiableOpInterface::ExternalModel<AppendVerification,
                                                  AppendOp> {
  void generateRuntimeVerification(
      Operation *op, OpBuilder &builder, Location loc,
      function_ref<std::string(Operation *, StringRef)>) const {
    auto append = cast<AppendOp>(op);
    AxisChecker checker(builder, loc, op);
    CacheAxes axes(append.getCache().getType(), append.getLayout());
    auto expectBatch = [&](StringRef name, Value value, unsigned axis) {
      checker.expectSame(name, value, axis, "source", append.getSource(),
                         axes.batch, "batch");
    };
    expectBatch("position", append.getPosition(), 0);
    if (append.getBlockTable())
      expectBatch("block_table", append.getBlockTable(), 0);
    else
      expectBatch("cache", append.getCache(), axes.batch);
    CheckBuilder checks(loc, builder);
    checkCapacity(append, checks);
  }
};

template <typename OpTy>
struct AttentionVerification
    : RuntimeVerifiableOpInterface::ExternalModel<AttentionVerification<OpTy>,
                                                  OpTy> {
  void generateRuntimeVerification(
      Operation *op, OpBuilder &builder, Location loc,
      function_ref<std::string(Operation *, StringRef)>) const {
    AxisChecker checker(builder, loc, op);
    checkProblem(cast<AttentionInterface>(op), checker);
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      AxisOrder axes(attention.getLayout());
      checkGate("value_gate", attention.getValueGate(), "key",
                attention.getKey(), axes,
                attention.getBlockTable() ? "pages" : "batch", checker);
      checkGate("output_gate", attention.getOutputGate(), "query",
                attention.getQuery(), axes, "batch", checker);
    }
  }
};

} // namespace

void vga::registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, VGADialect *) {
    AppendOp::attachInterface<AppendVerification>(*context);
    AttentionOp::attachInterface<AttentionVerification<AttentionOp>>(*context);
    GatedAttentionOp::attachInterface<AttentionVerification<GatedAttentionOp>>(
        *context);
    // The verification code is made of these.
    context->loadDialect<arith::ArithDialect, cf::ControlFlowDialect,
                         scf::SCFDialect, tensor::TensorDialect>();
  });
}
