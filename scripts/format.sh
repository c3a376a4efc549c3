#!/usr/bin/env bash
# Formats the C++ code:
#   ./scripts/format.sh           changes the files
#   ./scripts/format.sh --check   names those that are not formatted, and fails
set -euo pipefail
cd "$(dirname "$0")/.."

format=$(command -v clang-format-22) || {
  echo "error: clang-format-22 is not there: run ./scripts/setup.sh" >&2
  exit 1
}
case $# in
0) mode=(-i) ;;
1) [ "$1" = --check ] && mode=(--dry-run --Werror) ;;
esac
[ -n "${mode:-}" ] || {
  echo "usage: scripts/format.sh [--check]" >&2
  exit 1
}
find include lib tools unittests test cmake \( -name '*.cpp' -o -name '*.h' \) \
  -not -path '*/Output/*' -print0 | xargs -0 "$format" "${mode[@]}"
