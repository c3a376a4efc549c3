#!/usr/bin/env bash
# Builds targets in build/: ./scripts/build.sh [TARGET...], everything without.
set -euo pipefail
cd "$(dirname "$0")/.."

# Ninja configures again when a CMake file changes, but it knows nothing of
# presets, nor of packages that came later. CMake is quick to find no change.
log=$(mktemp "${TMPDIR:-/tmp}/vga-configure.XXXXXX.log")
cmake --preset dev >"$log" 2>&1 </dev/null || {
  grep -A8 -m1 '^CMake Error' "$log" >&2 || true
  echo "error: 'cmake --preset dev' failed; its output is in $log" >&2
  exit 1
}
rm -f "$log"
exec ninja -C build "$@" </dev/null
