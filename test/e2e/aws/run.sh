#!/usr/bin/env bash
# Creates the first application on the deployed stack (make build-functions builds it): once on a plain emulated AWS and
# once with IAM enforced. Arguments are passed on to the test, for example -test.run.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# A free port: other beds may be running. BED_PORT chooses one.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
export BED_PORT=${BED_PORT:-$(free_port)}
dir=.tools/bed/$BED_PORT
mkdir -p "$dir"

go test -c -o "$dir/e2e.test" ./test/e2e/aws
trap 'test/bed/stop.sh' EXIT
for iam in ${BED_IAM_MODES:-plain enforced}; do
  began=$SECONDS
  log=$dir/e2e-$iam.log
  if [ "$iam" = enforced ]; then test/bed/start.sh --auth; else test/bed/start.sh; fi
  (cd test/e2e/aws && BED_IAM=$iam "../../../$dir/e2e.test" -test.v -test.timeout=15m "$@") >"$log" 2>&1 || {
    grep -vE '^=== |^ +--- PASS' "$log" >&2
    echo "the first application on AWS failed (IAM $iam); see $log and emulator.log beside it" >&2
    exit 1
  }
  test/bed/stop.sh
  grep -E '^    --- PASS|_test\.go:[0-9]+: ' "$log"
  echo "the first application on AWS, IAM $iam: $((SECONDS - began)) s"
done
rm -rf "$dir"
