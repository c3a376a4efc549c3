// Functions of everything but attention; elementwise.py has a reference for each.

#id1 = affine_map<(s) -> (s)>
#id = affine_map<(s, d) -> (s, d)>
#row = affine_map<(s, d) -> (s)>
#column = affine_map<(s, d) -> (d)>
#all = affine_map<(s, d) -> ()>
!rows = tensor<?x256xf32>
!hidden = tensor<?x1024xf32>

// Elements with neighbors in vectors, in another type, and as they come.
func.func @residual(%x: !rows, %y: !rows) -> !rows {
  %z = arith.addf %x, %y : !rows
  return %z : !rows
}

func.func @narrow(%x: tensor<?x72xf32>, %b: tensor<72xbf16>) -> tensor<?x72xbf16> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x72xf32>
  %e = tensor.empty(%s) : tensor<?x72xbf16>
  %z = linalg.generic {indexing_maps = [#id, #column, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<?x72xf32>, tensor<72xbf16>) outs(%e : tensor<?x72xbf16>) {
  ^bb0(%a: f32, %c: bf16, %out: bf16):
    %n = arith.truncf %a : f32 to bf16
    %p = arith.mulf %n, %c : bf16
    linalg.yield %p : bf16
  } -> tensor<?x72xbf16>
  return %z : tensor<?x72xbf16>
}

func.func @ragged(%x: tensor<?x?xf16>, %y: tensor<?xf16>) -> tensor<?x?xf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tensor.dim %x, %c0 : tensor<?x?xf16>
  %t = tensor.dim %x, %c1 : tensor<?x?xf16>
  %e = tensor.empty(%s, %t) : tensor<?x?xf16>
  %z = linalg.generic {indexing_maps = [#id, #row, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x?xf16>, tensor<?xf16>) outs(%e : tensor<?x?xf16>) {
  ^bb0(%a: f16, %b: f16, %out: f16):
    %d = arith.subf %a, %b : f16
    linalg.yield %d : f16
  } -> tensor<?x?xf16>
  return %z : tensor<?x?xf16>
}

func.func @compare(%x: tensor<?x20xf32>, %y: tensor<?x20xf32>) -> (tensor<?x20xi1>, tensor<?x20xf32>) {
  %c = arith.cmpf olt, %x, %y : tensor<?x20xf32>
  %z = arith.select %c, %y, %x : tensor<?x20xi1>, tensor<?x20xf32>
  return %c, %z : tensor<?x20xi1>, tensor<?x20xf32>
}

func.func @double(%x: tensor<?x6xf64>) -> tensor<?x6xf64> {
  %r = math.sqrt %x : tensor<?x6xf64>
  %y = arith.divf %r, %x : tensor<?x6xf64>
  return %y : tensor<?x6xf64>
}

