//===- Wgmma.cpp - Products of tiles on the tensor cores ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// wgmma multiplies 64 rows by a tile in shared memory, which a descriptor
// names: bits 0-13 the address, 16-29 the distance of 64-channel atoms (for
// operands whose summed axis is not the contiguous one), 32-45 the distance of
// 8 rows, all in units of 16 bytes, and 62-63 the swizzle, 1 for 128 bytes (PTX
// ISA, "Matrix descriptor").
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

static constexpr int64_t kDescriptorUnit = 16;
/// Eight rows of 128 bytes.
static constexpr int64_t kEightRowsBytes = 8 * kAtomBytes;

/// The low half of a descriptor, which is all that differs between tiles of a
/// kind; additions in it do not carry.
static Value describe(Kernel &kernel, Value address, int64_t atomDistance) {
  KernelBuilder &b = kernel.b;
  Value bits = LLVM::PtrToIntOp::create(b, b.getI32Type(), address);
  // Shared memory has less than 2^18 bytes.
  bits = b.div(b.bitAnd(bits, b.i32((1 << 18) - 1)), kDescriptorUnit);
  return b.bitOr(bits, b.i32(atomDistance / kDescriptorUnit << 16));
}

Value hopper::describeRows(Kernel &kernel, Value address) {
  return describe(kernel, address, kDescriptorUnit);
}

Value hopper::describeValues(Kernel &kernel, Value address) {
  return describe(kernel, address, kernel.plan.getKeyAtomBytes());
}

Value hopper::moveDescriptor(Kernel &kernel, Value descriptor, Value bytes) {
  return kernel.b.add(descriptor, kernel.b.div(bytes, kDescriptorUnit));
}

/// A whole descriptor, of what lies `bytes` further on.
static Value completeDescriptor(Kernel &kernel, Value low, int64_t bytes) {
  KernelBuilder &b = kernel.b;
  uint64_t high =
      uint64_t(1) << 62 | uint64_t(kEightRowsBytes / kDescriptorUnit) << 32;
  return b.bitOr(b.toI64(b.add(low, bytes / kDescriptorUnit)), b.i64(high));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// As inputs and outputs of inline assembly: `count` registers that are both.
static std::string getTiedConstraints(int64_t count, StringRef inputs) {
  std::string constraints;
  for (int64_t i = 0; i < count; ++i)
    constraints += i ? ",=f" : "=f";
  constraints += inputs;
  for (int64_t i = 0; i < count; ++i)
    constraints += "," + std::to_string(i);
  return constraints;
}

static void commit(Kernel &kernel) {
  NVVM::WgmmaGroupSyncAlignedOp::create(kernel.b);
}

SmallVector<Value> hopper::startScores(Kernel &kernel, Value queries,
                                       Value keys) {
  KernelBuilder &b = kernel.b;
  MLIRContext *context = b.getContext();
  const Plan &plan = kernel.plan;
  int64_t columns = plan.schedule.getKeys();
  auto type = LLVM::LLVMStructType::getLiteral(
      context, SmallVector<Type>(columns / 2, b.getF32Type()));
  bool isBF16 = isa<BFloat16Type>(plan.elementType);
  auto element = NVVM::WGMMATypesAttr::get(
      context, isBF16 ? NVVM::WGMMATypes::bf16 : NVVM::WGMMATypes::f16);
  auto one = NVVM::WGMMAScaleInAttr::get(context, NVVM::WGMMAScaleIn::one);

  NVVM::WgmmaFenceAlignedOp::create(b);
  Value scores = LLVM::UndefOp::create(b, type);
  for (int64_t channel = 0; channel < plan.keyChannels;
       channel += kProductDepth) {
    int64_t atom = channel / kAtomChannels;
    int64_t inAtom = channel % kAtomChannels * kElementBytes;
    scores = NVVM::WgmmaMmaAsyncOp::create(
        b, type, scores,
        completeDescriptor(kernel, queries,
                           atom * plan.getQueryAtomBytes() + inAtom),
        completeDescriptor(kernel, keys,
                           atom * plan.getKeyAtomBytes() + inAtom),
        NVVM::MMAShapeAttr::get(context, kWarpgroupRows, columns,
                                kProductDepth),
        element, element,
        NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::f32),
        NVVM::WGMMAScaleOutAttr::get(context, channel == 0
                                                  ? NVVM::WGMMAScaleOut::zero
                                                  : NVVM::WGMMAScaleOut::one),
        one, one, NVVM::MMALayoutAttr::get(context, NVVM::MMALayout::row),
        NVVM::MMALayoutAttr::get(context, NVVM::MMALayout::col),
        NVVM::MMAIntOverflowAttr());
  }
  commit(kernel);
  SmallVector<Value> registers;
  for (int64_t i = 0; i < columns / 2; ++i)
    registers.push_back(LLVM::ExtractValueOp::create(b, scores, i));
  return registers;
}

SmallVector<Value> hopper::startOutput(Kernel &kernel, ValueRange accumulator,
                                       ValueRange weights, Value values) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  // nvvm.wgmma.mma_async has no form with A in registers.
  int64_t count = accumulator.size();
  StringRef element = isa<BFloat16Type>(plan.elementType) ? "bf16" : "f16";
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "wgmma.mma_async.sync.aligned.m64n" << 2 * count << "k16.f32."
     << element << "." << element << " {";
  llvm::interleaveComma(llvm::seq<int64_t>(count), os,
                        [&](int64_t i) { os << "$" << i; });
  os << "}, {$" << count << ", $" << count + 1 << ", $" << count + 2 << ", $"
     << count + 3 << "}, $" << count + 4 << ", 1, 1, 1, 1;";
  std::string constraints = getTiedConstraints(count, ",r,r,r,r,l");

  NVVM::WgmmaFenceAlignedOp::create(b);
  SmallVector<Value> result = llvm::to_vector(accumulator);
  for (int64_t step = 0; step < plan.schedule.getKeys() / kProductDepth;
       ++step) {
    SmallVector<Value> operands = llvm::to_vector(weights.slice(4 * step, 4));
    operands.push_back(
        completeDescriptor(kernel, values, step * kProductDepth * kAtomBytes));
    llvm::append_range(operands, result);
    result = b.inlineAsm(SmallVector<Type>(count, b.getF32Type()), text,
                         constraints, operands);
  }
  commit(kernel);
  return result;
}

SmallVector<Value> hopper::waitForProducts(Kernel &kernel, ValueRange registers,
                                           int64_t pending) {
  // The registers go through the wait, or LLVM could use them before it.
  int64_t count = registers.size();
  return kernel.b.inlineAsm(
      registers.getTypes(),
      ("wgmma.wait_group.sync.aligned " + Twine(pending) + ";").str(),
      getTiedConstraints(count, ""), registers);
}
