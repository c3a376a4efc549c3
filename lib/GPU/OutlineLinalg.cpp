//===- OutlineLinalg.cpp - linalg becomes kernels and launches ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelChecks.h"
#include "LinalgKernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/RegionUtils.h"
#include "vga/GPU/KernelModule.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUOUTLINELINALGPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether a kernel has its own copy of a value, instead of a parameter.
static bool isCopied(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (op->hasTrait<OpTrait::ConstantLike>() ||
                isa<memref::GetGlobalOp>(op));
}

namespace {
/// Moves the operations of a group to a kernel, which is launched where the
/// last of them is.
class Outlining {
public:
  Outlining(RowGroup &group, gpu::GPUModuleOp kernels)
      : group(group), plan(group.plans.front()), kernels(kernels),
        b(group.ops.back().getLoc(), group.ops.back()) {}

  void run();

private:
  void collectValues();
  gpu::GPUFuncOp createKernel();
  void copyConstant(OpBuilder &builder, Value value, IRMapping &mapping);
  Value countBlocks();

  RowGroup &group;
  /// That of the first operation, which says how threads divide the points.
  const LinalgPlan &plan;
  gpu::GPUModuleOp kernels;
  ImplicitLocOpBuilder b;
  /// What the operations use: parameters of the kernel, and what it copies.
  SetVector<Value> parameters, copied;
  /// Of the loops of each operation.
  SmallVector<SmallVector<OpFoldResult>> sizes;
};
} // namespace

void Outlining::collectValues() {
  SetVector<Value> used;
  DenseSet<Value> kept;
  for (auto [op, opPlan, isStored] :
       llvm::zip(group.ops, group.plans, group.isStored)) {
    used.insert_range(op->getOperands());
    getUsedValuesDefinedAbove(op->getRegions(), used);
    for (linalg::GenericOp fill : opPlan.fills)
      if (fill)
        used.insert(getFillValue(fill));
    if (!isStored)
      kept.insert_range(op.getDpsInits());
  }
  used.remove_if([&](Value value) { return kept.contains(value); });
  for (Value value : used)
    (isCopied(value) ? copied : parameters).insert(value);
  for (auto [op, opPlan] : llvm::zip(group.ops, group.plans)) {
    auto loops = cast<linalg::LinalgOp>(op.getOperation());
    SmallVector<OpFoldResult> &own = sizes.emplace_back(
        llvm::map_to_vector(loops.createLoopRanges(b, op.getLoc()),
                            [](const Range &range) { return range.size; }));
    // All have the points of the first one.
    for (auto [loop, first] : llvm::zip(opPlan.points, plan.points))
      own[loop] = sizes.front()[first];
    for (OpFoldResult size : own)
      if (auto value = dyn_cast<Value>(size))
        parameters.insert(value);
  }
}

/// How many blocks have points to compute.
Value Outlining::countBlocks() {
  auto index = [&](int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  };
  Value count = index(1);
  for (unsigned loop : plan.points) {
    Value size =
        getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes.front()[loop]);
    if (plan.terms.empty() && loop == plan.vectorLoop)
      size = b.createOrFold<arith::DivUIOp>(size, index(plan.vectorSize));
    count = b.createOrFold<arith::MulIOp>(count, size);
  }
  return b.createOrFold<arith::CeilDivUIOp>(count,
                                            index(plan.getPointsPerBlock()));
}

/// Copies a constant, and the array that it is in, to the kernel.
void Outlining::copyConstant(OpBuilder &builder, Value value,
                             IRMapping &mapping) {
  Operation *constant = value.getDefiningOp();
  if (auto global = dyn_cast<memref::GetGlobalOp>(constant)) {
    StringAttr name = global.getNameAttr().getAttr();
    if (!kernels.lookupSymbol(name)) {
      auto array = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
          group.getLeader(), global.getNameAttr());
      OpBuilder::atBlockBegin(kernels.getBody()).clone(*array);
    }
  }
  builder.clone(*constant, mapping);
}

