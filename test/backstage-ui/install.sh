#!/usr/bin/env bash
# Installs the pinned packages below .tools/backstage-ui and bundles the apps there, each unless that is done already. No
# package's own scripts are run.
set -euo pipefail
cd "$(dirname "$0")"
into=../../.tools/backstage-ui

if ! cmp -s package-lock.json "$into/installed.json"; then
  from=$SECONDS
  rm -rf "$into"
  mkdir -p "$into"
  cp package.json package-lock.json "$into"
  # Peers that are asked for twice in different versions are those of types and test tools, which nobody needs here.
  npm ci --prefix "$into" --legacy-peer-deps --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error
  cp package-lock.json "$into/installed.json"
  echo "installed $(find "$into/node_modules" -name package.json -path '*node_modules/*' -prune | wc -l) packages, $(du -sm "$into" | cut -f1) MB, in $((SECONDS - from)) s"
fi

sources=$(cat package-lock.json bundle.* $(find apps -type f | sort) | sha256sum | cut -d' ' -f1)
if [ "$(cat "$into/bundled" 2>/dev/null)" != "$sources" ]; then
  rm -rf "$into/bundles" "$into/bundled"
  node bundle.mjs "$into" "$into/bundles"
  echo "$sources" >"$into/bundled"
fi
