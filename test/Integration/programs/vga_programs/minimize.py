"""Makes a program that shows a fault smaller, while it still shows it.

Operations are left out, and what they computed becomes an argument of the same value; the meaning
is computed anew each time, so that wrong values are minimized like crashes.
"""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from pathlib import Path

from . import elements, execute
from .elements import STORED
from .ir import Argument, Function, Operation, evaluate, values_of


def still_fails(settings: execute.Settings, function: Function, find: execute.Find, folder: Path):
    """The find that the smaller program makes, if it is of the same kind."""
    try:
        finds = execute.check(settings, [function], folder)
    except Exception:  # noqa: BLE001 - a program that means nothing is not a smaller one
        return None
    if not finds or finds[0].kind != find.kind:
        return None
    if find.kind != "value" and finds[0].signature != find.signature:
        return None
    return finds[0]


def copy(function: Function) -> Function:
    return Function(
        function.name, list(function.arguments), list(function.operations), list(function.results),
        function.calls, function.is_private, list(function.states),
        function.continues,
    )  # fmt: skip


def with_argument(function: Function, operation: Operation) -> Function | None:
    """The function without an operation, whose results are arguments."""
    smaller = copy(function)
    environments = [values_of(function, call) for call in range(function.calls)]
    for value in operation.results:
        if not value.type.is_tensor or value.type.element not in STORED:
            return None
        inputs = [environment[value] for environment in environments]
        exact = [type(x)(x.element, elements.round_to(x.value, x.element), 0.0)
                 if elements.is_float(x.element) else type(x)(x.element, x.value, 0.0)
                 for x in inputs]  # fmt: skip
        smaller.arguments.append(Argument(value, exact))
    smaller.operations = [one for one in function.operations if one is not operation]
    smaller.remove_unused()
    return smaller


def one_call(function: Function, call: int) -> Function:
    smaller = copy(function)
    if function.continues:
        # Those before it, too.
        smaller.calls = call + 1
        return smaller
    smaller.calls = 1
    smaller.arguments = [
        Argument(a.value, [a.inputs[call]], a.attribute) for a in function.arguments
    ]
    return smaller


def candidates(function: Function):
    """Smaller programs, the smallest first."""
    if len(function.results) > 1:
        for result in function.results:
            smaller = copy(function)
            smaller.results = [result]
            smaller.remove_unused()
            yield smaller
    # A result from the middle instead of the last.
    for operation in function.operations:
        for value in operation.results:
            if value.type.is_tensor and value.type.element in STORED and value not in function.results:
                smaller = copy(function)
                smaller.results = [value]
                smaller.remove_unused()
                yield smaller
    for operation in reversed(function.operations):
        smaller = with_argument(function, operation)
        if smaller:
            yield smaller


def minimize(settings: execute.Settings, find: execute.Find, folder: Path) -> execute.Find:
    for call in range(find.function.calls):
        if find.function.calls > 1:
            found = still_fails(settings, one_call(find.function, call), find, folder)
            if found:
                find = found
                break
    tried = 0
    progress = True
    while progress and tried < 150:
        progress = False
        for smaller in candidates(find.function):
            if len(smaller.operations) >= len(find.function.operations) and len(
                smaller.results
            ) >= len(find.function.results):
                continue
            tried += 1
            found = still_fails(settings, smaller, find, folder)
            if found:
                find, progress = found, True
                break
            if tried >= 150:
                break
    return find


def write_expected(function: Function, folder: Path) -> None:
    """What the program should return, beside its inputs."""
    for call in range(function.calls):
        for number, wanted in enumerate(evaluate(function, call)):
            path = folder / f"{function.name}.{call}.expected{number}.npy"
            elements.store(str(path), wanted.value, wanted.element)


def reduce(settings: execute.Settings, vga_reduce: str, find: execute.Find, folder: Path) -> None:
    """Reduces a module that does not compile with vga-reduce."""
    test = (folder / "interesting.sh").resolve()
    kind = "ptx" if "--target=cuda" in settings.vga_run else "llvm"
    command = shlex.join([*settings.vga_run, f"--emit={kind}", "-o", "/dev/null"])
    # What the message says behind the last name that it quotes.
    words = "ended by a signal" if find.kind == "crash" else find.message.split("'")[-1].strip()
    text = f"""#!/bin/sh
# vga-reduce keeps a module for which this returns 1.
{command} "$1" > {test.parent}/log.txt 2>&1
[ $? -gt 100 ] && exit 1
grep -qF {shlex.quote(words)} {test.parent}/log.txt && exit 1
exit 0
"""
    test.write_text(text, encoding="utf-8")
    test.chmod(test.stat().st_mode | stat.S_IXUSR)
    try:
        done = subprocess.run(
            [vga_reduce, str(folder / "module.mlir"), f"--reduction-tree=traversal-mode=0 test={test}"],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        print(f"vga-reduce: {error}", file=sys.stderr)
        return
    if done.returncode == 0 and done.stdout.strip():
        (folder / "reduced.mlir").write_bytes(done.stdout)
