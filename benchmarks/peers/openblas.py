"""numpy's BLAS: the matrix product of the case, or the machine's sgemm rate (1024^3)."""

import numpy as np
from common import answer, median_ms, problem

p = problem()
m, k, n = (1024,) * 3 if p["kind"] != "matmul" else (p["m"], p["k"], p["n"])
rng = np.random.default_rng(0)
x, w = (rng.standard_normal(shape, dtype=np.float32) for shape in ((m, k), (k, n)))
y = np.empty((m, n), np.float32)
answer(median_ms(lambda: np.matmul(x, w, out=y), max(9, p["runs"])), f"numpy {np.__version__}")
