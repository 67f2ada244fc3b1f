#!/usr/bin/env bash
# Runs Backstage's own code against "slipway serve": its catalog client in two generations, its client of templates, its discovery of GitLab
# projects, and the calls that its frontends make. Prints a line per method or screen and fails if one of them did not do what
# it should. Everything it starts ends with it; nothing is left but .tools. SLIPWAY_BINARY names a command that is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/backstage/install.sh

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait || true
  server=
}
trap 'stop; rm -rf "$work"' EXIT
binary=${SLIPWAY_BINARY:-$work/slipway}
[ -n "${SLIPWAY_BINARY:-}" ] || go build -o "$binary" ./cmd/slipway

# start PORTAL GITLAB FLAG...: serves on these addresses, and notes the URLs in portal and gitlab.
start() {
  local addresses=(--listen "$1" --gitlab-listen "$2")
  shift 2
  : >"$work/out"
  "$binary" serve --data "$work/data" "${addresses[@]}" --seed none --auth none "$@" >>"$work/out" 2>"$work/err" &
  server=$!
  for _ in $(seq 200); do
    grep -q '^serving' "$work/out" && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  portal=$(awk '$1 == "portal" { print $2 }' "$work/out")
  gitlab=$(awk '$1 == "GitLab" { print $2 }' "$work/out")
  grep -q '^serving' "$work/out" || {
    cat "$work/out" "$work/err" >&2
    echo "slipway serve did not start" >&2
    exit 1
  }
}

result=0
# The first start makes the GitLab that is to be filled; the second finds it so, as a portal does that somebody sets up.
start 127.0.0.1:0 127.0.0.1:0
GITLAB_TOKEN=$(node -p "JSON.parse(fs.readFileSync('$work/data/secrets.json')).gitlabToken")
export GITLAB_TOKEN
node test/backstage/fill.mjs "$gitlab"
stop
start "${portal#http://}" "${gitlab#http://}" --discover discovered --discover elsewhere --discover many \
  --location "$gitlab/platform/software/-/blob/main/catalog/configured.yaml"
node test/backstage/main.mjs "$portal" "$gitlab" .tools/backstage || result=1
if grep -F 'no such route' "$work/data/slipway.log" >&2; then
  echo "FAIL  a client asked for a route that is missing" >&2
  result=1
fi
[ $result = 0 ] || grep -E '"level":"(WARN|ERROR)"' "$work/data/slipway.log" | tail -40 >&2 || true
exit $result
