//===- GPUVerifiers.cpp - The rules that work for a GPU obeys -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every message names the parameter or operand, what was expected and what was
// there, and is provoked by a test in test/Dialect/VGA/*-invalid.mlir.
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t queries, int64_t keys,
                                   int64_t keyStages, int64_t valueStages,
                                   bool pingPong, bool persistent,
                                   TileOrder order, bool outputBuffer,
                                   int64_t queryStages,
                                   GatePlacement valueGate) {
  if (queries <= 0 || queries > 192 || queries % 64 != 0)
    return emitError() << "expected queries of a schedule to be a multiple of "
                          "64 up to 192, got "
                       << queries;
  if (keys <= 0 || keys > 256 || keys % 16 != 0)
    return emitError() << "expected keys of a schedule to be a multiple of 16 "
                          "up to 256, got "
                       << keys;
  for (auto [name, stages] : {std::pair("key_stages", keyStages),
                              {"value_stages", valueStages},
                              {"query_stages", queryStages}})
    if (stages < 1 || stages > 8)
      return emitError() << "expected " << name
                         << " of a schedule to be between 1 and 8, got "
                         << stages;
  if (queryStages > 1 && !outputBuffer)
    return emitError() << "expected 1 query_stages of a schedule without "
                          "output_buffer, got "
                       << queryStages;
  if (valueGate == GatePlacement::ahead && !persistent)
    return emitError() << "expected a schedule with value_gate = ahead to be "
                          "persistent";
  return success();
}

LogicalResult
WarpScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         int64_t rows, int64_t warps, int64_t teams,
                         int64_t keys, int64_t stages, int64_t splits,
                         TileOrder order, GatePlacement valueGate, bool tf32) {
  auto checkRange = [&](StringRef name, int64_t value,
                        int64_t most) -> LogicalResult {
    if (value >= 1 && value <= most)
      return success();
    return emitError() << "expected " << name
                       << " of a warp_schedule to be between 1 and " << most
                       << ", got " << value;
  };
  if (failed(checkRange("warps", warps, 16)) ||
      failed(checkRange("teams", teams, 15)) ||
      failed(checkRange("stages", stages, 8)) ||
      failed(checkRange("splits", splits, 256)))
    return failure();
  if (rows != 16 * warps && rows != 32 * warps)
    return emitError() << "expected rows of a warp_schedule of " << warps
                       << " warps to be " << 16 * warps << " or " << 32 * warps
                       << ", got " << rows;
  if (keys <= 0 || keys > 128 || keys % 16 != 0)
    return emitError() << "expected keys of a warp_schedule to be a multiple "
                          "of 16 up to 128, got "
                       << keys;
  if (warps * teams > 32)
    return emitError() << "expected a warp_schedule to have at most 32 warps, "
                          "got "
                       << warps * teams;
  if (valueGate == GatePlacement::ahead)
    return emitError() << "expected value_gate of a warp_schedule to be inside "
                          "or before";
  return success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  size_t numArrays = getInputs().size() + getOutputs().size();
  if (getBoxes().size() != numArrays)
    return emitOpError("expected a box for each of ")
           << numArrays << " arrays, got " << getBoxes().size();
  for (auto [i, box, array] : llvm::enumerate(getBoxes(), getArrays())) {
    int64_t rank = cast<ShapedType>(array.getType()).getRank();
    int64_t boxRank = cast<DenseI64ArrayAttr>(box).size();
    if (boxRank != 0 && boxRank != rank)
      return emitOpError("expected the box of array #")
             << i << " to have rank " << rank << ", got " << boxRank;
  }
  return success();
}

LogicalResult MultiplyOp::verify() {
  constexpr size_t kSizes = 4, kStrides = 6;
  if (getSizes().size() != kSizes || getStrides().size() != kStrides)
    return emitOpError("expected ")
           << kSizes << " sizes and " << kStrides << " strides, got "
           << getSizes().size() << " and " << getStrides().size();
  Type factor = getElementTypeOrSelf(getLhs().getType());
  Type rhs = getElementTypeOrSelf(getRhs().getType());
  if (!isa<Float16Type, BFloat16Type>(factor) || rhs != factor)
    return emitOpError("expected lhs and rhs of f16 or of bf16, got ")
           << factor << " and " << rhs;
  Type type = getElementTypeOrSelf(getOutput().getType());
  if (type != factor && !type.isF32())
    return emitOpError("expected outs of ")
           << factor << " or f32, got " << type;
  for (auto [name, array] :
       {std::pair("bias", getBias()), {"residual", getResidual()}})
    if (array && getElementTypeOrSelf(array.getType()) != type)
      return emitOpError("expected the ")
             << name << " to be of " << type << " as outs are, got "
             << getElementTypeOrSelf(array.getType());
  bool isTensor = isa<RankedTensorType>(getOutput().getType());
  if (isTensor != (getResult() != nullptr) ||
      (isTensor && getResult().getType() != getOutput().getType()))
    return emitOpError("expected a result of the type of outs if that is a "
                       "tensor, and none otherwise");
  return success();
}
