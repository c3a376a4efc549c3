//===- AppendKernel.cpp - New positions go into caches --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread copies a piece of a vector: 16 bytes, or as many as all vectors are
// multiples of. Nobody can be asked before whether a position fits and a page
// is there, so the kernel says so and stops where it is not.
//
//===----------------------------------------------------------------------===//

#include "GateArguments.h"
#include "KernelBuilder.h"
#include "Kernels.h"
#include "MemoryRows.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"
#include "vga/GPU/KernelReport.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::vga;

/// The largest power of two up to 16 that divides the bytes of a vector, which
/// has some.
static int64_t getPieceBytes(int64_t vectorBytes) {
  return std::min<int64_t>(
      16, int64_t(1) << llvm::countr_zero(static_cast<uint64_t>(vectorBytes)));
}

static int64_t getVectorBytes(AppendOp op) {
  RankedTensorType type = op.getCache().getType();
  int64_t elementBytes = type.getElementTypeBitWidth() / 8;
  // A scalar gate is a vector of one.
  return type.getRank() == 4
             ? type.getDimSize(AxisOrder::channel) * elementBytes
             : elementBytes;
}

namespace {
/// The kernel of one vga.append.
class AppendKernel {
public:
  AppendKernel(KernelBuilder &builder, AppendOp op)
      : b(builder), op(op), cache(op.getCache().getType()),
        axes(cache.getRank() == 4 ? op.getLayout() : Layout::bhsd),
        heads(cache.getDimSize(axes.head)) {}

  void declare(HostBuilder &host, KernelSignature &signature) {
    signature.addInput(op.getSource(), source);
    signature.addInput(op.getPosition(), position);
    signature.addInput(op.getBlockTable(), table);
    signature.addOutput(op.getCache(), destination);
    signature.addSize(host.size(op.getSource(), axes.batch), batch);
    signature.addSize(host.size(op.getSource(), axes.sequence), count);
    signature.addSize(host.size(op.getCache(), axes.batch), targets);
    signature.addSize(op.getBlockTable()
                          ? host.size(op.getBlockTable(), 1)
                          : host.size(op.getCache(), axes.sequence),
                      capacity);
    signature.addError(locateError(op.getLoc(), describeOverflow(op)), overflow,
                       report);
    if (op.getBlockTable())
      signature.addError(
          locateError(op.getLoc(), describeMissingPage(op, "cache")),
          missingPage, report);
  }

  /// A thread for each piece.
  LaunchShape getShape(HostBuilder &host) {
    int64_t bytes = getVectorBytes(op);
    int64_t pieces = bytes == 0 ? 0 : bytes / getPieceBytes(bytes);
    Value vectors = host.mul(host.size(op.getSource(), axes.batch),
                             host.size(op.getSource(), axes.sequence));
    LaunchShape shape;
    shape.blocks = host.ceilDiv(host.mul(vectors, host.index(heads * pieces)),
                                host.index(kGateThreads));
    shape.threads = kGateThreads;
    return shape;
  }

  void build() {
    int64_t vectorBytes = getVectorBytes(op);
    int64_t pieceBytes = getPieceBytes(vectorBytes);
    Value thread =
        b.add(b.mul(NVVM::BlockIdXOp::create(b, b.getI32Type()), kGateThreads),
              NVVM::ThreadIdXOp::create(b, b.getI32Type()));
    Value row = b.div(thread, vectorBytes / pieceBytes);
    Value offset =
        b.toI64(b.mul(b.rem(thread, vectorBytes / pieceBytes), pieceBytes));
    MemoryRows memory(b, axes, batch, heads, count);
    Value rows =
        b.mul(b.mul(memory.sizes[0], memory.sizes[1]), memory.sizes[2]);
    b.onlyIf(b.less(row, rows), [&] {
      auto address = [&](Value base, Value vector) {
        return b.advance(base, b.add(b.mul(vector, vectorBytes), offset));
      };
      Type type = getPieceType(pieceBytes);
      Value piece = LLVM::LoadOp::create(b, type, address(source, b.toI64(row)),
                                         pieceBytes);
      Value to = findRow(memory.getIndices(b, row));
      LLVM::StoreOp::create(b, piece, address(destination, to), pieceBytes);
    });
  }

private:
  Type getPieceType(int64_t bytes) {
    if (bytes == 16)
      return VectorType::get(4, b.getI32Type());
    return b.getIntegerType(bytes * 8);
  }

  /// The vector of the cache that a vector of the source goes to.
  Value findRow(ArrayRef<Value> indices) {
    Value sequence = indices[axes.batch];
    Value first = load(position, op.getPosition(), b.toI64(sequence));
    Value to = b.add(first, b.toI64(indices[axes.sequence]));
    auto expectRoom = [&](Value room) {
      expectBelow(to, room, overflow, [&]() -> SmallVector<Value> {
        return {b.toI64(sequence), b.sub(room, b.toI64(count)), first};
      });
    };
    if (!table) {
      expectRoom(b.toI64(capacity));
      return getRow(sequence, indices[axes.head], to, capacity);
    }
    // The capacity is in pages.
    int64_t page = cache.getDimSize(axes.sequence);
    expectRoom(b.mul(b.toI64(capacity), page));
    Value entry =
        b.add(b.mul(b.toI64(sequence), b.toI64(capacity)), b.div(to, page));
    Value target = load(table, op.getBlockTable(), entry);
    expectBelow(
        target, b.toI64(targets), missingPage, [&]() -> SmallVector<Value> {
          return {b.toI64(sequence), b.div(to, page), b.toI64(targets), target};
        });
    return getRow(b.toI32(target), indices[axes.head], b.rem(to, page),
                  b.i32(page));
  }

  Value getRow(Value target, Value head, Value row, Value rows) {
    return MemoryRows(b, axes, targets, heads, rows)
        .getRow(b, target, head, b.toI32(row));
  }

  /// An element of an array of integers, as i64.
  Value load(Value base, Value array, Value index) {
    Type type = getElementTypeOrSelf(array);
    Value element =
        LLVM::LoadOp::create(b, type, b.elementAddress(base, type, index));
    return type.isInteger(64)
               ? element
               : b.createOrFold<arith::ExtSIOp>(b.getI64Type(), element);
  }

  /// Stops the kernel with an error unless 0 <= index < end.
  void expectBelow(Value index, Value end, Value error,
                   function_ref<SmallVector<Value>()> getValues) {
    b.onlyIf(b.compare(arith::CmpIPredicate::uge, index, end),
             [&] { buildReport(b, report, error, getValues()); });
  }

  KernelBuilder &b;
  AppendOp op;
  RankedTensorType cache;
  AxisOrder axes;
  int64_t heads;
  Value source, position, table, destination;
  /// Sequences, new positions; what the batch axis of the cache counts; and the
  /// positions, or pages, of a sequence.
  Value batch, count, targets, capacity;
  /// Where errors are said, and the errors.
  Value report, overflow, missingPage;
};
} // namespace

Value vga::launchAppend(HostBuilder &b, AppendOp op, gpu::GPUModuleOp module,
                        StringRef name) {
  KernelBuilder inKernel(op.getLoc(), b);
  AppendKernel kernel(inKernel, op);
  KernelSignature signature;
  kernel.declare(b, signature);
  inKernel.setInsertionPointToEnd(module.getBody());
  signature.makeFunction(inKernel, op.getLoc(), name, kGateThreads);
  kernel.build();
  LLVM::ReturnOp::create(inKernel, ValueRange());
  return signature.launch(b, getKernel(module, name), kernel.getShape(b))
      .front();
}
