"""Functions with the names of those that compiled code calls.

    names.py make FOLDER     writes module.mlir, gpu.mlir, inputs and runs.json
    names.py check FOLDER    compares the outputs with numpy's
"""

import json
import math
import os
import sys

import numpy as np

# Functions of C's math library that an operation may become a call of.
UNARY = {
    "acos": np.arccos, "acosh": lambda x: np.arccosh(1 + x), "asin": np.arcsin,
    "asinh": np.arcsinh, "atan": np.arctan, "atanh": np.arctanh, "cbrt": np.cbrt,
    "ceil": np.ceil, "cos": np.cos, "cosh": np.cosh, "erf": np.vectorize(math.erf),
    "erfc": np.vectorize(math.erfc), "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1,
    "fabs": np.abs, "floor": np.floor, "log": np.log, "log10": np.log10,
    "log1p": np.log1p, "log2": np.log2, "round": np.round, "roundeven": np.rint,
    "sin": np.sin, "sinh": np.sinh, "sqrt": np.sqrt, "tan": np.tan, "tanh": np.tanh,
    "trunc": np.trunc,
}
BINARY = {"atan2": np.arctan2, "pow": np.power, "copysign": np.copysign, "fmod": np.fmod}
OPERATIONS = {"fabs": "math.absf", "pow": "math.powf", "fmod": "arith.remf"}
# Everything else: of C, of the runtimes, and of what passes put into a module.
OTHERS = """
    acosl nan nanf fma fmaf fmax fmaxf fmin fminf hypot hypotf ldexp ldexpf frexp
    logb lgamma lgammaf tgamma tgammaf nearbyint nearbyintf rint rintf lrint lround
    modf sincos sincosf remainder scalbn j0 y0 exp10 exp10f
    malloc calloc realloc free aligned_alloc posix_memalign memcpy memmove memset
    memcmp bcmp abort exit printf puts write read __truncsfbf2 __extendhfsf2
    __truncdfbf2 __udivti3 memrefCopy _mlir_memref_to_llvm_alloc
    _mlir_memref_to_llvm_free _mlir_alloc _mlir_ciface_main _mlir_ciface_exp
    vgaRuntimeError vgaCudaLaunch vgaCudaRead vga_packed_main vga_packed_exp
    vga_user_exp vga_user_vga_user_exp vga_assert_message_0 vga_kernels
    omp_get_thread_num omp_get_num_threads __kmpc_fork_call __kmpc_barrier
    main main.prepare main..omp_par __constant_4xf32 llvm.exp.f32 llvm.memcpy
""".split()


def function(name, operation, element, binary):
    of = f"tensor<?x{element}>"
    lines = [f'func.func @"{name}"(%x: {of}, %y: {of}) -> {of} {{']
    x = "%x"
    if operation == "math.acosh":
        lines += [f"  %one = arith.constant 1.0 : {element}",
                  "  %zero = arith.constant 0 : index",
                  f"  %n = tensor.dim %x, %zero : {of}",
                  f"  %ones = tensor.splat %one[%n] : {of}",
                  f"  %s = arith.addf %x, %ones : {of}"]
        x = "%s"
    operands = f"{x}, %y" if binary else x
    return "\n".join(lines + [f"  %r = {operation} {operands} : {of}", f"  return %r : {of}", "}"])


def cases():
    """The name of a function, its operation, element type and reference."""
    for names, binary in ((UNARY, False), (BINARY, True)):
        for name, reference in names.items():
            operation = OPERATIONS.get(name, "math." + name)
            for suffix, element in (("f", "f32"), ("", "f64")):
                yield name + suffix, operation, element, binary, reference
    for name in OTHERS:
        yield name, "math.tanh", "f32", False, np.tanh


def make(folder):
    os.makedirs(folder, exist_ok=True)
    for element, dtype in (("f32", np.float32), ("f64", np.float64)):
        random = np.random.default_rng(1)
        for name in "xy":
            np.save(f"{folder}/{name}.{element}.npy", random.uniform(0.1, 0.9, 19).astype(dtype))
    runs, module = [], []
    for i, (name, operation, element, binary, _) in enumerate(cases()):
        module.append(function(name, operation, element, binary))
        inputs = [f"x.{element}.npy", f"y.{element}.npy"]
        runs.append({"entry": name, "inputs": inputs, "outputs": [f"{i}.npy"]})
    # Functions that call each other do so by their own names.
    module.append('func.func @caller(%x: tensor<?xf32>) -> tensor<?xf32> {\n'
                  '  %r = call @expf(%x, %x) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>\n'
                  '  %s = call @malloc(%r, %r) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>\n'
                  '  return %s : tensor<?xf32>\n}')
    runs.append({"entry": "caller", "inputs": ["x.f32.npy"], "outputs": ["caller.npy"]})
    with open(f"{folder}/module.mlir", "w") as file:
        file.write("\n".join(module))
    # Kernels compute tanh only: it is the host side that calls functions.
    names = [name for name, *_ in cases()] + [
        "elements_0", "elements_0_name", "vga_name_elements_0", "vga_kernels_image"]
    with open(f"{folder}/gpu.mlir", "w") as file:
        file.write("\n".join(function(name, "math.tanh", "f32", False) for name in names))
    with open(f"{folder}/runs.json", "w") as file:
        json.dump(runs, file)


def check(folder):
    def agree(name, path, reference, *inputs):
        got = np.load(f"{folder}/{path}").astype(np.float64)
        want = reference(*(i.astype(np.float64) for i in inputs))
        tolerance = 5e-6 if inputs[0].dtype == np.float32 else 1e-12
        if not np.allclose(got, want, rtol=tolerance, atol=tolerance):
            sys.exit(f"{name}: {got} is not {want}")

    x, y = ({e: np.load(f"{folder}/{name}.{e}.npy") for e in ("f32", "f64")} for name in "xy")
    for i, (name, _, element, binary, reference) in enumerate(cases()):
        inputs = (x[element], y[element]) if binary else (x[element],)
        agree(name, f"{i}.npy", reference, *inputs)
    agree("caller", "caller.npy", lambda v: np.tanh(np.exp(v)), x["f32"])
    print(len(list(cases())), "names")


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
