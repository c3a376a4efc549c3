"""Mutations of IR as text.

A mutation is a function from a random source and lines to lines, or None where it has nothing to
change. Most of them change what they change everywhere in the module - a size in all types that
have it, an element type, a type - because that is how a module stays valid.
"""

from __future__ import annotations

import re
from random import Random
from typing import Callable

from . import shapes
from .shapes import SHAPED, TYPE

Lines = list[str]
Mutation = Callable[[Random, Lines], "Lines | None"]

DIALECTS_OF_TYPES = ("tensor", "memref", "vector")
CLAUSES = (
    r" causal\b",
    r" softcap [-+\d.eE]+",
    r" scale [-+\d.eE]+",
    r" window \[[^\]]*\]",
    r" alignment \w+",
    r" layout \w+",
    r" activation \w+",
    r" mixing \w+",
    r" site \w+",
    r" schedule ?<[^>]*>",
    r" \w+\(%[^()]*\)",
)
NEW_CLAUSES = (
    " causal",
    " softcap 1.0",
    " softcap 1.0e-30",
    " scale 0.0",
    " scale -3.0e38",
    " window [-1, 0]",
    " window [0, 0]",
    " window [9223372036854775807, 9223372036854775807]",
    " alignment top_left",
    " alignment bottom_right",
    " alignment length",
    " layout bshd",
    " layout sbhd",
    " activation identity",
    " activation softplus",
    " mixing cross_head",
    " site output",
)
NUMBERS = ("0", "1", "-1", "2", "3", "7", "64", "65536", "4294967296", "9223372036854775807")
FLOATS = (
    "0.000000e+00", "-0.000000e+00", "1.000000e+00", "-1.000000e+00", "1.000000e+39", "0x7F800000",
    "0xFF800000", "0x7FC00000", "1.000000e-45",
)
# Operations with the same operands, some of which no pass may know.
SIBLINGS = (
    ("arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.maximumf", "arith.minnumf",
     "arith.remf", "math.atan2", "math.powf", "math.copysign"),
    ("arith.addi", "arith.subi", "arith.muli", "arith.divsi", "arith.remui", "arith.maxsi",
     "arith.ceildivsi", "arith.shli", "arith.xori"),
    ("math.exp", "math.exp2", "math.expm1", "math.log", "math.log1p", "math.sqrt", "math.rsqrt",
     "math.tanh", "math.erf", "math.sin", "math.cbrt", "math.floor", "math.roundeven",
     "arith.negf", "math.absf"),
    ("linalg.matmul", "linalg.batch_matmul", "linalg.matvec", "linalg.vecmat", "linalg.dot",
     "linalg.mmt4d"),
    ("linalg.add", "linalg.sub", "linalg.mul", "linalg.div", "linalg.max", "linalg.powf"),
    ("linalg.exp", "linalg.log", "linalg.abs", "linalg.ceil", "linalg.negf", "linalg.tanh",
     "linalg.copy", "linalg.fill"),
    ("scf.for", "scf.parallel"),
    ("tensor.extract_slice", "memref.subview"),
    ("tensor.empty", "memref.alloc", "memref.alloca", "bufferization.alloc_tensor"),
    ("arith.extf", "arith.truncf", "arith.bitcast", "arith.sitofp", "arith.uitofp", "arith.fptosi"),
    ('"parallel"', '"reduction"'),
    ("gpu.thread_id", "gpu.block_id", "gpu.block_dim", "gpu.grid_dim"),
    ("fastmath<fast>", "fastmath<nnan>", "fastmath<none>"),
    ("nvvm.reqntid", "nvvm.maxntid", "nvvm.cluster_dim"),
)


def pick_line(random: Random, lines: Lines, pattern: str) -> int | None:
    candidates = [n for n, line in enumerate(lines) if re.search(pattern, line)]
    return random.choice(candidates) if candidates else None


