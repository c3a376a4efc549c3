"""Functions whose sizes, offsets and indices only the run knows.

Each has a name, a body in MLIR with the signature of its arguments, and an
evaluator in numpy, which returns the result or raises Wrong. NUMBERS arguments
are tensor<i64>, which the function casts to index.
"""

import itertools
import math

import numpy as np

HUGE = [10**6, 2**62, -2**63]
AROUND = [-1, 0, 1, 3, 4, 5]


class Wrong(Exception):
    """What the call has to be refused for."""


def demand(condition):
    if not condition:
        raise Wrong


class Function:
    """`arrays` are lists of shapes for each array; `numbers` lists of values."""

    def __init__(self, name, arguments, result, body, evaluate, arrays=(),
                 numbers=(), attributes="", before=""):
        self.name, self.evaluate = name, evaluate
        self.arrays, self.numbers = arrays, numbers
        self.before = before
        names = [f"%a{i}: {type}" for i, type in enumerate(arguments)]
        self.types = arguments
        names += [f"%t{i}: tensor<i64>" for i in range(len(numbers))]
        casts = ""
        for i in range(len(numbers)):
            casts += f"  %i{i} = tensor.extract %t{i}[] : tensor<i64>\n"
            casts += f"  %n{i} = arith.index_cast %i{i} : i64 to index\n"
        self.text = (f"func.func @{name}({', '.join(names)}) -> {result} {{\n"
                     f"{casts}{body}\n  return %r : {result}\n}}\n")

    def calls(self):
        """The inputs of all calls, and what numpy makes of them, or None."""
        for shapes in itertools.product(*self.arrays):
            for numbers in itertools.product(*self.numbers):
                arrays = [make(shape, type)
                          for shape, type in zip(shapes, self.types)]
                inputs = arrays + [np.array(n, "i8") for n in numbers]
                try:
                    yield inputs, self.evaluate(*arrays, *numbers)
                except Wrong:
                    yield inputs, None


DTYPES = {"f32": "f4", "f16": "f2", "i1": "?", "i64": "i8", "i32": "i4"}


def make(shape, type):
    """An array whose elements all differ; a shape may be the array."""
    if isinstance(shape, np.ndarray):
        return shape
    dtype = DTYPES[type.rstrip(">").split("x")[-1]]
    count = int(np.prod(shape))
    return (np.arange(1, count + 1) % 251).reshape(shape).astype(dtype)


def take_slice(array, offset, size, stride=1):
    """A slice of the last axis; numpy's own rules are laxer."""
    extent = array.shape[-1]
    demand(0 <= size <= 10**6)
    if size == 0:
        # Of nothing, only an offset behind the array is wrong.
        demand(0 <= offset <= extent)
        return np.arange(0)
    last = offset + (size - 1) * stride
    demand(0 <= offset < extent and 0 <= last < extent)
    return offset + stride * np.arange(size)


def extract_slice(x, offset, size, stride=1):
    return x[take_slice(x, offset, size, stride)]


def insert_slice(x, into, offset, size, stride=1):
    places = take_slice(into, offset, size, stride)
    demand(x.shape == (size,))
    result = into.copy()
    result[places] = x
    return result


def same(*shapes):
    demand(all(shape == shapes[0] for shape in shapes))


def elementwise(function):
    def evaluate(*arrays):
        same(*(a.shape for a in arrays))
        return function(*arrays)
    return evaluate


def pad(x, low, high):
    demand(0 <= low < 2**40 and 0 <= high < 2**40)
    return np.pad(x, ((0, 0), (low, high)))


def reshape(x, shape):
    demand((shape >= 0).all())
    demand(int(np.prod(shape.astype(object))) == x.size)
    try:
        return x.reshape(shape)
    except ValueError:
        raise Wrong from None


def index(x, i):
    demand(0 <= i < x.shape[0])
    return i


def insert_row(x, into, row):
    demand(0 <= row < into.shape[0])
    result = into.copy()
    result[row] = x[0]
    return result


def filled(*sizes):
    demand(all(size >= 0 for size in sizes) and 4 * math.prod(sizes) < 2**63)
    return np.full(sizes, 2, "f4")


