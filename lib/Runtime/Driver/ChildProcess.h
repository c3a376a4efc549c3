//===- ChildProcess.h - Work that may end its process -----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled code that meets sizes that do not fit together ends its process, as
// a fault of the compiler does. Work whose failure must not take other work
// with it is done in a process of its own.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_CHILDPROCESS_H
#define VGA_LIB_RUNTIME_DRIVER_CHILDPROCESS_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <utility>

namespace mlir::vga {

/// Does `work` in a copy of this process and waits for it. Returns the name of
/// the signal that ended the copy; nothing if it ended by itself, in which case
/// it has said what there was to say. There must be no threads that `work`
/// waits for: the copy has none of them.
llvm::Expected<std::optional<std::string>>
runInChild(llvm::function_ref<void()> work);

/// How far the work on each of a list of things is, in memory that a process
/// shares with its children.
class SharedProgress {
public:
  enum State : uint8_t { Waiting, Running, Succeeded, Failed };

  static llvm::Expected<SharedProgress> create(size_t size);
  SharedProgress() = default;
  SharedProgress(SharedProgress &&other)
      : states(std::exchange(other.states, {})) {}
  SharedProgress &operator=(SharedProgress &&other) {
    std::swap(states, other.states);
    return *this;
  }
  ~SharedProgress();

  State &operator[](size_t index) const { return states[index]; }
  size_t size() const { return states.size(); }
  size_t count(State state) const { return llvm::count(states, state); }

private:
  explicit SharedProgress(MutableArrayRef<State> states) : states(states) {}

  MutableArrayRef<State> states;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_CHILDPROCESS_H