def change_match(random: Random, lines: Lines, pattern: str, new) -> Lines | None:
    """Changes one match of the pattern, wherever it is."""
    matches = [(n, m) for n, line in enumerate(lines) for m in re.finditer(pattern, line)]
    if not matches:
        return None
    number, match = random.choice(matches)
    text = new(match) if callable(new) else new
    changed = list(lines)
    line = lines[number]
    changed[number] = line[: match.start()] + text + line[match.end() :]
    return changed


def drop_clause(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"\bvga\.|linalg\.|gpu\.")
    if number is None:
        return None
    found = [m for clause in CLAUSES for m in re.finditer(clause, lines[number])]
    if not found:
        return None
    match = random.choice(found)
    line = lines[number]
    # Twice now and then.
    text = match.group(0) * 2 if random.random() < 0.1 else ""
    return [*lines[:number], line[: match.start()] + text + line[match.end() :], *lines[number + 1 :]]


def add_clause(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"= vga\.\w+ .* : ")
    if number is None:
        return None
    head, tail = lines[number].rsplit(" : ", 1)
    clause = random.choice(NEW_CLAUSES)
    word = clause.split()[0]
    head = re.sub(rf" {word}\b(?: \[[^\]]*\]| [\w.+-]+)?", "", head)
    return [*lines[:number], f"{head}{clause} : {tail}", *lines[number + 1 :]]


def swap_operands(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"%[\w#]+.*%[\w#]+.*%[\w#]+")
    if number is None:
        return None
    line = lines[number]
    start = line.find(" = ") + 1
    found = list(re.finditer(r"%[\w#]+", line[start:]))
    if len(found) < 2:
        return None
    a, b = sorted(random.sample(found, 2), key=lambda m: m.start())
    text = line[start:]
    text = text[: a.start()] + b.group() + text[a.end() : b.start()] + a.group() + text[b.end() :]
    return [*lines[:number], line[:start] + text, *lines[number + 1 :]]


def replace_operand(random: Random, lines: Lines) -> Lines | None:
    """Another value, of the same type if the text tells."""
    types = shapes.types_of_values(lines)
    number = pick_line(random, lines, r"%[\w#]+")
    if number is None:
        return None
    line = lines[number]
    start = line.find(" = ") + 1
    found = list(re.finditer(r"%[\w#]+", line[start:]))
    if not found:
        return None
    match = random.choice(found)
    mine = types.get(match.group())
    others = [v for v, t in types.items() if v != match.group() and (mine is None or t == mine)]
    if not others:
        others = list(types)
    if not others:
        return None
    text = line[start:]
    text = text[: match.start()] + random.choice(others) + text[match.end() :]
    return [*lines[:number], line[:start] + text, *lines[number + 1 :]]


def delete_operation(random: Random, lines: Lines) -> Lines | None:
    """An operation goes; who used it takes an argument or result of its type, if there is one."""
    number = pick_line(random, lines, r"^\s+(%[\w:#, ]+ = |linalg\.|memref\.|gpu\.|scf\.|vga\.|\")")
    if number is None:
        return None
    end = shapes.end_of_operation(lines, number)
    rest = lines[:number] + lines[end:]
    result = re.match(r"\s*(%\w+)(:\d+)? = ", lines[number])
    if not result or result.group(2):
        return rest
    types = shapes.types_of_values(lines)
    mine = types.get(result.group(1))
    earlier = shapes.types_of_values(lines[:number])
    others = [v for v, t in earlier.items() if t == mine and mine is not None]
    if not others:
        return rest
    other = random.choice(others)
    return [re.sub(rf"{result.group(1)}\b", other, line) for line in rest]


def duplicate_operation(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"^\s+(%\w+ = |linalg\.|memref\.|gpu\.|scf\.|vga\.|func\.call)")
    if number is None:
        return None
    end = shapes.end_of_operation(lines, number)
    copy = lines[number:end]
    result = re.match(r"\s*(%\w+) = ", copy[0])
    others = lines[end:]
    if result:
        name = f"%twin{len(lines)}"
        copy = [copy[0].replace(result.group(1), name, 1), *copy[1:]]
        if random.random() < 0.5:  # one of its users, or all of them, take the copy
            others = [re.sub(rf"{result.group(1)}\b", name, line) for line in others]
    return lines[:end] + copy + others