// A language model, but for its products: embedding, norm, activation.
func.func @embed(%tokens: tensor<?xi32>, %past: tensor<i64>, %token: tensor<256x256xf32>,
                 %position: tensor<512x256xf32>) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %tokens, %c0 : tensor<?xi32>
  %context = arith.constant 512 : index
  %p64 = tensor.extract %past[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %n = arith.addi %p, %s : index
  %fits = arith.cmpi ule, %n, %context : index
  cf.assert %fits, "more than 512 tokens"
  %byte_mask = arith.constant 255 : i32
  %positions = tensor.extract_slice %position[%p, 0] [%s, 256] [1, 1]
      : tensor<512x256xf32> to !rows
  %empty = tensor.empty(%s) : !rows
  %x = linalg.generic {indexing_maps = [#row, #id, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%tokens, %positions : tensor<?xi32>, !rows) outs(%empty : !rows) {
  ^bb0(%t: i32, %at: f32, %out: f32):
    %byte = arith.andi %t, %byte_mask : i32
    %i = arith.index_cast %byte : i32 to index
    %d = linalg.index 1 : index
    %e = tensor.extract %token[%i, %d] : tensor<256x256xf32>
    %sum = arith.addf %e, %at : f32
    linalg.yield %sum : f32
  } -> !rows
  return %x : !rows
}

func.func @rms_norm(%x: !rows, %weight: tensor<256xf32>) -> !rows {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !rows
  %zero = arith.constant 0.0 : f32
  %width = arith.constant 256.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %empty_row = tensor.empty(%s) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_row : tensor<?xf32>) -> tensor<?xf32>
  %squares = linalg.generic {indexing_maps = [#id, #row],
                             iterator_types = ["parallel", "reduction"]}
      ins(%x : !rows) outs(%zeros : tensor<?xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %square = arith.mulf %in, %in : f32
    %sum = arith.addf %acc, %square : f32
    linalg.yield %sum : f32
  } -> tensor<?xf32>
  %empty = tensor.empty(%s) : !rows
  %y = linalg.generic {indexing_maps = [#id, #row, #column, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %squares, %weight : !rows, tensor<?xf32>, tensor<256xf32>) outs(%empty : !rows) {
  ^bb0(%in: f32, %square: f32, %w: f32, %out: f32):
    %mean = arith.divf %square, %width : f32
    %positive = arith.addf %mean, %epsilon : f32
    %rms = math.sqrt %positive : f32
    %unit = arith.divf %in, %rms : f32
    %scaled = arith.mulf %unit, %w : f32
    linalg.yield %scaled : f32
  } -> !rows
  return %y : !rows
}

func.func @gelu(%x: !hidden, %b: tensor<1024xf32>) -> !hidden {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : !hidden
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.7978845608 : f32 // sqrt(2 / pi)
  %cubic = arith.constant 0.044715 : f32
  %empty = tensor.empty(%s) : !hidden
  %bs = linalg.broadcast ins(%b : tensor<1024xf32>) outs(%empty : !hidden) dimensions = [0]
  %u = linalg.add ins(%x, %bs : !hidden, !hidden) outs(%empty : !hidden) -> !hidden
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%u : !hidden) outs(%empty : !hidden) {
  ^bb0(%in: f32, %out: f32):
    %square = arith.mulf %in, %in : f32
    %cube = arith.mulf %square, %in : f32
    %third = arith.mulf %cube, %cubic : f32
    %sum = arith.addf %in, %third : f32
    %inner = arith.mulf %sum, %root : f32
    %tanh = math.tanh %inner : f32
    %open = arith.addf %tanh, %one : f32
    %part = arith.mulf %open, %half : f32
    %gelu = arith.mulf %part, %in : f32
    linalg.yield %gelu : f32
  } -> !hidden
  return %a : !hidden
}

// Functions, one after the other.
func.func @functions(%x: tensor<?xf32>, %p: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>,
    tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %0 = math.exp %x : tensor<?xf32>
  %1 = math.exp2 %x : tensor<?xf32>
  %2 = math.tanh %x : tensor<?xf32>
  %3 = math.erf %x : tensor<?xf32>
  %4 = math.rsqrt %p : tensor<?xf32>
  %5 = math.log %p : tensor<?xf32>
  %6 = math.log1p %p : tensor<?xf32>
  %a = math.absf %x : tensor<?xf32>
  %c = math.cos %a : tensor<?xf32>
  %s = math.sin %x : tensor<?xf32>
  %7 = arith.addf %c, %s : tensor<?xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>,
    tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// Of f64 there are instructions for none of these.
func.func @double_functions(%x: tensor<?xf64>, %s: tensor<?xf64>, %p: tensor<?xf64>) -> (tensor<?xf64>, tensor<?xf64>,
    tensor<?xf64>, tensor<?xf64>, tensor<?xf64>, tensor<?xf64>, tensor<?xf64>) {
  %n = arith.negf %x : tensor<?xf64>
  %a = math.exp %x : tensor<?xf64>
  %b = math.exp %n : tensor<?xf64>
  %0 = arith.mulf %a, %b : tensor<?xf64>
  %c = math.exp2 %x : tensor<?xf64>
  %d = math.exp2 %n : tensor<?xf64>
  %1 = arith.mulf %c, %d : tensor<?xf64>
  %e = math.tanh %s : tensor<?xf64>
  %2 = arith.divf %e, %s : tensor<?xf64>
  %g = math.log1p %s : tensor<?xf64>
  %3 = arith.divf %g, %s : tensor<?xf64>
  %4 = math.log %p : tensor<?xf64>
  %5 = math.log2 %p : tensor<?xf64>
  %6 = math.log10 %p : tensor<?xf64>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?xf64>, tensor<?xf64>, tensor<?xf64>,
    tensor<?xf64>, tensor<?xf64>, tensor<?xf64>, tensor<?xf64>
}

func.func @powers(%x: tensor<?xf32>, %p: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %0 = math.powf %p, %x : tensor<?xf32>
  %1 = math.expm1 %x : tensor<?xf32>
  %2 = math.sinh %x : tensor<?xf32>
  return %0, %1, %2 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

func.func @narrow_sigmoid(%x: tensor<?x64xbf16>) -> tensor<?x64xbf16> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x64xbf16>
  %o = arith.constant 1.0 : bf16
  %ones = tensor.splat %o[%s] : tensor<?x64xbf16>
  %n = arith.negf %x : tensor<?x64xbf16>
  %e = math.exp %n : tensor<?x64xbf16>
  %d = arith.addf %e, %ones : tensor<?x64xbf16>
  %y = arith.divf %ones, %d : tensor<?x64xbf16>
  return %y : tensor<?x64xbf16>
}

// Sums: rows for warps and for blocks, columns, everything, in order.
func.func @softmax(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tensor.dim %x, %c0 : tensor<?x?xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%s, %t) : tensor<?x?xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>)
    -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @softmax_columns(%x: tensor<?x50x7xf32>) -> tensor<?x50x7xf32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x50x7xf32>
  %e = tensor.empty(%s) : tensor<?x50x7xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<?x50x7xf32>) outs(%e : tensor<?x50x7xf32>)
    -> tensor<?x50x7xf32>
  return %y : tensor<?x50x7xf32>
}

