#!/usr/bin/env bash
# Walks a headless Chromium through two stock frontends of Backstage, one of each generation, over "slipway serve": prints a
# line for each step and fails if one of them did not show what it should. A picture of each step is left in artefacts/.
# SLIPWAY_BINARY names a command that is built already, CHROMIUM a browser that is not on the path; arguments name the apps
# (legacy, new) if not both are meant.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/backstage-ui/install.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
binary=${SLIPWAY_BINARY:-$work/slipway}
[ -n "${SLIPWAY_BINARY:-}" ] || go build -o "$binary" ./cmd/slipway
rm -rf test/backstage-ui/artefacts

result=0
node test/backstage-ui/main.mjs .tools/backstage-ui "$binary" "$work/data" test/backstage-ui/artefacts "$@" || result=1
if grep -F 'no such route' "$work"/data/*/slipway.log >&2; then
  echo "FAIL  the portal asked its GitLab for a route that is missing" >&2
  result=1
fi
[ $result = 0 ] || grep -E '"level":"(WARN|ERROR)"' "$work"/data/*/slipway.log | tail -40 >&2 || true
exit $result
