//===- WarpgroupMatrices.cpp - Products of a warpgroup --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WarpgroupMatrices.h"

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

void warpgroup::initializeBarrier(KernelBuilder &b, Value barrier,
                                  int64_t arrivals) {
  NVVM::MBarrierInitOp::create(b, barrier, b.i32(arrivals), Value());
}

void warpgroup::fenceInitialization(KernelBuilder &b) {
  NVVM::FenceMbarrierInitOp::create(b);
}

void warpgroup::waitFor(KernelBuilder &b, Value barrier, Value parity) {
  constexpr int64_t kNanoseconds = 10'000'000;
  NVVM::MBarrierTryWaitParityOp::create(b, barrier, parity,
                                        b.i32(kNanoseconds));
}

static NVVM::MemScopeKindAttr getBlockScope(KernelBuilder &b) {
  return NVVM::MemScopeKindAttr::get(b.getContext(), NVVM::MemScopeKind::CTA);
}

void warpgroup::arrive(KernelBuilder &b, Value barrier) {
  NVVM::MBarrierArriveOp::create(b, b.getI64Type(), barrier, Value(),
                                 getBlockScope(b), b.getBoolAttr(false));
}

void warpgroup::arriveExpecting(KernelBuilder &b, Value barrier,
                                int64_t bytes) {
  NVVM::MBarrierArriveExpectTxOp::create(b, Type(), barrier, b.i32(bytes),
                                         getBlockScope(b), b.getBoolAttr(false),
                                         Value());
}

void warpgroup::copyBox(KernelBuilder &b, Value map, Value destination,
                        Value barrier, ArrayRef<Value> coordinates) {
  auto clusterPointer = LLVM::LLVMPointerType::get(b.getContext(), 7);
  Value place = LLVM::AddrSpaceCastOp::create(b, clusterPointer, destination);
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
      b, place, map, llvm::to_vector(llvm::reverse(coordinates)), barrier,
      /*im2colOffsets=*/ValueRange(), /*multicastMask=*/Value(),
      /*l2CacheHint=*/Value(),
      NVVM::TMALoadModeAttr::get(b.getContext(), NVVM::TMALoadMode::TILE),
      b.getBoolAttr(false), NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//
//
// A descriptor has in bits 0-13 the address, in 16-29 the distance of atoms if
// the tile is transposed, in 32-45 the distance of 8 lines, all in units of 16
// bytes, and in 62-63 the swizzle, 1 for 128 bytes (PTX ISA, "Matrix
// descriptor").

static constexpr int64_t kDescriptorUnit = 16;
static constexpr int64_t kElementBytes = 2;

warpgroup::Operand::Operand(KernelBuilder &b, Value address, bool isTransposed,
                            int64_t atomBytes)
    : isTransposed(isTransposed) {
  // Shared memory has less than 2^18 bytes.
  Value bits = LLVM::PtrToIntOp::create(b, b.getI32Type(), address);
  bits = b.div(b.bitAnd(bits, b.i32((1 << 18) - 1)), kDescriptorUnit);
  int64_t distance = isTransposed ? atomBytes / kDescriptorUnit : 1;
  low = b.bitOr(bits, b.i32(distance << 16));
}

Value warpgroup::Operand::at(KernelBuilder &b, int64_t depth) const {
  constexpr int64_t kEightLinesBytes = 8 * kAtomBytes;
  uint64_t high =
      uint64_t(1) << 62 | uint64_t(kEightLinesBytes / kDescriptorUnit) << 32;
  int64_t bytes = depth * (isTransposed ? kAtomBytes : kElementBytes);
  return b.bitOr(b.toI64(b.add(low, bytes / kDescriptorUnit)), b.i64(high));
}

SmallVector<Value> warpgroup::startProduct(KernelBuilder &b, Type elementType,
                                           const Operand &rows,
                                           const Operand &columns,
                                           int64_t depth, ValueRange sums) {
  MLIRContext *context = b.getContext();
  int64_t count = sums.size();
  auto type = LLVM::LLVMStructType::getLiteral(
      context, SmallVector<Type>(count, b.getF32Type()));
  auto element = NVVM::WGMMATypesAttr::get(
      context, isa<BFloat16Type>(elementType) ? NVVM::WGMMATypes::bf16
                                              : NVVM::WGMMATypes::f16);
  auto one = NVVM::WGMMAScaleInAttr::get(context, NVVM::WGMMAScaleIn::one);
  auto getLayout = [&](bool isColumn) {
    return NVVM::MMALayoutAttr::get(context, isColumn ? NVVM::MMALayout::col
                                                      : NVVM::MMALayout::row);
  };
  constexpr int64_t kLaneElements = kThreads / kRows;
  NVVM::WgmmaFenceAlignedOp::create(b);
  Value product = LLVM::UndefOp::create(b, type);
  for (auto [i, sum] : llvm::enumerate(sums))
    product = LLVM::InsertValueOp::create(b, product, sum, i);
  for (int64_t at = 0; at < depth; at += kDepth)
    product = NVVM::WgmmaMmaAsyncOp::create(
        b, type, product, rows.at(b, at), columns.at(b, at),
        NVVM::MMAShapeAttr::get(context, kRows, kLaneElements * count, kDepth),
        element, element,
        NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::f32),
        NVVM::WGMMAScaleOutAttr::get(context, NVVM::WGMMAScaleOut::one), one,
        one, getLayout(rows.isTransposed), getLayout(!columns.isTransposed),
        NVVM::MMAIntOverflowAttr());
  NVVM::WgmmaGroupSyncAlignedOp::create(b);
  SmallVector<Value> registers;
  for (int64_t i = 0; i < count; ++i)
    registers.push_back(LLVM::ExtractValueOp::create(b, product, i));
  return registers;
}

SmallVector<Value> warpgroup::waitForProducts(KernelBuilder &b, ValueRange sums,
                                              int64_t pending) {
  // The registers go through the wait, or LLVM could use them before it.
  std::string constraints;
  for (size_t i = 0; i < sums.size(); ++i)
    constraints += i ? ",=f" : "=f";
  for (size_t i = 0; i < sums.size(); ++i)
    constraints += "," + std::to_string(i);
  return b.inlineAsm(
      sums.getTypes(),
      ("wgmma.wait_group.sync.aligned " + Twine(pending) + ";").str(),
      constraints, sums);
}
