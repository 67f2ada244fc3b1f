#!/usr/bin/env bash
# Creates the first application on the deployed stack (make build-functions builds it): once on a plain emulated AWS and
# once with IAM enforced. Arguments are passed on to go test.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export BED_PORT=${BED_PORT:-4590}

go test -c -o .tools/bed/e2e.test ./test/e2e/aws
trap 'test/bed/stop.sh' EXIT
for iam in plain enforced; do
  began=$SECONDS
  if [ "$iam" = enforced ]; then test/bed/start.sh --auth; else test/bed/start.sh; fi
  (cd test/e2e/aws && BED_IAM=$iam ../../../.tools/bed/e2e.test -test.v -test.timeout=10m "$@") || {
    echo "the first application on AWS failed (IAM $iam); the emulator's log is .tools/bed/$BED_PORT/emulator.log" >&2
    exit 1
  }
  test/bed/stop.sh
  echo "the first application on AWS (IAM $iam): $((SECONDS - began)) s"
done
