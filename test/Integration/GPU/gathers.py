"""tensor.gather and tensor.scatter, on a GPU or on the CPU, against numpy.

Calls the functions in Inputs/gathers.mlir, with no slice, one, and some. Exit status 1 when a result
is off or a call does not run.
"""

from __future__ import annotations

import sys

import numpy as np
from elementwise import Calls, run


def places(calls: Calls, count: int, *sizes: int, type: str = "i32"):
    """Different places in an array of these sizes: [count, number of sizes]."""
    chosen = calls.rng.permutation(int(np.prod(sizes)))[:count]
    return np.stack(np.unravel_index(chosen, sizes), -1).reshape(count, len(sizes)), type


def add(calls: Calls, count: int) -> None:
    x = calls.normal(9, 8)
    some = (calls.rng.integers(0, 9, (count, 1)), "i32")
    calls.add("rows", [x, some], [(x[0][some[0][:, 0]], "f32")])
    calls.add("computed", [x, some], [(4 * x[0][some[0][:, 0]], "f32")])
    i, s = places(calls, count, 9), calls.normal(count, 8)
    y = x[0].copy()
    y[i[0][:, 0]] = s[0]
    calls.add("put_rows", [s, x, i], [(y, "f32")])

    x = calls.normal(3, 2 * count + 1, 5, type="f16")
    i = places(calls, 2 * count, 2 * count + 1, type="i64")
    i = (i[0].reshape(count, 2, 1), "i64")
    taken = x[0][:, i[0][..., 0]].transpose(1, 2, 0, 3)[:, :, :, None]
    calls.add("middle", [x, i], [(taken, "f16")])
    s = calls.normal(count, 2, 3, 1, 5, type="f16")
    y = x[0].copy()
    y[:, i[0][..., 0]] = s[0][:, :, :, 0].transpose(2, 0, 1, 3)
    calls.add("put_middle", [s, x, i], [(y, "f16"), (x[0] + y, "f16")])

    x, i = calls.integers(-9, 9, 4, 5, 3), places(calls, count, 4, 5, 3)
    calls.add("elements", [x, i], [(x[0][tuple(i[0].T)], "i32")])
    s = calls.integers(-9, 9, count)
    y = x[0].copy()
    y[tuple(i[0].T)] = s[0]
    calls.add("put_elements", [s, x, i], [(y, "i32")])

    x, i = calls.normal(4, 6, 3, type="f64"), (np.array([count % 4, 2]), "i32")
    calls.add("single", [x, i], [(x[0][count % 4, :, 2], "f64")])
    s, y = calls.normal(1, 6, 1, type="f64"), x[0].copy()
    y[count % 4, :, 2] = s[0][0, :, 0]
    calls.add("put_single", [s, x, i], [(y, "f64")])

    few = min(count, 7)
    x, source, to = calls.normal(7, 4), places(calls, few, 7), places(calls, few, 7)
    y = x[0].copy()
    y[to[0][:, 0]] = x[0][source[0][:, 0]]
    calls.add("permute", [x, source, to], [(y, "f32")])


def main() -> int:
    calls = Calls()
    for count in (0, 1, 2, 9):
        add(calls, count)
    return run("gathers", calls, "gathers.mlir", __doc__)


if __name__ == "__main__":
    sys.exit(main())
