//===- Copies.cpp - Operands to shared memory -----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies of the machine (cp.async) run beside the products, and write zeros for
// what they do not read. They move 4, 8 or 16 bytes, which a line with an odd
// number of 16-bit elements does not consist of: those take registers.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

/// `x` and `y`, of which each may be null for true.
static Value both(KernelBuilder &b, Value x, Value y) {
  return x && y ? b.bitAnd(x, y) : (x ? x : y);
}

Copies::Copies(const Kernel &kernel, const StagePlan &plan, const Array &array,
               Value pointer, int64_t axis, Value first)
    : kernel(kernel), b(kernel.b), plan(plan), array(array),
      elementType(array.getElementType()) {
  int64_t threads = kernel.plan.getThreads();
  int64_t linePieces = plan.extent / plan.pieceElements;
  passLines = threads / linePieces;
  passes = llvm::divideCeil(plan.lines, passLines);
  line = b.div(kernel.thread, linePieces);
  place = b.mul(b.rem(kernel.thread, linePieces), plan.pieceElements);
  if (passLines > plan.lines)
    isCopier = b.less(line, b.i32(plan.lines));
  offset =
      b.add(b.mul(line, plan.getLineBytes()), b.mul(place, plan.elementBytes));

  Value acrossStride = kernel.getStride(array, axis);
  depthStride = kernel.getStride(array, kernel.product.depth);
  lineStride = plan.isAlongDepth ? acrossStride : depthStride;
  acrossSize = kernel.getSize(axis);
  across = b.add(first, plan.isAlongDepth ? line : place);
  Value depth = plan.isAlongDepth ? place : line;
  Value start = b.add(b.mul(b.toI64(across), acrossStride),
                      b.mul(b.toI64(depth), depthStride));
  address =
      b.elementAddress(kernel.getPart(pointer, array), elementType, start);
}

/// An element that the copies of the machine are too wide for; 0 if it does not
/// exist. `exists` may be null for true.
Value Copies::loadElement(Value source, Value exists) {
  Type type = b.getIntegerType(elementType.getIntOrFloatBitWidth());
  if (!exists)
    return LLVM::LoadOp::create(b, type, source);
  Value zero = arith::ConstantOp::create(b, b.getIntegerAttr(type, 0));
  auto load = scf::IfOp::create(b, TypeRange(type), exists, true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(load.thenBlock());
  scf::YieldOp::create(b, LLVM::LoadOp::create(b, type, source).getResult());
  b.setInsertionPointToStart(load.elseBlock());
  scf::YieldOp::create(b, zero);
  return load.getResult(0);
}

void Copies::start(Value step, Value stage) {
  if (isCopier) {
    Value condition = isCopier;
    isCopier = Value();
    b.onlyIf(condition, [&] { start(step, stage); });
    isCopier = condition;
    return;
  }
  const Product &product = kernel.product;
  Value depthSize = kernel.getSize(product.depth);
  Value outerOffset = b.i64(0);
  if (!product.outerDepth.empty()) {
    Value steps = b.ceilDiv(depthSize, kernel.plan.depth);
    outerOffset = kernel.getOffset(
        array, product.outerDepth,
        kernel.getPlaces(b.div(step, steps), product.outerDepth));
    step = b.rem(step, steps);
  }
  Value firstDepth = b.mul(step, kernel.plan.depth);
  Value source = b.elementAddress(
      address, elementType,
      b.add(outerOffset, b.mul(b.toI64(firstDepth), depthStride)));
  Value destination = b.advance(stage, offset);

  // Whether the thread's piece of a line is inside, and its lines.
  Value pieceAt = plan.isAlongDepth ? b.add(firstDepth, place) : across;
  Value lineAt = plan.isAlongDepth ? across : b.add(firstDepth, line);
  Value pieceSize = plan.isAlongDepth ? depthSize : acrossSize;
  Value lineSize = plan.isAlongDepth ? acrossSize : depthSize;
  auto isInside = [&](Value at, Value size, int64_t tile) -> Value {
    std::optional<int64_t> known = getConstantIntValue(size);
    if (known && *known % tile == 0)
      return {};
    return b.less(at, size);
  };
  Value hasPiece = isInside(pieceAt, pieceSize, plan.extent);

  auto getSource = [&](int64_t pass) {
    return b.elementAddress(source, elementType,
                            b.mul(lineStride, pass * passLines));
  };
  auto getDestination = [&](int64_t pass) {
    return b.advance(destination, pass * passLines * plan.getLineBytes());
  };
  auto hasLine = [&](int64_t pass) {
    return both(
        b, hasPiece,
        isInside(b.add(lineAt, pass * passLines), lineSize, plan.lines));
  };
  constexpr int64_t kLeastBytes = 4;
  int64_t bytes = plan.getPieceBytes();
  if (bytes >= kLeastBytes) {
    for (int64_t pass = 0; pass < passes; ++pass) {
      Value exists = hasLine(pass);
      copyAsync(b, getDestination(pass), getSource(pass), bytes,
                exists ? b.select(exists, b.i32(bytes), b.i32(0)) : Value());
    }
    return;
  }
  // A few loads at a time are on their way: each has a register.
  constexpr int64_t kLoads = 8;
  for (int64_t first = 0; first < passes; first += kLoads) {
    int64_t end = std::min(first + kLoads, passes);
    SmallVector<Value> loaded;
    for (int64_t pass = first; pass < end; ++pass)
      loaded.push_back(loadElement(getSource(pass), hasLine(pass)));
    for (int64_t pass = first; pass < end; ++pass)
      LLVM::StoreOp::create(b, loaded[pass - first], getDestination(pass));
  }
}
