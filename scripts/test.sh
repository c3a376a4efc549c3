#!/usr/bin/env bash
# Installs packages, builds everything and runs every test. The last line
# counts them: "N passed, N failed, N skipped". Options for lit go in LIT_OPTS.
set -euo pipefail
cd "$(dirname "$0")/.."

./scripts/setup.sh
./scripts/build.sh all VGAUnitTests

# lit's own report, in which nothing can hide from a count.
results=build/test/results.json
rm -f $results
status=0
LIT_OPTS="${LIT_OPTS:--v} --output $PWD/$results" \
  ninja -C build check-vga </dev/null || status=1
[ -f $results ] || {
  echo "error: the tests did not run" >&2
  exit 1
}
./scripts/count-tests.py $results || status=1
exit $status
