//===- JoinLaunches.cpp - Launches of one kernel become one ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A transformer multiplies the same rows by several matrices, of which none
// fills the machine. Launches of one kernel that do not need each other become
// one launch of as many instances: the kernel's blocks are numbered through,
// and each takes the arrays of its instance.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUJOINLAUNCHESPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether blocks of a kernel are on their own: they do not count each other.
static bool hasIndependentBlocks(LLVM::LLVMFuncOp kernel,
                                 gpu::GPUModuleOp module) {
  return !kernel
              .walk([&](Operation *op) {
                auto address = dyn_cast<LLVM::AddressOfOp>(op);
                auto array = address
                                 ? module.lookupSymbol<LLVM::GlobalOp>(
                                       address.getGlobalNameAttr().getAttr())
                                 : LLVM::GlobalOp();
                bool isShared = array && array.getAddrSpace() == 3;
                return (address && !isShared) || isa<NVVM::GridDimXOp>(op)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

static bool areEqual(ValueRange x, ValueRange y) {
  return llvm::equal(x, y, [](Value a, Value b) {
    if (a == b)
      return true;
    std::optional<int64_t> constant = getConstantIntValue(a);
    return constant && constant == getConstantIntValue(b);
  });
}

/// Whether `next` can be done where `first` is, with it.
static bool canJoin(LaunchOp first, LaunchOp next, DominanceInfo &dominance) {
  if (first.getKernel() != next.getKernel() ||
      first.getBoxes() != next.getBoxes() ||
      first->getResultTypes() != next->getResultTypes() ||
      !areEqual(first.getBlocks(), next.getBlocks()) ||
      !areEqual(first.getSizes(), next.getSizes()))
    return false;
  auto isThere = [&](Value operand) {
    // New memory can be made there as well.
    if (auto empty = operand.getDefiningOp<tensor::EmptyOp>())
      return llvm::all_of(empty.getDynamicSizes(), [&](Value size) {
        return dominance.properlyDominates(size, first);
      });
    return dominance.properlyDominates(operand, first);
  };
  return llvm::all_of(next.getInputs(),
                      [&](Value input) {
                        return dominance.properlyDominates(input, first);
                      }) &&
         llvm::all_of(next.getOutputs(), isThere);
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

/// The arrays of a kernel: inputs, then outputs. Some inputs are the same for
/// all instances.
struct Arrays {
  SmallVector<bool> isShared;
  unsigned inputs;
};

/// A kernel for several instances of another. Its parameters are inputs, those
/// that are not shared once for each instance, outputs, sizes, and how many
/// blocks an instance has.
static LLVM::LLVMFuncOp makeInstances(LLVM::LLVMFuncOp kernel,
                                      unsigned instances,
                                      const Arrays &arrays) {
  std::string name = (kernel.getName() + "_x" + Twine(instances)).str();
  for (auto [i, isShared] : llvm::enumerate(arrays.isShared))
    if (isShared)
      name += "_" + std::to_string(i);
  auto module = kernel->getParentOfType<gpu::GPUModuleOp>();
  if (auto existing = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return existing;
  OpBuilder builder(kernel);
  builder.setInsertionPointAfter(kernel);
  auto joined = cast<LLVM::LLVMFuncOp>(builder.clone(*kernel));
  joined.setName(name);
  Block &entry = joined.getBody().front();
  ImplicitLocOpBuilder b(kernel.getLoc(), OpBuilder::atBlockBegin(&entry));

  // The array of each instance, in the order of the parameters: inputs of all
  // instances, outputs of all.
  unsigned count = arrays.isShared.size();
  SmallVector<Value> original(entry.getArguments().take_front(count));
  SmallVector<SmallVector<Value>> choices(count);
  SmallVector<Attribute> attributes;
  unsigned position = 0;
  auto addArrays = [&](unsigned first, unsigned last) {
    for (unsigned instance = 0; instance < instances; ++instance)
      for (unsigned i = first; i < last; ++i) {
        if (instance != 0 && arrays.isShared[i])
          continue;
        if (instance != 0)
          choices[i].push_back(entry.insertArgument(
              position, original[i].getType(), b.getLoc()));
        else
          choices[i].push_back(original[i]);
        attributes.push_back(kernel.getArgAttrDict(i)
                                 ? kernel.getArgAttrDict(i)
                                 : b.getDictionaryAttr({}));
        ++position;
      }
  };
  addArrays(0, arrays.inputs);
  addArrays(arrays.inputs, count);
  Value blocks = entry.addArgument(b.getI32Type(), b.getLoc());
  attributes.resize(entry.getNumArguments(), b.getDictionaryAttr({}));
  joined.setFunctionType(
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  llvm::to_vector(entry.getArgumentTypes())));
  joined.setAllArgAttrs(b.getArrayAttr(attributes));

  // The number of a block is that in its instance.
  SmallVector<NVVM::BlockIdXOp> numbers;
  joined.walk([&](NVVM::BlockIdXOp op) { numbers.push_back(op); });
  Value all = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value instance = arith::DivUIOp::create(b, all, blocks);
  Value own = arith::RemUIOp::create(b, all, blocks);
  for (NVVM::BlockIdXOp op : numbers)
    op.replaceAllUsesWith(own);
  for (ArrayRef<Value> choice : choices) {
    Value chosen = choice.front();
    SmallPtrSet<Operation *, 4> selects;
    for (unsigned i = 1; i < choice.size(); ++i) {
      Value number = arith::ConstantOp::create(b, b.getI32IntegerAttr(i));
      Value isIt =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, instance, number);
      chosen = arith::SelectOp::create(b, isIt, choice[i], chosen);
      selects.insert(chosen.getDefiningOp());
    }
    Value first = choice.front();
    first.replaceAllUsesExcept(chosen, selects);
  }
  for (NVVM::BlockIdXOp op : numbers)
    op.erase();
  return joined;
}

//===----------------------------------------------------------------------===//
// The launch
//===----------------------------------------------------------------------===//

static void join(ArrayRef<LaunchOp> launches, LLVM::LLVMFuncOp kernel) {
  LaunchOp first = launches.front();
  ImplicitLocOpBuilder b(first.getLoc(), first);
  Arrays arrays;
  arrays.inputs = first.getInputs().size();
  for (unsigned i = 0; i < first.getArrays().size(); ++i)
    arrays.isShared.push_back(i < arrays.inputs &&
                              llvm::all_of(
                                  launches,
                                  [&](LaunchOp launch) {
                                    return launch.getInputs()[i] ==
                                           first.getInputs()[i];
                                  }));
  SmallVector<Value> inputs, outputs, sizes(first.getSizes());
  SmallVector<Attribute> inputBoxes, outputBoxes;
  SmallVector<Type> types;
  for (unsigned instance = 0; instance < launches.size(); ++instance) {
    LaunchOp launch = launches[instance];
    for (auto [i, input] : llvm::enumerate(launch.getInputs())) {
      if (instance != 0 && arrays.isShared[i])
        continue;
      inputs.push_back(input);
      inputBoxes.push_back(launch.getBoxes()[i]);
    }
    for (auto [i, output] : llvm::enumerate(launch.getOutputs())) {
      auto empty = output.getDefiningOp<tensor::EmptyOp>();
      outputs.push_back(empty ? b.clone(*empty)->getResult(0) : output);
      outputBoxes.push_back(launch.getBoxes()[arrays.inputs + i]);
    }
    llvm::append_range(types, launch->getResultTypes());
  }
  llvm::append_range(inputBoxes, outputBoxes);
  sizes.push_back(first.getBlocks());
  LLVM::LLVMFuncOp joined = makeInstances(kernel, launches.size(), arrays);
  auto name = SymbolRefAttr::get(first.getKernel().getRootReference(),
                                 FlatSymbolRefAttr::get(joined.getNameAttr()));
  Value blocks = b.createOrFold<arith::MulIOp>(
      first.getBlocks(),
      arith::ConstantIndexOp::create(b, launches.size()).getResult());
  auto launch = LaunchOp::create(
      b, types, name, blocks, first.getThreads(), first.getSharedMemory(),
      /*persistent=*/false, /*cooperative=*/false, sizes,
      b.getArrayAttr(inputBoxes), inputs, outputs, /*errors=*/ArrayAttr());
  auto results = launch->result_begin();
  for (LaunchOp old : launches) {
    for (Value result : old->getResults())
      result.replaceAllUsesWith(*results++);
    old.erase();
  }
}

namespace {
struct JoinLaunchesPass
    : vga::impl::VGAGPUJoinLaunchesPassBase<JoinLaunchesPass> {
  void runOnOperation() override {
    getOperation().walk([&](func::FuncOp function) {
      for (Block &block : function.getBody())
        joinIn(block);
    });
  }

private:
  void joinIn(Block &block) {
    DominanceInfo dominance;
    SmallVector<LaunchOp> launches(block.getOps<LaunchOp>());
    llvm::SmallPtrSet<Operation *, 8> joined;
    for (auto [i, first] : llvm::enumerate(launches)) {
      // Errors say which launch has met them.
      if (joined.contains(first) || first.getPersistent() ||
          first.getCooperative() || first->getNumResults() == 0 ||
          first.getErrors())
        continue;
      auto kernel = SymbolTable::lookupNearestSymbolFrom<LLVM::LLVMFuncOp>(
          first, first.getKernel());
      if (!kernel || !hasIndependentBlocks(
                         kernel, kernel->getParentOfType<gpu::GPUModuleOp>()))
        continue;
      // What is further away may be needed later, too.
      constexpr size_t kMostDistance = 8;
      SmallVector<LaunchOp> group = {first};
      for (LaunchOp next : ArrayRef(launches).slice(
               i + 1, std::min(kMostDistance, launches.size() - i - 1)))
        if (!joined.contains(next) && canJoin(first, next, dominance))
          group.push_back(next);
      if (group.size() == 1)
        continue;
      joined.insert_range(group);
      join(group, kernel);
    }
  }
};
} // namespace
