#!/usr/bin/env bash
# Runs real clients of GitLab against the embedded one: python-gitlab and glab, both pinned. Prints a line per call and
# fails if one of them did not do what it should. Everything it starts ends with it; nothing is left but .tools.
# CLIENTS_LISTEN chooses the loopback address, a free port by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/clients/install.sh

work=$(mktemp -d)
trap 'exec {hold}>&- 2>/dev/null || true; wait || true; rm -rf "$work"' EXIT
go build -o "$work/server" ./test/clients/server
token=glpat-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')

# The server ends when this pipe does, however this script ends.
mkfifo "$work/hold"
"$work/server" -dir "$work/data" -listen "${CLIENTS_LISTEN:-127.0.0.1:0}" -token "$token" <"$work/hold" >"$work/address" 2>"$work/log" &
server=$!
exec {hold}>"$work/hold"
for _ in $(seq 100); do
  [ -s "$work/address" ] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [ ! -s "$work/address" ]; then
  cat "$work/log" >&2
  echo "the embedded GitLab did not start" >&2
  exit 1
fi
url=$(cat "$work/address")

result=0
.tools/python-gitlab/bin/python test/clients/python_gitlab.py "$url" "$token" || result=1
test/clients/glab.sh "$url" "$token" "$work" || result=1
if grep -F 'no such route' "$work/log" >&2; then
  echo "FAIL  a client asked for a route that the embedded GitLab lacks" >&2
  result=1
fi
[ $result = 0 ] || cat "$work/log" >&2
exit $result
