"""Element types: how they round, how they are stored, and which there are.

Floats are held in float64, integers in the numpy type of their width, i1 as bool. Nothing here
knows of the compiler.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Float:
    """A binary float: `digits` of precision, exponents from `low` (the smallest normal) to `high`."""

    digits: int
    low: int
    high: int

    @property
    def unit(self) -> float:
        """The largest relative error of rounding to nearest."""
        return 2.0**-self.digits

    @property
    def tiny(self) -> float:
        """The smallest normal number."""
        return 2.0**self.low

    @property
    def spacing(self) -> float:
        """The distance of numbers below the normal ones."""
        return math.ldexp(1.0, self.low - self.digits + 1)

    @property
    def largest(self) -> float:
        return (2.0 - 2.0 ** (1 - self.digits)) * 2.0**self.high


FLOATS = {
    "f16": Float(11, -14, 15),
    "bf16": Float(8, -126, 127),
    "f32": Float(24, -126, 127),
    "f64": Float(53, -1022, 1023),
}
INTEGERS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "index": 64}
# What vga-run takes and gives; other types are converted by the program.
STORED = ("i1", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64")

NUMPY = {
    "i1": np.dtype(bool),
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "index": np.dtype(np.int64),
}


def is_float(element: str) -> bool:
    return element in FLOATS


def dtype(element: str) -> np.dtype:
    """How values of the type are held here."""
    return NUMPY.get(element, np.dtype(np.float64))


def to_bf16_bits(values: np.ndarray) -> np.ndarray:
    """Rounded to nearest even, from float64 at once: a detour over float32 would round twice."""
    values = np.asarray(values, np.float64)
    rounded = round_to(values, "bf16").astype(np.float32)
    bits = np.ascontiguousarray(rounded).view(np.uint32) >> 16
    return np.where(np.isnan(values), 0x7FC0, bits).astype("<u2").reshape(values.shape)


def from_bf16_bits(bits: np.ndarray) -> np.ndarray:
    wide = np.ascontiguousarray(bits).astype(np.uint32) << 16
    return wide.view(np.float32).astype(np.float64).reshape(bits.shape)


@np.errstate(all="ignore")
def round_to(values: np.ndarray, element: str) -> np.ndarray:
    """values, of float64, to the nearest of the type, ties to even; infinities beyond the largest."""
    values = np.asarray(values, np.float64)
    if element == "f64":
        return values
    if element == "f32":
        return values.astype(np.float32).astype(np.float64)
    if element == "f16":
        return values.astype(np.float16).astype(np.float64)
    kind = FLOATS[element]
    _, exponents = np.frexp(values)
    quantum = np.maximum(exponents - kind.digits, kind.low - kind.digits + 1)
    rounded = np.ldexp(np.rint(np.ldexp(values, -quantum)), quantum)
    rounded = np.where(np.abs(rounded) > kind.largest, np.copysign(np.inf, values), rounded)
    return np.where(np.isfinite(values), rounded, values)


def store(path: str, values: np.ndarray, element: str) -> None:
    """Writes a .npy file of values that the type holds."""
    if element == "bf16":
        np.save(path, to_bf16_bits(values).view("V2"))
    elif is_float(element):
        np.save(path, np.asarray(values).astype({"f16": "<f2", "f32": "<f4", "f64": "<f8"}[element]))
    else:
        np.save(path, np.asarray(values).astype(NUMPY[element]))


def load(path: str, element: str) -> np.ndarray:
    """Reads what vga-run wrote; refuses another element type."""
    stored = np.load(path, allow_pickle=False)
    wanted = {"bf16": np.dtype("V2"), "f16": np.dtype("<f2"), "f32": np.dtype("<f4")}.get(
        element, np.dtype("<f8") if is_float(element) else NUMPY.get(element)
    )
    if stored.dtype != wanted:
        raise ValueError(f"element type {stored.dtype.str}, expected {wanted.str}")
    if element == "bf16":
        return from_bf16_bits(stored.view("<u2"))
    return stored.astype(np.float64) if is_float(element) else stored


SAFETENSORS = {"i1": "BOOL", "i8": "I8", "i16": "I16", "i32": "I32", "i64": "I64", "f16": "F16", "bf16": "BF16",
               "f32": "F32", "f64": "F64"}  # fmt: skip


def raw(values: np.ndarray, element: str) -> bytes:
    """The bytes of values as the type stores them."""
    if element == "bf16":
        return to_bf16_bits(values).tobytes()
    if is_float(element):
        return np.asarray(values).astype({"f16": "<f2", "f32": "<f4", "f64": "<f8"}[element]).tobytes()
    return np.asarray(values).astype(NUMPY[element]).tobytes()


def store_all(path: str, tensors: dict[str, tuple[np.ndarray, str]]) -> None:
    """Writes a safetensors file."""
    header, data = {}, b""
    for name, (values, element) in tensors.items():
        more = raw(values, element)
        header[name] = {"dtype": SAFETENSORS[element], "shape": list(np.shape(values)),
                        "data_offsets": [len(data), len(data) + len(more)]}  # fmt: skip
        data += more
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)
