#!/usr/bin/env bash
# Builds every function for this machine, where it is timed, and for arm64, as it is deployed.
# Fails when a binary is over the budget of its architecture. The events are ones that end early (refused, empty), so that what is timed is
# the function and not the emulator behind it; docs/baselines.md explains how to read the table.
#
# Settings: FUNCTION_FLAGS (build flags, from the Makefile), STARTS (11), WARM (100)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export BED_PORT=${BED_PORT:-4569}
. "$here/../../bed/settings.sh"
cd "$bed_root"
: "${FUNCTION_FLAGS:?run make baselines}"
budget_mb=12      # on arm64, which is deployed unless a parameter says otherwise
budget_x86_mb=13 # the same code is 9 % larger there
out=$bed_root/.tools/baselines

build() { # build GOARCH
  local dir
  for dir in functions/*/; do
    CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOFLAGS=$FUNCTION_FLAGS go build -o "$out/$1/$(basename "$dir")/bootstrap" "./$dir"
  done
}
build "$(go env GOHOSTARCH)"
build arm64

# Functions look up their secrets when they start.
trap 'test/bed/stop.sh' EXIT
test/bed/start.sh >/dev/null
"$bed_root/test/bed/install.sh" sam
secret=$("$bed_tools/sam/bin/python" test/bed/stack.py secret baselines/secret '{"tokens":["baselines"]}')

settings="AWS_ENDPOINT_URL=$bed_endpoint;LOG_LEVEL=ERROR;TABLE_CATALOG=catalog;TABLE_OPERATIONS=operations;TABLE_AUDIT=audit;TABLE_SETTINGS=settings"
settings+=";TABLE_DELIVERIES=deliveries;WORKSPACE_BUCKET=workspaces;SNAPSHOT_BUCKET=snapshots;EVENT_BUS=bus;GITLAB_URL=http://127.0.0.1:9"
settings+=";CREATE_APP_MACHINE_ARN=arn:aws:states:us-east-1:000000000000:stateMachine:create-app"
settings+=";GITLAB_TOKEN_SECRET=$secret;WEBHOOK_SECRET=$secret;SEALING_SECRET=$secret;WEBHOOK_URL=http://127.0.0.1:9/webhooks/gitlab"
settings+=";OIDC_ISSUER=http://127.0.0.1:9;OIDC_AUDIENCE=slipway;OIDC_JWKS_URL=http://127.0.0.1:9/keys;ALLOWED_ACCOUNTS=111111111111"

timed=()
for dir in functions/*/; do
  name=$(basename "$dir")
  timed+=("$name:$here/events/$name.json=$out/$(go env GOHOSTARCH)/$name/bootstrap")
done
echo "$(go env GOHOSTARCH), $(nproc) cores, $(go env GOVERSION)"
echo
go run ./test/bench/runtime -starts "${STARTS:-11}" -warm "${WARM:-100}" -env "$settings" "${timed[@]}"

echo
echo "arm64, as deployed:"
echo
echo "| function | MB | zip MB |"
echo "|---|---|---|"
too_large=0
for dir in functions/*/; do
  name=$(basename "$dir")
  binary=$out/arm64/$name/bootstrap
  bytes=$(stat -c %s "$binary")
  zipped=$(gzip -9 -c "$binary" | wc -c)
  awk -v name="$name" -v bytes="$bytes" -v zipped="$zipped" 'BEGIN { printf "| %s | %.2f | %.2f |\n", name, bytes / 1e6, zipped / 1e6 }'
  [ "$bytes" -le $((budget_mb * 1000000)) ] || too_large=1
  [ "$(stat -c %s "$out/$(go env GOHOSTARCH)/$name/bootstrap")" -le $((budget_x86_mb * 1000000)) ] || too_large=1
done
[ $too_large = 0 ] || {
  echo "a function has more than $budget_mb MB ($budget_x86_mb on x86_64)" >&2
  exit 1
}
