"""Cases: every way in which up to five loops index two operands and a result, and more."""

from __future__ import annotations

import itertools
import math
import random

from .case import BITS, FLOATS, Body, Case, Operand

LOOPS = "abcde"
SIZES = (1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 20, 24, 31, 32, 33, 40, 64, 65, 100, 130)
MOST_ITERATIONS = 60_000  # more of them are seconds of numpy, and nothing new

# (first input, second input, result)
FLOAT_TYPES = (
    ("f32", "f32", "f32"), ("f32", "f32", "f32"), ("f32", "f32", "f32"),
    ("bf16", "bf16", "f32"), ("bf16", "bf16", "f32"), ("f16", "f16", "f32"),
    ("bf16", "bf16", "bf16"), ("f16", "f16", "f16"), ("f64", "f64", "f64"),
    ("f16", "f32", "f32"), ("f32", "bf16", "f32"), ("f16", "bf16", "f32"),
    ("f64", "f32", "f32"), ("f32", "f64", "f64"), ("bf16", "f32", "bf16"),
    ("f16", "bf16", "f16"), ("i8", "f32", "f32"), ("f32", "i32", "f32"),
)  # fmt: skip
INTEGER_TYPES = (
    ("i8", "i8", "i32"), ("i8", "i8", "i32"), ("i32", "i32", "i32"), ("i64", "i64", "i64"),
    ("i8", "i8", "i8"), ("i8", "i32", "i32"), ("i32", "i32", "i64"), ("i64", "i32", "i32"),
    ("i1", "i8", "i32"), ("i32", "i8", "i8"), ("i1", "i1", "i1"),
)  # fmt: skip
OTHER_BODIES = (
    Body("mul", "sub"), Body("mul", "max"), Body("add", "min"), Body("add", "max"),
    Body("mul", "add", "exp"), Body("mul", "add", "neg"), Body("mul", "add", "neg_inner"),
    Body("mul", "mul"), Body("add", "add"), Body("first", "add"), Body("first", "max"),
)  # fmt: skip
INTEGER_BODIES = (
    Body("and", "or"), Body("and", "xor"), Body("and", "and"), Body("mul", "or"),
    Body("mul", "sub"), Body("mul", "max"), Body("add", "min"), Body("first", "and"),
    Body("first", "or"), Body("mul", "max", unsigned=True), Body("first", "min", unsigned=True),
)  # fmt: skip


def shuffled(rng: random.Random, axes: list[str]) -> str:
    """Mostly in the order of the loops, as products are."""
    if rng.random() < 0.4:
        rng.shuffle(axes)
    return "".join(axes)


def draw_sizes(rng: random.Random, loops: str) -> dict:
    sizes = {}
    room = MOST_ITERATIONS
    for loop in rng.sample(loops, len(loops)):
        sizes[loop] = rng.choice([size for size in SIZES if size <= max(room, 1)])
        room //= sizes[loop]
    return {loop: sizes[loop] for loop in loops}


def draw_calls(rng: random.Random, dynamic: str, sizes: dict) -> list[dict]:
    """Three sizes of the dynamic loops: any, ones, and often none."""
    if not dynamic:
        return []
    fixed = math.prod(size for loop, size in sizes.items() if loop not in dynamic)
    calls = [{loop: sizes[loop] for loop in dynamic}, dict.fromkeys(dynamic, 1)]
    last, room = {}, MOST_ITERATIONS // fixed
    for loop in dynamic:
        last[loop] = rng.choice([0, *(size for size in SIZES if size <= max(room, 1))])
        room //= max(last[loop], 1)
    return [*calls, last]


def draw_slice(rng: random.Random, axes: str, element: str) -> Operand:
    steps, outer = (), rng.random() < 0.3
    if axes and (not outer or rng.random() < 0.5):
        strides = [rng.choice((1, 1, 2, 3)) for _ in axes]
        if max(strides) == 1:
            strides[-1] = 2
        steps = tuple((rng.randrange(stride + 1), stride) for stride in strides)
    return Operand(axes, element, steps, outer)


def draw_operand(rng: random.Random, axes: str, element: str) -> Operand:
    return draw_slice(rng, axes, element) if rng.random() < 0.2 else Operand(axes, element)


def draw_body(rng: random.Random, is_float: bool) -> Body:
    swapped = rng.random() < 0.25
    unsigned = not is_float and rng.random() < 0.3
    if rng.random() < 0.65:
        return Body(unsigned=unsigned, swapped=swapped)
    body = rng.choice(OTHER_BODIES if is_float else INTEGER_BODIES)
    return Body(body.inner, body.outer, body.unary, body.unsigned or unsigned, swapped)


