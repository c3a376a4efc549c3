// Times as text and as JSON, with the FLOP rate of the dynamic sizes.
// RUN: %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --input %t/a.npy --input %t/b.npy --benchmark 3 | FileCheck %s
// RUN: vga-run %s --input %t/a.npy --input %t/b.npy --benchmark 4 --json > %t/report.json
// RUN: %python -c "import json; r = json.load(open(r'%t/report.json')); assert r['entry'] == 'main' and r['runs'] == 4 and r['flop'] == 48 and 0 < r['min_ms'] <= r['median_ms'] <= r['max_ms'] and abs(r['gflops_per_second'] * r['median_ms'] * 1e6 / 48 - 1) < 1e-9 and r['threads'] >= 1 and r['compile_seconds'] > 0, r"
// RUN: vga-run %s --entry unknown --input %t/x.npy --benchmark 1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: vga-run %s --entry unknown --input %t/x.npy --benchmark 1 --json | FileCheck %s --check-prefix=JSON

// The outputs of the last run can be kept.
// RUN: vga-run %s --input %t/a.npy --input %t/b.npy --benchmark 1 --threads 1 --output %t/y.npy | FileCheck %s --check-prefix=ONE
// RUN: vga-run %s --input %t/a.npy --input %t/b.npy --output %t/z.npy
// RUN: cmp %t/y.npy %t/z.npy

// CHECK: main: 3 runs on {{[0-9]+}} threads, compiled in {{.*}} s
// CHECK-NEXT: time: min {{.*}} ms, median {{.*}} ms, max {{.*}} ms
// CHECK-NEXT: FLOP rate: {{.*}} GFLOP/s at the median (4.8e-08 GFLOP)
// ONE: main: 1 runs on 1 threads
// UNKNOWN: FLOP rate: n/a
// JSON-DAG: "flop": null
// JSON-DAG: "gflops_per_second": null

func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>)
      -> tensor<?x4xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x4xf32>)
                     outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// How often the product runs depends on the data.
func.func @unknown(%a: tensor<2xf32>) -> tensor<f32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %first = tensor.extract %a[%c0] : tensor<2xf32>
  %positive = arith.cmpf ogt, %first, %zero : f32
  %init = tensor.splat %zero : tensor<f32>
  %r = scf.if %positive -> tensor<f32> {
    %dot = linalg.dot ins(%a, %a : tensor<2xf32>, tensor<2xf32>)
                      outs(%init : tensor<f32>) -> tensor<f32>
    scf.yield %dot : tensor<f32>
  } else {
    scf.yield %init : tensor<f32>
  }
  return %r : tensor<f32>
}
