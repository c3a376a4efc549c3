//===- MergeKernels.cpp - One kernel for equal work -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The blocks of a model do the same with other weights. Kernels are equal if
// their bodies are, but for the names of counters that only they use.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/OperationSupport.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUMERGEKERNELSPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// A kernel, whose own arrays have numbers for names meanwhile.
class Kernel {
public:
  Kernel(FunctionOpInterface function, gpu::GPUModuleOp module);

  bool isEqual(Kernel &other);
  /// Gives the arrays their names back.
  void restoreNames();
  void erase();

  FunctionOpInterface function;

private:
  /// The functions' attributes but its name.
  DictionaryAttr getAttributes();

  llvm::MapVector<LLVM::GlobalOp, SmallVector<LLVM::AddressOfOp>> arrays;
};
} // namespace

Kernel::Kernel(FunctionOpInterface function, gpu::GPUModuleOp module)
    : function(function) {
  llvm::MapVector<LLVM::GlobalOp, SmallVector<LLVM::AddressOfOp>> used;
  function.walk([&](LLVM::AddressOfOp address) {
    if (auto array = module.lookupSymbol<LLVM::GlobalOp>(
            address.getGlobalNameAttr().getAttr()))
      used[array].push_back(address);
  });
  for (auto &[array, addresses] : used) {
    auto uses = SymbolTable::getSymbolUses(array, module);
    // What has no initial value is shared memory.
    if (!array.getValueAttr() || !uses ||
        static_cast<size_t>(std::distance(uses->begin(), uses->end())) !=
            addresses.size())
      continue;
    std::string number = std::to_string(arrays.size());
    for (LLVM::AddressOfOp address : addresses)
      address.setGlobalName(number);
    arrays[array] = addresses;
  }
}

DictionaryAttr Kernel::getAttributes() {
  NamedAttrList attributes(function->getAttrDictionary());
  attributes.erase(SymbolTable::getSymbolAttrName());
  return attributes.getDictionary(function->getContext());
}

bool Kernel::isEqual(Kernel &other) {
  auto areEqualArrays = [](const auto &pair) {
    LLVM::GlobalOp x = std::get<0>(pair).first, y = std::get<1>(pair).first;
    return x.getGlobalType() == y.getGlobalType() &&
           x.getValueAttr() == y.getValueAttr();
  };
  return function->getName() == other.function->getName() &&
         getAttributes() == other.getAttributes() &&
         arrays.size() == other.arrays.size() &&
         llvm::all_of(llvm::zip(arrays, other.arrays), areEqualArrays) &&
         OperationEquivalence::isRegionEquivalentTo(
             &function.getFunctionBody(), &other.function.getFunctionBody(),
             OperationEquivalence::IgnoreLocations);
}

void Kernel::restoreNames() {
  for (auto &[array, addresses] : arrays)
    for (LLVM::AddressOfOp address : addresses)
      address.setGlobalName(LLVM::GlobalOp(array).getSymName());
}

void Kernel::erase() {
  function.erase();
  for (auto &entry : arrays)
    LLVM::GlobalOp(entry.first).erase();
}

static SmallVector<FunctionOpInterface> getKernels(gpu::GPUModuleOp module) {
  SmallVector<FunctionOpInterface> kernels;
  for (auto function : module.getOps<FunctionOpInterface>())
    if (!function.isExternal() &&
        function->hasAttr(gpu::GPUDialect::getKernelFuncAttrName()))
      kernels.push_back(function);
  return kernels;
}

static SymbolRefAttr getKernelName(gpu::GPUModuleOp module,
                                   FunctionOpInterface kernel) {
  return SymbolRefAttr::get(module.getSymNameAttr(),
                            FlatSymbolRefAttr::get(kernel.getNameAttr()));
}

namespace {
struct MergeKernelsPass
    : vga::impl::VGAGPUMergeKernelsPassBase<MergeKernelsPass> {
  void runOnOperation() override {
    for (auto module : getOperation().getOps<gpu::GPUModuleOp>())
      merge(module);
    DenseSet<SymbolRefAttr> launched;
    getOperation().walk([&](Operation *op) {
      if (auto launch = dyn_cast<gpu::LaunchFuncOp>(op)) {
        launch.setKernelAttr(getMerged(launch.getKernel()));
        launched.insert(launch.getKernel());
      } else if (auto launch = dyn_cast<LaunchOp>(op)) {
        launch.setKernelAttr(getMerged(launch.getKernel()));
        launched.insert(launch.getKernel());
      }
    });
    for (auto module : getOperation().getOps<gpu::GPUModuleOp>())
      for (FunctionOpInterface kernel : getKernels(module))
        if (!launched.contains(getKernelName(module, kernel)))
          kernel.erase();
  }

private:
  void merge(gpu::GPUModuleOp module) {
    SmallVector<Kernel, 0> kept;
    for (FunctionOpInterface function : getKernels(module)) {
      Kernel kernel(function, module);
      auto *same = llvm::find_if(
          kept, [&](Kernel &other) { return kernel.isEqual(other); });
      if (same == kept.end()) {
        kept.push_back(std::move(kernel));
        continue;
      }
      merged[getKernelName(module, function)] =
          getKernelName(module, same->function);
      kernel.erase();
    }
    for (Kernel &kernel : kept)
      kernel.restoreNames();
  }

  SymbolRefAttr getMerged(SymbolRefAttr kernel) {
    auto it = merged.find(kernel);
    return it == merged.end() ? kernel : it->second;
  }

  DenseMap<SymbolRefAttr, SymbolRefAttr> merged;
};
} // namespace
