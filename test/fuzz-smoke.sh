#!/usr/bin/env bash
# Runs every fuzz target of the repository for a moment; a target that finds nothing in its seeds may find it here.
# FUZZ_RUNS (20000) is the number of inputs for each target. It is a number and not a time because go test may report its
# own deadline as a failure of the target when it runs out of time.
# As many targets run beside each other as there are cores, one worker each: most of the time goes into linking them.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${FUZZ_RUNS:=20000}"
export FUZZ_RUNS

targets=$(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' --exclude-dir=.tools --exclude-dir=.aws-sam . | sed 's|^\./||; s|/[^/]*:func | |' | sort)
[ -n "$targets" ] || {
  echo "there are no fuzz targets" >&2
  exit 1
}

# fuzz FOLDER NAME. Output only of a failure: the progress lines of a quiet run say nothing. make test and make lint have
# vetted the package. 255 has xargs begin no other one.
fuzz() {
  local output
  output=$(go test "./$1" -vet=off -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZ_RUNS}x" -parallel 1 2>&1) || {
    printf '== %s %s\n%s\n' "$1" "$2" "$output" >&2
    exit 255
  }
  echo "== $1 $2"
}
export -f fuzz
xargs -P "$(nproc)" -L 1 bash -c 'fuzz "$@"' fuzz <<<"$targets"
