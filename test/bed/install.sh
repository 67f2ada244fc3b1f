#!/usr/bin/env bash
# Installs pinned tools below .tools/, each set in an environment of its own because their dependencies contradict each other.
# What is there already in the pinned version is left alone.
#
#   test/bed/install.sh sam ministack checkov asl-validator
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/versions.env"
tools=$root/.tools
mkdir -p "$tools"

# python_env NAME PACKAGE==VERSION... makes .tools/NAME unless it holds exactly these packages.
python_env() {
  local name=$1 env=$tools/$1
  shift
  [ "$(cat "$env/.installed" 2>/dev/null)" = "$*" ] && return 0
  echo "installing $*"
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install -q --disable-pip-version-check "$@"
  echo "$*" >"$env/.installed"
}

for tool in "$@"; do
  case $tool in
  sam) python_env sam "aws-sam-cli==$SAM_CLI_VERSION" "cfn-lint==$CFN_LINT_VERSION" "aws-sam-translator==$SAM_TRANSLATOR_VERSION" ;;
  ministack) python_env ministack "ministack==$MINISTACK_VERSION" "aws-sam-translator==$SAM_TRANSLATOR_VERSION" ;;
  checkov) python_env checkov "checkov==$CHECKOV_VERSION" ;;
  asl-validator)
    [ -f "$tools/npm/node_modules/asl-validator/package.json" ] &&
      grep -q "\"version\": \"$ASL_VALIDATOR_VERSION\"" "$tools/npm/node_modules/asl-validator/package.json" && continue
    echo "installing asl-validator $ASL_VALIDATOR_VERSION"
    npm install --silent --no-audit --no-fund --prefix "$tools/npm" "asl-validator@$ASL_VALIDATOR_VERSION"
    ;;
  *)
    echo "no such tool: $tool" >&2
    exit 2
    ;;
  esac
done
