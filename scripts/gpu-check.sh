#!/bin/sh
# Checks and measures the GPU code on a machine with an NVIDIA GPU, which needs neither LLVM nor
# CUDA's tools: the grid against the oracle, what is not attention against numpy, whole models, a
# memory checker if there is one, then the benchmark beside its peers, as far as Python has them.
# usage: scripts/gpu-check.sh VGA_RUN [OUT [check|benchmark]]; VGA_RUN is that of the release-static
# preset, OUT a folder for the figures; by default both parts run.
set -eu
vga_run=$1
out=${2:-.}
part=${3:-all}
cd "$(dirname "$0")/.."
command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
if [ "$part" != benchmark ]; then
  grid() { python3 test/Integration/CPU/grid.py --vga-run "$vga_run" --target cuda "$@"; }
  # As it is: heads are padded, and what has no kernel is computed as it is defined. Then with the
  # sizes that kernels take.
  grid
  grid --for-kernels
  # Few queries have kernels of warps: all of the grid, then, with those for many, and with the code
  # of an older GPU.
  grid --for-kernels --schedule '<queries = 64, keys = 64, key_stages = 2, value_stages = 2>'
  grid --for-kernels --mgpu sm_80
  grid --for-kernels --tf32
  # The definition, whose products and sums are those of any linalg.
  grid --attention definition --filter "${VGA_GPU_DEFINITION-^(attention|gated|corner).*[05]$}"
  for script in elementwise gathers loops states products models errors; do
    python3 test/Integration/GPU/$script.py --vga-run "$vga_run" --target cuda
  done
  python3 test/Integration/CPU/math_table.py --vga-run "$vga_run" --target cuda --types f32 f16 bf16
  python3 test/Integration/contractions/grid.py --vga-run "$vga_run" --target cuda --count 600
  python3 test/Integration/GPU/products.py --vga-run "$vga_run" --target cuda --no-cublas
  python3 test/Integration/GPU/products.py --vga-run "$vga_run" --target cuda --tf32
  # Sums of 65,536 products: by kernels, then also by the library.
  python3 test/Integration/GPU/long_sums.py --vga-run "$vga_run" --target cuda
  python3 test/Integration/GPU/long_sums.py --vga-run "$vga_run" --target cuda --library
  # Programs of any operations; what has no kernel yet is counted.
  python3 test/Integration/programs/fuzz.py --vga-run "$vga_run" --target cuda \
    --count "${VGA_GPU_PROGRAMS-1000}"
  if command -v compute-sanitizer > /dev/null; then
    for tool in memcheck racecheck; do
      wrapper=$(mktemp)
      printf '#!/bin/sh\nexec compute-sanitizer --tool %s --error-exitcode 9 %s "$@"\n' \
        $tool "$vga_run" > "$wrapper"
      chmod +x "$wrapper"
      echo "$tool:"
      python3 test/Integration/CPU/grid.py --vga-run "$wrapper" --target cuda --for-kernels --jobs 4 \
        --per-module 8 --filter "${VGA_GPU_MEMCHECK-^(only_|paged00|append00)|^corner00}"
      rm "$wrapper"
    done
  else
    echo "no compute-sanitizer: memory is not checked"
  fi
fi
if [ "$part" != check ]; then
  python3 benchmarks/run.py --target cuda --vga-run "$vga_run" \
    --peers "${VGA_GPU_PEERS-torch,mosaic}" --json "$out/gpu.json"
fi
