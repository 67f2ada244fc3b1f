#!/usr/bin/env bash
# Runs the contract suites of the AWS adapters on the emulated AWS. A suite that is skipped fails: it would
# prove nothing. Single parts may be, when the suite says how the emulator differs from AWS.
# Arguments are passed on to go test. DynamoDB has an emulator of its own, see test/dynamodblocal.
set -euo pipefail
: "${BED_PORT:=4568}"
export BED_PORT
. "$(dirname "$0")/settings.sh"
cd "$bed_root"

trap 'test/bed/stop.sh' EXIT
test/bed/start.sh

log=$BED_DIR/contracts.log
export SLIPWAY_AWS_ENDPOINT=$bed_endpoint SLIPWAY_S3_ENDPOINT=$bed_endpoint
go test -count=1 -v "$@" ./shared/adapters/{s3,eventbridge,stepfn,secrets,awsparams,awssecrets}/... >"$log" 2>&1 || {
  grep -E '^\s*(--- FAIL|FAIL|panic:)|_test\.go:[0-9]+:' "$log" >&2 || tail -n 40 "$log" >&2
  echo "the whole output is in $log" >&2
  exit 1
}
if grep -E -- '^--- SKIP' "$log" >&2; then
  echo "a whole suite was skipped; the whole output is in $log" >&2
  exit 1
fi
echo "where the emulator differs from AWS, so that these parts run on the embedded adapters alone:"
sed -nE 's/^.*SKIPPED: /  /p' "$log" | sort -u
grep -E '^ok' "$log"
