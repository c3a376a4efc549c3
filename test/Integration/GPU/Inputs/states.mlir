// Functions that remember, in every way; states.py says what each returns. x is the only input.

!s = tensor<4x3xf32>
!x = tensor<3xf32>

// What is read before the update.
func.func @read_before(%x: !x, %s: !s {vga.state = "read_before"}) -> (!s, !s) {
  %e = tensor.empty() : !s
  %double = linalg.add ins(%s, %s : !s, !s) outs(%e : !s) -> !s
  %new = tensor.insert_slice %x into %s[1, 0] [1, 3] [1, 1] : !x into !s
  return %double, %new : !s, !s
}

// What is read after it, of both versions.
func.func @read_after(%x: !x, %s: !s {vga.state = "read_after"}) -> (!s, !s) {
  %e = tensor.empty() : !s
  %new = tensor.insert_slice %x into %s[1, 0] [1, 3] [1, 1] : !x into !s
  %both = linalg.sub ins(%new, %s : !s, !s) outs(%e : !s) -> !s
  return %both, %new : !s, !s
}

// The version before is returned, and the one after it too.
func.func @versions(%x: !x, %s: !s {vga.state = "versions"}) -> (!s, !s, !s) {
  %new = tensor.insert_slice %x into %s[0, 0] [1, 3] [1, 1] : !x into !s
  return %s, %new, %new : !s, !s, !s
}

// What is kept is an earlier version than what is returned.
func.func @undone(%x: !x, %s: !s {vga.state = "undone"}) -> (!s, !s) {
  %kept = tensor.insert_slice %x into %s[2, 0] [1, 3] [1, 1] : !x into !s
  %tried = tensor.insert_slice %x into %kept[3, 0] [1, 3] [1, 1] : !x into !s
  return %tried, %kept : !s, !s
}

// Never written.
func.func @unchanged(%x: !x, %s: !s {vga.state = "unchanged"}) -> (!s, !s) {
  %new = tensor.insert_slice %x into %s[2, 0] [1, 3] [1, 1] : !x into !s
  return %new, %s : !s, !s
}

// Computed anew.
func.func @recurrent(%x: !x, %s: !s {vga.state = "recurrent"}) -> (!s, !s) {
  %e = tensor.empty() : !s
  %wide = linalg.broadcast ins(%x : !x) outs(%e : !s) dimensions = [0]
  %sum = arith.addf %s, %wide : !s
  %new = arith.addf %sum, %s : !s
  return %sum, %new : !s, !s
}

// Of another element of the state: a cumulative sum of rows.
func.func @transposed(%x: !x, %s: tensor<3x3xf32> {vga.state = "transposed"}) -> (tensor<3x3xf32>, tensor<3x3xf32>) {
  %new = tensor.insert_slice %x into %s[0, 0] [1, 3] [1, 1] : !x into tensor<3x3xf32>
  %e = tensor.empty() : tensor<3x3xf32>
  %t = linalg.transpose ins(%new : tensor<3x3xf32>) outs(%e : tensor<3x3xf32>) permutation = [1, 0]
  %sum = arith.addf %new, %t : tensor<3x3xf32>
  return %t, %sum : tensor<3x3xf32>, tensor<3x3xf32>
}

// Forgotten.
func.func @reset(%x: !x, %s: !s {vga.state = "reset"}) -> (!s, !s) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %zeros = arith.constant dense<0.0> : !s
  %new = tensor.insert_slice %x into %s[3, 0] [1, 3] [1, 1] : !x into !s
  %first = tensor.extract %x[%c0] : !x
  %isOver = arith.cmpf olt, %first, %zero : f32
  %next = arith.select %isOver, %zeros, %new : !s
  return %new, %next : !s, !s
}

// Rows move up.
func.func @window(%x: !x, %s: !s {vga.state = "window"}) -> (!s, !s) {
  %rows = tensor.extract_slice %s[1, 0] [3, 3] [1, 1] : !s to tensor<3x3xf32>
  %moved = tensor.insert_slice %rows into %s[0, 0] [3, 3] [1, 1] : tensor<3x3xf32> into !s
  %new = tensor.insert_slice %x into %moved[3, 0] [1, 3] [1, 1] : !x into !s
  return %new, %new : !s, !s
}

