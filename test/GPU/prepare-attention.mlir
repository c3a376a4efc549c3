// Attention takes the forms that kernels have: heads of a multiple of 8 channels, elements that are not f64.
// RUN: vga-opt %s --vga-gpu-prepare-attention --canonicalize --cse -verify-diagnostics -split-input-file | FileCheck %s

// The scale is that of heads of 100 channels, and what is added to the output is cut off.
// CHECK-LABEL: func @padded
// CHECK-SAME: (%[[Q:[a-z0-9]+]]: tensor<?x4x?x100xf16>, %[[K:[a-z0-9]+]]: tensor<?x2x?x100xf16>, %[[V:[a-z0-9]+]]: tensor<?x2x?x20xf16>
// CHECK-DAG: %[[QS:.*]] = tensor.pad %[[Q]] low[0, 0, 0, 0] high[0, 0, 0, 4]
// CHECK-DAG: %[[KS:.*]] = tensor.pad %[[K]] low[0, 0, 0, 0] high[0, 0, 0, 4]
// CHECK-DAG: %[[VS:.*]] = tensor.pad %[[V]] low[0, 0, 0, 0] high[0, 0, 0, 4]
// CHECK: %[[GS:.*]] = tensor.pad %{{.*}} low[0, 0, 0, 0] high[0, 0, 0, 4]
// CHECK: tensor<?x4x?x20xf32> to tensor<?x4x?x24xf32>
// CHECK: %[[Z:.*]], %[[LSE:.*]] = vga.attention %[[QS]], %[[KS]], %[[VS]] output_gate(%[[GS]] : {{.*}}) scale 1.000000e-01 lse :
// CHECK: %[[OUT:.*]] = tensor.extract_slice %[[Z]][0, 0, 0, 0] [%{{.*}}, 4, %{{.*}}, 20]
// CHECK: return %[[OUT]], %[[LSE]]
func.func @padded(%q: tensor<?x4x?x100xf16>, %k: tensor<?x2x?x100xf16>, %v: tensor<?x2x?x20xf16>, %g: tensor<?x4x?x20xf32>)
    -> (tensor<?x4x?x20xf16>, tensor<?x4x?xf32>) {
  // expected-remark@+1 {{pads keys of 100 channels and values of 20 to 104 and 24: kernels have heads of multiples of 8}}
  %z, %lse = vga.attention %q, %k, %v output_gate(%g : tensor<?x4x?x20xf32>) lse
    : tensor<?x4x?x100xf16>, tensor<?x2x?x100xf16>, tensor<?x2x?x20xf16>
  return %z, %lse : tensor<?x4x?x20xf16>, tensor<?x4x?xf32>
}

// -----

// A gate that the kernel computes is one of padded values, with padded weights.
// CHECK-LABEL: func @own_gate
// CHECK: %[[VS:.*]] = tensor.pad %{{.*}} low[0, 0, 0, 0] high[0, 0, 0, 4]
// CHECK: %[[WS:.*]] = tensor.pad %{{.*}} low[0, 0] high[0, 4]
// CHECK: tensor<2x4xf32> to tensor<2x8xf32>
// CHECK: %[[G:.*]] = vga.gate %[[VS]], %[[WS]]
// CHECK: vga.attention {{.*}}, %[[VS]] value_gate(%[[G]] :
func.func @own_gate(%q: tensor<1x2x9x8xbf16>, %v: tensor<1x2x9x4xbf16>, %w: tensor<2x4xf64>) -> tensor<1x2x9x4xbf16> {
  %g = vga.gate %v, %w : tensor<1x2x9x4xbf16>, tensor<2x4xf64>
  // expected-remark@+1 {{pads keys of 8 channels and values of 4 to 8 and 8}}
  %z = vga.attention %q, %q, %v value_gate(%g : tensor<1x2x9xf32>)
    : tensor<1x2x9x8xbf16>, tensor<1x2x9x8xbf16>, tensor<1x2x9x4xbf16>
  return %z : tensor<1x2x9x4xbf16>
}

// -----

// Of a mask, finite entries stay finite.
// CHECK-LABEL: func @narrowed
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<9x9xf64>)
// CHECK: arith.minnumf {{.*}} : f64
// CHECK: arith.truncf {{.*}} : tensor<2xf64> to tensor<2xf32>
// CHECK: arith.truncf {{.*}} : tensor<1x2x9xf64> to tensor<1x2x9xf32>
// CHECK: vga.attention {{.*}} value_gate(%{{.*}} : tensor<1x2x9xf32>) output_gate(%{{.*}} : tensor<1x2x9xf32>) mask(%{{.*}} : tensor<9x9xf32>) {{.*}}sink(%{{.*}} : tensor<2xf32>)
func.func @narrowed(%q: tensor<1x2x9x8xf16>, %g: tensor<1x2x9xf64>, %o: tensor<1x2x9xf64>, %m: tensor<9x9xf64>, %s: tensor<2xf64>) -> tensor<1x2x9x8xf16> {
  %z = vga.attention %q, %q, %q value_gate(%g : tensor<1x2x9xf64>) output_gate(%o : tensor<1x2x9xf64>) mask(%m : tensor<9x9xf64>) sink(%s : tensor<2xf64>)
    : tensor<1x2x9x8xf16>, tensor<1x2x9x8xf16>, tensor<1x2x9x8xf16>
  return %z : tensor<1x2x9x8xf16>
}

// -----

// What has no kernel stays, for the conversion to complain about.
// CHECK-LABEL: func @left
// CHECK: vga.attention
func.func @left(%q: tensor<1x2x9x8xf64>) -> tensor<1x2x9x8xf64> {
  %z = vga.attention %q, %q, %q : tensor<1x2x9x8xf64>, tensor<1x2x9x8xf64>, tensor<1x2x9x8xf64>
  return %z : tensor<1x2x9x8xf64>
}

// -----

// Of nothing there is nothing to be padded.
// CHECK-LABEL: func @empty
// CHECK-NOT: tensor.pad
func.func @empty(%q: tensor<0x4x0x100xf16>, %k: tensor<0x2x0x100xf16>) -> tensor<0x4x0x100xf16> {
  %r = vga.attention %q, %k, %k : tensor<0x4x0x100xf16>, tensor<0x2x0x100xf16>, tensor<0x2x0x100xf16>
  return %r : tensor<0x4x0x100xf16>
}

// -----

// Whatever the number of channels is.
// CHECK-LABEL: func @few
// CHECK: vga.attention {{.*}} scale 1.000000e+00 : tensor<1x2x5x8xf32>
func.func @few(%q: tensor<1x2x5x1xf32>) -> tensor<1x2x5x1xf32> {
  // expected-remark@+1 {{pads keys of 1 channels and values of 1 to 8 and 8}}
  %z = vga.attention %q, %q, %q : tensor<1x2x5x1xf32>, tensor<1x2x5x1xf32>, tensor<1x2x5x1xf32>
  return %z : tensor<1x2x5x1xf32>
}

// -----

// CHECK-LABEL: func @odd
// CHECK: vga.attention {{.*}} : tensor<1x2x5x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x8xbf16>
func.func @odd(%q: tensor<1x2x5x7xbf16>, %v: tensor<1x2x5x3xbf16>) -> tensor<1x2x5x3xbf16> {
  // expected-remark@+1 {{pads keys of 7 channels and values of 3 to 8 and 8}}
  %z = vga.attention %q, %q, %v : tensor<1x2x5x7xbf16>, tensor<1x2x5x7xbf16>, tensor<1x2x5x3xbf16>
  return %z : tensor<1x2x5x3xbf16>
}
