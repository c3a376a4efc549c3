// Loops that carry arrays. loops.py calls these functions.

// A scan over layers.
func.func @layers(%x: tensor<?x16xf32>, %ws: tensor<?x16x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %ws, %c0 : tensor<?x16x16xf32>
  %rows = tensor.dim %x, %c0 : tensor<?x16xf32>
  %empty = tensor.empty(%rows) : tensor<?x16xf32>
  %r = scf.for %l = %c0 to %n step %c1 iter_args(%h = %x) -> tensor<?x16xf32> {
    %w = tensor.extract_slice %ws[%l, 0, 0] [1, 16, 16] [1, 1, 1] : tensor<?x16x16xf32> to tensor<16x16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x16xf32>) -> tensor<?x16xf32>
    %p = linalg.matmul ins(%h, %w : tensor<?x16xf32>, tensor<16x16xf32>) outs(%f : tensor<?x16xf32>) -> tensor<?x16xf32>
    %t = math.tanh %p : tensor<?x16xf32>
    %y = arith.addf %h, %t : tensor<?x16xf32>
    scf.yield %y : tensor<?x16xf32>
  }
  return %r : tensor<?x16xf32>
}

// A recurrent network, which keeps its states and returns the last one.
func.func @recurrent(%xs: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> (tensor<?x8xf32>, tensor<1x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %xs, %c0 : tensor<?x8xf32>
  %first = arith.constant dense<0.5> : tensor<1x8xf32>
  %empty = tensor.empty(%n) : tensor<?x8xf32>
  %row = tensor.empty() : tensor<1x8xf32>
  %r:2 = scf.for %t = %c0 to %n step %c1 iter_args(%kept = %empty, %h = %first) -> (tensor<?x8xf32>, tensor<1x8xf32>) {
    %x = tensor.extract_slice %xs[%t, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%row : tensor<1x8xf32>) -> tensor<1x8xf32>
    %p = linalg.matmul ins(%h, %w : tensor<1x8xf32>, tensor<8x8xf32>) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
    %s = arith.addf %p, %x : tensor<1x8xf32>
    %y = math.tanh %s : tensor<1x8xf32>
    %more = tensor.insert_slice %y into %kept[%t, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<?x8xf32>
    scf.yield %more, %y : tensor<?x8xf32>, tensor<1x8xf32>
  }
  return %r#0, %r#1 : tensor<?x8xf32>, tensor<1x8xf32>
}

// Arrays change places; the first ones are arguments, which stay what they are.
func.func @swapped(%a: tensor<?xf32>, %b: tensor<?xf32>, %n: tensor<i64>)
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%x = %a, %y = %b) -> (tensor<?xf32>, tensor<?xf32>) {
    scf.yield %y, %x : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1, %a : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

func.func @fibonacci(%a: tensor<5xf64>, %b: tensor<5xf64>, %n: tensor<i64>) -> (tensor<5xf64>, tensor<5xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%x = %a, %y = %b) -> (tensor<5xf64>, tensor<5xf64>) {
    %s = arith.addf %x, %y : tensor<5xf64>
    scf.yield %y, %s : tensor<5xf64>, tensor<5xf64>
  }
  return %r#0, %r#1 : tensor<5xf64>, tensor<5xf64>
}

// The shape of what is carried changes.
func.func @growing(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>, %n: tensor<i64>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r = scf.for %i = %c0 to %steps step %c1 iter_args(%h = %x) -> tensor<?x3xf32> {
    %d = arith.addf %h, %h : tensor<?x3xf32>
    %g = tensor.concat dim(0) %d, %y : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
    scf.yield %g : tensor<?x3xf32>
  }
  return %r : tensor<?x3xf32>
}

func.func @shrinking(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.while (%h = %x) : (tensor<?xf32>) -> tensor<?xf32> {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %h, %c0 : tensor<?xf32>
    %go = arith.cmpi ugt, %n, %c2 : index
    scf.condition(%go) %h : tensor<?xf32>
  } do {
  ^bb0(%h: tensor<?xf32>):
    %c0 = arith.constant 0 : index
    %n = tensor.dim %h, %c0 : tensor<?xf32>
    %m = arith.subi %n, %c1 : index
    %a = tensor.extract_slice %h[0] [%m] [1] : tensor<?xf32> to tensor<?xf32>
    %b = tensor.extract_slice %h[1] [%m] [1] : tensor<?xf32> to tensor<?xf32>
    %s = arith.addf %a, %b : tensor<?xf32>
    scf.yield %s : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// Loops in loops, and branches in them, some of which pass on what they got.
func.func @nested(%x: tensor<4x8xf32>, %p: tensor<4x8xf32>, %n: tensor<i64>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r = scf.for %i = %c0 to %steps step %c1 iter_args(%h = %x) -> tensor<4x8xf32> {
    %q = scf.for %j = %c0 to %i step %c1 iter_args(%g = %h) -> tensor<4x8xf32> {
      %s = arith.addf %g, %p : tensor<4x8xf32>
      scf.yield %s : tensor<4x8xf32>
    }
    %first = arith.cmpi eq, %i, %c1 : index
    %b = scf.if %first -> tensor<4x8xf32> {
      %m = arith.mulf %q, %p : tensor<4x8xf32>
      scf.yield %m : tensor<4x8xf32>
    } else {
      scf.yield %q : tensor<4x8xf32>
    }
    %even = arith.andi %i, %c1 : index
    %isEven = arith.cmpi eq, %even, %c0 : index
    %e = scf.if %isEven -> tensor<4x8xf32> {
      scf.yield %h : tensor<4x8xf32>
    } else {
      scf.yield %b : tensor<4x8xf32>
    }
    scf.yield %e : tensor<4x8xf32>
  }
  return %r : tensor<4x8xf32>
}

// The condition is an element of what is computed; numbers are carried beside.
func.func @converge(%x: tensor<7xf32>) -> (tensor<7xf32>, tensor<i64>) {
  %c3 = arith.constant 3 : index
  %limit = arith.constant 10.0 : f32
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %r:2 = scf.while (%h = %x, %n = %zero) : (tensor<7xf32>, i64) -> (tensor<7xf32>, i64) {
    %e = tensor.extract %h[%c3] : tensor<7xf32>
    %go = arith.cmpf olt, %e, %limit : f32
    scf.condition(%go) %h, %n : tensor<7xf32>, i64
  } do {
  ^bb0(%h: tensor<7xf32>, %n: i64):
    %y = arith.addf %h, %h : tensor<7xf32>
    %m = arith.addi %n, %one : i64
    scf.yield %y, %m : tensor<7xf32>, i64
  }
  %count = tensor.from_elements %r#1 : tensor<i64>
  return %r#0, %count : tensor<7xf32>, tensor<i64>
}

// Work before the condition, whose results have other types than the carries.
func.func @before(%x: tensor<6xf32>, %n: tensor<i64>) -> (tensor<6xf32>, tensor<f32>) {
  %one = arith.constant 1 : i64
  %zero = arith.constant 0 : i64
  %f0 = arith.constant dense<0.0> : tensor<f32>
  %steps = tensor.extract %n[] : tensor<i64>
  %r:2 = scf.while (%i = %zero, %h = %x) : (i64, tensor<6xf32>) -> (tensor<6xf32>, tensor<f32>) {
    %s = linalg.reduce ins(%h : tensor<6xf32>) outs(%f0 : tensor<f32>) dimensions = [0]
      (%in: f32, %acc: f32) {
        %a = arith.addf %in, %acc : f32
        linalg.yield %a : f32
      }
    %d = arith.addf %h, %h : tensor<6xf32>
    %go = arith.cmpi slt, %i, %steps : i64
    scf.condition(%go) %d, %s : tensor<6xf32>, tensor<f32>
  } do {
  ^bb0(%d: tensor<6xf32>, %s: tensor<f32>):
    %e = tensor.extract %s[] : tensor<f32>
    %sign = arith.constant 0.0 : f32
    %pos = arith.cmpf oge, %e, %sign : f32
    %y = scf.if %pos -> tensor<6xf32> {
      %neg = arith.negf %d : tensor<6xf32>
      scf.yield %neg : tensor<6xf32>
    } else {
      scf.yield %d : tensor<6xf32>
    }
    %more = arith.addi %one, %zero : i64
    %next = func.call @count(%y, %x) : (tensor<6xf32>, tensor<6xf32>) -> i64
    scf.yield %next, %y : i64, tensor<6xf32>
  }
  return %r#0, %r#1 : tensor<6xf32>, tensor<f32>
}

// How many doublings there have been.
func.func private @count(%y: tensor<6xf32>, %x: tensor<6xf32>) -> i64 {
  %c0 = arith.constant 0 : index
  %a = tensor.extract %y[%c0] : tensor<6xf32>
  %b = tensor.extract %x[%c0] : tensor<6xf32>
  %q = arith.divf %a, %b : f32
  %q2 = arith.mulf %q, %q : f32
  %one = arith.constant 1 : i64
  %zero = arith.constant 0 : i64
  %four = arith.constant 0.2 : f32
  %limit = arith.constant 2.0 : f32
  %r:2 = scf.while (%v = %q2, %n = %zero) : (f32, i64) -> (f32, i64) {
    %go = arith.cmpf ogt, %v, %limit : f32
    scf.condition(%go) %v, %n : f32, i64
  } do {
  ^bb0(%v: f32, %n: i64):
    %quarter = arith.constant 0.25 : f32
    %w = arith.mulf %v, %quarter : f32
    %m = arith.addi %n, %one : i64
    scf.yield %w, %m : f32, i64
  }
  return %r#1 : i64
}

// Attention to its own output.
func.func @attend(%x: tensor<1x2x?x8xf32>, %n: tensor<i64>) -> tensor<1x2x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r = scf.for %i = %c0 to %steps step %c1 iter_args(%h = %x) -> tensor<1x2x?x8xf32> {
    %y = vga.attention %h, %h, %h causal : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
    scf.yield %y : tensor<1x2x?x8xf32>
  }
  return %r : tensor<1x2x?x8xf32>
}

// Tokens and scores of a beam: each continues another.
func.func @beam(%scores: tensor<?x4xf32>, %parents: tensor<?x4xi32>) -> (tensor<4x8xi32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %scores, %c0 : tensor<?x4xf32>
  %tokens = arith.constant dense<-1> : tensor<4x8xi32>
  %zeros = arith.constant dense<0.0> : tensor<4xf32>
  %r:2 = scf.for %t = %c0 to %n step %c1 iter_args(%beam = %tokens, %sum = %zeros) -> (tensor<4x8xi32>, tensor<4xf32>) {
    %parent = tensor.extract_slice %parents[%t, 0] [1, 4] [1, 1] : tensor<?x4xi32> to tensor<4xi32>
    %score = tensor.extract_slice %scores[%t, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
    %e = tensor.empty() : tensor<4x8xi32>
    %chosen = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%parent : tensor<4xi32>) outs(%e : tensor<4x8xi32>) {
    ^bb0(%p: i32, %out: i32):
      %i = arith.index_cast %p : i32 to index
      %j = linalg.index 1 : index
      %v = tensor.extract %beam[%i, %j] : tensor<4x8xi32>
      linalg.yield %v : i32
    } -> tensor<4x8xi32>
    %column = tensor.expand_shape %parent [[0, 1]] output_shape [4, 1] : tensor<4xi32> into tensor<4x1xi32>
    %longer = tensor.insert_slice %column into %chosen[0, %t] [4, 1] [1, 1] : tensor<4x1xi32> into tensor<4x8xi32>
    %e4 = tensor.empty() : tensor<4xf32>
    %best = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%parent, %score : tensor<4xi32>, tensor<4xf32>) outs(%e4 : tensor<4xf32>) {
    ^bb0(%p: i32, %s: f32, %out: f32):
      %i = arith.index_cast %p : i32 to index
      %v = tensor.extract %sum[%i] : tensor<4xf32>
      %w = arith.addf %v, %s : f32
      linalg.yield %w : f32
    } -> tensor<4xf32>
    scf.yield %longer, %best : tensor<4x8xi32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<4x8xi32>, tensor<4xf32>
}

// One array, carried twice, of which one is written to.
func.func @shared(%x: tensor<9xf32>, %n: tensor<i64>) -> (tensor<9xf32>, tensor<9xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%a = %x, %b = %x) -> (tensor<9xf32>, tensor<9xf32>) {
    %y = tensor.extract %a[%i] : tensor<9xf32>
    %d = arith.addf %y, %y : f32
    %c = tensor.insert %d into %b[%c0] : tensor<9xf32>
    %s = arith.addf %a, %c : tensor<9xf32>
    scf.yield %s, %c : tensor<9xf32>, tensor<9xf32>
  }
  return %r#0, %r#1 : tensor<9xf32>, tensor<9xf32>
}

// What one iteration computed, two iterations later.
func.func @delayed(%x: tensor<4xf32>, %n: tensor<i64>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %n64 = tensor.extract %n[] : tensor<i64>
  %steps = arith.index_cast %n64 : i64 to index
  %r:3 = scf.for %i = %c0 to %steps step %c1 iter_args(%a = %x, %b = %one, %c = %x) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
    %s = arith.mulf %a, %c : tensor<4xf32>
    scf.yield %b, %c, %s : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  return %r#0, %r#1, %r#2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
