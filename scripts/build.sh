#!/usr/bin/env bash
# Builds targets in build/: ./scripts/build.sh [TARGET...], everything without.
set -euo pipefail
cd "$(dirname "$0")/.."

# Ninja configures again by itself when a CMake file changes, but it does not
# look at the presets, nor does it know of packages that came later.
configured=build/.configured
if [ ! -f build/build.ninja ] || [ ! -f $configured ] ||
  [ CMakePresets.json -nt $configured ] ||
  [ /var/lib/dpkg/info/libgtest-dev.list -nt $configured ]; then
  log=$(mktemp "${TMPDIR:-/tmp}/vga-configure.XXXXXX.log")
  echo "Configuring build/"
  if ! cmake --preset dev >"$log" 2>&1 </dev/null; then
    grep -A8 -m1 '^CMake Error' "$log" >&2 || true
    echo "error: 'cmake --preset dev' failed; its output is in $log" >&2
    exit 1
  fi
  rm -f "$log"
  touch $configured
fi
exec ninja -C build "$@" </dev/null
