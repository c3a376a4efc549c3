//===- Codegen.h - From a module to LLVM IR ---------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_CODEGEN_H
#define VGA_LIB_RUNTIME_CODEGEN_H

#include "vga/Runtime/Runner.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"

namespace mlir::vga {

/// Makes the functions of these names the only ones that code outside of the
/// module can call; the others may be inlined and dropped.
void exportOnly(ModuleOp module, const llvm::StringSet<> &names);

/// Takes away the attributes of vga that are of no use to the pipeline.
void dropAnnotations(ModuleOp module);

/// Moves what depends on weights only to functions NAME.prepare.
LogicalResult separatePreparation(ModuleOp module,
                                  const CompileOptions &options);

/// Runs the CPU pipeline for the processor of `machine`, or the GPU pipeline.
LogicalResult lowerToLLVMDialect(ModuleOp module,
                                 const llvm::TargetMachine &machine,
                                 const CompileOptions &options);

/// Emits an error for a function that neither the module nor this process has.
LogicalResult checkExternalFunctions(ModuleOp module);

/// Makes the OpenMP runtime part of this process.
llvm::Error loadOpenMP();

/// Asks the system for leave to use matrix units (AMX), for all threads of this
/// process; false if it has none.
bool requestMatrixUnits();

/// The functions that compiled code may call and that a symbol table of this
/// process may not list.
llvm::orc::SymbolMap getRuntimeSymbols(llvm::orc::MangleAndInterner mangle);

/// A code generator for the processor of the options. Fails if there is none
/// of that name, or if the code is to run here and can not.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const CompileOptions &options, bool isRunHere);

/// The name of the function that calls `function` with an array of pointers:
/// to the result, if any, and to the arguments.
std::string getPackedName(StringRef function);

/// Translates a lowered module to LLVM IR and optimizes it; functions in
/// `packed` can be called by getPackedName, too. Emits an error and returns
/// null if that fails.
std::unique_ptr<llvm::Module> buildLLVMModule(ModuleOp module,
                                              llvm::TargetMachine &machine,
                                              llvm::LLVMContext &llvmContext,
                                              const CompileOptions &options,
                                              const llvm::StringSet<> &packed);

/// Generates machine code; fails if the target has no object files.
LogicalResult emitObject(llvm::Module &llvmModule, llvm::TargetMachine &machine,
                         SmallVectorImpl<char> &object);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_CODEGEN_H
