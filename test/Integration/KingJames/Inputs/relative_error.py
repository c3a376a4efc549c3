"""relative_error.py GOT.npy EXPECTED.npy BOUND: exits 1 beyond the bound."""

import sys

import numpy as np

got, expected = (np.load(path).astype(np.float64) for path in sys.argv[1:3])
bound = float(sys.argv[3])
if got.shape != expected.shape:
    sys.exit(f"shape {got.shape}, expected {expected.shape}")
error = np.linalg.norm(got - expected) / np.linalg.norm(expected)
print(f"relative error {error:.2e}, bound {bound:.0e}")
sys.exit(0 if error <= bound else 1)