gpu::GPUFuncOp Outlining::createKernel() {
  OpBuilder builder = OpBuilder::atBlockEnd(kernels.getBody());
  SmallVector<Type> scratchTypes;
  if (plan.getPartials() != 1) {
    auto space = gpu::AddressSpaceAttr::get(b.getContext(),
                                            gpu::AddressSpace::Workgroup);
    for (const LinalgPlan &sums : group.plans)
      for (Operation *combiner : sums.combiners)
        scratchTypes.push_back(
            MemRefType::get(plan.getPartials() * plan.getPointsPerBlock(),
                            combiner->getResult(0).getType(),
                            MemRefLayoutAttrInterface(), space));
  }
  StringRef kind = plan.terms.empty()      ? "elements"
                   : group.ops.size() == 1 ? "sums"
                                           : "rows";
  auto kernel = gpu::GPUFuncOp::create(
      builder, b.getLoc(), getFreeKernelName(kernels, kind),
      builder.getFunctionType(TypeRange(parameters.getArrayRef()), {}),
      scratchTypes);
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                  builder.getUnitAttr());
  // Partial results are read several at a time.
  constexpr int64_t kScratchAlignment = 16;
  for (unsigned i = 0; i < scratchTypes.size(); ++i)
    kernel.setWorkgroupAttributionAttr(
        i, LLVM::LLVMDialect::getAlignAttrName(),
        builder.getI64IntegerAttr(kScratchAlignment));
  kernel.setKnownBlockSizeAttr(
      builder.getDenseI32ArrayAttr({LinalgPlan::kThreads, 1, 1}));

  builder.setInsertionPointToStart(&kernel.getBody().front());
  IRMapping mapping;
  mapping.map(parameters.getArrayRef(),
              kernel.getArguments().take_front(parameters.size()));
  for (Value value : copied)
    copyConstant(builder, value, mapping);
  SmallVector<SmallVector<Value>> sizesThere;
  for (ArrayRef<OpFoldResult> loops : sizes) {
    sizesThere.emplace_back();
    for (OpFoldResult size : loops) {
      auto value = dyn_cast<Value>(size);
      sizesThere.back().push_back(
          value ? mapping.lookup(value)
                : getValueOrCreateConstantIndexOp(builder, b.getLoc(), size));
    }
  }
  SmallVector<Value> scratch(kernel.getWorkgroupAttributions());
  buildLinalgKernel(builder, group, mapping, sizesThere, scratch);
  gpu::ReturnOp::create(builder, b.getLoc());
  return kernel;
}

void Outlining::run() {
  collectValues();
  gpu::GPUFuncOp kernel = createKernel();
  SmallVector<Value> arguments(parameters.getArrayRef());
  llvm::append_range(arguments,
                     lowerKernelChecks(kernel, group.ops.back(),
                                       kernels->getParentOfType<ModuleOp>()));
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value threads = arith::ConstantIndexOp::create(b, LinalgPlan::kThreads);
  gpu::LaunchFuncOp::create(b, kernel, gpu::KernelDim3{countBlocks(), one, one},
                            gpu::KernelDim3{threads, one, one},
                            /*dynamicSharedMemorySize=*/Value(), arguments);
  for (Operation *free : group.frees)
    free->moveAfter(group.ops.back());
  for (linalg::GenericOp op : group.ops)
    op.erase();
}

namespace {
struct OutlineLinalgPass
    : vga::impl::VGAGPUOutlineLinalgPassBase<OutlineLinalgPass> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.walk([&](linalg::GenericOp op) {
        if (op.hasPureBufferSemantics())
          ops.push_back(op);
      });
    if (ops.empty())
      return;
    getOperation()->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                            UnitAttr::get(&getContext()));
    gpu::GPUModuleOp kernels = getKernelModule(getOperation());
    // Sums that start from what an array is filled with need no filled array.
    SetVector<Operation *> fills;
    for (linalg::GenericOp op : ops)
      for (linalg::GenericOp fill : LinalgPlan(op).fills)
        if (fill)
          fills.insert(fill);
    SmallVector<RowGroup, 0> groups;
    llvm::SmallPtrSet<Operation *, 8> members;
    for (linalg::GenericOp op : ops) {
      if (fills.contains(op) || members.contains(op))
        continue;
      members.insert_range(groups.emplace_back(op).ops);
    }
    for (RowGroup &group : groups)
      Outlining(group, kernels).run();
    for (Operation *fill : fills)
      fill->erase();
  }
};
} // namespace