func.func @row_sums(%x: tensor<?x3000xf32>, %to: tensor<?xf32>) -> tensor<?xf32> {
  %y = linalg.reduce ins(%x : tensor<?x3000xf32>) outs(%to : tensor<?xf32>) dimensions = [1]
    (%a: f32, %b: f32) {
      %sum = arith.addf %a, %b : f32
      linalg.yield %sum : f32
    }
  return %y : tensor<?xf32>
}

func.func @row_maxima(%x: tensor<?x56xbf16>, %to: tensor<?xbf16>) -> tensor<?xbf16> {
  %y = linalg.reduce ins(%x : tensor<?x56xbf16>) outs(%to : tensor<?xbf16>) dimensions = [1]
    (%a: bf16, %b: bf16) {
      %max = arith.maximumf %a, %b : bf16
      linalg.yield %max : bf16
    }
  return %y : tensor<?xbf16>
}

// Limits of index, whose neutral elements have the width of the machine.
func.func @index_limits(%x: tensor<?x37xi64>, %to: tensor<?xi64>) -> (tensor<?xi64>, tensor<?xi64>) {
  %i = arith.index_cast %x : tensor<?x37xi64> to tensor<?x37xindex>
  %start = arith.index_cast %to : tensor<?xi64> to tensor<?xindex>
  %least = linalg.reduce ins(%i : tensor<?x37xindex>) outs(%start : tensor<?xindex>) dimensions = [1]
    (%a: index, %b: index) {
      %min = arith.minsi %a, %b : index
      linalg.yield %min : index
    }
  %largest = linalg.reduce ins(%i : tensor<?x37xindex>) outs(%start : tensor<?xindex>) dimensions = [1]
    (%a: index, %b: index) {
      %max = arith.maxsi %a, %b : index
      linalg.yield %max : index
    }
  %y = arith.index_cast %least : tensor<?xindex> to tensor<?xi64>
  %z = arith.index_cast %largest : tensor<?xindex> to tensor<?xi64>
  return %y, %z : tensor<?xi64>, tensor<?xi64>
}

