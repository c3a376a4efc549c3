"""Mutations of types, and what else has to know how IR is written."""

from __future__ import annotations

import re
from random import Random

Lines = list[str]

DIM = r"(?:\?|\d+|\[\d+\])"
# tensor<2x?xf32, ...: the kind, the sizes, the rest up to the first '>'.
SHAPED = rf"\b(?:tensor|memref|vector)<(?:{DIM}x)+"
TYPE = r"(?:!?[\w.]+(?:<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>)?)"
ELEMENTS = ("f16", "bf16", "f32", "f64", "i1", "i8", "i32", "i64", "index")
NEW_ELEMENTS = (
    *("f16", "bf16", "f32", "f64") * 4,
    *("i1", "i8", "i16", "i32", "i64", "index"),
    *("complex<f32>", "f8E4M3FN", "i4", "i128", "f128", "tf32", "ui8", "si32"),
)
SIZES = ("?",) * 6 + ("0", "0", "1", "1", "1", "2", "3", "5", "7", "8", "16", "17", "64", "100")
HUGE = ("4096", "1048576", "4294967296", "9223372036854775807")


def change_size(random: Random, lines: Lines) -> Lines | None:
    """A size: everywhere, in all of a type, at one axis of all types, or in one place."""
    text = "\n".join(lines)
    found = [m for m in re.finditer(SHAPED, text)]
    if not found:
        return None
    match = random.choice(found)
    sizes = re.findall(DIM, match.group().split("<", 1)[1])
    axis = random.randrange(len(sizes))
    old = sizes[axis]
    new = random.choice(HUGE if random.random() < 0.06 else SIZES)
    if new == old:
        return None
    mode = random.choices(("all", "function", "type", "axis", "one"), (6, 2, 4, 2, 1))[0]

    def everywhere(m: re.Match) -> str:
        kind, shape = m.group().split("<", 1)
        return kind + "<" + "".join(f"{new if s == old else s}x" for s in re.findall(DIM, shape))

    def at_axis(m: re.Match) -> str:
        kind, shape = m.group().split("<", 1)
        parts = re.findall(DIM, shape)
        if axis < len(parts) and parts[axis] == old:
            parts[axis] = new
        return kind + "<" + "".join(f"{s}x" for s in parts)

    if mode == "all":
        changed = re.sub(SHAPED, everywhere, text)
        # Sizes are also in lists of sizes, constants and strides.
        if new != "?" and old != "?" and random.random() < 0.7:
            changed = re.sub(
                r"\[[-\d, ?%\w]*\]",
                lambda m: re.sub(rf"(?<![\w%]){old}(?!\w)", new, m.group()),
                changed,
            )
            changed = re.sub(rf"(arith\.constant ){old}( : index)", rf"\g<1>{new}\2", changed)
    elif mode == "function":
        starts = [0, *(m.start() for m in re.finditer(r"^  \w+\.func ", text, re.M)), len(text)]
        start = max(s for s in starts if s <= match.start())
        end = min(s for s in starts if s > match.start())
        changed = text[:start] + re.sub(SHAPED, everywhere, text[start:end]) + text[end:]
    elif mode == "type":
        changed = text.replace(match.group(), at_axis(match))
    elif mode == "axis":
        changed = re.sub(SHAPED, at_axis, text)
    else:
        changed = text[: match.start()] + at_axis(match) + text[match.end() :]
    return changed.split("\n")


def change_type(random: Random, lines: Lines) -> Lines | None:
    """A type becomes another one of the module, everywhere."""
    text = "\n".join(lines)
    types = sorted(set(re.findall(rf"{SHAPED}[\w]+(?:, strided<[^<>]*>)?>|\b(?:f|bf|i)\d+\b", text)))
    if len(types) < 2:
        return None
    old, new = random.sample(types, 2)
    if random.random() < 0.7:
        return re.sub(rf"(?<![\w<]){re.escape(old)}", lambda _: new, text).split("\n")
    places = [m.start() for m in re.finditer(re.escape(old), text)]
    start = random.choice(places)
    return (text[:start] + new + text[start + len(old) :]).split("\n")


