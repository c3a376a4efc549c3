//===- VGAOps.cpp - Result types and shapes of the vga operations ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

using namespace mlir;
using namespace mlir::vga;

/// window ::= `[` left `,` right `]`
static ParseResult parseWindow(OpAsmParser &parser, DenseI64ArrayAttr &window) {
  window = dyn_cast_or_null<DenseI64ArrayAttr>(
      DenseI64ArrayAttr::parse(parser, Type()));
  return success(window != nullptr);
}

static void printWindow(OpAsmPrinter &printer, Operation *,
                        DenseI64ArrayAttr window) {
  window.print(printer);
}

/// `<...>`, or `warp<...>` for a kernel of warps.
static ParseResult parseSchedule(OpAsmParser &parser, Attribute &schedule) {
  if (succeeded(parser.parseOptionalKeyword("warp"))) {
    schedule = WarpScheduleAttr::parse(parser, Type());
    return success(schedule != nullptr);
  }
  ScheduleAttr attribute;
  if (parser.parseCustomAttributeWithFallback(attribute))
    return failure();
  schedule = attribute;
  return success();
}

static void printSchedule(OpAsmPrinter &printer, Operation *,
                          Attribute schedule) {
  if (auto warp = dyn_cast<WarpScheduleAttr>(schedule)) {
    printer << "warp";
    printer.printStrippedAttrOrType(warp);
    return;
  }
  printer.printStrippedAttrOrType(cast<ScheduleAttr>(schedule));
}

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/IR/VGAOps.cpp.inc"

//===----------------------------------------------------------------------===//
// vga.gate
//===----------------------------------------------------------------------===//

/// The value of an attribute that may have been left out: types are inferred
/// before the parser fills in the defaults.
template <typename AttrT, typename EnumT>
static EnumT valueOr(AttrT attribute, EnumT defaultValue) {
  return attribute ? attribute.getValue() : defaultValue;
}

/// The axes of a gate's weight that index the heads and, for an elementwise
/// gate, the channels of the result.
static std::pair<int64_t, std::optional<int64_t>>
getGateHeadsAndChannels(RankedTensorType weight, Mixing mixing) {
  unsigned headAxis = mixing == Mixing::per_head ? 0 : 2;
  bool elementwise = weight.getRank() == (mixing == Mixing::per_head ? 3 : 4);
  if (elementwise)
    return {weight.getDimSize(headAxis), weight.getShape().back()};
  return {weight.getDimSize(headAxis), std::nullopt};
}

int64_t GateOp::getNumHeads() {
  return getGateHeadsAndChannels(getWeight().getType(), getMixing()).first;
}

LogicalResult
GateOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                         ValueRange operands, DictionaryAttr attributes,
                         OpaqueProperties properties, RegionRange regions,
                         SmallVectorImpl<Type> &results) {
  GateOpAdaptor adaptor(operands, attributes, properties, regions);
  auto source = dyn_cast<RankedTensorType>(adaptor.getSource().getType());
  auto weight = dyn_cast<RankedTensorType>(adaptor.getWeight().getType());
  if (!source || source.getRank() != 4)
    return emitOptionalError(location,
                             "expected source to be a 4D tensor, got ",
                             adaptor.getSource().getType());
  Mixing mixing = valueOr(adaptor.getMixingAttr(), Mixing::per_head);
  int64_t minRank = mixing == Mixing::per_head ? 2 : 3;
  if (!weight || weight.getRank() < minRank || weight.getRank() > minRank + 1)
    return emitOptionalError(
        location, "expected weight of a ", stringifyMixing(mixing),
        " gate to have rank ", minRank, " (scalar) or ", minRank + 1,
        " (elementwise), got ", adaptor.getWeight().getType());

  AxisOrder axes(valueOr(adaptor.getLayoutAttr(), Layout::bhsd));
  auto [heads, channels] = getGateHeadsAndChannels(weight, mixing);
  int64_t batch = source.getDimSize(axes.batch);
  int64_t sequence = source.getDimSize(axes.sequence);
  SmallVector<int64_t> shape = {batch, heads, sequence};
  if (channels)
    shape = axes.arrange(batch, heads, sequence, *channels);
  results.push_back(
      RankedTensorType::get(shape, getComputeType(source.getElementType())));
  return success();
}

