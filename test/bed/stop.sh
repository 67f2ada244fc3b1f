#!/usr/bin/env bash
# Stops the emulated AWS of BED_PORT and the functions it runs. Stopping what is not running succeeds.
set -euo pipefail
. "$(dirname "$0")/settings.sh"

[ -f "$BED_DIR/pid" ] || exit 0
pid=$(cat "$BED_DIR/pid")
rm -f "$BED_DIR/pid"
# Only what start.sh started: process ids are used again.
tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q test/bed/emulator.py || exit 0

kill -TERM -- "-$pid" 2>/dev/null || true
for _ in $(seq 50); do
  kill -0 -- "-$pid" 2>/dev/null || exit 0
  sleep 0.1
done
kill -KILL -- "-$pid" 2>/dev/null || true
