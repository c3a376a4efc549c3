//===- HostBuilder.h - What the host does for kernels -----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_HOSTBUILDER_H
#define VGA_LIB_CONVERSION_VGATONVVM_HOSTBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// Index arithmetic on the host, and launches.
struct HostBuilder : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(*this, value);
  }
  Value mul(Value x, Value y) { return createOrFold<arith::MulIOp>(x, y); }
  Value div(Value x, Value y) { return createOrFold<arith::DivUIOp>(x, y); }
  Value ceilDiv(Value x, Value y) {
    return createOrFold<arith::CeilDivUIOp>(x, y);
  }
  Value min(Value x, Value y) { return createOrFold<arith::MinUIOp>(x, y); }
  Value max(Value x, Value y) { return createOrFold<arith::MaxUIOp>(x, y); }
  Value select(Value condition, Value x, Value y) {
    return createOrFold<arith::SelectOp>(condition, x, y);
  }
  Value size(Value tensor, int64_t axis) {
    return createOrFold<tensor::DimOp>(tensor, axis);
  }

  /// Launches a kernel that reads and writes arrays by their addresses, but the
  /// first ones by tensor maps with `inputBoxes`, and may meet `errors`.
  Value launchOnArrays(SymbolRefAttr kernel, Value blocks, int64_t threads,
                       int64_t sharedBytes, ValueRange sizes, ValueRange inputs,
                       Value output,
                       ArrayRef<SmallVector<int64_t>> inputBoxes = {},
                       ArrayRef<std::string> errors = {}) {
    SmallVector<Attribute> boxes(inputs.size() + 1, getDenseI64ArrayAttr({}));
    for (auto [box, shape] : llvm::zip(boxes, inputBoxes))
      box = getDenseI64ArrayAttr(shape);
    ArrayAttr messages;
    if (!errors.empty())
      messages = getStrArrayAttr(llvm::to_vector_of<StringRef>(errors));
    auto launch = LaunchOp::create(
        *this, TypeRange(output.getType()), kernel, blocks, threads,
        sharedBytes, /*persistent=*/false, /*cooperative=*/false, sizes,
        getArrayAttr(boxes), inputs, output, messages);
    return launch.getResult(0);
  }
};

/// The name of a kernel of a module.
inline SymbolRefAttr getKernel(gpu::GPUModuleOp module, StringRef name) {
  MLIRContext *context = module.getContext();
  return SymbolRefAttr::get(module.getSymNameAttr(),
                            FlatSymbolRefAttr::get(context, name));
}

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_HOSTBUILDER_H
