func.func @main(%n: tensor<?xf32>) -> tensor<?xf32> {
  %r = arith.addf %n, %n : tensor<?xf32>
  return %r : tensor<?xf32>
}
