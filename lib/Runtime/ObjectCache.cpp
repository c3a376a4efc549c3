//===- ObjectCache.cpp - Machine code kept between processes --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An entry is the BLAKE3 hash of an object, followed by the object: what a full
// disk or a crash has cut off is told from the whole. Entries appear under
// their names at once, whole, and LLVM's pruning bounds their number.
//
//===----------------------------------------------------------------------===//

#include "ObjectCache.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::vga;

using Hash = llvm::BLAKE3Result<>;

/// The names that LLVM's pruning looks for.
static constexpr StringLiteral kPrefix("llvmcache-vga-");
static constexpr uint64_t kMostBytes = uint64_t(512) << 20;

static Hash hash(StringRef bytes) {
  return llvm::BLAKE3::hash<>(llvm::arrayRefFromStringRef(bytes));
}

/// The executable or library that holds `address`: another build has another
/// time or size.
static void describeImage(raw_ostream &os, const void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname)
    return;
  llvm::sys::fs::file_status status;
  // A main program is named as it was called.
  StringRef file = info.dli_fname;
  if (llvm::sys::fs::status(file, status)) {
    file = "/proc/self/exe";
    if (llvm::sys::fs::status(file, status))
      return;
  }
  os << info.dli_fname << ' ' << status.getSize() << ' '
     << status.getLastModificationTime().time_since_epoch().count() << '\n';
}

ObjectCache::ObjectCache(ModuleOp module, const llvm::TargetMachine &machine,
                         const CompileOptions &options)
    : directory(options.cacheDirectory) {
  std::string content;
  llvm::raw_string_ostream os(content);
  os << LLVM_VERSION_STRING << '\n';
  describeImage(os, reinterpret_cast<const void *>(&vgaRuntimeError));
  describeImage(os, reinterpret_cast<const void *>(&writeBytecodeToFile));
  describeImage(
      os, reinterpret_cast<const void *>(&llvm::sys::getDefaultTargetTriple));
  os << machine.getTargetTriple().str() << ' ' << machine.getTargetCPU() << ' '
     << machine.getTargetFeatureString() << '\n'
     << options.optLevel << ' ' << options.parallel << ' '
     << static_cast<int>(options.attention) << ' ' << options.checkPages << ' '
     << options.runtimeChecks << ' ' << static_cast<int>(options.processor)
     << ' ' << options.gpu << ' ' << options.tf32 << ' ' << options.cublas
     << '\n';
  (void)writeBytecodeToFile(module, os);
  SmallString<128> file(directory);
  llvm::sys::path::append(file, kPrefix + llvm::toHex(hash(content),
                                                      /*LowerCase=*/true));
  path = file.str().str();
}

/// Whether there is a regular file of that name. Of what else has it, anybody
/// may have made a pipe, which blocks who opens it.
static bool isRegularFile(const Twine &path) {
  llvm::sys::fs::file_status status;
  return !llvm::sys::fs::status(path, status) &&
         llvm::sys::fs::is_regular_file(status);
}

std::unique_ptr<llvm::MemoryBuffer> ObjectCache::load() const {
  if (!isRegularFile(path))
    return nullptr;
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return nullptr;
  StringRef bytes = (*file)->getBuffer();
  constexpr size_t kHashBytes = std::tuple_size<Hash>::value;
  if (bytes.size() < kHashBytes)
    return nullptr;
  StringRef object = bytes.drop_front(kHashBytes);
  Hash expected = hash(object);
  if (bytes.take_front(kHashBytes) != llvm::toStringRef(expected))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(object, path);
}

/// Writes a file under a temporary name and renames it when it is whole.
static llvm::Error writeWhole(StringRef path,
                              llvm::function_ref<void(raw_ostream &)> write) {
  auto file = llvm::sys::fs::TempFile::create(path + ".tmp%%%%%%%%");
  if (!file)
    return file.takeError();
  llvm::raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  write(os);
  os.flush();
  // A full disk shows here.
  std::error_code error = os.error();
  os.clear_error();
  if (error)
    return llvm::joinErrors(llvm::errorCodeToError(error), file->discard());
  return file->keep(path);
}

llvm::Error ObjectCache::store(StringRef object) const {
  if (std::error_code error = llvm::sys::fs::create_directories(directory))
    return llvm::createStringError("cannot create " + directory + ": " +
                                   error.message());
  llvm::Error error = writeWhole(path, [&](raw_ostream &os) {
    os << llvm::toStringRef(hash(object)) << object;
  });
  if (error)
    return llvm::createStringError("cannot write to " + directory + ": " +
                                   toString(std::move(error)));
  // LLVM notes the time of the last pruning in a file, which it opens.
  SmallString<128> timestamp(directory);
  llvm::sys::path::append(timestamp, "llvmcache.timestamp");
  if (llvm::sys::fs::exists(timestamp) && !isRegularFile(timestamp))
    return llvm::Error::success();
  llvm::CachePruningPolicy policy;
  policy.MaxSizeBytes = kMostBytes;
  llvm::pruneCache(directory, policy);
  return llvm::Error::success();
}
