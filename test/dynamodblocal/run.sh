#!/usr/bin/env bash
# Runs the table contract against DynamoDB Local: fetches it when it is missing, starts it on
# a free loopback port, runs the tests of the dynamo adapter, stops it.
# Arguments are passed on to go test, for example: run.sh -race -run Contract
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools="$root/.tools/dynamodblocal"

for needed in java javac mvn; do
  if ! command -v "$needed" >/dev/null; then
    echo "$needed is missing: install a JDK (17 or newer) and Maven, on Debian: apt-get install default-jdk-headless maven" >&2
    exit 1
  fi
done

if ! cmp -s "$here/pom.xml" "$tools/pom.xml"; then
  rm -rf "$tools"
  mkdir -p "$tools"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$tools/lib"
  cp "$here/pom.xml" "$tools/pom.xml" # last, so that a broken download is begun anew
fi
mkdir -p "$tools/classes"
javac -cp "$tools/lib/*" -d "$tools/classes" "$here/OnLoopback.java"

log=$(mktemp)
java -Xmx512m -Djava.library.path="$tools/lib" -cp "$tools/classes:$tools/lib/*" OnLoopback >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT

port=
for _ in $(seq 300); do
  port=$(sed -n 's/^port \([0-9][0-9]*\)$/\1/p' "$log")
  [ -n "$port" ] && break
  if ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.1
done
if [ -z "$port" ]; then
  echo "DynamoDB Local did not start:" >&2
  cat "$log" >&2
  exit 1
fi

cd "$root"
SLIPWAY_DYNAMODB_ENDPOINT="http://127.0.0.1:$port" go test -count=1 "$@" ./shared/adapters/dynamo/...
