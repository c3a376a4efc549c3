//===- KernelChecks.cpp - Errors that kernels meet ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread that finds a condition false writes the values, and then the address
// of the text, to memory of the host (VGACudaReport in vga/Runtime/CUDA.h), and
// stops the kernel. Of several threads the first one does: the others end, for
// a trap of theirs might come before all of it is written.
//
//===----------------------------------------------------------------------===//

#include "KernelChecks.h"
#include "RuntimeCalls.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"
#include "vga/GPU/KernelReport.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Builds a report where an error was found.
class Report {
public:
  Report(ImplicitLocOpBuilder &builder, Value memory)
      : b(builder), memory(memory) {}

  void build(Value text, ValueRange values) {
    onlyIf(take(), [&] {
      for (auto [i, value] : llvm::enumerate(values))
        store(value.getType().isIndex()
                  ? arith::IndexCastOp::create(b, b.getI64Type(), value)
                        .getResult()
                  : value,
              1 + i);
      LLVM::FenceOp::create(b, LLVM::AtomicOrdering::seq_cst, StringRef());
      store(text, 0);
      LLVM::FenceOp::create(b, LLVM::AtomicOrdering::seq_cst, StringRef());
      LLVM::Trap::create(b);
    });
    LLVM::InlineAsmOp::create(b, /*res=*/TypeRange(), /*operands=*/ValueRange(),
                              /*asm_string=*/"exit;", /*constraints=*/"",
                              /*has_side_effects=*/true,
                              /*is_align_stack=*/false,
                              LLVM::tailcallkind::TailCallKind::None,
                              /*asm_dialect=*/LLVM::AsmDialectAttr(),
                              /*operand_attrs=*/ArrayAttr());
  }

private:
  void onlyIf(Value condition, function_ref<void()> body) {
    auto branch = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(branch.thenYield());
    body();
  }

  /// The address of a field of the report.
  Value getField(int64_t number) {
    return LLVM::GEPOp::create(b, memory.getType(), b.getI64Type(), memory,
                               LLVM::GEPArg(static_cast<int32_t>(number)));
  }

  /// Whether this thread is the first one.
  Value take() {
    constexpr int64_t kIsTaken = 1 + CheckOp::kMostValues;
    Value zero = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
    Value one = arith::ConstantOp::create(b, b.getI64IntegerAttr(1));
    Value before = LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::xchg,
                                             getField(kIsTaken), one,
                                             LLVM::AtomicOrdering::seq_cst);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, before, zero);
  }

  void store(Value value, int64_t field) {
    LLVM::StoreOp::create(b, value, getField(field), /*alignment=*/8,
                          /*isVolatile=*/true);
  }

  ImplicitLocOpBuilder &b;
  Value memory;
};
} // namespace

void vga::buildReport(ImplicitLocOpBuilder &b, Value memory, Value text,
                      ValueRange values) {
  Report(b, memory).build(text, values);
}

/// Builds a report in the place of a check.
static void lower(CheckOp check, Value memory, Value text) {
  ImplicitLocOpBuilder b(check.getLoc(), check);
  Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Value failed = arith::XOrIOp::create(b, check.getCondition(), yes);
  auto branch = scf::IfOp::create(b, failed);
  b.setInsertionPoint(branch.thenYield());
  buildReport(b, memory, text, check.getValues());
  check.erase();
}

SmallVector<Value> vga::lowerKernelChecks(gpu::GPUFuncOp kernel,
                                          Operation *launch, ModuleOp module) {
  llvm::MapVector<StringAttr, SmallVector<CheckOp>> checks;
  kernel.walk([&](CheckOp check) {
    auto text = StringAttr::get(
        check.getContext(), locateError(check.getLoc(), check.getMessage()));
    checks[text].push_back(check);
  });
  if (checks.empty())
    return {};
  RuntimeCalls host(launch, module);
  SmallVector<Value> parameters = {
      host.call("vgaCudaGetReport", {}, host.pointer)};
  auto addParameter = [&](Type type) {
    unsigned number = kernel.getNumArguments();
    (void)kernel.insertArgument(number, type, {}, kernel.getLoc());
    return kernel.getArgument(number);
  };
  Value memory = addParameter(host.pointer);
  for (auto &[text, places] : checks) {
    parameters.push_back(LLVM::PtrToIntOp::create(host, host.getI64Type(),
                                                  host.text(text.getValue())));
    Value address = addParameter(host.getI64Type());
    for (CheckOp check : places)
      lower(check, memory, address);
  }
  return parameters;
}
