"""Other sizes for a function of dynamic shape: compiled once, called with each.

A call costs milliseconds where compiling costs a tenth of a second, so this is where odd sizes
are tried in numbers: a single query as in decoding, more queries than keys, keys beyond several
blocks, nothing that any tile divides.
"""

from __future__ import annotations

import random
from dataclasses import replace

from .case import NamedCase

QUERIES = [2, 5, 15, 16, 31, 47, 48, 64, 70, 97, 130]
KEYS = [1, 4, 15, 40, 63, 64, 65, 127, 128, 200, 331]
MANY_KEYS = [257, 331, 511, 700, 1100]
VARIANTS = 9


def variants(named: NamedCase) -> list[NamedCase]:
    """Calls of the function of `named` with other sizes."""
    case = named.case
    if not case.dynamic or case.note:
        return []
    rng = random.Random(named.seed)
    found = {}
    for number in range(VARIANTS):
        is_decode = number == 0 and case.op != "gate"
        sizes = {}
        if "B" in case.dynamic:
            sizes["batch"] = rng.choice([1, 2, 3, 5])
        if "Sq" in case.dynamic:
            sizes["sq"] = 1 if is_decode else rng.choice(QUERIES)
        if "Sk" in case.dynamic:
            # The bound on f64 is for rows of up to 331 terms.
            is_long = is_decode and case.dtype != "f64"
            sizes["sk"] = rng.choice(MANY_KEYS if is_long else KEYS)
            if case.page:  # whole pages
                sizes["sk"] = -(-sizes["sk"] // case.page) * case.page
        other = replace(case, **sizes)
        name = f"{named.name}_as_b{other.batch}s{other.sq}x{other.sk}"
        if other != case:
            found.setdefault(name, NamedCase(name, other, function=named.name))
    return list(found.values())
