#!/usr/bin/env python3
"""Writes the arrays and weights that the tests of vga-run read, good ones and
hostile ones, into a folder. Needs nothing but Python."""

import json
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def npy(name, descr, shape, data, fortran_order=False):
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    file = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data
    (folder / name).write_bytes(file)
    return file


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def safetensors(name, header, data):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    (folder / name).write_bytes(struct.pack("<Q", len(header)) + header + data)


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


# Arrays.
npy("x.npy", "<f4", (2,), floats(1, 2))
npy("x3.npy", "<f4", (3,), floats(1, 2, 3))
npy("x12.npy", "<f4", (1, 2), floats(1, 2))
npy("x_f64.npy", "<f8", (2,), struct.pack("<2d", 1, 2))
npy("x_int64.npy", "<i8", (2,), struct.pack("<2q", 1, 2))
npy("a.npy", "<f4", (2, 3), floats(1, 2, 3, 4, 5, 6))
npy("b.npy", "<f4", (3, 4), floats(*range(12)))

# Arrays that are none.
good = npy("big_endian.npy", ">f4", (2,), floats(1, 2))
npy("fortran.npy", "<f4", (2, 3), floats(1, 2, 3, 4, 5, 6), fortran_order=True)
npy("complex.npy", "<c8", (1,), floats(1, 2))
npy("truncated.npy", "<f4", (2,), floats(1, 2)[:-1])
npy("huge.npy", "<f4", (1 << 62, 1 << 62), floats(1, 2))
npy("trailing.npy", "<f4", (2,), floats(1, 2, 3))
(folder / "header_cut.npy").write_bytes(good[:40])
(folder / "header_beyond.npy").write_bytes(b"\x93NUMPY\x01\x00\xff\xff{'descr'")
(folder / "garbage.npy").write_bytes(b"\x93NUMPY\x01\x00\x08\x00\x00\x1b[2J\n\xff{")
(folder / "text.npy").write_text("hello\n")
(folder / "empty.npy").write_bytes(b"")

# Weights.
half = struct.pack("<2e", 0.5, -2)
safetensors("half.safetensors", {"w": entry("F16", [2], 0, 4)}, half)
safetensors("brain.safetensors", {"w": entry("BF16", [2], 0, 4)}, b"\x00\x3f\x00\xc0")
safetensors("single.safetensors",
            {"__metadata__": {"format": "pt"}, "w": entry("F32", [2], 0, 8)}, floats(0.5, -2))
safetensors("double.safetensors", {"w": entry("F64", [2], 0, 16)}, struct.pack("<2d", 0.5, -2))
safetensors("shape.safetensors", {"w": entry("F32", [3], 0, 12)}, floats(1, 2, 3))
safetensors("rank.safetensors", {"w": entry("F32", [1, 2], 0, 8)}, floats(1, 2))
safetensors("other.safetensors", {"v": entry("F32", [2], 0, 8)}, floats(1, 2))

# Weights that are none.
(folder / "short.safetensors").write_bytes(b"\x01\x00\x00")
(folder / "beyond.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
safetensors("json.safetensors", b'{"w": ', b"")
safetensors("deep.safetensors", b"[" * 1000000, b"")
safetensors("list.safetensors", b"[]", b"")
safetensors("overlap.safetensors",
            {"v": entry("F32", [2], 0, 8), "w": entry("F32", [2], 4, 12)}, floats(1, 2, 3))
safetensors("hole.safetensors",
            {"v": entry("F32", [2], 0, 8), "w": entry("F32", [1], 12, 16)}, floats(1, 2, 3, 4))
safetensors("offsets.safetensors", {"w": entry("F32", [2], 0, 8)}, floats(1))
safetensors("size.safetensors", {"w": entry("F32", [2], 0, 4)}, floats(1))
safetensors("dtype.safetensors", {"w": entry("F33", [1], 0, 4)}, floats(1))
one = json.dumps(entry("F32", [1], 0, 4))
safetensors("twice.safetensors", f'{{"w": {one}, "\\u0077": {one}}}'.encode(), floats(1))

# A language model's table: row b has its highest logit at the byte after b in
# the cycles below, and next to it at the one after that.
table = [[0.0] * 256 for _ in range(256)]
for cycle in (b"abcdefgh", "zé".encode(), b"y\xff", b"x\xe2\x82"):
    for i, byte in enumerate(cycle):
        table[byte][cycle[(i + 2) % len(cycle)]] = 9.0
        table[byte][cycle[(i + 1) % len(cycle)]] = 10.0
table[ord("n")][0] = float("nan")
safetensors("table.safetensors", {"table": entry("F16", [256, 256], 0, 256 * 256 * 2)},
            b"".join(struct.pack("<256e", *row) for row in table))
