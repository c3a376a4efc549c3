"""Wrong sizes, offsets and indices are one line each, and right ones are right.

    checks.py VGA_RUN FOLDER [OPTION...]

Compiles the functions in functions.py into one module and calls each with a
grid of numbers, most of them wrong. A call must fail with one line that names
an operation and what is expected, or give numpy's result. The calls are made by
processes of their own; what one of them overwrites is checked by the address
sanitizer where the build has it.
"""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np

import functions

MESSAGE = re.compile(r"vga-run: error: run (\d+) \('\w+'\): (.*)")
LINE = re.compile(r".*module\.mlir:\d+:\d+: [a-z_]+\.[a-z_0-9]+: .*: expected .*,"
                  r" got .*")


def save(folder, array, saved):
    key = (array.dtype.str, array.shape, array.tobytes())
    if key not in saved:
        saved[key] = f"in{len(saved)}.npy"
        np.save(folder / saved[key], array)
    return saved[key]


def get_fault(folder, number, expected, messages):
    """What is wrong with a call; empty if nothing is."""
    path = folder / f"out{number}.npy"
    lines = messages.get(number, [])
    if expected is None:
        if path.exists():
            return "it has a result"
        if len(lines) != 1 or not LINE.fullmatch(lines[0]):
            return f"expected one message, got {lines}"
        return ""
    if not path.exists():
        return f"it has no result: {lines}"
    result = np.load(path)
    if result.shape != expected.shape:
        return f"expected shape {expected.shape}, got {result.shape}"
    if not np.allclose(result, expected, rtol=1e-5, atol=1e-5):
        return f"expected {expected}, got {result}"
    return ""


def main():
    vga_run, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("out*.npy"):
        old.unlink()
    chosen = list(functions.functions())
    (folder / "module.mlir").write_text("".join(f.text for f in chosen))
    runs, calls, saved = [], [], {}
    for function in chosen:
        for inputs, expected in function.calls():
            runs.append({"entry": function.name,
                         "inputs": [save(folder, a, saved) for a in inputs],
                         "outputs": [f"out{len(runs)}.npy"]})
            calls.append((function.name, inputs, expected))
    (folder / "runs.json").write_text(json.dumps(runs))
    process = subprocess.run(
        [vga_run, "module.mlir", "--runs", "runs.json", *sys.argv[3:]],
        cwd=folder, capture_output=True, text=True)
    messages = {}
    for line in process.stderr.splitlines():
        if match := MESSAGE.fullmatch(line):
            messages.setdefault(int(match[1]), []).append(match[2])
    failed = 0
    for number, (name, inputs, expected) in enumerate(calls):
        fault = get_fault(folder, number, expected, messages)
        if fault:
            failed += 1
            arguments = [a.tolist() if a.size < 5 else a.shape for a in inputs]
            print(f"{name} of {arguments}: {fault}")
    if failed == len(calls):
        print(process.stderr)
    refused = sum(expected is None for _, _, expected in calls)
    print(f"checks: {len(calls)} calls of {len(chosen)} functions, {refused} of"
          f" them wrong, {failed} failed")


main()
