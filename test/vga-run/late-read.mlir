// A language model like that of states.mlir, which looks at what it has seen only at its seventh
// token. On a GPU the host then waits for that, though it need not for the tokens before.
// RUN: vga-run %s --prompt ABC --tokens 12 2> %t.err | FileCheck %s
// CHECK: {{^}}ABCDEFGHIJKLMNO{{$}}

func.func @main(%tokens: tensor<?xi32>, %past: tensor<i64> {vga.position},
                %seen: tensor<16xi32> {vga.state = "seen"})
    -> (tensor<?x256xf32>, tensor<16xi32>) attributes {vga.context = 16 : i64} {
  %c0 = arith.constant 0 : index
  %c6 = arith.constant 6 : index
  %a = arith.constant 65 : index
  %one = arith.constant 1.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<256xf32>
  %s = tensor.dim %tokens, %c0 : tensor<?xi32>
  %p64 = tensor.extract %past[] : tensor<i64>
  %p = arith.index_cast %p64 : i64 to index
  %n = arith.addi %p, %s : index
  %now = tensor.insert_slice %tokens into %seen[%p] [%s] [1]
      : tensor<?xi32> into tensor<16xi32>
  %isSeventh = arith.cmpi eq, %p, %c6 : index
  %first = scf.if %isSeventh -> index {
    %x32 = tensor.extract %now[%c0] : tensor<16xi32>
    %x = arith.index_cast %x32 : i32 to index
    scf.yield %x : index
  } else {
    scf.yield %a : index
  }
  %byte = arith.addi %first, %n : index
  %row = tensor.insert %one into %zeros[%byte] : tensor<256xf32>
  %e = tensor.empty(%s) : tensor<?x256xf32>
  %logits = linalg.broadcast ins(%row : tensor<256xf32>)
      outs(%e : tensor<?x256xf32>) dimensions = [0]
  return %logits, %now : tensor<?x256xf32>, tensor<16xi32>
}