func.func @swapped(%x: !x, %a: !s {vga.state = "swapped.a"}, %b: !s {vga.state = "swapped.b"}) -> (!s, !s, !s) {
  %new = tensor.insert_slice %x into %a[1, 0] [1, 3] [1, 1] : !x into !s
  return %a, %b, %new : !s, !s, !s
}

func.func @rotated(%x: !x, %a: !s {vga.state = "rotated.a"}, %b: !s {vga.state = "rotated.b"},
                   %c: !s {vga.state = "rotated.c"}) -> (!s, !s, !s, !s, !s) {
  %new = tensor.insert_slice %x into %a[1, 0] [1, 3] [1, 1] : !x into !s
  return %b, %a, %c, %new, %b : !s, !s, !s, !s, !s
}

// Two states become one.
func.func @joined(%x: !x, %a: !s {vga.state = "joined.a"}, %b: !s {vga.state = "joined.b"}) -> (!s, !s, !s) {
  %e = tensor.empty() : !s
  %sum = linalg.add ins(%a, %b : !s, !s) outs(%e : !s) -> !s
  %new = tensor.insert_slice %x into %sum[2, 0] [1, 3] [1, 1] : !x into !s
  return %b, %new, %new : !s, !s, !s
}

// The returned part of a state is what it was when it was taken.
func.func @part(%x: !x, %s: !s {vga.state = "part"}) -> (!x, !x, !s) {
  %old = tensor.extract_slice %s[1, 0] [1, 3] [1, 1] : !s to !x
  %new = tensor.insert_slice %x into %s[1, 0] [1, 3] [1, 1] : !x into !s
  %now = tensor.extract_slice %new[1, 0] [1, 3] [1, 1] : !s to !x
  return %old, %now, %new : !x, !x, !s
}

// In another shape.
func.func @reshaped(%x: !x, %s: !s {vga.state = "reshaped"}) -> (!s, tensor<12xf32>, !s) {
  %flat = tensor.collapse_shape %s [[0, 1]] : !s into tensor<12xf32>
  %some = tensor.insert_slice %x into %flat[2] [3] [1] : !x into tensor<12xf32>
  %new = tensor.expand_shape %some [[0, 1]] output_shape [4, 3] : tensor<12xf32> into !s
  return %s, %some, %new : !s, tensor<12xf32>, !s
}

// One branch updates, the other one uses what there was.
func.func @branches(%x: !x, %s: !s {vga.state = "branches"}) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : !s
  %first = tensor.extract %x[%c0] : !x
  %c = arith.cmpf olt, %first, %zero : f32
  %r:2 = scf.if %c -> (!s, !s) {
    %new = tensor.insert_slice %x into %s[0, 0] [1, 3] [1, 1] : !x into !s
    %sum = linalg.add ins(%s, %new : !s, !s) outs(%e : !s) -> !s
    scf.yield %sum, %new : !s, !s
  } else {
    %double = linalg.add ins(%s, %s : !s, !s) outs(%e : !s) -> !s
    %new = tensor.insert_slice %x into %s[3, 0] [1, 3] [1, 1] : !x into !s
    scf.yield %double, %new : !s, !s
  }
  return %r#0, %s, %r#1 : !s, !s, !s
}

// One of two states, by choice.
func.func @chosen(%x: !x, %a: !s {vga.state = "chosen.a"}, %b: !s {vga.state = "chosen.b"}) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %first = tensor.extract %x[%c0] : !x
  %c = arith.cmpf olt, %first, %zero : f32
  %r = scf.if %c -> !s {
    scf.yield %a : !s
  } else {
    scf.yield %b : !s
  }
  %new = tensor.insert_slice %x into %r[2, 0] [1, 3] [1, 1] : !x into !s
  %other = tensor.insert_slice %x into %a[0, 0] [1, 3] [1, 1] : !x into !s
  return %r, %other, %new : !s, !s, !s
}

