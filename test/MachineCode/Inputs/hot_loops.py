"""Looks at the hot loops of a disassembly: no vector goes to the stack and back, and no arithmetic
is scalar.

Usage: hot_loops.py LISTING MNEMONIC MINIMUM

LISTING is what llvm-objdump -d --no-show-raw-insn prints. A hot loop is an innermost one (a backward
jump over no other backward jump) with at least MINIMUM instructions whose name starts with MNEMONIC
(vfmadd231, vdpbf16ps, tdpbf16ps). Exit status 1, with the instruction, if one of them spills or has scalar
forms of it, or if there is no such loop.
"""

import re
import sys

INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*?)(?:\s+#.*)?$")
JUMP = re.compile(r"^j[a-z]+$")
STACK = re.compile(r"\(%r[sb]p\)")  # with an index it is an array
VECTOR = re.compile(r"%([xyz]mm|tmm)\d+")


def instructions(path):
    for line in open(path, encoding="utf-8"):
        match = INSTRUCTION.match(line)
        if match:
            yield int(match[1], 16), match[2], match[3]


def innermost_loops(code):
    """Bodies of backward jumps that hold no other backward jump."""
    address_to_index = {address: index for index, (address, _, _) in enumerate(code)}
    spans = []
    for index, (address, name, operands) in enumerate(code):
        target = re.match(r"0x([0-9a-f]+)", operands)
        if JUMP.match(name) and target:
            start = address_to_index.get(int(target[1], 16))
            if start is not None and start <= index:
                spans.append((start, index))
    for start, end in spans:
        if not any(start <= s and e <= end and (s, e) != (start, end) for s, e in spans):
            yield code[start : end + 1]


def spill(body):
    """A stack slot that a loop both writes and reads with vector moves."""
    stored, loaded = {}, {}
    for address, name, operands in body:
        if not (name.startswith("vmov") and VECTOR.search(operands) and STACK.search(operands)):
            continue
        source, _, target = operands.rpartition(", ")
        if STACK.search(target):
            stored[target] = (address, name, operands)
        else:
            loaded[source] = (address, name, operands)
    return next((stored[slot] for slot in stored if slot in loaded), None)


def main():
    listing, mnemonic, minimum = sys.argv[1], sys.argv[2], int(sys.argv[3])
    code = list(instructions(listing))
    hot = 0
    for body in innermost_loops(code):
        if sum(name.startswith(mnemonic) for _, name, _ in body) < minimum:
            continue
        hot += 1
        bad = spill(body) or next(
            (i for i in body if i[1].startswith(mnemonic) and i[1].endswith("ss")), None)  # fmt: skip
        if bad:
            sys.exit(f"{listing}: hot loop at {body[0][0]:x}: {bad[0]:x}: {bad[1]} {bad[2]}")
    if not hot:
        sys.exit(f"{listing}: no loop with {minimum} {mnemonic}")
    print(f"{hot} hot loops")


if __name__ == "__main__":
    main()
