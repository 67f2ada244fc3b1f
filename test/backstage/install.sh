#!/usr/bin/env bash
# Installs the pinned packages below .tools/backstage, unless they are there. No package's own scripts are run.
set -euo pipefail
cd "$(dirname "$0")"
into=../../.tools/backstage

cmp -s package-lock.json "$into/installed.json" && exit 0
from=$SECONDS
rm -rf "$into"
mkdir -p "$into"
cp -r package.json package-lock.json "$into"
npm ci --prefix "$into" --ignore-scripts --omit=dev --omit=optional --omit=peer --no-audit --no-fund --loglevel=error
cp package-lock.json "$into/installed.json"
echo "installed $(find "$into/node_modules" -name package.json -path '*node_modules/*' -prune | wc -l) packages, $(du -sm "$into" | cut -f1) MB, in $((SECONDS - from)) s"
