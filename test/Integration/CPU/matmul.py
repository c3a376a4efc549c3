"""Products of ragged sizes against numpy in float64.

    matmul.py VGA_RUN FOLDER [OPTION...]

Compiles three functions per K x N with a dynamic number of rows and calls them
with row counts around the sizes of tiles and tasks: x.w with any matrix, and
tanh(x.w) + x.u with weights that are packed, stored by rows and by columns.
"""

import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

SIZES = [(1, 1), (3, 1), (1, 5), (37, 29), (129, 131), (300, 9), (260, 16),
         (256, 1024)]
ROWS = [1, 2, 3, 5, 7, 11, 13, 31, 47, 49, 193, 301]
LIMIT = 5e-6

FUNCTION = """
func.func @mm{k}x{n}(%x: tensor<?x{k}xf32>, %w: tensor<{k}x{n}xf32>,
                     %to: tensor<?x{n}xf32>) -> tensor<?x{n}xf32> {{
  %y = linalg.matmul ins(%x, %w : tensor<?x{k}xf32>, tensor<{k}x{n}xf32>)
      outs(%to : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  return %y : tensor<?x{n}xf32>
}}
"""

WEIGHTS = """
#id{k}x{n} = affine_map<(m, n) -> (m, n)>
#x{k}x{n} = affine_map<(m, n, k) -> (m, k)>
#w{k}x{n} = affine_map<(m, n, k) -> ({map})>
#y{k}x{n} = affine_map<(m, n, k) -> (m, n)>
func.func @{name}(%x: tensor<?x{k}xf32>,
    %w: tensor<{type}xf32> {{vga.param = "w{type}"}},
    %to: tensor<?x{n}xf32>) -> tensor<?x{n}xf32> {{
  %y = linalg.matmul indexing_maps = [#x{k}x{n}, #w{k}x{n}, #y{k}x{n}]
      ins(%x, %w : tensor<?x{k}xf32>, tensor<{type}xf32>)
      outs(%to : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  %z = linalg.generic {{indexing_maps = [#id{k}x{n}, #id{k}x{n}, #id{k}x{n}],
                       iterator_types = ["parallel", "parallel"]}}
      ins(%to, %y : tensor<?x{n}xf32>, tensor<?x{n}xf32>)
      outs(%to : tensor<?x{n}xf32>) {{
  ^bb0(%a: f32, %b: f32, %out: f32):
    %t = math.tanh %b : f32
    %sum = arith.addf %t, %a : f32
    linalg.yield %sum : f32
  }} -> tensor<?x{n}xf32>
  return %z : tensor<?x{n}xf32>
}}
"""


def write_weights(path, tensors):
    """Writes f32 arrays as a .safetensors file."""
    header, data = {}, b""
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main(vga_run, folder, options):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)

    def make(name, *shape):
        array = rng.standard_normal(shape).astype(np.float32)
        np.save(folder / name, array)
        return array.astype(np.float64)

    runs, expected, weights, modules = [], [], {}, []
    for k, n in SIZES:
        w = make(f"w{k}x{n}.npy", k, n)
        # Sums of a few hundred terms, where tanh is not flat.
        scale = 0.1
        weights[f"w{k}x{n}"] = (w * scale).astype(np.float32)
        by_rows = weights[f"w{k}x{n}"].astype(np.float64)
        by_columns = rng.standard_normal((n, k)).astype(np.float32) * np.float32(scale)
        if k != n:
            weights[f"w{n}x{k}"] = by_columns
        modules.append(FUNCTION.format(k=k, n=n))
        modules.append(WEIGHTS.format(name=f"rows{k}x{n}", k=k, n=n, map="k, n",
                                      type=f"{k}x{n}"))
        if k != n:
            modules.append(WEIGHTS.format(name=f"columns{k}x{n}", k=k, n=n,
                                          map="n, k", type=f"{n}x{k}")
                           .replace(f"#id{k}", f"#tid{k}").replace(f"#x{k}", f"#tx{k}")
                           .replace(f"#w{k}", f"#tw{k}").replace(f"#y{k}", f"#ty{k}"))
        for rows in ROWS:
            x = make(f"x{rows}x{k}x{n}.npy", rows, k)
            to = make(f"to{rows}x{k}x{n}.npy", rows, n)
            output = f"y{rows}x{k}x{n}.npy"
            runs.append({"entry": f"mm{k}x{n}",
                         "inputs": [f"x{rows}x{k}x{n}.npy", f"w{k}x{n}.npy",
                                    f"to{rows}x{k}x{n}.npy"],
                         "outputs": [output]})
            expected.append((output, to + x @ w))
            forms = [("rows", by_rows)]
            if k != n:
                forms.append(("columns", by_columns.astype(np.float64).T))
            for form, matrix in forms:
                output = f"{form}{rows}x{k}x{n}.npy"
                runs.append({"entry": f"{form}{k}x{n}",
                             "inputs": [f"x{rows}x{k}x{n}.npy",
                                        f"to{rows}x{k}x{n}.npy"],
                             "outputs": [output]})
                expected.append((output, np.tanh(to + x @ matrix) + to))
    module = folder / "module.mlir"
    module.write_text("".join(modules))
    write_weights(folder / "weights.safetensors", weights)
    run_list = folder / "runs.json"
    run_list.write_text(json.dumps(runs))
    subprocess.run([vga_run, str(module), "--runs", str(run_list), "--weights",
                    str(folder / "weights.safetensors"), *options],
                   check=True)

    failures = 0
    for output, reference in expected:
        result = np.load(folder / output)
        error = np.linalg.norm(result - reference) / np.linalg.norm(reference)
        if not (result.shape == reference.shape and error < LIMIT):
            print(f"FAIL {output}: relative error {error:.2g}")
            failures += 1
    print(f"matmul: {len(expected) - failures} passed, {failures} failed")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