func.func @distances(%x: tensor<?x300xf64>, %y: tensor<?x300xf64>) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x300xf64>
  %zero = arith.constant 0.0 : f64
  %e = tensor.empty(%s) : tensor<?xf64>
  %z = linalg.fill ins(%zero : f64) outs(%e : tensor<?xf64>) -> tensor<?xf64>
  %d = linalg.generic {indexing_maps = [#id, #id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %y : tensor<?x300xf64>, tensor<?x300xf64>) outs(%z : tensor<?xf64>) {
  ^bb0(%a: f64, %b: f64, %acc: f64):
    %gap = arith.subf %a, %b : f64
    %p = arith.mulf %gap, %gap : f64
    %sum = arith.addf %acc, %p : f64
    linalg.yield %sum : f64
  } -> tensor<?xf64>
  return %d : tensor<?xf64>
}

func.func @column_sums(%x: tensor<?x100xf32>) -> tensor<100xf32> {
  %zero = arith.constant dense<0.0> : tensor<100xf32>
  %y = linalg.reduce { arith.addf } ins(%x : tensor<?x100xf32>) outs(%zero : tensor<100xf32>)
    dimensions = [0]
  return %y : tensor<100xf32>
}

func.func @count(%x: tensor<?x?xi1>) -> tensor<i64> {
  %zero = arith.constant dense<0> : tensor<i64>
  %y = linalg.generic {indexing_maps = [#id, #all], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<?x?xi1>) outs(%zero : tensor<i64>) {
  ^bb0(%a: i1, %acc: i64):
    %n = arith.extui %a : i1 to i64
    %sum = arith.addi %acc, %n : i64
    linalg.yield %sum : i64
  } -> tensor<i64>
  return %y : tensor<i64>
}

func.func @arg_max(%x: tensor<?x40xf32>) -> tensor<?xi32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x40xf32>
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant -1 : i32
  %ef = tensor.empty(%s) : tensor<?xf32>
  %ei = tensor.empty(%s) : tensor<?xi32>
  %lows = linalg.fill ins(%low : f32) outs(%ef : tensor<?xf32>) -> tensor<?xf32>
  %nones = linalg.fill ins(%none : i32) outs(%ei : tensor<?xi32>) -> tensor<?xi32>
  %y:2 = linalg.generic {indexing_maps = [#id, #row, #row],
                         iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x40xf32>) outs(%lows, %nones : tensor<?xf32>, tensor<?xi32>) {
  ^bb0(%a: f32, %best: f32, %at: i32):
    %d = linalg.index 1 : index
    %i = arith.index_cast %d : index to i32
    %more = arith.cmpf ogt, %a, %best : f32
    %value = arith.select %more, %a, %best : f32
    %place = arith.select %more, %i, %at : i32
    linalg.yield %value, %place : f32, i32
  } -> (tensor<?xf32>, tensor<?xi32>)
  return %y#1 : tensor<?xi32>
}

// Nothing but places.
func.func @move(%x: tensor<?x8x64xbf16>, %from: tensor<i64>) -> tensor<8x?x128xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8x64xbf16>
  %p64 = tensor.extract %from[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %m = arith.subi %n, %p : index
  %s = tensor.extract_slice %x[%p, 0, 0] [%m, 8, 64] [1, 1, 1]
      : tensor<?x8x64xbf16> to tensor<?x8x64xbf16>
  %e = tensor.empty(%m) : tensor<8x?x64xbf16>
  %t = linalg.transpose ins(%s : tensor<?x8x64xbf16>) outs(%e : tensor<8x?x64xbf16>)
      permutation = [1, 0, 2]
  %c = tensor.concat dim(2) %t, %t
      : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x128xbf16>
  return %c : tensor<8x?x128xbf16>
}

func.func @heads(%x: tensor<?x128xf32>) -> tensor<1x2x?x64xf32> {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x128xf32>
  %h = tensor.expand_shape %x [[0, 1], [2, 3]] output_shape [1, %s, 2, 64]
      : tensor<?x128xf32> into tensor<1x?x2x64xf32>
  %e = tensor.empty(%s) : tensor<1x2x?x64xf32>
  %t = linalg.transpose ins(%h : tensor<1x?x2x64xf32>) outs(%e : tensor<1x2x?x64xf32>)
      permutation = [0, 2, 1, 3]
  return %t : tensor<1x2x?x64xf32>
}

func.func @pad(%x: tensor<?x5xf32>) -> tensor<?x10xf32> {
  %one = arith.constant 1.0 : f32
  %c3 = arith.constant 3 : index
  %y = tensor.pad %x low[%c3, 1] high[2, 4] {
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  } : tensor<?x5xf32> to tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

func.func @append(%cache: tensor<1x32x2x64xf32>, %x: tensor<1x?x2x64xf32>, %past: tensor<i64>)
    -> tensor<1x32x2x64xf32> {
  %c1 = arith.constant 1 : index
  %s = tensor.dim %x, %c1 : tensor<1x?x2x64xf32>
  %p64 = tensor.extract %past[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %y = tensor.insert_slice %x into %cache[0, %p, 0, 0] [1, %s, 2, 64] [1, 1, 1, 1]
      : tensor<1x?x2x64xf32> into tensor<1x32x2x64xf32>
  return %y : tensor<1x32x2x64xf32>
}

// Constants, arguments and single numbers that are results.
func.func @constants(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xi64>, tensor<3xf16>, tensor<4xf32>) {
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = arith.mulf %x, %c : tensor<4xf32>
  %i = arith.constant dense<[[7, 8], [9, 10]]> : tensor<2x2xi64>
  %f = arith.constant dense<0.5> : tensor<3xf16>
  return %y, %i, %f, %x : tensor<4xf32>, tensor<2x2xi64>, tensor<3xf16>, tensor<4xf32>
}

// Elements of a table that is computed, of a size that is known: it is for the kernel.
func.func @lookup(%x: tensor<?x33xf32>, %at: tensor<?xi64>) -> (tensor<?xf32>, tensor<33xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<33xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<33xf32>) -> tensor<33xf32>
  %table = linalg.reduce ins(%x : tensor<?x33xf32>) outs(%f : tensor<33xf32>) dimensions = [0]
      (%a: f32, %sum: f32) {
    %s = arith.addf %a, %sum : f32
    linalg.yield %s : f32
  }
  %n = tensor.dim %at, %c0 : tensor<?xi64>
  %out = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {indexing_maps = [#id1, #id1], iterator_types = ["parallel"]}
      ins(%at : tensor<?xi64>) outs(%out : tensor<?xf32>) {
  ^bb0(%i64: i64, %o: f32):
    %i = arith.index_cast %i64 : i64 to index
    %v = tensor.extract %table[%i] : tensor<33xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %y, %table : tensor<?xf32>, tensor<33xf32>
}

func.func @numbers(%n: tensor<3xi32>) -> tensor<2xi32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %a = tensor.extract %n[%c0] : tensor<3xi32>
  %b = tensor.extract %n[%c2] : tensor<3xi32>
  %s = arith.addi %a, %b : i32
  %y = tensor.from_elements %s, %b : tensor<2xi32>
  return %y : tensor<2xi32>
}

func.func private @negate(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = arith.negf %x : tensor<?xf32>
  return %y : tensor<?xf32>
}

// Branches and calls on the host.
func.func @control(%x: tensor<?xf32>, %n: tensor<i32>) -> tensor<?xf32> {
  %c2 = arith.constant 2 : i32
  %n32 = tensor.extract %n[] : tensor<i32>
  %few = arith.cmpi slt, %n32, %c2 : i32
  %y = scf.if %few -> tensor<?xf32> {
    %neg = func.call @negate(%x) : (tensor<?xf32>) -> tensor<?xf32>
    scf.yield %neg : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  return %y : tensor<?xf32>
}
