//===- GatePieces.cpp - Pieces of values times their gates ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GatePieces.h"

using namespace mlir;
using namespace mlir::vga;

Value vga::encodeGate(KernelBuilder &b, Type elementType, Value gate) {
  Value bits = LLVM::BitcastOp::create(b, b.getI32Type(), gate);
  if (!elementType.isBF16())
    return bits;
  // What bf16 keeps of the gate, and what that leaves over.
  constexpr int32_t kHighHalf = static_cast<int32_t>(0xffff0000);
  Value high = LLVM::BitcastOp::create(b, b.getF32Type(),
                                       b.bitAnd(bits, b.i32(kHighHalf)));
  return b.pack(b.subF(gate, high), high, elementType);
}

/// The two products of a pair with factors in f32, rounded.
static Value multiplyInF32(KernelBuilder &b, Type elementType, Value pair,
                           ArrayRef<Value> factors) {
  SmallVector<Value, 2> products;
  for (auto [i, factor] : llvm::enumerate(factors)) {
    Value value = LLVM::ExtractElementOp::create(b, pair, b.i32(i));
    value = LLVM::FPExtOp::create(b, b.getF32Type(), value);
    products.push_back(b.mulF(value, factor));
  }
  return b.pack(products[0], products[1], elementType);
}

Value vga::gatePiece(KernelBuilder &b, Type elementType, Value piece,
                     Value code) {
  if (!elementType.isBF16()) {
    Value gate = LLVM::BitcastOp::create(b, b.getF32Type(), code);
    return b.mapPairs(elementType, piece, [&](Value pair, int64_t) {
      return multiplyInF32(b, elementType, pair, {gate, gate});
    });
  }
  Value halves =
      LLVM::BitcastOp::create(b, VectorType::get(2, elementType), code);
  Value low = LLVM::ShuffleVectorOp::create(b, halves, halves, {0, 0});
  Value high = LLVM::ShuffleVectorOp::create(b, halves, halves, {1, 1});
  return b.mapPairs(elementType, piece, [&](Value pair, int64_t) -> Value {
    return b.fma(pair, high, LLVM::FMulOp::create(b, pair, low));
  });
}

Value vga::gatePieceByElements(KernelBuilder &b, Type elementType, Value piece,
                               Type gateType, Value gates) {
  if (elementType == gateType) {
    Value packed = b.loadPacked(gates);
    Type pairType = VectorType::get(2, elementType);
    return b.mapPairs(elementType, piece, [&](Value pair, int64_t i) -> Value {
      Value factors = LLVM::BitcastOp::create(
          b, pairType, LLVM::ExtractElementOp::create(b, packed, b.i32(i / 2)));
      return LLVM::FMulOp::create(b, pair, factors);
    });
  }
  SmallVector<Value> factors = b.loadPiece(gateType, gates);
  return b.mapPairs(elementType, piece, [&](Value pair, int64_t i) {
    return multiplyInF32(b, elementType, pair, {factors[i], factors[i + 1]});
  });
}

Value vga::keepPieceIf(KernelBuilder &b, Value condition, Value piece) {
  return LLVM::SelectOp::create(
      b, condition, piece,
      LLVM::ZeroOp::create(b, piece.getType()).getResult());
}