def move_operation(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"^\s+(%\w+ = |linalg\.|memref\.|gpu\.|vga\.)")
    if number is None:
        return None
    end = shapes.end_of_operation(lines, number)
    where = random.randrange(1, len(lines))
    if number <= where < end:
        return None
    taken, rest = lines[number:end], lines[:number] + lines[end:]
    where = where if where < number else where - (end - number)
    return rest[:where] + taken + rest[where:]


def drop_result(random: Random, lines: Lines) -> Lines | None:
    """A function returns less, or nothing."""
    number = pick_line(random, lines, r"^\s+return %|^\s+func\.return %")
    if number is None:
        return None
    heads = [n for n in range(number) if re.search(r"func\.func .*\) -> ", lines[n])]
    if not heads:
        return None
    head = heads[-1]
    returned = re.match(r"(\s+(?:func\.)?return )(.*) : (.*)", lines[number])
    if not returned:
        return None
    values = returned.group(2).split(", ")
    types = shapes.split_types(returned.group(3))
    before, after = lines[head].split(") -> ", 1)
    if len(values) != len(types) or "vga." in after:
        return None
    keep = [n for n in range(len(values)) if random.random() < 0.5]
    if len(keep) == len(values):
        keep = []
    changed = list(lines)
    tail = " attributes {" + after.split(" attributes {", 1)[1] if " attributes {" in after else " {"
    names = ", ".join(types[n] for n in keep)
    changed[head] = before + (f") -> ({names})" if keep else ")") + tail
    listed = ", ".join(values[n] for n in keep)
    changed[number] = returned.group(1) + (f"{listed} : {names}" if keep else "")
    return changed


def make_declaration(random: Random, lines: Lines) -> Lines | None:
    number = pick_line(random, lines, r"^  func\.func .*\{$")
    if number is None:
        return None
    end = shapes.end_of_operation(lines, number)
    head = re.sub(r"%\w+: ", "", lines[number][:-2])
    head = re.sub(r"func\.func (?:public |private )?", "func.func private ", head)
    return [*lines[:number], head, *lines[end:]]


def change_number(random: Random, lines: Lines) -> Lines | None:
    """A number outside of types: an offset, a bound, an attribute."""
    pattern = r"(?<![\w.#x<@%-])-?\d+(?![\w.x>])"
    return change_match(random, lines, pattern, random.choice(NUMBERS))


def change_float(random: Random, lines: Lines) -> Lines | None:
    return change_match(random, lines, r"-?\d\.\d+e[+-]\d+|0x[0-9A-F]{8}\b", random.choice(FLOATS))


def change_name(random: Random, lines: Lines) -> Lines | None:
    """Another operation with as many operands, everywhere or once."""
    text = "\n".join(lines)
    groups = [g for g in SIBLINGS if any(name in text for name in g)]
    if not groups:
        return None
    group = random.choice(groups)
    old = random.choice([name for name in group if name in text])
    new = random.choice([name for name in group if name != old])
    if random.random() < 0.5:
        return text.replace(old, new).split("\n")
    return change_match(random, lines, re.escape(old) + r"(?![\w.])", new)


def drop_attributes(random: Random, lines: Lines) -> Lines | None:
    """One attribute of a dictionary, or the dictionary."""
    if random.random() < 0.4:
        return change_match(random, lines, r" ?\{[\w.]+(?: = [^{}]*)?(?:, [\w.]+(?: = [^{}]*)?)*\}", "")
    return change_match(random, lines, r"(?<=[{<])[\w.]+ = [^,{}<>]*(?:, )?|, [\w.]+ = [^,{}<>]*", "")


def change_map(random: Random, lines: Lines) -> Lines | None:
    """Results of an affine map exchanged, dropped, doubled or made constant."""

    def new(match: re.Match) -> str:
        results = match.group(2).split(", ")
        kind = random.randrange(4)
        if kind == 0:
            random.shuffle(results)
        elif kind == 1 and results:
            results.pop(random.randrange(len(results)))
        elif kind == 2 and results:
            results.append(random.choice(results))
        elif results:
            results[random.randrange(len(results))] = random.choice(("0", "d0", "d0 + d1", "d1 * 2"))
        return f"{match.group(1)}({', '.join(results)})>"

    return change_match(random, lines, r"(affine_map<\([^()]*\)(?:\[[^\]]*\])? -> )\(([^()]*)\)>", new)