// A loop updates, and sees what each iteration had before.
func.func @iterations(%x: !x, %s: !s {vga.state = "iterations"}) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zeros = arith.constant dense<0.0> : !s
  %r:2 = scf.for %i = %c0 to %c4 step %c1 iter_args(%sum = %zeros, %h = %s) -> (!s, !s) {
    %new = tensor.insert_slice %x into %h[%i, 0] [1, 3] [1, 1] : !x into !s
    %more = arith.addf %sum, %h : !s
    %with = arith.addf %more, %new : !s
    scf.yield %with, %new : !s, !s
  }
  return %r#0, %s, %r#1 : !s, !s, !s
}

// States change places in a loop.
func.func @turns(%x: !x, %a: !s {vga.state = "turns.a"}, %b: !s {vga.state = "turns.b"}) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%h = %a, %k = %b) -> (!s, !s) {
    %new = tensor.insert_slice %x into %h[%i, 0] [1, 3] [1, 1] : !x into !s
    scf.yield %k, %new : !s, !s
  }
  return %b, %r#0, %r#1 : !s, !s, !s
}

func.func @while(%x: !x, %s: !s {vga.state = "while"}) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zeros = arith.constant dense<0.0> : !s
  %r:3 = scf.while (%i = %c0, %sum = %zeros, %h = %s) : (index, !s, !s) -> (index, !s, !s) {
    %go = arith.cmpi slt, %i, %c3 : index
    scf.condition(%go) %i, %sum, %h : index, !s, !s
  } do {
  ^bb0(%i: index, %sum: !s, %h: !s):
    %new = tensor.insert_slice %x into %h[%i, 0] [1, 3] [1, 1] : !x into !s
    %more = arith.addf %sum, %h : !s
    %j = arith.addi %i, %c1 : index
    scf.yield %j, %more, %new : index, !s, !s
  }
  return %r#1, %s, %r#2 : !s, !s, !s
}

// Through calls: what the callee is given is needed after it.
func.func private @put(%x: !x, %s: !s, %at: index) -> (!s, !s) {
  %e = tensor.empty() : !s
  %new = tensor.insert_slice %x into %s[%at, 0] [1, 3] [1, 1] : !x into !s
  %both = linalg.sub ins(%new, %s : !s, !s) outs(%e : !s) -> !s
  return %both, %new : !s, !s
}
func.func private @twice(%x: !x, %s: !s) -> (!s, !s, !s) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %a:2 = call @put(%x, %s, %c0) : (!x, !s, index) -> (!s, !s)
  %b:2 = call @put(%x, %a#1, %c2) : (!x, !s, index) -> (!s, !s)
  return %a#0, %a#1, %b#1 : !s, !s, !s
}
func.func @calls(%x: !x, %s: !s {vga.state = "calls"}) -> (!s, !s, !s, !s) {
  %r:3 = call @twice(%x, %s) : (!x, !s) -> (!s, !s, !s)
  return %s, %r#0, %r#1, %r#2 : !s, !s, !s, !s
}

// The states of a function that is called are its caller's.
func.func @steps(%x: !x, %a: !s {vga.state = "steps.a"}, %b: !s {vga.state = "steps.b"}) -> (!s, !s, !s) {
  %0:3 = call @swapped(%x, %a, %b) : (!x, !s, !s) -> (!s, !s, !s)
  %1:3 = call @swapped(%x, %0#1, %0#2) : (!x, !s, !s) -> (!s, !s, !s)
  %2 = call @unstated(%x) : (!x) -> !s
  %3 = arith.addf %2, %1#0 : !s
  return %3, %1#1, %1#2 : !s, !s, !s
}
func.func private @unstated(%x: !x) -> !s {
  %zeros = arith.constant dense<0.0> : !s
  %r:2 = call @read_after(%x, %zeros) : (!x, !s) -> (!s, !s)
  return %r#0 : !s
}

// Whole numbers, and bits.
func.func @counts(%x: !x, %n: tensor<i32> {vga.state = "counts.n"}, %odd: tensor<i1> {vga.state = "counts.odd"})
    -> (tensor<i32>, tensor<i1>, tensor<i32>, tensor<i1>) {
  %one = arith.constant dense<1> : tensor<i32>
  %yes = arith.constant dense<true> : tensor<i1>
  %m = arith.addi %n, %one : tensor<i32>
  %even = arith.xori %odd, %yes : tensor<i1>
  return %n, %odd, %m, %even : tensor<i32>, tensor<i1>, tensor<i32>, tensor<i1>
}
