//===- OutputFiles.cpp - All output files or none -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/OutputFiles.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;
using llvm::Expected;
namespace fs = llvm::sys::fs;

/// True for what must be written in place: standard output, pipes, devices.
static bool isStream(StringRef path) {
  fs::file_status status;
  return path == "-" ||
         (!fs::status(path, status) && fs::exists(status) &&
          !fs::is_regular_file(status) && !fs::is_directory(status));
}

/// Makes a temporary beside the file, where a rename cannot cross devices.
static Expected<fs::TempFile> createTemporary(StringRef path) {
  if (fs::is_directory(path))
    return llvm::createFileError(
        path, std::make_error_code(std::errc::is_a_directory));
  Expected<fs::TempFile> file = fs::TempFile::create(path + ".tmp%%%%%%");
  if (!file)
    return llvm::createFileError(path, file.takeError());
  return file;
}

OutputFiles::~OutputFiles() {
  for (Pending &output : pending)
    llvm::consumeError(output.file.discard());
}

Error OutputFiles::checkWritable(StringRef path) {
  if (isStream(path))
    return Error::success();
  Expected<fs::TempFile> file = createTemporary(path);
  if (!file)
    return file.takeError();
  return file->discard();
}

/// Writes and closes; a full disk shows here.
static Error finish(llvm::raw_fd_ostream &os, StringRef path) {
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  return error ? llvm::createFileError(path, error) : Error::success();
}

Error OutputFiles::add(StringRef path,
                       llvm::function_ref<void(raw_ostream &)> write) {
  if (isStream(path)) {
    std::string contents;
    llvm::raw_string_ostream os(contents);
    write(os);
    streams.push_back({path.str(), std::move(contents)});
    return Error::success();
  }
  // A symbolic link stays one.
  SmallString<128> target;
  if (fs::real_path(path, target))
    target = path;
  Expected<fs::TempFile> file = createTemporary(target);
  if (!file)
    return file.takeError();
  pending.push_back({std::string(target), std::move(*file)});
  llvm::raw_fd_ostream os(pending.back().file.FD, /*shouldClose=*/false);
  write(os);
  return finish(os, path);
}

Error OutputFiles::commit() {
  // A pipe may be closed and a device full; renaming rarely fails.
  for (Stream &stream : streams) {
    std::error_code error;
    llvm::raw_fd_ostream os(stream.path, error);
    if (error)
      return llvm::createFileError(stream.path, error);
    os << stream.contents;
    if (Error error = finish(os, stream.path))
      return error;
  }
  streams.clear();
  for (Pending &output : pending)
    if (Error error = output.file.keep(output.path))
      return llvm::createFileError(output.path, std::move(error));
  pending.clear();
  return Error::success();
}
