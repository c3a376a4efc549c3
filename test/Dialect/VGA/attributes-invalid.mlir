// RUN: vga-opt %s -verify-diagnostics -split-input-file

// expected-error @+1 {{expected 'vga.param' on argument #0 to be a non-empty string, got ""}}
func.func @empty_name(%w: tensor<4xf32> {vga.param = ""}) { return }

// -----

// expected-error @+1 {{expected 'vga.param' on argument #1 to be a non-empty string, got 3 : i64}}
func.func @no_name(%x: tensor<4xf32>, %w: tensor<4xf32> {vga.param = 3}) { return }

// -----

// expected-error @+1 {{unknown attribute 'vga.weight' on argument #0}}
func.func @unknown_argument(%w: tensor<4xf32> {vga.weight = "w"}) { return }

// -----

// expected-error @+1 {{expected 'vga.context' to be a positive integer, got 0 : i64}}
func.func @context() attributes {vga.context = 0} { return }

// -----

// expected-error @+1 {{'vga.context' belongs on a function}}
module attributes {vga.context = 512} {}

// -----

// expected-error @+1 {{unknown attribute 'vga.tokens' on 'func.func'}}
func.func @unknown() attributes {vga.tokens = 512} { return }
