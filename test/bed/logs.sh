#!/usr/bin/env bash
# Prints what each function of a stack on the bed of BED_PORT has logged last.
#
#   BED_PORT=4566 test/bed/logs.sh [STACK]
set -euo pipefail
. "$(dirname "$0")/settings.sh"
"$bed_tools/sam/bin/python" "$bed_root/test/bed/stack.py" logs "${1:-slipway}"
