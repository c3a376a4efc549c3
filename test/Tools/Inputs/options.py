"""Values of the options of passes and pipelines, good ones and bad ones.

    options.py VGA_OPT SOURCE_FOLDER

Every option of a number or a text that a .td file or a pipeline has must be in TABLE. With a good
value vga-opt succeeds on every input; with a bad one it says in one line what is wrong.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

BITS = (["64", "256", "2048"], ["0", "1", "63", "100", "4096", "100000", "-1", "many"])
REGISTERS = (["4", "32", "256"], ["0", "3", "257", "100000", "-4"])
TILE = (["1", "3", "64"], ["0", "-5", "65537", "9223372036854775807", "x"])
CHIP = (["sm_80", "sm_90a"], ["", "foo", "sm_75", "sm_100a", "90"])
LOWERING = (["fused", "definition"], ["", "plain", "0"])
# By pass and option: values that are good, and values that are not.
TABLE = {
    "vga-cpu-vectorize": {"vector-bits": BITS, "vector-registers": REGISTERS},
    "vga-cpu-pipeline": {
        "vector-bits": BITS, "vector-registers": REGISTERS, "attention": LOWERING,
        "bf16": (["widen", "dot", "matrix"], ["", "half", "1"]),
    },
    "vga-tile-attention": {
        "lanes": TILE, "stripes": TILE, "keys": TILE, "decode-keys": TILE,
        "decode-rows": (["0", "8", "100000"], ["-1", "x"]),
    },
    "vga-fold-value-gates": {"min-queries": (["0", "9223372036854775807"], ["-1", "x"])},
    "vga-cut-aliases": {"operations": TILE},
    "vga-fill-splats": {"min-bytes": (["0", "9223372036854775807"], ["-1", "x"])},
    "vga-gpu-choose-schedules": {"chip": CHIP},
    "convert-vga-to-nvvm": {"chip": CHIP},
    "convert-products-to-nvvm": {"chip": CHIP},
    "vga-gpu-pipeline": {"chip": CHIP, "attention": LOWERING},
    "vga-gpu-kernel-pipeline": {"chip": CHIP, "attention": LOWERING},
}  # fmt: skip

TENSORS = """
func.func @f(%q: tensor<1x2x?x16xf16>, %k: tensor<1x2x70x16xf16>, %x: tensor<9x33xf32>,
             %w: tensor<33x16xf32>) -> (tensor<1x2x?x16xf16>, tensor<9x16xf32>) {
  %z = vga.attention %q, %k, %k causal : tensor<1x2x?x16xf16>, tensor<1x2x70x16xf16>, tensor<1x2x70x16xf16>
  %zero = arith.constant dense<0.0> : tensor<9x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<9x33xf32>, tensor<33x16xf32>) outs(%zero : tensor<9x16xf32>) -> tensor<9x16xf32>
  return %z, %y : tensor<1x2x?x16xf16>, tensor<9x16xf32>
}
"""
BUFFERS = """
func.func @f(%x: memref<9x33xf32>, %w: memref<33x16xf32>, %y: memref<9x16xf32>, %d: memref<?x16xf32>) {
  linalg.matmul ins(%x, %w : memref<9x33xf32>, memref<33x16xf32>) outs(%y : memref<9x16xf32>)
  linalg.add ins(%d, %d : memref<?x16xf32>, memref<?x16xf32>) outs(%d : memref<?x16xf32>)
  return
}
"""
# What choose-schedules leaves for the pass of kernels.
SCHEDULED = TENSORS.replace(
    "causal :",
    "causal schedule warp<rows = 16, warps = 1, teams = 4, keys = 32, stages = 2, splits = 1> :",
)


def find_options(source):
    """The options of numbers and texts, by pass or pipeline."""
    found = set()
    for path in source.glob("include/vga/**/Passes.td"):
        for block in re.split(r"\ndef ", path.read_text())[1:]:
            name = re.search(r'Pass<\s*"([^"]+)"', block).group(1)
            for option, kind in re.findall(r'Option<"\w+",\s*"([^"]+)",\s*"([^"]+)"', block):
                if kind != "bool":
                    found.add((name, option))
    pipelines = {"CPU": ["vga-cpu-pipeline"],
                 "GPU": ["vga-gpu-pipeline", "vga-gpu-kernel-pipeline"]}  # fmt: skip
    for processor, names in pipelines.items():
        text = (source / f"include/vga/Pipelines/{processor}.h").read_text()
        for kind, option in re.findall(r'Option<([\w:]+)> \w+\{\s*\*this,\s*"([^"]+)"', text):
            if kind != "bool":
                found |= {(name, option) for name in names}
    return found


def main(vga_opt, source):
    faults = [f"not in the table: {name} {option}"
              for name, option in sorted(find_options(pathlib.Path(source)))
              if option not in TABLE.get(name, {})]  # fmt: skip
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, text in (("tensors", TENSORS), ("buffers", BUFFERS), ("scheduled", SCHEDULED)):
            files[name] = pathlib.Path(folder) / f"{name}.mlir"
            files[name].write_text(text)
        for name, options in TABLE.items():
            file = files["buffers" if name == "vga-cpu-vectorize" else
                         "scheduled" if name == "convert-vga-to-nvvm" else "tensors"]  # fmt: skip
            for option, (good, bad) in options.items():
                for value in good + bad:
                    tried += 1
                    done = subprocess.run(
                        [vga_opt, file, f"--{name}={option}={value}", "-o", "/dev/null"],
                        capture_output=True, text=True, timeout=120, check=False,
                    )  # fmt: skip
                    errors = [line for line in done.stderr.splitlines() if "error:" in line
                              or "failed to add" in line or "for the --" in line]
                    of = f"{name} {option}={value}"
                    if value in good and done.returncode:
                        faults.append(f"{of}: {done.stderr}")
                    elif value in bad and (done.returncode != 1 or not errors):
                        faults.append(f"{of}: exit status {done.returncode}: {done.stderr}")
                    elif value in bad and value not in errors[0] and option not in errors[0]:
                        faults.append(f"{of}: the error names neither: {errors[0]}")
    for fault in faults:
        print(fault)
    print(f"options: {tried} values, {len(faults)} faults")


main(*sys.argv[1:])
