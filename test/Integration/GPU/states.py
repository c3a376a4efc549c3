"""States, over several calls, on a GPU or on the CPU: updated, in earlier versions, exchanged.

Calls each function in Inputs/states.mlir five times. Exit status 1 when a result is off or a call
does not run.
"""

from __future__ import annotations

import sys

import numpy as np
from elementwise import Calls, run

ROUNDS = 5


def put(s: np.ndarray, x: np.ndarray, row: int) -> np.ndarray:
    s = s.copy()
    s[row] = x
    return s


def recurrent(x, s):
    return [s + x], [2 * s + x]


def transposed(x, s):
    s = put(s, x, 0)
    return [s.T], [s + s.T]


def reset(x, s):
    s = put(s, x, 3)
    return [s], [0 * s if x[0] < 0 else s]


def window(x, s):
    s = np.concatenate([s[1:], x[None]])
    return [s], [s]


def joined(x, a, b):
    s = put(a + b, x, 2)
    return [b], [s, s]


def reshaped(x, s):
    flat = s.flatten()
    flat[2:5] = x
    return [s, flat], [flat.reshape(4, 3)]


def branches(x, s):
    if x[0] < 0:
        new = put(s, x, 0)
        return [s + new, s], [new]
    return [2 * s, s], [put(s, x, 3)]


def chosen(x, a, b):
    r = a if x[0] < 0 else b
    return [r], [put(a, x, 0), put(r, x, 2)]


def iterations(x, s):
    total, h = 0 * s, s
    for i in range(4):
        new = put(h, x, i)
        total, h = total + h + new, new
    return [total, s], [h]


def turns(x, a, b):
    h, k = a, b
    for i in range(3):
        h, k = k, put(h, x, i)
    return [b], [h, k]


def loop_while(x, s):
    total, h = 0 * s, s
    for i in range(3):
        total, h = total + h, put(h, x, i)
    return [total, s], [h]


def calls(x, s):
    first = put(s, x, 0)
    return [s, first - s, first], [put(first, x, 2)]


def steps(x, a, b):
    a, b = b, put(a, x, 1)
    return [a + put(0 * a, x, 1)], [b, put(a, x, 1)]


# For each function: what it returns, and its states afterwards; how many it has.
FUNCTIONS = {
    "read_before": (lambda x, s: ([2 * s], [put(s, x, 1)]), 1),
    "read_after": (lambda x, s: ([put(s, x, 1) - s], [put(s, x, 1)]), 1),
    "versions": (lambda x, s: ([s, put(s, x, 0)], [put(s, x, 0)]), 1),
    "undone": (lambda x, s: ([put(put(s, x, 2), x, 3)], [put(s, x, 2)]), 1),
    "unchanged": (lambda x, s: ([put(s, x, 2)], [s]), 1),
    "recurrent": (recurrent, 1),
    "transposed": (transposed, 1),
    "reset": (reset, 1),
    "window": (window, 1),
    "swapped": (lambda x, a, b: ([a], [b, put(a, x, 1)]), 2),
    "rotated": (lambda x, a, b, c: ([b, a], [c, put(a, x, 1), b]), 3),
    "joined": (joined, 2),
    "part": (lambda x, s: ([s[1], x], [put(s, x, 1)]), 1),
    "reshaped": (reshaped, 1),
    "branches": (branches, 1),
    "chosen": (chosen, 2),
    "iterations": (iterations, 1),
    "turns": (turns, 2),
    "while": (loop_while, 1),
    "calls": (calls, 1),
    "steps": (steps, 2),
}


def main() -> int:
    every = Calls()
    for name, (function, number) in FUNCTIONS.items():
        states = [np.zeros((3 if name == "transposed" else 4, 3))] * number
        for turn in range(ROUNDS):
            x = every.integers(-9, 10, 3)[0].astype(float)
            results, states = function(x, *states)
            every.add(name, [(x, "f32")], [(r, "f32") for r in results], continues=turn > 0)
    for turn in range(ROUNDS):
        x = every.integers(-9, 10, 3)[0].astype(float)
        every.add("counts", [(x, "f32")], [(np.array(turn), "i32"), (np.array(turn % 2 == 1), "i1")],
                  continues=turn > 0)  # fmt: skip
    return run("states", every, "states.mlir", __doc__)


if __name__ == "__main__":
    sys.exit(main())
