"""Pairwise coverage: few rows in which every two levels of any two factors meet."""

from __future__ import annotations

import random
from itertools import combinations


def rows(factors: dict[str, list], seed: int, count: int, plain: dict | None = None) -> list[dict]:
    """At least `count` rows, each giving every factor one of its levels.

    The first ones cover all pairs of levels (greedily: a row starts from an uncovered pair and
    takes, factor by factor, the level that covers most). The rest are random; there each factor
    named in `plain` takes its plain level half the time, which leaves rows with few features.
    """
    rng = random.Random(seed)
    names = list(factors)
    levels = [len(factors[name]) for name in names]
    uncovered = dict.fromkeys(  # a dictionary: a set would have no fixed order
        ((a, i), (b, j))
        for a, b in combinations(range(len(names)), 2)
        for i in range(levels[a])
        for j in range(levels[b])
    )
    found = []
    while uncovered:
        candidates = [_candidate(levels, uncovered, rng) for _ in range(4)]
        best = max(candidates, key=lambda row: sum(pair in uncovered for pair in _pairs(row)))
        for pair in _pairs(best):
            uncovered.pop(pair, None)
        found.append({name: factors[name][best[n]] for n, name in enumerate(names)})
    while len(found) < count:
        row = {name: rng.choice(factors[name]) for name in names}
        for name, level in (plain or {}).items():
            if rng.random() < 0.5:
                row[name] = level
        found.append(row)
    return found


def _pairs(row: dict[int, int]) -> list:
    return list(combinations(sorted(row.items()), 2))


def _candidate(levels: list[int], uncovered: dict, rng: random.Random) -> dict[int, int]:
    row = dict(next(iter(uncovered)))
    rest = [factor for factor in range(len(levels)) if factor not in row]
    rng.shuffle(rest)
    for factor in rest:
        gains = []
        for level in range(levels[factor]):
            new = (factor, level)
            gain = sum(tuple(sorted((new, old))) in uncovered for old in row.items())
            gains.append((gain, rng.random(), level))
        row[factor] = max(gains)[2]
    return row