def named_form(axes: tuple, types: tuple) -> str:
    """The named operation with these axes, if there is one."""
    forms = {
        ("mk", "kn", "mn"): "matmul", ("bmk", "bkn", "bmn"): "batch_matmul",
        ("mk", "k", "m"): "matvec", ("k", "kn", "n"): "vecmat", ("k", "k", ""): "dot",
        ("bmk", "bk", "bm"): "batch_matvec", ("bk", "bkn", "bn"): "batch_vecmat",
    }  # fmt: skip
    return forms.get(axes, "generic")


def has_casts(types: tuple) -> bool:
    """True if linalg's own operations convert operands to the type of the result."""
    if all(t in FLOATS for t in types):
        return types[-1] not in ("f16", "bf16") or len(set(types) & {"f16", "bf16"}) == 1
    return all(t in BITS for t in types)


def draw(rng: random.Random, name: str, axes: tuple, types=None, **fixed) -> Case:
    """A case with these axes; what `fixed` does not say is drawn."""
    loops = "".join(dict.fromkeys(axes[-1] + "".join(axes[:-1])))
    if rng.random() < 0.3:
        loops = "".join(rng.sample(loops, len(loops)))
    is_float = rng.random() < 0.7
    types = types or rng.choice(FLOAT_TYPES if is_float else INTEGER_TYPES)
    is_float = types[-1] in FLOATS
    body = fixed.pop("body", None) or draw_body(rng, is_float)
    sizes = fixed.pop("sizes", None) or draw_sizes(rng, loops)
    dynamic = fixed.pop("dynamic", None)
    if dynamic is None:
        kind = rng.random()
        share = 0.0 if kind < 0.5 else 1.0 if kind < 0.75 else 0.5
        dynamic = "".join(loop for loop in loops if rng.random() < share)
    operands = [draw_operand(rng, *pair) for pair in zip(axes, types)]
    form = fixed.pop("form", "generic")
    if form == "generic" and len(axes) == 3 and has_casts(types) and rng.random() < 0.3:
        # Its body is that of a product, and every loop is one of an input.
        sums = set(loops) - set(axes[2])
        if sums and sums <= set(axes[0]) & set(axes[1]) and set(axes[2]) <= set(axes[0] + axes[1]):
            form = "contract"
    if form != "generic":
        body = Body()
    if "i1" in types and (types[-1] == "i1" or form != "generic"):
        body, form = Body("and", rng.choice(("or", "xor"))), "generic"
    start = fixed.get("start") or rng.choice(("full", "zero"))
    if any(loop not in "".join(axes[:-1]) for loop in dynamic):
        start = "full"  # it alone has the size
    return Case(
        name,
        loops,
        sizes,
        tuple(operands[:-1]),
        operands[-1],
        body,
        dynamic,
        form,
        start,
        "double" if rng.random() < 0.15 and types[-1] != "i1" else "",
        draw_calls(rng, dynamic, sizes),
    )


