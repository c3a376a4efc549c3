//===- GateValuesKernel.cpp - Values times their gates, before attention --===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v'[b, h, s, :] = g (*) v[b, h, s, :], rounded to the type of v: each lane
// multiplies a piece of 16 bytes. It reads and writes the values once, where a
// gate in the attention kernel is applied again for every tile of queries.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "KernelFunction.h"
#include "Kernels.h"
#include "MemoryRows.h"

using namespace mlir;
using namespace mlir::vga;

FailureOr<int64_t> vga::buildGateValuesKernel(OpBuilder &builder,
                                              gpu::GPUModuleOp module,
                                              StringRef name, AttentionOp op,
                                              const Target &target) {
  auto type = op.getValue().getType();
  auto gateType = op.getValueGate().getType();
  AxisOrder axes(op.getLayout());
  int64_t channels = type.getDimSize(AxisOrder::channel);
  Type elementType = type.getElementType(),
       gateElement = gateType.getElementType();
  if (channels % kPieceElements != 0 ||
      (!elementType.isF16() && !elementType.isBF16()) || gateElement.isF64())
    return op.emitOpError("has no kernel for '")
           << target.chip << "' that applies a value_gate of type " << gateType
           << " to values of type " << type;
  int64_t pieces = channels / kPieceElements;

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  KernelFunction signature(builder);
  unsigned values = signature.addPointer(), gates = signature.addPointer();
  unsigned result = signature.addPointer();
  unsigned batch = signature.addSize(), positions = signature.addSize();
  Block *entry = signature.makeFunction(op.getLoc(), name, kGateThreads);
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);
  auto argument = [&](unsigned number) { return entry->getArgument(number); };

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value piece = b.add(b.mul(b.toI64(block), kGateThreads), b.toI64(thread));
  MemoryRows memory(b, axes, argument(batch), type.getDimSize(axes.head),
                    argument(positions));
  Value rows = b.mul(b.mul(b.toI64(memory.sizes[0]), b.toI64(memory.sizes[1])),
                     b.toI64(memory.sizes[2]));
  Value exists =
      b.compare(arith::CmpIPredicate::slt, piece, b.mul(rows, pieces));
  b.onlyIf(exists, [&] {
    auto vector = VectorType::get(kPieceElements, elementType);
    Value offset = b.mul(piece, kPieceElements);
    Value x = LLVM::LoadOp::create(
        b, vector, b.elementAddress(argument(values), elementType, offset),
        /*alignment=*/16);
    Value gate;
    if (gateType.getRank() == 3) {
      Value row =
          arith::TruncIOp::create(b, b.getI32Type(), b.div(piece, pieces));
      SmallVector<Value> indices = memory.getIndices(b, row);
      Value line = b.add(b.mul(indices[axes.batch], type.getDimSize(axes.head)),
                         indices[axes.head]);
      gate =
          b.loadF32(gateElement,
                    b.elementAddress(argument(gates), gateElement,
                                     b.add(b.mul(b.toI64(line),
                                                 b.toI64(argument(positions))),
                                           b.toI64(indices[axes.sequence]))));
    }
    Value products = LLVM::PoisonOp::create(b, vector);
    for (int64_t i = 0; i < kPieceElements; ++i) {
      Value element = LLVM::FPExtOp::create(
          b, b.getF32Type(), LLVM::ExtractElementOp::create(b, x, b.i32(i)));
      Value factor =
          gate ? gate
               : b.loadF32(gateElement,
                           b.elementAddress(argument(gates), gateElement,
                                            b.add(offset, i)));
      Value product =
          LLVM::FPTruncOp::create(b, elementType, b.mulF(element, factor));
      products = LLVM::InsertElementOp::create(b, products, product, b.i32(i));
    }
    LLVM::StoreOp::create(
        b, products, b.elementAddress(argument(result), elementType, offset),
        /*alignment=*/16);
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return pieces;
}
