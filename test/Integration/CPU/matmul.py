"""Products of ragged sizes against numpy in float64.

    matmul.py VGA_RUN FOLDER [OPTION...]

Compiles one function per K x N with a dynamic number of rows and calls it with
row counts around the sizes of tiles and tasks.
"""

import json
import pathlib
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


def main(vga_run, folder, options):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)

    def make(name, *shape):
        array = rng.standard_normal(shape).astype(np.float32)
        np.save(folder / name, array)
        return array.astype(np.float64)

    runs, expected = [], []
    for k, n in SIZES:
        w = make(f"w{k}x{n}.npy", k, n)
        for rows in ROWS:
            x = make(f"x{rows}x{k}x{n}.npy", rows, k)
            to = make(f"to{rows}x{k}x{n}.npy", rows, n)
            output = f"y{rows}x{k}x{n}.npy"
            runs.append({"entry": f"mm{k}x{n}",
                         "inputs": [f"x{rows}x{k}x{n}.npy", f"w{k}x{n}.npy",
                                    f"to{rows}x{k}x{n}.npy"],
                         "outputs": [output]})
            expected.append((output, to + x @ w))
    module = folder / "module.mlir"
    module.write_text("".join(FUNCTION.format(k=k, n=n) for k, n in SIZES))
    run_list = folder / "runs.json"
    run_list.write_text(json.dumps(runs))
    subprocess.run([vga_run, str(module), "--runs", str(run_list), *options],
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
