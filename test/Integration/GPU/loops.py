"""Loops that carry arrays, on a GPU or on the CPU, against numpy in float64.

Calls the functions in Inputs/loops.mlir, with no iteration, one, and some. Exit status 1 when a
result is off or a call does not run.
"""

from __future__ import annotations

import sys

import numpy as np
from elementwise import Calls, number, run, softmax

STEPS = [0, 1, 2, 5]


def add_networks(calls: Calls, steps: int) -> None:
    x, w = calls.normal(5, 16), calls.normal(steps, 16, 16)
    w = (w[0] / 4, "f32")
    h = x[0]
    for weights in w[0]:
        h = h + np.tanh(h @ weights)
    calls.add("layers", [x, w], [(h, "f32")])
    x, w = calls.normal(steps, 8), calls.normal(8, 8)
    h, states = np.full(8, 0.5), []
    for row in x[0]:
        h = np.tanh(h @ w[0] + row)
        states.append(h)
    kept = np.array(states).reshape(steps, 8)
    calls.add("recurrent", [x, w], [(kept, "f32"), (h[None], "f32")])
    x = calls.normal(1, 2, 7, 8)
    h, mask = x[0], np.tril(np.ones((7, 7), bool))
    for _ in range(steps):
        scores = np.where(mask, h @ h.swapaxes(2, 3) / np.sqrt(8), -np.inf)
        h = softmax(scores, 3) @ h
    calls.add("attend", [x, number(steps)], [(h, "f32")])
    scores, parents = calls.normal(steps, 4), calls.integers(0, 4, steps, 4)
    tokens, sums = np.full((4, 8), -1), np.zeros(4)
    for t in range(steps):
        tokens, sums = tokens[parents[0][t]], sums[parents[0][t]] + scores[0][t]
        tokens[:, t] = parents[0][t]
    calls.add("beam", [scores, parents], [(tokens, "i32"), (sums, "f32")])


def add_places(calls: Calls, steps: int) -> None:
    a, b = calls.normal(steps + 3), calls.normal(steps + 6)
    results = [b, a, a] if steps % 2 else [a, b, a]
    calls.add("swapped", [a, b, number(steps)], results)
    a, b = calls.normal(5, type="f64"), calls.normal(5, type="f64")
    x, y = a[0], b[0]
    for _ in range(steps):
        x, y = y, x + y
    calls.add("fibonacci", [a, b, number(steps)], [(x, "f64"), (y, "f64")])
    x = calls.normal(9)
    a = b = x[0]
    for i in range(steps):
        c = b.copy()
        c[0] = 2 * a[i]
        a, b = a + c, c
    calls.add("shared", [x, number(steps)], [(a, "f32"), (b, "f32")])
    x = calls.normal(4)
    a, b, c = x[0], np.ones(4), x[0]
    for _ in range(steps):
        a, b, c = b, c, a * c
    calls.add("delayed", [x, number(steps)], [(a, "f32"), (b, "f32"), (c, "f32")])


def add_shapes(calls: Calls, steps: int) -> None:
    for rows in (0, 2):
        x, y = calls.normal(rows, 3), calls.normal(2, 3)
        h = x[0]
        for _ in range(steps):
            h = np.concatenate([h + h, y[0]])
        calls.add("growing", [x, y, number(steps)], [(h, "f32")])
    x = calls.normal(steps + 2)
    h = np.abs(x[0])
    x = (h, "f32")
    while h.size > 2:
        h = h[:-1] + h[1:]
    calls.add("shrinking", [x], [(h, "f32")])


def add_branches(calls: Calls, steps: int) -> None:
    x, p = calls.normal(4, 8), calls.normal(4, 8)
    h = x[0]
    for i in range(steps):
        q = h + i * p[0]
        q = q * p[0] if i == 1 else q
        h = q if i % 2 else h
    calls.add("nested", [x, p, number(steps)], [(h, "f32")])
    x = (np.abs(calls.normal(7)[0]), "f32")
    x[0][3] = 0.7 * 2.0**steps
    h, n = x[0], 0
    while h[3] < 10:
        h, n = h + h, n + 1
    calls.add("converge", [x], [(h, "f32"), (np.array(n), "i64")])
    x = calls.normal(6)
    h, i = x[0], 0
    while True:
        s, d = h.sum(), h + h
        if i >= steps:
            break
        h, i = (-d if s >= 0 else d), i + 1
    calls.add("before", [x, number(steps)], [(d, "f32"), (np.array(s), "f32")])


def main() -> int:
    calls = Calls()
    for steps in STEPS:
        for add in (add_networks, add_places, add_shapes, add_branches):
            add(calls, steps)
    return run("loops", calls, "loops.mlir", __doc__)


if __name__ == "__main__":
    sys.exit(main())