def change_elements(random: Random, lines: Lines) -> Lines | None:
    """An element type: everywhere, or in the tensors of one shape."""
    text = "\n".join(lines)
    present = [e for e in ELEMENTS if re.search(rf"(?<![\w.]|[%@]){e}\b|x{e}\b", text)]
    if not present:
        return None
    old, new = random.choice(present), random.choice(NEW_ELEMENTS)
    if random.random() < 0.6:
        changed = re.sub(rf"(?<![A-Za-z_.%@]){old}\b", new, text)
        if old[0] in "fb" and new[0] not in "fbt":  # a constant has to be what its type is
            changed = re.sub(rf"-?\d\.\d+e[+-]\d+( : {re.escape(new)})", r"1\1", changed)
        return changed.split("\n")
    shaped = sorted(set(re.findall(rf"{SHAPED}{old}\b", text)))
    if not shaped:
        return None
    chosen = random.choice(shaped)
    return text.replace(chosen, chosen[: -len(old)] + new).split("\n")


def change_rank(random: Random, lines: Lines) -> Lines | None:
    """A size more or less, in all of a type or at one axis of all of them."""
    text = "\n".join(lines)
    found = sorted(set(re.findall(SHAPED, text)))
    if not found:
        return None
    old = random.choice(found)
    kind, shape = old.split("<", 1)
    parts = re.findall(DIM, shape)
    if random.random() < 0.5 or len(parts) == 1:
        parts.insert(random.randrange(len(parts) + 1), random.choice(("1", "?", "2")))
    else:
        parts.pop(random.randrange(len(parts)))
    return text.replace(old, kind + "<" + "".join(f"{p}x" for p in parts)).split("\n")


def split_types(text: str) -> list[str]:
    """The types of a list, at the commas between them."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        if letter in "<([{":
            depth += 1
        elif letter in ">)]}" and text[place - 1 : place + 1] != "->":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def types_of_values(lines: Lines) -> dict[str, str]:
    """Types of values, of those whose line ends in it, and of arguments."""
    types = {}
    for line in lines:
        for name, of in re.findall(rf"(%\w+): ({TYPE})", line):
            types[name] = of
        result = re.match(r"\s*(%\w+) = ", line)
        if result:
            tail = re.split(r" : | -> | to | into ", line)[-1].strip()
            if re.fullmatch(TYPE, tail):
                types[result.group(1)] = tail
    return types


def end_of_operation(lines: Lines, number: int) -> int:
    """The line after an operation, with its regions."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    if not re.search(r"[{(]$", lines[number]):
        return number + 1
    for end in range(number + 1, len(lines)):
        here = len(lines[end]) - len(lines[end].lstrip())
        if here <= indent and lines[end].strip().startswith(("}", ")")):
            if not re.search(r"[{(]$", lines[end]):  # `} else {` goes on
                return end + 1
    return len(lines)


def repair(lines: Lines) -> Lines:
    """Allocations take as many sizes as their types need."""
    size = "%any_size"
    is_needed = False
    fixed = []
    for line in lines:
        found = re.match(
            r"(.*= (?:tensor\.empty|memref\.alloca?|bufferization\.alloc_tensor)\()([^()]*)(\).* : )"
            r"((?:tensor|memref)<(?:.*))$",
            line,
        )
        if found:
            shape = re.match(SHAPED, found.group(4))
            wanted = shape.group().count("?") if shape else 0
            have = [value for value in found.group(2).split(", ") if value]
            if len(have) != wanted:
                have = (have + [size] * wanted)[:wanted]
                is_needed = is_needed or size in have
                line = found.group(1) + ", ".join(have) + found.group(3) + found.group(4)
        fixed.append(line)
    if not is_needed:
        return fixed
    inserted = []
    for line in fixed:
        inserted.append(line)
        if re.match(r"  (?:func\.func|gpu\.func|llvm\.func) .*\{$", line):
            inserted.append(f"    {size} = arith.constant 3 : index")
    return inserted
