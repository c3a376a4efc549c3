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

/// Index arithmetic on the host.
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
};

/// The name of a kernel of a module.
inline SymbolRefAttr getKernel(gpu::GPUModuleOp module, StringRef name) {
  MLIRContext *context = module.getContext();
  return SymbolRefAttr::get(module.getSymNameAttr(),
                            FlatSymbolRefAttr::get(context, name));
}

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_HOSTBUILDER_H