def memberships(rng: random.Random, variants: int) -> list[Case]:
    """Each loop is one of any of the three operands, but not of none."""
    cases = []
    for count in range(6):
        kinds = [kind for kind in range(1, 8)]
        for number, chosen in enumerate(itertools.combinations_with_replacement(kinds, count)):
            # More loops have more ways, each less of its own.
            for variant in range(max(1, variants // max(1, count - 2))):
                members = rng.sample(chosen, count)
                axes = tuple(
                    shuffled(rng, [c for c, kind in zip(LOOPS, members) if kind >> operand & 1])
                    for operand in range(3)
                )
                cases.append(draw(rng, f"loops{count}_{number:03}_{variant}", axes))
    return cases


def named(rng: random.Random, variants: int) -> list[Case]:
    """The products of models, and those with operations of their own."""
    several = (
        "mk,kn->mn", "mk,nk->mn", "km,kn->mn", "km,nk->mn", "bmk,bkn->bmn", "bmk,bnk->bmn",
        "mk,k->m", "k,kn->n", "k,k->", "mk,mk->m", "bmk,bk->bm", "bk,bkn->bn", "m,n->mn", "m,m->m",
        "k,kn->mn", "mk,k->mn", "bsk,khd->bhsd", "bhsd,hdn->bsn", "bshd,bthd->bhst", "mk,kn->nm",
        "hsd,hd->hs", "bhsd,hd->bhs",
    )  # fmt: skip
    cases = []
    for number, subscripts in enumerate(several):
        axes = tuple(subscripts.replace("->", ",").split(","))
        for variant in range(variants):
            types = rng.choice(FLOAT_TYPES if variant % 3 else INTEGER_TYPES)
            form = named_form(axes, types) if variant % 2 else "generic"
            if not has_casts(types) or "i1" in types:
                form = "generic"
            cases.append(draw(rng, f"named{number:02}_{variant}", axes, types, form=form))
    return cases


def pairs(rng: random.Random, variants: int) -> list[Case]:
    """Sums of two bf16 at a time, as attention arranges them, and what only looks alike."""
    cases = []
    for number, axes in enumerate((("mkv", "knv", "mn"), ("mkv", "knv", "mn"), ("mvk", "knv", "mn"), ("mkv", "nkv", "mn"))):
        for variant in range(variants):
            sizes = draw_sizes(rng, "mkn") | {"v": 2 if variant % 4 else 3}
            sizes["n"] = rng.choice((1, 3, 8, 16, 17, 40))
            types = ("bf16", "bf16", "f32") if variant % 5 else ("bf16", "bf16", "bf16")
            dynamic = "".join(c for c in "mnk" if variant % 2 and rng.random() < 0.5)
            sizes = {c: sizes[c] for c in "mnkv"}
            case = draw(rng, f"pairs{number}_{variant}", axes, types, body=Body(), sizes=sizes, dynamic=dynamic)
            if number == 0:
                case = Case(**{**case.__dict__, "loops": "mnkv"})
            cases.append(case)
    return cases


def sums(rng: random.Random, variants: int) -> list[Case]:
    """One input, and three."""
    cases = []
    for count in range(1, 6):
        for variant in range(variants):
            members = [rng.randrange(1, 4) for _ in range(count)]
            axes = tuple(
                shuffled(rng, [c for c, kind in zip(LOOPS, members) if kind >> operand & 1])
                for operand in range(2)
            )
            types = rng.choice(FLOAT_TYPES if variant % 2 else INTEGER_TYPES)
            outers = ("add", "max", "min", "mul") if types[2] in FLOATS else ("add", "or", "and", "max", "min")
            body = Body("first", rng.choice(outers))
            cases.append(draw(rng, f"one{count}_{variant}", axes, types[1:], body=body))
            members = [rng.randrange(1, 16) for _ in range(count)]
            axes = tuple(
                shuffled(rng, [c for c, kind in zip(LOOPS, members) if kind >> operand & 1])
                for operand in range(4)
            )
            body = Body("mul", "add") if types[2] != "i1" else Body("and", "or")
            cases.append(draw(rng, f"three{count}_{variant}", axes, (types[0], *types), body=body))
    return cases


def reported() -> list[Case]:
    """What was found in use, and has to stay mended."""
    f32 = ("f32",) * 3

    def of(name: str, subscripts: str, sizes: str, types=f32, slices=((), (), ()), **others) -> Case:
        axes = subscripts.replace("->", ",").split(",")
        numbers = {part[0]: int(part[1:]) for part in sizes.split()}
        *inputs, result = (Operand(*each) for each in zip(axes, types, slices))
        return Case(f"reported_{name}", "".join(numbers), numbers, tuple(inputs), result, **others)

    halves, ones = ("f16", "bf16", "f16"), ((0, 1),)
    return [
        of("row_dot", "mk,mk->m", "m8 k64"),
        of("gate", "bhsd,hd->bhs", "b1 h8 s1 d64"),
        of("batch_matmul", "bmk,bkn->bmn", "b4 m1 n1 k8", form="batch_matmul"),
        of("broadcast", "k,kn->mn", "m6 n33 k20"),
        of("stride", "bmk,bnk->bmn", "b3 m2 n7 k5", slices=((*ones, *ones, (0, 2)), (), ())),
        of("function", "mk,kn->mn", "m6 n40 k20", body=Body("mul", "add", "exp")),
        of("negation", "k,kn->n", "n9 k20", body=Body("mul", "add", "neg_inner")),
        of("halves", "mk,kn->mn", "m6 n40 k20", halves),
        of("outer", "ab,ade->abde", "a3 b5 d4 e32"),
        of("far", "km,kn->mn", "m8 n60 k9", slices=((), (*ones, (1, 3)), (*ones, (0, 2))),
           dynamic="mnk"),
        of("view", "dec,be->acd", "a3 c1 d32 e5 b1", slices=((*ones, *ones, (0, 2)), (), ())),
    ]  # fmt: skip


def all_cases(seed: int, is_whole: bool, count: int) -> list[Case]:
    """All of the grid, or `count` cases of it; what was found in use in either."""
    rng = random.Random(seed)
    variants = 12 if is_whole else 3
    cases = [
        *named(rng, 2 * variants), *pairs(rng, 2 * variants), *sums(rng, variants),
        *memberships(rng, variants),
    ]  # fmt: skip
    if not is_whole:
        cases = rng.sample(cases, min(count, len(cases)))
    return [*reported(), *cases]
