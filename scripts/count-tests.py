#!/usr/bin/env python3
"""Counts the tests of a JSON report of lit: N passed, N failed, N skipped.

A test that was to fail and did (XFAIL) has passed; one that could not run here
(UNSUPPORTED) is skipped; whatever else did not pass has failed. The exit
status is 1 if any test failed, or if none ran. Names those that did not pass.
"""

import collections
import json
import sys

KINDS = {
    "PASS": "passed",
    "FLAKYPASS": "passed",
    "XFAIL": "passed",
    "UNSUPPORTED": "skipped",
    "SKIPPED": "skipped",
    "EXCLUDED": "skipped",
}


def main():
    (path,) = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        tests = json.load(file)["tests"]
    counts = collections.Counter(KINDS.get(test["code"], "failed") for test in tests)
    for test in tests:
        if KINDS.get(test["code"], "failed") != "passed":
            print(f"{test['code']}: {test['name']}")
    print(", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped")))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