def change_states(random: Random, lines: Lines) -> Lines | None:
    """An argument becomes a state, a weight or neither."""
    if random.random() < 0.5:
        return change_match(random, lines, r' \{vga\.(?:state|param)[^{}]*\}', "")
    mark = random.choice((" {vga.state}", ' {vga.param = "w"}', " {vga.param = 1 : i32}"))
    return change_match(random, lines, rf"(%\w+: {TYPE})(?=[,)])", lambda m: m.group(1) + mark)


def tensors_to_buffers(random: Random, lines: Lines) -> Lines | None:
    """What is of the other kind: a pass for tensors meets buffers."""
    old, new = random.choice((("tensor<", "memref<"), ("memref<", "tensor<"), ("vector<", "tensor<")))
    text = "\n".join(lines)
    if old not in text:
        return None
    if old == "tensor<":
        text = re.sub(r"^(\s+)%\w+ = (linalg\.\w+ .*) -> tensor<.*$", r"\1\2", text, flags=re.M)
        text = text.replace("tensor.empty", "memref.alloc")
    text = text.replace(old, new)
    return text.split("\n")


def change_layout(random: Random, lines: Lines) -> Lines | None:
    """A memref with strides, an offset or a memory space."""
    text = "\n".join(lines)
    types = sorted(set(re.findall(r"memref<(?:(?:\?|\d+)x)+\w+>", text)))
    if not types:
        return None
    old = random.choice(types)
    rank = old.count("x") - (1 if old.endswith("index>") else 0)
    strides = ", ".join(random.choice(("?", "1", "2", "16", "0")) for _ in range(rank))
    space = random.choice(("", ", 1", ", 3", ", #gpu.address_space<workgroup>"))
    new = random.choice(
        (f"{old[:-1]}, strided<[{strides}], offset: ?>{space}>", f"{old[:-1]}{space or ', 1'}>")
    )
    return text.replace(old, new).split("\n")


def unranked(random: Random, lines: Lines) -> Lines | None:
    text = "\n".join(lines)
    found = sorted(set(re.findall(SHAPED, text)))
    names = sorted({m for m in re.findall(rf"(?:{'|'.join(DIALECTS_OF_TYPES[:2])})<[^<>]*>", text)})
    if not found or not names:
        return None
    old = random.choice(names)
    element = re.sub(r".*?((?:bf|f|i)\d+|index).*", r"\1", old)
    return text.replace(old, f"{old.split('<')[0]}<*x{element}>").split("\n")


MUTATIONS: tuple[tuple[int, Mutation], ...] = (
    (24, shapes.change_size),
    (5, shapes.change_type),
    (5, shapes.change_elements),
    (3, shapes.change_rank),
    (6, drop_clause),
    (7, add_clause),
    (5, swap_operands),
    (5, replace_operand),
    (6, delete_operation),
    (5, duplicate_operation),
    (1, move_operation),
    (4, drop_result),
    (2, make_declaration),
    (7, change_number),
    (2, change_float),
    (5, change_name),
    (4, drop_attributes),
    (3, change_map),
    (2, change_states),
    (2, tensors_to_buffers),
    (3, change_layout),
    (1, unranked),
)
WEIGHTS = [weight for weight, _ in MUTATIONS]


def mutate(random: Random, text: str) -> tuple[str, tuple[str, ...]]:
    """A mutant, and the names of the mutations that made it. It may be the text as it was."""
    lines = text.rstrip("\n").split("\n")
    names = []
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        (_, mutation), = random.choices(MUTATIONS, WEIGHTS)
        changed = mutation(random, lines)
        if changed is not None and changed != lines:
            lines = changed
            names.append(mutation.__name__)
    return "\n".join(shapes.repair(lines)) + "\n", tuple(names)
