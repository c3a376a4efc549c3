"""Programs from seeds."""

from __future__ import annotations

import numpy as np

from .build import CARRIERS, Builder, Reject
from .elements import STORED
from .families import FAMILIES, states
from .ir import Function, Value

MOST_RESULTS = 4


def storable(b: Builder, x: Value) -> Value:
    """x as a type that vga-run writes."""
    if x.type.element in STORED:
        return x
    return b.convert(x, CARRIERS[x.type.element])


def generate(
    seed: int, only: list[str] | None = None, without: list[str] = (), having: list[str] = ()
) -> Function:
    """The program of a seed: always the same."""
    for attempt in range(50):
        try:
            return try_generate(seed, attempt, only, without, having)
        except Reject:
            continue
    raise AssertionError(f"no program for seed {seed}")


def try_generate(seed: int, attempt: int, only, without, having) -> Function:
    rng = np.random.default_rng([seed, attempt])
    b = Builder(rng, f"p{seed}", int(rng.choice([1, 1, 2, 3])))
    families = [f for f in FAMILIES.values() if f.name not in without]
    # A program is about a few families rather than about all.
    chosen = [b.choose(families, [f.weight for f in families]) for _ in range(b.number(2, 6))]
    if only:
        chosen = [FAMILIES[name] for name in only]
    if having:
        FAMILIES[b.choose(having)].generate(b)
    wanted, made = b.number(1, 8), 0
    for _ in range(8 * wanted):
        if made == wanted:
            break
        try:
            with b.trial():
                b.choose(chosen).generate(b)
                made += 1
        except Reject:
            continue
    arguments = {a.value for a in b.function.arguments}
    computed = [v for v in b.pool if v not in arguments]
    if not computed:
        raise Reject
    count = min(len(computed), b.number(1, MOST_RESULTS))
    # The last, on which most depends, and some others.
    others = [computed[int(i)] for i in b.rng.permutation(len(computed) - 1)[: count - 1]]
    b.function.results = [storable(b, v) for v in [computed[-1], *others]]
    if b.function.states:
        states.choose_returned(b, 0.15)
    b.function.remove_unused()
    if b.function.states:
        states.continued(b)
    return b.function