LogicalResult GateOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &shapes) {
  AxisOrder axes(getLayout());
  OpFoldResult batch =
      tensor::getMixedSize(builder, getLoc(), getSource(), axes.batch);
  OpFoldResult sequence =
      tensor::getMixedSize(builder, getLoc(), getSource(), axes.sequence);
  auto [heads, channels] =
      getGateHeadsAndChannels(getWeight().getType(), getMixing());
  OpFoldResult head = builder.getIndexAttr(heads);
  if (channels)
    shapes.push_back(axes.arrange<OpFoldResult>(
        batch, head, sequence, builder.getIndexAttr(*channels)));
  else
    shapes.push_back({batch, head, sequence});
  return success();
}

//===----------------------------------------------------------------------===//
// vga.attention and vga.gated_attention
//===----------------------------------------------------------------------===//

/// B, Hq and Sq come from the query and Dv from the value, so that the result
/// type follows from the operands alone.
template <typename Adaptor>
static LogicalResult inferAttentionTypes(Adaptor adaptor,
                                         std::optional<Location> location,
                                         SmallVectorImpl<Type> &results) {
  auto query = dyn_cast<RankedTensorType>(adaptor.getQuery().getType());
  auto value = dyn_cast<RankedTensorType>(adaptor.getValue().getType());
  if (!query || query.getRank() != 4)
    return emitOptionalError(location, "expected query to be a 4D tensor, got ",
                             adaptor.getQuery().getType());
  if (!value || value.getRank() != 4)
    return emitOptionalError(location, "expected value to be a 4D tensor, got ",
                             adaptor.getValue().getType());

  AxisOrder axes(valueOr(adaptor.getLayoutAttr(), Layout::bhsd));
  SmallVector<int64_t> shape(query.getShape());
  shape[axes.channel] = value.getDimSize(axes.channel);
  results.push_back(RankedTensorType::get(shape, query.getElementType()));
  if (adaptor.getReturnLse())
    results.push_back(RankedTensorType::get(
        {shape[axes.batch], shape[axes.head], shape[axes.sequence]},
        getComputeType(query.getElementType())));
  return success();
}

static LogicalResult reifyAttentionShapes(AttentionInterface op,
                                          OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  AxisOrder axes(op.getLayout());
  SmallVector<OpFoldResult> result =
      tensor::getMixedSizes(builder, op.getLoc(), op.getQuery());
  result[axes.channel] =
      tensor::getMixedSize(builder, op.getLoc(), op.getValue(), axes.channel);
  shapes.push_back(result);
  if (op.getReturnLse())
    shapes.push_back(
        {result[axes.batch], result[axes.head], result[axes.sequence]});
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, ValueRange operands,
    DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
    SmallVectorImpl<Type> &results) {
  return inferAttentionTypes(
      AttentionOpAdaptor(operands, attributes, properties, regions), location,
      results);
}

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  return reifyAttentionShapes(*this, builder, shapes);
}

LogicalResult GatedAttentionOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, ValueRange operands,
    DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
    SmallVectorImpl<Type> &results) {
  return inferAttentionTypes(
      GatedAttentionOpAdaptor(operands, attributes, properties, regions),
      location, results);
}

LogicalResult
GatedAttentionOp::reifyResultShapes(OpBuilder &builder,
                                    ReifiedRankedShapedTypeDims &shapes) {
  return reifyAttentionShapes(*this, builder, shapes);
}

//===----------------------------------------------------------------------===//
// vga.launch
//===----------------------------------------------------------------------===//

void MultiplyOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &operand : (*this)->getOpOperands())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  if (isa<MemRefType>(getOutput().getType()))
    effects.emplace_back(MemoryEffects::Write::get(), &getOutputMutable());
}

void LaunchOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &operand : getInputsMutable())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  for (OpOperand &operand : getOutputsMutable())
    if (isa<MemRefType>(operand.get().getType())) {
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    }
}
