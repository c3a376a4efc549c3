// A language model that remembers: the byte after n tokens is the first one plus
// n. It sees every byte once.
// RUN: vga-run %s --prompt A --tokens 6 2> %t.err | FileCheck %s
// CHECK: {{^}}ABCDEFG{{$}}

// Its memory holds eight tokens. When it is full it starts anew, with the last
// four bytes: what they say is the same here.
// RUN: vga-run %s --prompt A --tokens 20 2> %t.err | FileCheck %s --check-prefix=FULL
// FULL: {{^}}ABCDEFGHIJKLMNOPQRSTU{{$}}

// Of a longer prompt the last eight bytes are read.
// RUN: vga-run %s --prompt xxABCDEFGH --tokens 3 2> %t.err | FileCheck %s --check-prefix=LONG
// LONG: {{^}}xxABCDEFGHIJK{{$}}

// Called with inputs it remembers nothing: states and position are no inputs,
// and states are no outputs.
// RUN: %python -c "import numpy as np; np.save(r'%t.npy', np.array([70, 9], np.int32)); np.save(r'%t.9.npy', np.zeros(9, np.int32))"
// RUN: vga-run %s --input %t.npy --output %t.out.npy
// RUN: %python -c "import numpy as np; assert np.load(r'%t.out.npy').argmax(1).tolist() == [71, 72]"
// RUN: not vga-run %s --input %t.9.npy 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: states.mlir:[[#@LINE+24]]:3: more than 8 tokens

// RUN: not vga-run %s --entry dynamic 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: states.mlir:[[#@LINE+43]]:1: error: argument 0 of 'dynamic', a state, must have a static shape, got 'tensor<?xi32>'
// RUN: echo 'func.func @main(%%p: tensor<i32> {vga.position}) { return }' | not vga-run - 2>&1 | FileCheck %s --check-prefix=POSITION
// POSITION: error: expected 'vga.position' on argument #0, a tensor<i64>, got 'tensor<i32>'
// RUN: not vga-run %s --entry lost 2>&1 | FileCheck %s --check-prefix=LOST
// LOST: error: 'lost' must return its states last, in the order of its arguments
// RUN: vga-run %s --entry replaced 2>&1 | FileCheck %s --check-prefix=REPLACED
// REPLACED: remark: state "s" of 'replaced' is copied: what is returned for it is not the argument, updated in place

func.func @main(%tokens: tensor<?xi32>, %past: tensor<i64> {vga.position},
                %seen: tensor<8xi32> {vga.state = "seen"})
    -> (tensor<?x256xf32>, tensor<8xi32>) attributes {vga.context = 8 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %s = tensor.dim %tokens, %c0 : tensor<?xi32>
  %p64 = tensor.extract %past[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %n = arith.addi %p, %s : index
  %fits = arith.cmpi ule, %n, %c8 : index
  cf.assert %fits, "more than 8 tokens"
  %now = tensor.insert_slice %tokens into %seen[%p] [%s] [1]
      : tensor<?xi32> into tensor<8xi32>
  %first32 = tensor.extract %now[%c0] : tensor<8xi32>
  %first = arith.index_cast %first32 : i32 to index
  %e = tensor.empty(%s) : tensor<?x256xf32>
  %logits = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x256xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %at = arith.addi %i, %p : index
    %count = arith.addi %at, %c1 : index
    %byte = arith.addi %first, %count : index
    %isNext = arith.cmpi eq, %byte, %j : index
    %logit = arith.select %isNext, %one, %zero : f32
    linalg.yield %logit : f32
  } -> tensor<?x256xf32>
  return %logits, %now : tensor<?x256xf32>, tensor<8xi32>
}

func.func @dynamic(%s: tensor<?xi32> {vga.state = "s"}) -> tensor<?xi32> {
  return %s : tensor<?xi32>
}

func.func @lost(%s: tensor<8xi32> {vga.state = "s"}) -> tensor<4xi32> {
  %e = arith.constant dense<0> : tensor<4xi32>
  return %e : tensor<4xi32>
}

func.func @replaced(%s: tensor<8xi32> {vga.state = "s"}) -> tensor<8xi32> {
  %e = arith.constant dense<0> : tensor<8xi32>
  return %e : tensor<8xi32>
}
