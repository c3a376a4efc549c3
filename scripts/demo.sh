#!/usr/bin/env bash
# From a fresh machine to a language model that speaks: installs packages,
# builds vga-run, and lets a gated transformer, trained on the King James
# Bible and compiled on the spot, continue a text:
#
#   ./scripts/demo.sh                        # continues "In the beginning"
#   ./scripts/demo.sh And David said
set -euo pipefail
cd "$(dirname "$0")/.."

prompt=${*:-In the beginning}

./scripts/setup.sh
./scripts/build.sh vga-run
exec build/bin/vga-run examples/kjv-lm/model.mlir \
  --weights examples/kjv-lm/kjv.safetensors \
  --prompt "$prompt" --tokens 300 --temperature 0.7 --seed 2 </dev/null
