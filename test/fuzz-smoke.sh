#!/usr/bin/env bash
# Runs every fuzz target of the repository for a moment; a target that finds nothing in its seeds may find it here.
# FUZZ_RUNS (20000) is the number of inputs for each target. It is a number and not a time because go test may report its
# own deadline as a failure of the target when it runs out of time.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${FUZZ_RUNS:=20000}"

targets=$(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' --exclude-dir=.tools --exclude-dir=.aws-sam . | sed 's|^\./||; s|:func | |' | sort)
[ -n "$targets" ] || {
  echo "there are no fuzz targets" >&2
  exit 1
}
while read -r file name; do
  echo "== $(dirname "$file") $name"
  # Output only of a failure: the progress lines of a quiet run say nothing.
  output=$(go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZ_RUNS}x" -parallel 2 2>&1) || {
    echo "$output" >&2
    exit 1
  }
done <<<"$targets"
