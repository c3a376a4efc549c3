#!/bin/sh
# Checks and measures the GPU code on a machine with an NVIDIA GPU, which needs neither LLVM nor
# CUDA's tools: the grid against the oracle, what is not attention against numpy, then the benchmark
# beside its peers, as far as Python has them. usage: scripts/gpu-check.sh VGA_RUN [OUT]; VGA_RUN is
# that of the release-static preset, OUT a folder for the figures.
set -eu
vga_run=$1
out=${2:-.}
cd "$(dirname "$0")/.."
command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
python3 test/Integration/CPU/grid.py --vga-run "$vga_run" --target cuda
# Few queries have kernels of warps: all of the grid, then, with those for many, and with the code of
# an older GPU.
python3 test/Integration/CPU/grid.py --vga-run "$vga_run" --target cuda \
  --schedule '<queries = 64, keys = 64, key_stages = 2, value_stages = 2>'
python3 test/Integration/CPU/grid.py --vga-run "$vga_run" --target cuda --mgpu sm_80
python3 test/Integration/GPU/elementwise.py --vga-run "$vga_run" --target cuda
python3 test/Integration/GPU/products.py --vga-run "$vga_run" --target cuda
python3 test/Integration/GPU/products.py --vga-run "$vga_run" --target cuda --no-cublas
python3 benchmarks/run.py --target cuda --vga-run "$vga_run" --peers "${VGA_GPU_PEERS-torch,mosaic}" \
  --json "$out/gpu.json"
