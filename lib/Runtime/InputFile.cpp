//===- InputFile.cpp - Files that a user names ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/InputFile.h"

#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createFileError;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
namespace fs = llvm::sys::fs;

Error vga::checkInputFile(StringRef path) {
  fs::file_status status;
  if (std::error_code error = fs::status(path, status))
    return createFileError(path, error);
  switch (status.type()) {
  case fs::file_type::directory_file:
    return createFileError(path,
                           std::make_error_code(std::errc::is_a_directory));
  case fs::file_type::block_file:
  case fs::file_type::character_file:
    return createFileError(path, createStringError("a device, not a file"));
  case fs::file_type::socket_file:
    return createFileError(path, createStringError("a socket, not a file"));
  default:
    return Error::success();
  }
}

Expected<std::unique_ptr<llvm::MemoryBuffer>>
vga::readInputFile(StringRef path) {
  if (Error error = checkInputFile(path))
    return std::move(error);
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createFileError(path, buffer.getError());
  return std::move(*buffer);
}
