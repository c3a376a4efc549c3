// A language model that knows a few cycles of bytes (see make_files.py).
// RUN: %python %S/Inputs/make_files.py %t
// RUN: vga-run %s --weights %t/table.safetensors --prompt xab --tokens 10 > %t/out 2> %t/err
// RUN: FileCheck %s < %t/out
// RUN: FileCheck %s --check-prefix=STATS < %t/err
// CHECK: {{^}}xabcdefghabcd{{$}}
// STATS: prompt: 3 tokens ({{.*}} tokens/s), generated: 10 tokens ({{.*}} tokens/s)

// A prompt may be longer than the context.
// RUN: vga-run %s --weights %t/table.safetensors --prompt aaaaaaaaaaaaaaaaaaaa --tokens 3 2> %t/err | FileCheck %s --check-prefix=LONG
// LONG: {{^}}aaaaaaaaaaaaaaaaaaaabcd{{$}}

// Characters of several bytes come out whole; bytes that are none, and the
// first half of one at the end, as U+FFFD.
// RUN: vga-run %s --weights %t/table.safetensors --prompt z --tokens 5 2> %t/err | FileCheck %s --check-prefix=CHARACTER
// RUN: vga-run %s --weights %t/table.safetensors --prompt y --tokens 4 2> %t/err | FileCheck %s --check-prefix=REPLACED
// RUN: vga-run %s --weights %t/table.safetensors --prompt x --tokens 2 2> %t/err | FileCheck %s --check-prefix=HALF
// CHARACTER: {{^}}zézé{{$}}
// REPLACED: {{^}}y�y�y{{$}}
// HALF: {{^}}x�{{$}}

// A report as JSON has the text in it.
// RUN: vga-run %s --weights %t/table.safetensors --prompt ab --tokens 4 --json --seed 7 > %t/report.json
// RUN: %python -c "import json; r = json.load(open(r'%t/report.json')); assert r['prompt'] == 'ab' and r['text'] == 'cdef' and r['prompt_tokens'] == 2 and r['generated_tokens'] == 4 and r['seed'] == 7 and r['generated_tokens_per_second'] > 0, r"

// The seed decides about random texts; of one candidate there is one text.
// RUN: vga-run %s --weights %t/table.safetensors --prompt a --tokens 40 --temperature 2 --top-k 2 --seed 1 > %t/one
// RUN: vga-run %s --weights %t/table.safetensors --prompt a --tokens 40 --temperature 2 --top-k 2 --seed 1 > %t/same
// RUN: vga-run %s --weights %t/table.safetensors --prompt a --tokens 40 --temperature 2 --top-k 2 --seed 2 > %t/other
// RUN: cmp %t/one %t/same
// RUN: not cmp -s %t/one %t/other
// RUN: vga-run %s --weights %t/table.safetensors --prompt xab --tokens 10 --temperature 2 --top-k 1 | FileCheck %s

// RUN: vga-run %s --weights %t/table.safetensors --prompt ab --tokens 0 | FileCheck %s --check-prefix=ZERO
// ZERO: {{^}}ab{{$}}

// RUN: not vga-run %s --weights %t/table.safetensors --prompt n 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: vga-run: error: 'main' returned logits that are not numbers, after 1 bytes of text
// RUN: not vga-run %s --prompt a 2>&1 | FileCheck %s --check-prefix=WEIGHTS --match-full-lines
// WEIGHTS: vga-run: error: parameter 'table' needs --weights
// RUN: not vga-run %s --prompt "" 2>&1 | FileCheck %s --check-prefix=EMPTY --match-full-lines
// EMPTY: vga-run: error: --prompt must not be empty
// RUN: not vga-run %s --entry other --prompt a 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: prompt.mlir:[[#@LINE+23]]:1: error: 'other' is not a byte-level language model: besides parameters it must take one tensor<?xi32> or tensor<?xi64> and return one tensor<?x256xf32>
// RUN: not %python -c "import subprocess, sys; sys.exit(subprocess.run(['vga-run', sys.argv[1], '--prompt', b'ab\xff']).returncode)" %s 2>&1 | FileCheck %s --check-prefix=UTF8 --match-full-lines
// UTF8: vga-run: error: --prompt is not valid UTF-8 at byte 2

func.func @main(%tokens: tensor<?xi32>,
                %table: tensor<256x256xf32> {vga.param = "table"})
    -> tensor<?x256xf32> attributes {vga.context = 8 : i64} {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %tokens, %c0 : tensor<?xi32>
  %e = tensor.empty(%s) : tensor<?x256xf32>
  %logits = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%tokens : tensor<?xi32>) outs(%e : tensor<?x256xf32>) {
  ^bb0(%token: i32, %out: f32):
    %row = arith.index_cast %token : i32 to index
    %column = linalg.index 1 : index
    %logit = tensor.extract %table[%row, %column] : tensor<256x256xf32>
    linalg.yield %logit : f32
  } -> tensor<?x256xf32>
  return %logits : tensor<?x256xf32>
}

func.func @other(%tokens: tensor<?xi32>) {
  return
}