V, M = "tensor<?xf32>", "tensor<?x?xf32>"
SIZES = [(0,), (1,), (3,), (4,), (200,)]
PAIRS = [(3, 4), (4, 3), (3, 1), (0, 4)]
OFFSETS = AROUND + [11, 12, 13, 15, 16, 17] + HUGE


def functions():
    yield Function(
        "extract", [V], V, """
  %e = tensor.extract %a0[%n0] : tensor<?xf32>
  %r = tensor.from_elements %e : tensor<1xf32>""".replace(
            "%r = tensor.from_elements %e : tensor<1xf32>",
            "%c = tensor.from_elements %e : tensor<1xf32>\n"
            "  %r = tensor.cast %c : tensor<1xf32> to tensor<?xf32>"),
        lambda x, i: x[[index(x, i)]], [[(4,), (0,)]], [AROUND + HUGE])
    yield Function(
        "insert", [V], V, """
  %f = arith.constant 7.0 : f32
  %r = tensor.insert %f into %a0[%n0] : tensor<?xf32>""",
        lambda x, i: np.where(np.arange(x.size) == index(x, i), x.dtype.type(7), x),
        [[(4,), (0,)]], [AROUND + HUGE])
    yield Function(
        "slice", [V], V, "  %r = tensor.extract_slice %a0[%n0][%n1][1]"
        " : tensor<?xf32> to tensor<?xf32>", extract_slice, [[(4,)]],
        [AROUND + HUGE, AROUND + HUGE])
    yield Function(
        "slice_of_static", ["tensor<16xf32>"], V,
        "  %r = tensor.extract_slice %a0[%n0][%n1][1]"
        " : tensor<16xf32> to tensor<?xf32>", extract_slice, [[(16,)]],
        [OFFSETS, [0, 1, 4, 16, 17]])
    yield Function(
        "every_second", [V], V, "  %r = tensor.extract_slice %a0[%n0][%n1][2]"
        " : tensor<?xf32> to tensor<?xf32>",
        lambda x, o, s: extract_slice(x, o, s, 2), [[(9,)]],
        [[-1, 0, 1, 3, 4, 8, 9] + HUGE, AROUND + HUGE])
    yield Function(
        "strided", [V], V, "  %r = tensor.extract_slice %a0[%n0][%n1][%n2]"
        " : tensor<?xf32> to tensor<?xf32>", extract_slice, [[(9,)]],
        [[-1, 0, 4, 8, 9], [-1, 0, 1, 3, 2**62],
         [1, 2, 4, 5, 0, -2, -5, 2**62, -2**63]])
    yield Function(
        "insert_slice", [V, "tensor<16xf32>"], "tensor<16xf32>",
        "  %r = tensor.insert_slice %a0 into %a1[%n0][%n1][1]"
        " : tensor<?xf32> into tensor<16xf32>", insert_slice,
        [[(0,), (4,), (17,)], [(16,)]],
        [[-1, 0, 12, 13, 16, 17] + HUGE, [-1, 0, 4, 17, 2**62]])
    yield Function(
        "computed_insert_slice", [V, "tensor<16xf32>"], "tensor<16xf32>", """
  %z = arith.constant 0 : index
  %s = tensor.dim %a0, %z : tensor<?xf32>
  %e = tensor.empty(%s) : tensor<?xf32>
  %x = linalg.exp ins(%a0 : tensor<?xf32>) outs(%e : tensor<?xf32>)
      -> tensor<?xf32>
  %r = tensor.insert_slice %x into %a1[%n0][%s][1]
      : tensor<?xf32> into tensor<16xf32>""",
        lambda x, into, o: insert_slice(np.exp(x), into, o, x.size),
        [[(4,), (5,)], [(16,)]], [OFFSETS])
    yield Function(
        "strided_insert_slice", ["tensor<3xf32>", "tensor<9xf32>"],
        "tensor<9xf32>", "  %r = tensor.insert_slice %a0 into %a1[%n0][3][%n1]"
        " : tensor<3xf32> into tensor<9xf32>",
        lambda x, into, o, s: insert_slice(x, into, o, 3, s), [[(3,)], [(9,)]],
        [[-1, 0, 1, 2, 8, 9, 2**62], [1, 2, 4, 5, -1, -4, 2**62, -2**63]])
    yield Function(
        "row", ["tensor<1x4xf32>", "tensor<16x4xf32>"], "tensor<16x4xf32>",
        "  %r = tensor.insert_slice %a0 into %a1[%n0, 0][1, 4][1, 1]"
        " : tensor<1x4xf32> into tensor<16x4xf32>", insert_row,
        [[(1, 4)], [(16, 4)]], [OFFSETS + [10**9]])
    yield Function(
        "reduced_row", ["tensor<?xf32>", M], M, """
  %one = arith.constant 1 : index
  %w = tensor.dim %a1, %one : tensor<?x?xf32>
  %r = tensor.insert_slice %a0 into %a1[%n0, 0][1, %w][1, 1]
      : tensor<?xf32> into tensor<?x?xf32>""",
        lambda x, into, i: (demand(x.shape == (into.shape[1],)),
                            insert_row(x[None], into, i))[1],
        [[(4,), (3,)], [(5, 4), (0, 4)]], [AROUND + HUGE])
    yield Function(
        "parallel_rows", [M, M], M, """
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %h = tensor.dim %a0, %zero : tensor<?x?xf32>
  %w = tensor.dim %a0, %one : tensor<?x?xf32>
  %r = scf.forall (%i) in (%h) shared_outs(%o = %a1) -> (tensor<?x?xf32>) {
    %row = tensor.extract_slice %a0[%i, 0][1, %w][1, 1]
        : tensor<?x?xf32> to tensor<1x?xf32>
    %at = arith.addi %i, %n0 : index
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %row into %o[%at, 0][1, %w][1, 1]
          : tensor<1x?xf32> into tensor<?x?xf32>
    }
  }""", parallel_rows, [[(3, 4), (3, 3), (0, 4)], [(5, 4)]],
        [[-1, 0, 1, 2, 3, 10**6, 2**62]])
    for op, function in [("arith.addf", np.add), ("arith.mulf", np.multiply),
                         ("math.atan2", np.arctan2),
                         ("arith.maximumf", np.maximum)]:
        yield Function(
            op.replace(".", "_"), [V, V], V,
            f"  %r = {op} %a0, %a1 : tensor<?xf32>", elementwise(function),
            [SIZES, SIZES])
    yield Function("addf_matrices", [M, M], M,
                   "  %r = arith.addf %a0, %a1 : tensor<?x?xf32>",
                   elementwise(np.add), [PAIRS, PAIRS])
    yield Function(
        "select", ["tensor<?xi1>", V, V], V,
        "  %r = arith.select %a0, %a1, %a2 : tensor<?xi1>, tensor<?xf32>",
        elementwise(np.where), [SIZES[1:], SIZES[1:], SIZES[1:]])
    yield Function(
        "cmpf", [V, V], V, """
  %c = arith.cmpf olt, %a0, %a1 : tensor<?xf32>
  %r = arith.uitofp %c : tensor<?xi1> to tensor<?xf32>""",
        elementwise(lambda x, y: (x < y).astype("f4")), [SIZES, SIZES])
    yield Function(
        "fma", [V, V, V], V, "  %r = math.fma %a0, %a1, %a2 : tensor<?xf32>",
        elementwise(lambda x, y, z: x * y + z), [SIZES[2:]] * 3)
    yield Function(
        "named_add", [V, V], V, """
  %z = arith.constant 0 : index
  %s = tensor.dim %a0, %z : tensor<?xf32>
  %e = tensor.empty(%s) : tensor<?xf32>
  %r = linalg.add ins(%a0, %a1 : tensor<?xf32>, tensor<?xf32>)
      outs(%e : tensor<?xf32>) -> tensor<?xf32>""", elementwise(np.add),
        [SIZES, SIZES])
    yield Function(
        "named_into", [V, V], V, """
  %r = linalg.exp ins(%a0 : tensor<?xf32>) outs(%a1 : tensor<?xf32>)
      -> tensor<?xf32>""", elementwise(lambda x, into: np.exp(x)),
        [[(0,), (3,), (4,)]] * 2)
    yield Function(
        "matmul", [M, M, M], M, """
  %r = linalg.matmul ins(%a0, %a1 : tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%a2 : tensor<?x?xf32>) -> tensor<?x?xf32>""", matmul,
        [[(3, 4), (5, 4), (0, 4)], [(4, 5), (3, 5)], [(3, 5), (5, 5), (3, 4)]])
    # Upstream compares static sizes only where none is dynamic.
    for name, size in (("small", 5), ("large", 6)):
        image = f"tensor<?x1x{size}xf32>"
        yield Function(
            f"convolution_{name}", [image, "tensor<1x1x3xf32>", "tensor<?x1x4xf32>"],
            "tensor<?x1x4xf32>",
            f"  %r = linalg.conv_1d_ncw_fcw ins(%a0, %a1 : {image}, tensor<1x1x3xf32>)"
            "\n      outs(%a2 : tensor<?x1x4xf32>) -> tensor<?x1x4xf32>", convolve_rows,
            [[(2, 1, size), (0, 1, size)], [(1, 1, 3)], [(2, 1, 4), (0, 1, 4)]])
    yield Function(
        "convolution", [V, V, V], V, """
  %r = linalg.conv_1d ins(%a0, %a1 : tensor<?xf32>, tensor<?xf32>)
      outs(%a2 : tensor<?xf32>) -> tensor<?xf32>""", convolve,
        [[(9,), (8,), (0,)], [(3,), (2,), (0,)], [(7,), (8,), (0,)]])
    yield Function(
        "softmax", [V, V], V, """
  %r = linalg.softmax dimension(0) ins(%a0 : tensor<?xf32>)
      outs(%a1 : tensor<?xf32>) -> tensor<?xf32>""",
        elementwise(lambda x, into: np.exp(x - x.max()) /
                    np.exp(x - x.max()).sum()),
        [[(3,), (4,), (200,)]] * 2)
    yield Function(
        "concat", [M, M], M, "  %r = tensor.concat dim(0) %a0, %a1 :"
        " (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>",
        lambda x, y: (demand(x.shape[1] == y.shape[1]),
                      np.concatenate([x, y]))[1], [PAIRS, PAIRS])
    yield Function(
        "static_concat", [V, V], "tensor<7xf32>",
        "  %r = tensor.concat dim(0) %a0, %a1 :"
        " (tensor<?xf32>, tensor<?xf32>) -> tensor<7xf32>",
        lambda x, y: (demand(x.size + y.size == 7), np.concatenate([x, y]))[1],
        [[(3,), (4,), (0,)]] * 2)
    yield Function(
        "reshape", [V, "tensor<2xi64>"], M,
        "  %r = tensor.reshape %a0(%a1)"
        " : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>", reshape,
        [[(12,), (0,)],
         [np.array(s, "i8") for s in
          [(3, 4), (12, 1), (3, 5), (0, 4), (-3, -4), (-1, 12), (2**62, 4),
           (2**32, 2**32), (10**6, 0)]]])
    yield Function(
        "expand_static", [V], "tensor<?x4xf32>",
        "  %r = tensor.expand_shape %a0 [[0, 1]] output_shape [%n0, 4]"
        " : tensor<?xf32> into tensor<?x4xf32>",
        lambda x, a: reshape(x, np.array([a, 4], "i8")), [[(12,), (13,), (0,)]],
        [[-3, 0, 3, 4, 2**62, 2**62 + 3]])
    yield Function(
        "expand_twice", [V], M, """
  %e = arith.addf %a0, %a0 : tensor<?xf32>
  %s = tensor.expand_shape %e [[0, 1]] output_shape [%n0, %n1] : tensor<?xf32> into tensor<?x?xf32>
  %r = arith.addf %s, %s : tensor<?x?xf32>""",
        lambda x, a, b: reshape(4 * x, np.array([a, b], "i8")), [[(12,), (0,)]],
        [[-3, 0, 3, 2**32], [-4, 0, 4, 2**32]])
    yield Function(
        "expand_typed", [V], "tensor<?x4xf32>",
        "  %r = tensor.expand_shape %a0 [[0, 1]] output_shape [%n0, %n1]"
        " : tensor<?xf32> into tensor<?x4xf32>",
        lambda x, a, b: (demand(b == 4), reshape(x, np.array([a, 4], "i8")))[1],
        [[(12,), (0,)]], [[0, 3, 6], [2, 3, 4]])
    yield Function(
        "pad", [M], M, """
  %f = arith.constant 0.0 : f32
  %r = tensor.pad %a0 low[0, %n0] high[0, %n1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %f : f32
  } : tensor<?x?xf32> to tensor<?x?xf32>""", pad, [[(3, 4), (0, 4)]],
        [[-4, -1, 0, 3, 2**62, -2**63], [-5, -1, 0, 2, 2**62]])
    yield Function(
        "fill", [], M, """
  %f = arith.constant 2.0 : f32
  %e = tensor.empty(%n0, %n1) : tensor<?x?xf32>
  %r = linalg.fill ins(%f : f32) outs(%e : tensor<?x?xf32>)
      -> tensor<?x?xf32>""", filled, [], [[-1, 2, 2**61], [-1, 1, 3, 2**61]])
    yield Function(
        "splat", [], V, """
  %f = arith.constant 2.0 : f32
  %r = tensor.splat %f[%n0] : tensor<?xf32>""", filled, [],
        [[-1, 0, 1, 2**62, 2**61, -2**63]])
    yield Function(
        "generate", [], V, """
  %f = arith.constant 2.0 : f32
  %r = tensor.generate %n0 {
  ^bb0(%i: index):
    tensor.yield %f : f32
  } : tensor<?xf32>""", filled, [], [[-1, 0, 3, 2**62, 2**61, -2**63]])
    yield Function(
        "cast", [V], "tensor<4xf32>",
        "  %r = tensor.cast %a0 : tensor<?xf32> to tensor<4xf32>",
        lambda x: (demand(x.shape == (4,)), x)[1], [SIZES])
    yield Function(
        "dim", [M], "tensor<i64>", """
  %d = tensor.dim %a0, %n0 : tensor<?x?xf32>
  %c = arith.index_cast %d : index to i64
  %r = tensor.from_elements %c : tensor<i64>""",
        lambda x, i: (demand(0 <= i < 2), np.array(x.shape[i], "i8"))[1],
        [[(3, 4)]], [[-1, 0, 1, 2, 2**62]])
    yield Function(
        "embedding", ["tensor<?xi64>", M], M, """
  %z = arith.constant 0 : index
  %one = arith.constant 1 : index
  %s = tensor.dim %a0, %z : tensor<?xi64>
  %w = tensor.dim %a1, %one : tensor<?x?xf32>
  %e = tensor.empty(%s, %w) : tensor<?x?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>,
                                        affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%a0 : tensor<?xi64>) outs(%e : tensor<?x?xf32>) {
  ^bb0(%t: i64, %o: f32):
    %i = arith.index_cast %t : i64 to index
    %j = linalg.index 1 : index
    %x = tensor.extract %a1[%i, %j] : tensor<?x?xf32>
    linalg.yield %x : f32
  } -> tensor<?x?xf32>""", embed,
        [[np.array(t, "i8") for t in
          [(0, 2, 1), (0, 3), (-1,), (2**62,), (-2**63,), ()]],
         [(3, 4), (0, 4)]])
    places = [np.array(p, "i8").reshape(-1, 2) for p in
              [(2, 3, 0, 0), (3, 0), (0, 4), (0, -1), (-2**63, 0), (0, 2**62), ()]]
    yield Function(
        "gather", [M, "tensor<?x2xi64>"], V, """
  %r = tensor.gather %a0[%a1] gather_dims([0, 1])
      : (tensor<?x?xf32>, tensor<?x2xi64>) -> tensor<?xf32>""", gather,
        [[(3, 4), (0, 4)], places])
    yield Function(
        "scatter", [M, M, "tensor<?x1xi64>"], M, """
  %r = tensor.scatter %a0 into %a1[%a2] scatter_dims([0]) unique
      : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x1xi64>) -> tensor<?x?xf32>""",
        scatter, [[(2, 4), (3, 4), (2, 3), (0, 4)], [(3, 4), (0, 4)],
                  [np.array(p, "i8").reshape(-1, 1) for p in
                   [(2, 0), (1, 3), (-1, 1), (2**62, 0), (1, 0, 2), ()]]])
    yield Function(
        "loop", ["tensor<4xf32>", "tensor<16xf32>"], "tensor<16xf32>", """
  %z = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %i = %z to %n0 step %n1 iter_args(%c = %a1)
      -> (tensor<16xf32>) {
    %at = arith.muli %i, %c4 : index
    %d = tensor.insert_slice %a0 into %c[%at][4][1]
        : tensor<4xf32> into tensor<16xf32>
    scf.yield %d : tensor<16xf32>
  }""", loop, [[(4,)], [(16,)]], [[-1, 0, 1, 4, 5], [-1, 0, 1, 2]])
    yield Function(
        "pack", [M, "tensor<?x?x2x2xf32>"], "tensor<?x?x2x2xf32>", """
  %r = linalg.pack %a0 inner_dims_pos = [0, 1] inner_tiles = [2, 2]
      into %a1 : tensor<?x?xf32> -> tensor<?x?x2x2xf32>""", pack,
        [[(4, 6), (4, 5), (3, 6)], [(2, 3, 2, 2), (2, 2, 2, 2), (3, 2, 2, 2)]])
    yield Function(
        "unpack", ["tensor<?x?x2x2xf32>", M], M, """
  %r = linalg.unpack %a0 inner_dims_pos = [0, 1] inner_tiles = [2, 2]
      into %a1 : tensor<?x?x2x2xf32> -> tensor<?x?xf32>""", unpack,
        [[(2, 3, 2, 2), (2, 2, 2, 2)], [(4, 6), (3, 5), (4, 4), (5, 6)]])


