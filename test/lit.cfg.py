# Configuration of the vga regression tests.
#
# Features, for REQUIRES lines:
#   plugin     VGAPlugin was built (not in a static build)
#   host-x86_64  this machine is an x86-64
#   ptxas      the CUDA toolkit's assembler is there
#   numpy      %python has numpy
#   clang-format  clang-format-22 is there
#   cuda-driver  libcuda.so.1 is there
#   stand-in-driver  test/StandInDriver was built: a libcuda.so.1 without a GPU,
#     for what runs with LD_LIBRARY_PATH=%stand_in
#   asan       vga's code is built with the address sanitizer
#   fuzzers    libFuzzer's targets were built
#   unittests  the unit tests were built (GoogleTest was found)
#   onnx, torch  build/references has them (scripts/setup-references.sh)

import ctypes
import os
import platform
import shutil
import subprocess
import sys

import lit.formats
from lit.llvm import llvm_config

config.name = "VGA"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "corpus", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.vga_obj_root, "test")

llvm_config.with_system_environment(["HOME", "TMP", "TEMP", "VGA_FUZZ_SECONDS"])
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
llvm_config.with_environment("PATH", config.vga_tools_dir, append_path=True)
# A captured variable must not leak from one function's checks to the next.
llvm_config.with_environment("FILECHECK_OPTS", "-enable-var-scope --dump-input-filter=all")
llvm_config.with_environment("OMP_NUM_THREADS", "2")
# Code that vga-run keeps: none of earlier runs, and nothing in the user's home.
cache = os.path.join(config.test_exec_root, "cache")
shutil.rmtree(cache, ignore_errors=True)
llvm_config.with_environment("XDG_CACHE_HOME", cache)

# LLVM's allocators poison what they have not handed out, in the inline half
# that is compiled into vga; the packaged half in libLLVM does not unpoison it.
if "address" in config.vga_sanitizers:
    llvm_config.with_environment("ASAN_OPTIONS", "allow_user_poisoning=0")


def has_numpy(python):
    command = [python, "-c", "import numpy"]
    return subprocess.run(command, capture_output=True).returncode == 0


# Debian's numpy belongs to the system's python3, which need not be the one
# that runs lit.
candidates = [sys.executable, "/usr/bin/python3", shutil.which("python3")]
python = next((p for p in candidates if p and has_numpy(p)), sys.executable)

llvm_config.add_tool_substitutions(
    ["vga-opt", "vga-run", "vga-lsp-server", "vga-reduce"], [config.vga_tools_dir])
llvm_config.add_tool_substitutions(
    ["FileCheck", "not", "count", "split-file", "mlir-opt", "llvm-objdump"],
    [config.llvm_tools_dir])
config.substitutions += [
    ("%python", python),
    ("%shlibext", config.llvm_shlib_ext),
    ("%vga_src", config.vga_src_root),
    ("%vga_obj", config.vga_obj_root),
    ("%vga_libs", config.vga_lib_dir),
    ("%mlir_dir", config.mlir_dir),
    ("%cc", config.c_compiler),
    ("%cxx", config.cxx_compiler),
]

if has_numpy(python):
    config.available_features.add("numpy")
if config.vga_has_plugin:
    config.available_features.add("plugin")
if "address" in config.vga_sanitizers:
    config.available_features.add("asan")
if shutil.which("clang-format-22"):
    config.available_features.add("clang-format")
if platform.machine() == "x86_64":
    config.available_features.add("host-x86_64")
# CUDA's assembler, which the tests can do without.
ptxas = shutil.which("ptxas") or shutil.which("/usr/local/cuda/bin/ptxas")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))


def has_library(name):
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if has_library("libcuda.so.1"):
    config.available_features.add("cuda-driver")
stand_in = os.path.join(config.test_exec_root, "StandInDriver")
if os.path.exists(os.path.join(stand_in, "libcuda.so.1")):
    config.available_features.add("stand-in-driver")
    config.substitutions.append(("%stand_in", stand_in))
unit_tests = [("Dialect", "VGADialectTests"), ("Runtime", "VGARuntimeTests")]
if all(os.path.exists(os.path.join(config.vga_obj_root, "unittests", *t)) for t in unit_tests):
    config.available_features.add("unittests")

# References that need not be there, in an environment of their own.
references = os.path.join(config.vga_obj_root, "references", "bin", "python")
config.substitutions.append(("%references_python", references))
if os.path.exists(references):
    command = "import importlib.util as u; print(*filter(u.find_spec, ['onnx', 'torch']))"
    found = subprocess.run([references, "-c", command], capture_output=True, text=True)
    config.available_features.update(found.stdout.split())
fuzzers = ["npy-fuzzer", "safetensors-fuzzer", "run-list-fuzzer"]
if all(os.path.exists(os.path.join(config.vga_obj_root, "unittests", "Fuzz", f)) for f in fuzzers):
    config.available_features.add("fuzzers")
