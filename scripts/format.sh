#!/usr/bin/env bash
# Formats the C++ of the project; with --check says what it would change, and
# exits 1 if that is anything.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(find include lib test tools unittests cmake \
  \( -name '*.cpp' -o -name '*.h' \) | sort)
case ${1:-} in
  "") exec clang-format-22 -i "${files[@]}" ;;
  --check) exec clang-format-22 --dry-run -Werror "${files[@]}" ;;
  *)
    echo "error: unknown argument '$1' (usage: scripts/format.sh [--check])" >&2
    exit 1
    ;;
esac
