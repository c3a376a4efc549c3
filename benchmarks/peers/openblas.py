"""OpenBLAS through numpy: the matrix product of the case, or the sgemm rate (1024^3)."""

from pathlib import Path

from common import answer, median_ms, missing, problem

try:
    import numpy as np
except ImportError:
    missing("numpy")

# A numpy over the reference BLAS is some thirty times slower: any bar would be met.
if "openblas" not in Path("/proc/self/maps").read_text(encoding="utf-8").lower():
    missing("a numpy with OpenBLAS")

p = problem()
m, k, n = (1024,) * 3 if p["kind"] != "matmul" else (p["m"], p["k"], p["n"])
rng = np.random.default_rng(0)
x, w = (rng.standard_normal(shape, dtype=np.float32) for shape in ((m, k), (k, n)))
y = np.empty((m, n), np.float32)
runs = 20 if p["kind"] == "sgemm" else p["runs"]
answer(median_ms(lambda: np.matmul(x, w, out=y), runs), f"numpy {np.__version__}")
