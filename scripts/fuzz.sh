#!/usr/bin/env bash
# Looks for faults as long as there is time: programs from seeds, whose results are held against
# numpy, and mutations of the tests' IR, which no pass may crash on. Half of the time goes to each,
# unless one of them is asked for. Reproducers and a list of them go to a folder.
# usage: scripts/fuzz.sh --minutes N [--seed S] [--out DIR] [--programs|--mutations] [OPTION...]
# Other options, such as --jobs N and --vga-run PATH, are those of the scripts that do it.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes= seed=$(date +%s) out=fuzz-finds parts=(programs mutations) options=()
fail() {
  echo "error: $*" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
    --minutes | --seed | --out)
      [ $# -gt 1 ] || fail "$1 needs a value"
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    --programs | --mutations) parts=("${1#--}") ;;
    *) options+=("$1") ;;
  esac
  shift
done
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "--minutes N is needed, N a number"
[[ $seed =~ ^[0-9]+$ ]] || fail "--seed needs a number, got '$seed'"

# What was built here, unless the caller names something else.
PATH=$PWD/build/bin:$PATH
share=$(awk "BEGIN { print $minutes / ${#parts[@]} }")
status=0
for part in "${parts[@]}"; do
  echo "$part: $share minutes, seed $seed"
  python3 "test/Integration/$part/fuzz.py" --minutes "$share" --seed "$seed" \
    --out "$out/$part" ${options[@]+"${options[@]}"} || status=1
done
exit $status
