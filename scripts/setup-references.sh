#!/usr/bin/env bash
# Installs what vga is held against besides its own oracle, in build/references, a
# virtual environment: the onnx package with its node tests, and PyTorch if asked for,
# which takes some gigabytes. The tests in test/Integration/references find it there;
# without it lit lists them as unsupported.
#   ./scripts/setup-references.sh           onnx
#   ./scripts/setup-references.sh --torch   onnx and torch
set -euo pipefail
cd "$(dirname "$0")/.."

packages=("onnx>=1.19" numpy)
case "$#:${1:-}" in
0:) ;;
1:--torch) packages+=(torch) ;;
*)
  echo "usage: scripts/setup-references.sh [--torch]" >&2
  exit 1
  ;;
esac
[ -x build/references/bin/python ] || python3 -m venv build/references
build/references/bin/python -m pip install --quiet "${packages[@]}"
build/references/bin/python - "${packages[@]}" <<'EOF'
import importlib.metadata, re, sys
for package in sys.argv[1:]:
    name = re.split(r"\W", package)[0]
    print(f"build/references: {name} {importlib.metadata.version(name)}")
EOF
