#!/bin/sh
# Writes the King James text, one verse per line, plain ASCII: 31,102 lines,
# 4,137,847 bytes. The text is in the public domain and comes from Debian's
# package bible-kjv, so that no copy of it is kept here.
#
#   apt-get install bible-kjv
#   ./corpus.sh kjv.txt
set -eu

if [ $# -ne 1 ]; then
  echo "usage: corpus.sh OUTPUT" >&2
  exit 1
fi
out=$1
if ! command -v bible >/dev/null; then
  echo "corpus.sh: 'bible' not found: apt-get install bible-kjv" >&2
  exit 1
fi

# Each printed line is a reference such as "Ge1:1 " and the verse. Three verses
# carry stray blanks, which are squeezed.
trap 'rm -f "$out.tmp"' EXIT
bible -f 'Gen1:1-Rev22:21' </dev/null |
  sed -E 's/^[^ ]+ +//; s/ +/ /g; s/ $//' >"$out.tmp"

want=376f0fd8429cec6cc77659d428b2debd01f069dbfb3917776a09a36a7cfed5c4
got=$(sha256sum "$out.tmp" | cut -d' ' -f1)
if [ "$got" != "$want" ]; then
  echo "corpus.sh: $out: sha256 is $got, expected $want" >&2
  exit 1
fi
mv "$out.tmp" "$out"
echo "$out: $(wc -l <"$out") verses, $(wc -c <"$out") bytes"
