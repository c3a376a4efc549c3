"""The operations of arith, and those of math on integers or of several types: in MLIR and in numpy.

Each is a row: operation, types of its operands, types of its results, its text - in which {0} and so
on are the operands, and {t0}, {r0} the types of operands and results - and a function of numpy.
"""

from __future__ import annotations

import numpy as np

FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = ("i1", "i8", "i16", "i32", "i64")
WIDTH = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "index": 64}
FRACTION = {"f16": 10, "bf16": 7, "f32": 23, "f64": 52}
LOWEST = {"f16": -14, "bf16": -126, "f32": -126, "f64": -1022}


def wrap(x, kind: str):
    """Python's integers as numbers of so many bits, with a sign."""
    bits = WIDTH[kind]
    return ((x + (1 << (bits - 1))) % (1 << bits)) - (1 << (bits - 1))


def unsigned(x, kind: str):
    return x % (1 << WIDTH[kind])


def _floordiv(a, b):
    return a // b


def _truncdiv(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _power(x: int, n: int) -> int:
    if n >= 0:
        return pow(x, n, 1 << 64) if n > 64 else x**n
    return {1: 1, -1: 1 if n % 2 == 0 else -1}.get(x, 0)


def _clz(x: int, bits: int) -> int:
    return bits - x.bit_length()


def _ctz(x: int, bits: int) -> int:
    return bits if x == 0 else (x & -x).bit_length() - 1


# Of Python's integers a and b, which u(a) and u(b) are without a sign, in w bits.
BINARY = {
    "addi": lambda a, b, u, w: a + b,
    "subi": lambda a, b, u, w: a - b,
    "muli": lambda a, b, u, w: a * b,
    "andi": lambda a, b, u, w: a & b,
    "ori": lambda a, b, u, w: a | b,
    "xori": lambda a, b, u, w: a ^ b,
    "maxsi": lambda a, b, u, w: max(a, b),
    "minsi": lambda a, b, u, w: min(a, b),
    "maxui": lambda a, b, u, w: max(u(a), u(b)),
    "minui": lambda a, b, u, w: min(u(a), u(b)),
}
# b is not 0, and not -1 where the division may overflow.
DIVISIONS = {
    "divsi": lambda a, b, u, w: _truncdiv(a, b),
    "remsi": lambda a, b, u, w: a - b * _truncdiv(a, b),
    "floordivsi": lambda a, b, u, w: _floordiv(a, b),
    "ceildivsi": lambda a, b, u, w: -_floordiv(-a, b),
    "divui": lambda a, b, u, w: u(a) // u(b),
    "remui": lambda a, b, u, w: u(a) % u(b),
    "ceildivui": lambda a, b, u, w: -(-u(a) // u(b)),
}
# b is a number of places.
SHIFTS = {
    "shli": lambda a, b, u, w: a << b,
    "shrsi": lambda a, b, u, w: a >> b,
    "shrui": lambda a, b, u, w: u(a) >> b,
}
UNARY = {
    "absi": lambda a, u, w: abs(a),
    "ctlz": lambda a, u, w: _clz(u(a), w),
    "cttz": lambda a, u, w: _ctz(u(a), w),
    "ctpop": lambda a, u, w: bin(u(a)).count("1"),
}
COMPARISONS = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "slt": lambda a, b: a < b,
    "sle": lambda a, b: a <= b, "sgt": lambda a, b: a > b, "sge": lambda a, b: a >= b,
}  # fmt: skip
FLOAT_BINARY = {
    "addf": np.add, "subf": np.subtract, "mulf": np.multiply, "divf": np.divide, "remf": np.fmod,
    "maximumf": np.maximum, "minimumf": np.minimum, "maxnumf": np.fmax, "minnumf": np.fmin,
}  # fmt: skip
FLOAT_COMPARISONS = {
    "eq": np.equal, "gt": np.greater, "ge": np.greater_equal, "lt": np.less, "le": np.less_equal,
    "ne": np.not_equal,
}  # fmt: skip


def each(function, *arrays, kinds):
    """A function of Python's integers on arrays; a list of results for each type."""
    rows = [function(*(int(v) for v in values)) for values in zip(*(a.reshape(-1) for a in arrays))]
    rows = [row if isinstance(row, tuple) else (row,) for row in rows]
    return [
        np.array([wrap(row[i], kind) for row in rows], object).reshape(arrays[0].shape)
        for i, kind in enumerate(kinds)
    ]


def integer_rows(kind: str):
    u, w = (lambda x: unsigned(x, kind)), WIDTH[kind]
    plain = "arith.{op} {{0}}, {{1}} : {{t0}}"
    for table, second in ((BINARY, "any"), (DIVISIONS, "divisor"), (SHIFTS, "places")):
        if w == 1 and table is not BINARY:
            continue
        for op, function in table.items():
            yield (f"arith.{op}", (kind, (kind, second)), (kind,), plain.format(op=op),
                   lambda a, b, f=function: each(lambda x, y: f(x, y, u, w), a, b, kinds=(kind,)))
    for op, function in UNARY.items():
        yield (f"math.{op}", (kind,), (kind,), f"math.{op} {{0}} : {{t0}}",
               lambda a, f=function: each(lambda x: f(x, u, w), a, kinds=(kind,)))
    yield ("math.ipowi", (kind, (kind, "power")), (kind,), "math.ipowi {0}, {1} : {t0}",
           lambda a, b: each(_power, a, b, kinds=(kind,)))
    for op, function in COMPARISONS.items():
        yield (f"arith.cmpi {op}", (kind, kind), ("i1",), f"arith.cmpi {op}, {{0}}, {{1}} : {{t0}}",
               lambda a, b, f=function: each(lambda x, y: -f(x, y), a, b, kinds=("i1",)))
        if op.startswith("s"):
            yield (f"arith.cmpi u{op[1:]}", (kind, kind), ("i1",),
                   f"arith.cmpi u{op[1:]}, {{0}}, {{1}} : {{t0}}",
                   lambda a, b, f=function: each(lambda x, y: -f(u(x), u(y)), a, b, kinds=("i1",)))
    yield ("arith.select", ("i1", kind, kind), (kind,), "arith.select {0}, {1}, {2} : {t0}, {t1}",
           lambda c, a, b: each(lambda x, y, z: y if x else z, c, a, b, kinds=(kind,)))
    yield ("arith.addui_extended", (kind, kind), (kind, "i1"),
           "arith.addui_extended {0}, {1} : {t0}, {r1}",
           lambda a, b: each(lambda x, y: (u(x) + u(y), (u(x) + u(y)) >> w), a, b, kinds=(kind, "i1")))
    if w > 1:
        yield ("arith.mulsi_extended", (kind, kind), (kind, kind), "arith.mulsi_extended {0}, {1} : {t0}",
               lambda a, b: each(lambda x, y: (x * y, (x * y) >> w), a, b, kinds=(kind, kind)))
        yield ("arith.mului_extended", (kind, kind), (kind, kind), "arith.mului_extended {0}, {1} : {t0}",
               lambda a, b: each(lambda x, y: (u(x) * u(y), (u(x) * u(y)) >> w), a, b, kinds=(kind, kind)))


def conversion_rows():
    cast = "arith.{op} {{0}} : {{t0}} to {{r0}}"
    for a in INTEGERS:
        for b in INTEGERS:
            if WIDTH[a] < WIDTH[b]:
                yield ("arith.extsi", (a,), (b,), cast.format(op="extsi"), lambda x: [x])
                yield ("arith.extui", (a,), (b,), cast.format(op="extui"),
                       lambda x, a=a: each(lambda v: unsigned(v, a), x, kinds=("i64",)))
            elif WIDTH[a] > WIDTH[b]:
                yield ("arith.trunci", (a,), (b,), cast.format(op="trunci"),
                       lambda x, b=b: each(int, x, kinds=(b,)))
        for b in FLOATS:
            yield ("arith.sitofp", (a,), (b,), cast.format(op="sitofp"), lambda x: [x.astype(np.float64)])
            yield ("arith.uitofp", (a,), (b,), cast.format(op="uitofp"),
                   lambda x, a=a: [np.vectorize(lambda v: float(unsigned(int(v), a)))(x)])
            if WIDTH[a] > 1:
                yield ("arith.fptosi", ((b, "small"),), (a,), cast.format(op="fptosi"), lambda x: [np.trunc(x)])
                yield ("arith.fptoui", ((b, "positive"),), (a,), cast.format(op="fptoui"), lambda x: [np.trunc(x)])
    for a, b in (("f16", "f32"), ("bf16", "f32"), ("f16", "f64"), ("bf16", "f64"), ("f32", "f64")):
        yield ("arith.extf", (a,), (b,), cast.format(op="extf"), lambda x: [x])
        yield ("arith.truncf", (b,), (a,), cast.format(op="truncf"), lambda x: [x])


def float_rows(kind: str):
    for op, function in FLOAT_BINARY.items():
        yield (f"arith.{op}", (kind, kind), (kind,), f"arith.{op} {{0}}, {{1}} : {{t0}}",
               lambda a, b, f=function: [f(a, b)])
    yield "arith.negf", (kind,), (kind,), "arith.negf {0} : {t0}", lambda a: [-a]
    for op, function in FLOAT_COMPARISONS.items():
        for order in "ou":
            def compare(a, b, f=function, order=order):
                unordered = np.isnan(a) | np.isnan(b)
                return [f(a, b) & ~unordered if order == "o" else f(a, b) | unordered]
            yield (f"arith.cmpf {order}{op}", (kind, kind), ("i1",),
                   f"arith.cmpf {order}{op}, {{0}}, {{1}} : {{t0}}", compare)
    for op, function in (("ord", lambda a, b: ~(np.isnan(a) | np.isnan(b))),
                         ("uno", lambda a, b: np.isnan(a) | np.isnan(b)),
                         ("true", lambda a, b: np.full(a.shape, True)),
                         ("false", lambda a, b: np.full(a.shape, False))):
        yield (f"arith.cmpf {op}", (kind, kind), ("i1",), f"arith.cmpf {op}, {{0}}, {{1}} : {{t0}}",
               lambda a, b, f=function: [f(a, b)])
    yield ("arith.select", ("i1", kind, kind), (kind,), "arith.select {0}, {1}, {2} : {t0}, {t1}",
           lambda c, a, b: [np.where(c != 0, a, b)])
    least, infinite = np.ldexp(1.0, LOWEST[kind]), np.isinf
    for op, function in (("isfinite", np.isfinite), ("isinf", infinite), ("isnan", np.isnan),
                         ("isnormal", lambda x: np.isfinite(x) & (np.abs(x) >= least))):
        yield (f"math.{op}", (kind,), ("i1",), f"math.{op} {{0}} : {{t0}}", lambda a, f=function: [f(a)])
    yield ("math.clampf", (kind, (kind, "low"), (kind, "high")), (kind,),
           "math.clampf {0} to [{1}, {2}] : {t0}", lambda x, a, b: [np.minimum(np.maximum(x, a), b)])
    yield ("math.fma", (kind,) * 3, (kind,), "math.fma {0}, {1}, {2} : {t0}",
           lambda a, b, c: [a.astype(np.longdouble) * b + c])
    yield ("math.sincos", ((kind, "small"),), (kind, kind), "math.sincos {0} : {t0}",
           lambda a: [np.sin(a), np.cos(a)])
    for power in INTEGERS[1:]:
        yield ("math.fpowi", ((kind, "near one"), (power, "power")), (kind,),
               "math.fpowi {0}, {1} : {t0}, {t1}", lambda x, n: [np.power(x, n.astype(np.float64))])
