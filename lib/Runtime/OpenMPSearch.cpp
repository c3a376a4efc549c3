//===- OpenMPSearch.cpp - Where an OpenMP runtime may be ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tool that was built elsewhere runs on machines without LLVM. Many of them
// have the runtime all the same: it comes with other compilers and with Python
// packages.
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/OpenMPSearch.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::vga;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static std::string below(StringRef folder, const Twine &a, const Twine &b = "",
                         const Twine &c = "") {
  SmallString<128> full(folder);
  path::append(full, a, b, c);
  return full.str().str();
}

/// The folders in `folder` whose names begin with `prefix`, those of the newest
/// versions first.
static std::vector<std::string> listFolders(StringRef folder,
                                            StringRef prefix) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error))
    if (path::filename(it->path()).starts_with(prefix))
      found.push_back(it->path());
  llvm::sort(found,
             [](StringRef a, StringRef b) { return a.compare_numeric(b) > 0; });
  return found;
}

std::vector<std::string> vga::findOpenMPRuntimes(
    StringRef root, StringRef executable,
    llvm::function_ref<std::optional<std::string>(StringRef)> getEnvironment) {
  std::vector<std::string> folders;
  StringRef bin = path::parent_path(executable);
  if (!bin.empty()) {
    folders.push_back(bin.str());
    folders.push_back(below(path::parent_path(bin), "lib"));
  }
  for (const std::string &llvm : listFolders(below(root, "usr/lib"), "llvm-"))
    folders.push_back(below(llvm, "lib"));
  folders.push_back(below(root, "opt/intel/oneapi/compiler/latest/lib"));

  // Where Conda's packages, Intel's in Python and PyTorch put it.
  std::vector<std::string> prefixes;
  for (StringRef name : {"CONDA_PREFIX", "VIRTUAL_ENV"})
    if (std::optional<std::string> prefix = getEnvironment(name))
      prefixes.push_back(*prefix);
  std::string searchPath = getEnvironment("PATH").value_or("");
  SmallVector<StringRef> programs;
  StringRef(searchPath)
      .split(programs, ':', /*MaxSplit=*/-1,
             /*KeepEmpty=*/false);
  for (StringRef folder : programs)
    if (fs::exists(below(folder, "python3")))
      prefixes.push_back(path::parent_path(folder).str());
  if (std::optional<std::string> home = getEnvironment("HOME"))
    prefixes.push_back(below(*home, ".local"));
  prefixes.push_back(below(root, "usr/local"));
  for (const std::string &prefix : prefixes) {
    std::string lib = below(prefix, "lib");
    folders.push_back(lib);
    for (const std::string &python : listFolders(lib, "python3"))
      for (StringRef packages : {"site-packages", "dist-packages"})
        folders.push_back(below(python, packages, "torch", "lib"));
  }

  std::vector<std::string> files;
  for (const std::string &folder : folders)
    for (StringRef name : {"libomp.so.5", "libomp.so", "libiomp5.so"}) {
      std::string file = below(folder, name);
      if (fs::is_regular_file(file) && !llvm::is_contained(files, file))
        files.push_back(file);
    }
  return files;
}
