#!/usr/bin/env bash
# Runs Backstage's own code against "slipway serve": its catalog client in two generations, its discovery of GitLab
# projects, and the calls that its frontends make. Prints a line per method or call and fails if one of them did not do what
# it should. Everything it starts ends with it; nothing is left but .tools. SLIPWAY_BINARY names a command that is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/backstage/install.sh

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait || true
  rm -rf "$work"
}
trap finish EXIT
binary=${SLIPWAY_BINARY:-$work/slipway}
[ -n "${SLIPWAY_BINARY:-}" ] || go build -o "$binary" ./cmd/slipway

"$binary" serve --data "$work/data" --listen 127.0.0.1:0 --gitlab-listen 127.0.0.1:0 --seed none --auth none >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 100); do
  grep -q '^serving' "$work/out" && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
address() { awk -v name="$1" '$1 == name { print $2 }' "$work/out"; }
portal=$(address portal) gitlab=$(address GitLab)
if [ -z "$portal" ] || [ -z "$gitlab" ]; then
  cat "$work/out" "$work/err" >&2
  echo "slipway serve did not start" >&2
  exit 1
fi

result=0
GITLAB_TOKEN=$(node -p "JSON.parse(fs.readFileSync('$work/data/secrets.json')).gitlabToken") \
  node test/backstage/main.mjs "$portal" "$gitlab" .tools/backstage || result=1
if grep -F 'no such route' "$work/data/slipway.log" >&2; then
  echo "FAIL  a client asked for a route that is missing" >&2
  result=1
fi
[ $result = 0 ] || grep -E '"level":"(WARN|ERROR)"' "$work/data/slipway.log" | tail -40 >&2 || true
exit $result
