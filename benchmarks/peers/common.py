"""What the peers' processes share: a problem as JSON in, one figure as JSON out.

Exit status 3 says that the peer is not installed, 4 that it does not do this problem.
"""

from __future__ import annotations

import json
import sys
import time

NOT_INSTALLED, NOT_SUPPORTED = 3, 4


def problem() -> dict:
    return json.loads(sys.argv[1])


def missing(name: str) -> None:
    print(f"{name} is not installed", file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def unsupported(why: str) -> None:
    print(why, file=sys.stderr)
    sys.exit(NOT_SUPPORTED)


def median_ms(step, runs: int) -> float:
    """The median time of a step after a warm-up."""
    for _ in range(3):
        step()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * sorted(times)[len(times) // 2]


def answer(value: float, version: str) -> None:
    print(json.dumps({"value": value, "version": version}))