def parallel_rows(x, into, shift):
    result = into.copy()
    for i in range(x.shape[0]):
        demand(x.shape[1] <= into.shape[1] and 0 <= i + shift < into.shape[0])
        result[i + shift, :x.shape[1]] = x[i]
    return result


def matmul(x, w, to):
    demand(x.shape[1] == w.shape[0] and to.shape == (x.shape[0], w.shape[1]))
    return x @ w + to


def convolve(x, w, to):
    if to.size and w.size:
        demand(to.size - 1 + w.size <= x.size)
    return np.array([o + sum(x[i + j] * w[j] for j in range(w.size))
                     for i, o in enumerate(to)], "f4")


def convolve_rows(x, w, to):
    demand(x.shape[0] == to.shape[0])
    rows = [convolve(row[0], w[0, 0], o[0])[None] for row, o in zip(x, to)]
    return np.array(rows, "f4").reshape(to.shape)


def embed(tokens, table):
    if tokens.size and table.shape[1]:
        demand(((0 <= tokens) & (tokens < table.shape[0])).all())
    return table[tokens] if tokens.size else np.zeros((0, table.shape[1]), "f4")


def gather(x, places):
    for axis, size in enumerate(x.shape):
        demand(((0 <= places[:, axis]) & (places[:, axis] < size)).all())
    return x[places[:, 0], places[:, 1]]


def scatter(x, into, places):
    demand(x.shape == (places.size, into.shape[1]))
    demand(((0 <= places) & (places < into.shape[0])).all())
    result = into.copy()
    result[places[:, 0]] = x
    return result


def loop(x, cache, count, step):
    demand(step >= 1)
    result = cache.copy()
    for i in range(0, count, step):
        demand(i * 4 + 4 <= 16)
        result[i * 4:i * 4 + 4] = x
    return result


def pack(x, to):
    demand(x.shape[0] % 2 == 0 and x.shape[1] % 2 == 0)
    demand(to.shape == (x.shape[0] // 2, x.shape[1] // 2, 2, 2))
    return x.reshape(to.shape[0], 2, to.shape[1], 2).transpose(0, 2, 1, 3)


def unpack(x, to):
    demand(x.shape[:2] == tuple(-(-size // 2) for size in to.shape))
    whole = x.transpose(0, 2, 1, 3).reshape(x.shape[0] * 2, x.shape[1] * 2)
    return whole[:to.shape[0], :to.shape[1]]
