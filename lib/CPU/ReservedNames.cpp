//===- ReservedNames.cpp - What compiled code may call --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReservedNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/RuntimeLibcalls.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir::vga;
using llvm::StringRef;

ReservedNames::ReservedNames()
    : library(llvm::Triple(llvm::sys::getDefaultTargetTriple())) {}

bool ReservedNames::contains(StringRef name) const {
  // Those of C's implementation, of C interfaces (_mlir_ciface_), of memory
  // (_mlir_memref_to_llvm_alloc) and of the OpenMP runtime (__kmpc_) begin with
  // an underscore; LLVM takes the rest of a name that begins with 1 as it is.
  static constexpr StringRef prefixes[] = {
      "_", "vga_", "vgaRuntime", "vgaCuda", "llvm.", "omp_", "kmp_", "\1"};
  // What LLVM has no use for itself.
  static constexpr StringRef others[] = {"erfc", "erfcf", "memrefCopy"};
  llvm::LibFunc function;
  return llvm::any_of(
             prefixes,
             [&](StringRef prefix) { return name.starts_with(prefix); }) ||
         llvm::is_contained(others, name) ||
         library.getLibFunc(name, function) ||
         !llvm::RTLIB::RuntimeLibcallsInfo::lookupLibcallImplName(name).empty();
}

bool ReservedNames::allows(StringRef name, llvm::FunctionType *type) const {
  if (!type)
    return false;
  llvm::LibFunc function;
  if (!library.getLibFunc(name, function))
    return true;
  llvm::Module module("", type->getContext());
  return library.getLibFunc(
      *llvm::Function::Create(type, llvm::Function::ExternalLinkage, name,
                              module),
      function);
}
