// Contractions whose five loops may all have any size do not become more code than
// a module is worth: rows and columns of any number have short ladders of tiles.
// RUN: vga-opt %s --vga-cpu-pipeline="vector-bits=512 vector-registers=32" -o %t
// RUN: %python -c "import sys; n = sum(1 for line in open(sys.argv[1])); sys.exit(n > 27000 and f'{n} lines')" %t

#a = affine_map<(b, h, m, n, k) -> (b, h, m, k)>
#b = affine_map<(b, h, m, n, k) -> (b, h, k, n)>
#c = affine_map<(b, h, m, n, k) -> (b, h, m, n)>
func.func @batches(%a: tensor<?x?x?x?xf32>, %b: tensor<?x?x?x?xf32>, %c: tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32> {
  %y = linalg.contract indexing_maps = [#a, #b, #c]
      ins(%a, %b : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>) outs(%c : tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
  return %y : tensor<?x?x?x?xf32>
}

#d = affine_map<(m, n, i, j, k) -> (m, i, j, k)>
#e = affine_map<(m, n, i, j, k) -> (n, i, j, k)>
#f = affine_map<(m, n, i, j, k) -> (m, n)>
func.func @sums(%a: tensor<?x?x?x?xbf16>, %b: tensor<?x?x?x?xbf16>, %c: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = linalg.contract indexing_maps = [#d, #e, #f]
      ins(%a, %b : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>) outs(%c : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

#g = affine_map<(m, n, i, j, k) -> (i, j, k, m)>
#h = affine_map<(m, n, i, j, k) -> (k, n, j, i)>
func.func @apart(%a: tensor<?x?x?x?xi8>, %b: tensor<?x?x?x?xi8>, %c: tensor<?x?xi32>) -> tensor<?x?xi32> {
  %y = linalg.contract indexing_maps = [#g, #h, #f]
      ins(%a, %b : tensor<?x?x?x?xi8>, tensor<?x?x?x?xi8>) outs(%c : tensor<?x?xi32>) -> tensor<?x?xi32>
  return %y : tensor<?x?xi32>
}

// The factor with the columns first.
#i = affine_map<(k, n, m, l, b) -> (l, k, m)>
#j = affine_map<(k, n, m, l, b) -> (n, k, l, b)>
#k = affine_map<(k, n, m, l, b) -> (b, n, m)>
func.func @columns_first(%a: tensor<?x?x?xi8>, %b: tensor<?x?x?x?xi8>, %c: tensor<?x?x?xi8>) -> tensor<?x?x?xi8> {
  %y = linalg.contract indexing_maps = [#i, #j, #k]
      ins(%a, %b : tensor<?x?x?xi8>, tensor<?x?x?x?xi8>) outs(%c : tensor<?x?x?xi8>) -> tensor<?x?x?xi8>
  return %y : tensor<?x?x?xi8>
}
