//===- AssemblePTX.cpp - PTX becomes the code of a GPU --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AssemblePTX.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// Where CUDA's tools are, if they are not in the path.
static constexpr StringLiteral kToolkit("/usr/local/cuda/bin");

static Expected<std::string> readFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot read '" + path + "'");
  return (*buffer)->getBuffer().str();
}

Expected<std::string> mlir::vga::assemblePTX(StringRef ptx, StringRef chip) {
  ErrorOr<std::string> assembler = sys::findProgramByName("ptxas");
  if (!assembler)
    assembler = sys::findProgramByName("ptxas", {kToolkit});
  if (!assembler)
    return createStringError("--emit=cubin needs ptxas of the CUDA toolkit, in "
                             "the path or in " +
                             kToolkit);

  SmallString<128> source, object, messages;
  llvm::scope_exit cleanup([&] {
    for (StringRef path :
         {StringRef(source), StringRef(object), StringRef(messages)})
      if (!path.empty())
        sys::fs::remove(path);
  });
  int descriptor;
  for (auto [path, suffix] : {std::pair(&object, "cubin"), {&messages, "txt"}})
    if (std::error_code error =
            sys::fs::createTemporaryFile("vga", suffix, *path))
      return createStringError(error, "cannot make a temporary file");
  if (std::error_code error =
          sys::fs::createTemporaryFile("vga", "ptx", descriptor, source))
    return createStringError(error, "cannot make a temporary file");
  {
    raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << ptx;
    stream.close();
    if (stream.has_error()) {
      std::error_code error = stream.error();
      stream.clear_error();
      return createStringError(error, "cannot write '" + source + "'");
    }
  }

  std::string architecture = ("-arch=" + chip).str();
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(messages),
                                          StringRef(messages)};
  int status = sys::ExecuteAndWait(
      *assembler, {*assembler, architecture, source, "-o", object},
      /*Env=*/std::nullopt, redirects);
  if (status != 0) {
    Expected<std::string> text = readFile(messages);
    if (!text)
      return text.takeError();
    return createStringError(*assembler + ": " +
                             StringRef(*text).trim().split('\n').first);
  }
  return readFile(object);
}
