//===- RuntimeMessage.cpp - Errors of compiled code -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeMessage.h"
#include "vga/Runtime/Runner.h"

#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"
#include <cstdarg>
#include <mutex>

using namespace mlir;
using namespace mlir::vga;

std::string vga::formatRuntimeMessage(StringRef message,
                                      ArrayRef<int64_t> values) {
  std::string text;
  while (!message.empty()) {
    size_t brace = message.find('{');
    text += message.take_front(brace);
    message = message.drop_front(std::min(brace, message.size()));
    if (message.empty())
      break;
    StringRef digits =
        message.drop_front().take_until([](char c) { return c == '}'; });
    unsigned number;
    if (digits.size() + 1 < message.size() &&
        !digits.getAsInteger(10, number) && number < values.size()) {
      text += std::to_string(values[number]);
      message = message.drop_front(digits.size() + 2);
    } else {
      text += message.front();
      message = message.drop_front();
    }
  }
  return text;
}

static RuntimeErrorHandler runtimeErrorHandler = nullptr;

void vga::setRuntimeErrorHandler(RuntimeErrorHandler handler) {
  runtimeErrorHandler = handler;
}

void vgaRuntimeError(const char *message, int64_t count, ...) {
  // Other threads may have met an error, too: the first one is reported.
  static std::mutex isReporting;
  isReporting.lock();
  va_list list;
  va_start(list, count);
  SmallVector<int64_t> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(va_arg(list, int64_t));
  va_end(list);
  std::string text = formatRuntimeMessage(message, values);
  if (runtimeErrorHandler)
    runtimeErrorHandler(text.c_str());
  else
    llvm::WithColor::error() << text << '\n';
  // Other threads may be in compiled code: no destructors.
  llvm::errs().flush();
  llvm::sys::Process::Exit(1, /*NoCleanup=*/true);
}
