// RUN: vga-opt %s | vga-opt | FileCheck %s
// RUN: vga-opt %s --mlir-print-op-generic | vga-opt | FileCheck %s

// CHECK-LABEL: func @plain
func.func @plain(%q: tensor<64x16xf32>, %k: tensor<?x64xf32>, %v: tensor<?x32xf32>,
                 %acc: tensor<32x16xf32>, %max: tensor<16xf32>, %sum: tensor<16xf32>)
    -> (tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>) {
  // CHECK: vga.online_attention ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x32xf32>)
  // CHECK-SAME: outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x32xf32>)
      outs(%acc, %max, %sum : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %r#0, %r#1, %r#2 : tensor<32x16xf32>, tensor<16xf32>, tensor<16xf32>
}

// CHECK-LABEL: func @everything
// CHECK-SAME:    %[[LOWER:[a-z0-9]*]]: index, %[[UPPER:[a-z0-9]*]]: index
func.func @everything(%q: tensor<8x?xf64>, %k: tensor<6x8xf64>, %v: tensor<6x8xf64>,
                      %g: tensor<6xf64>, %m: tensor<6x?xf64>, %lower: index, %upper: index,
                      %acc: tensor<8x?xf64>, %max: tensor<?xf64>, %sum: tensor<?xf64>)
    -> (tensor<8x?xf64>, tensor<?xf64>, tensor<?xf64>) {
  // CHECK: vga.online_attention ins({{.*}}) value_gate(%{{.*}} : tensor<6xf64>) mask(%{{.*}} : tensor<6x?xf64>)
  // CHECK-SAME: lower(%[[LOWER]]) upper(%[[UPPER]]) group 2 softcap 3.000000e+01 outs({{.*}}) {kept}
  %r:3 = vga.online_attention ins(%q, %k, %v : tensor<8x?xf64>, tensor<6x8xf64>, tensor<6x8xf64>)
      softcap 30.0 group 2 upper(%upper) lower(%lower) mask(%m : tensor<6x?xf64>)
      value_gate(%g : tensor<6xf64>)
      outs(%acc, %max, %sum : tensor<8x?xf64>, tensor<?xf64>, tensor<?xf64>) {kept}
  return %r#0, %r#1, %r#2 : tensor<8x?xf64>, tensor<?xf64>, tensor<?xf64>
}
