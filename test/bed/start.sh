#!/usr/bin/env bash
# Starts the emulated AWS on loopback and waits until it answers.
#
#   BED_PORT=4566 test/bed/start.sh [--auth]     --auth enforces IAM policies for callers and functions
set -euo pipefail
. "$(dirname "$0")/settings.sh"
"$bed_root/test/bed/install.sh" ministack

auth=false
[ "${1:-}" = --auth ] && auth=true
mkdir -p "$BED_DIR/tmp"

if curl -sf -m 1 -o /dev/null "$bed_endpoint/_ministack/health"; then
  echo "port $BED_PORT is taken by another emulator; stop it or set BED_PORT" >&2
  exit 1
fi

# BIND_HOST: ministack listens on all interfaces unless told. The MQTT and SFTP listeners have ports of their own.
# An environment of its own, because functions inherit it: this machine's proxies and certificates are no part of Lambda.
# A session of its own, so that stop.sh ends the emulator together with the functions it runs.
env -i PATH="$PATH" HOME="$BED_DIR/tmp" LANG=C.UTF-8 TMPDIR="$BED_DIR/tmp" \
  AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION=$AWS_DEFAULT_REGION \
  AWS_ENDPOINT_URL=$bed_endpoint AWS_EC2_METADATA_DISABLED=true BED_API_ID=$BED_API_ID \
  BIND_HOST=127.0.0.1 GATEWAY_PORT="$BED_PORT" IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 AUTH=$auth \
  setsid "$bed_tools/ministack/bin/python" "$bed_root/test/bed/emulator.py" >"$BED_DIR/emulator.log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$BED_DIR/pid"

for _ in $(seq 150); do
  if curl -sf -m 1 -o /dev/null "$bed_endpoint/_ministack/health"; then
    if ss -ltnH "sport = :$BED_PORT" 2>/dev/null | grep -qv '127\.0\.0\.1:'; then
      echo "the emulator listens beyond loopback" >&2
      "$bed_root/test/bed/stop.sh"
      exit 1
    fi
    echo "emulated AWS at $bed_endpoint (IAM enforced: $auth)"
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.2
done
echo "the emulator did not start:" >&2
tail -n 20 "$BED_DIR/emulator.log" >&2
exit 1
