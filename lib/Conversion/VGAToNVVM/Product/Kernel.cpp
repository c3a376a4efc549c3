//===- Kernel.cpp - A product of matrices ---------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of threads computes a tile of the output: first its sums, then all
// that follows.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "mlir/IR/OperationSupport.h"
#include "vga/GPU/KernelModule.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

Value Kernel::addTerm(Value lhs, Value rhs, Value sum) const {
  Value more = b.fma(lhs, rhs, sum);
  if (product.weights == Product::Weights::none)
    return more;
  Value weight = product.weights == Product::Weights::lhs ? lhs : rhs;
  Value counts = b.compareF(arith::CmpFPredicate::UNE, weight, b.f32(0));
  return b.select(counts, more, sum);
}

Value Kernel::getStride(const Array &array, int64_t axis) const {
  if (axis == kNoAxis || !array.has(axis))
    return b.i64(0);
  Value stride = b.i64(1);
  for (int64_t other : llvm::reverse(array.axes)) {
    if (other == axis)
      break;
    stride = b.mul(stride, b.toI64(sizes[other]));
  }
  return stride;
}

Value Kernel::getOffset(const Array &array, ArrayRef<int64_t> axes,
                        ValueRange places) const {
  Value offset = b.i64(0);
  for (auto [axis, place] : llvm::zip(axes, places))
    offset = b.add(offset, b.mul(b.toI64(place), getStride(array, axis)));
  return offset;
}

SmallVector<Value> Kernel::getPlaces(Value number,
                                     ArrayRef<int64_t> axes) const {
  SmallVector<Value> places(axes.size());
  for (int64_t i = axes.size() - 1; i > 0; --i) {
    places[i] = b.rem(number, sizes[axes[i]]);
    number = b.div(number, sizes[axes[i]]);
  }
  if (!places.empty())
    places[0] = number;
  return places;
}

/// Finds this block's tile. Tiles of the same rows are neighbors, or, in
/// groups, those of the same columns.
static void locateTile(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Product &product = kernel.product;
  const Plan &plan = kernel.plan;
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value columnTiles =
      b.ceilDiv(kernel.getSize(product.column), plan.tile.columns);
  Value rowTiles = b.ceilDiv(kernel.getSize(product.row), plan.tile.rows);
  if (!product.outer.empty()) {
    Value tiles = b.mul(rowTiles, columnTiles);
    kernel.outer = kernel.getPlaces(b.div(block, tiles), product.outer);
    block = b.rem(block, tiles);
  }
  Value row = b.div(block, columnTiles), column = b.rem(block, columnTiles);
  if (plan.groupRows > 1) {
    Value groupTiles = b.mul(columnTiles, plan.groupRows);
    Value first = b.mul(b.div(block, groupTiles), plan.groupRows);
    Value place = b.rem(block, groupTiles);
    Value rows = b.min(b.sub(rowTiles, first), b.i32(plan.groupRows));
    row = b.add(first, b.rem(place, rows));
    column = b.div(place, rows);
  }
  kernel.firstRow = b.mul(row, plan.tile.rows);
  kernel.firstColumn = b.mul(column, plan.tile.columns);
}

/// Another kernel of the module that does the same; null if there is none.
static LLVM::LLVMFuncOp findSame(gpu::GPUModuleOp module,
                                 LLVM::LLVMFuncOp kernel) {
  for (auto other : module.getOps<LLVM::LLVMFuncOp>())
    if (other != kernel &&
        other.getFunctionType() == kernel.getFunctionType() &&
        other->getDiscardableAttrDictionary() ==
            kernel->getDiscardableAttrDictionary() &&
        OperationEquivalence::isRegionEquivalentTo(
            &other.getBody(), &kernel.getBody(),
            OperationEquivalence::IgnoreLocations))
      return other;
  return {};
}

StringAttr product::buildKernel(Kernel &kernel, gpu::GPUModuleOp module,
                                KernelSignature &signature) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  LLVM::GlobalOp memory = getSharedMemory(b, module);
  b.setInsertionPointToEnd(module.getBody());
  std::string name = getFreeKernelName(module, "product");
  LLVM::LLVMFuncOp function = signature.makeFunction(
      b, b.getLoc(), name, plan.getThreads(), plan.blocks);
  for (auto [axis, size] : llvm::zip(kernel.product.axes, kernel.sizes))
    if (!ShapedType::isDynamic(axis.size))
      size = b.i32(axis.size);
  kernel.shared = LLVM::AddressOfOp::create(b, memory);
  kernel.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  locateTile(kernel);
  switch (plan.method) {
  case Method::warpgroups:
    sumUpWarpgroups(kernel);
    break;
  case Method::tensorCores:
  case Method::multiplyAdd:
    sumUpStages(kernel);
    break;
  case Method::fewRows:
    sumUpFewRows(kernel);
    break;
  }
  storeOutput(kernel);
  LLVM::ReturnOp::create(b, ValueRange());

  if (LLVM::LLVMFuncOp same = findSame(module, function)) {
    function.erase();
    function = same;
  }
  return function.getSymNameAttr();
}
