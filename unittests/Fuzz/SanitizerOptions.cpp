//===- SanitizerOptions.cpp - What sanitizers can not know ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// LLVM's libraries come without sanitizers: what they do with containers and
// pools of memory that instrumented code has annotated is no fault.
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0:detect_container_overflow=0:"
         "allocator_may_return_null=1";
}
