"""Writes a function that updates the rows of a tensor one after the other."""

import sys

kind, n = sys.argv[1], int(sys.argv[2])
size = n if kind == "static" else "?"
rows = f"tensor<{size}x16xf32>"
row = "tensor<1x16xf32>"
print(f"func.func @main(%v0: {rows}, %b: {row}, %at: index) -> {rows} {{")
for i in range(n):
    at = i if kind == "static" else "%at"
    print(f"  %s{i} = tensor.extract_slice %v{i}[{at}, 0] [1, 16] [1, 1] : {rows} to {row}")
    print(f"  %a{i} = arith.addf %s{i}, %b : {row}")
    print(f"  %v{i + 1} = tensor.insert_slice %a{i} into %v{i}[{at}, 0] [1, 16] [1, 1] : {row} into {rows}")
print(f"  return %v{n} : {rows}\n}}")
