#!/usr/bin/env bash
# Checks template.yaml and the state machines with the field's linters; our own rules are the Go tests beside this script.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
test/bed/install.sh sam checkov asl-validator
tools=$root/.tools
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1

echo "== sam validate --lint"
"$tools/sam/bin/sam" validate --lint --template-file template.yaml

echo "== cfn-lint on the expanded template"
expanded=$(mktemp -d)
trap 'rm -rf "$expanded"' EXIT
"$tools/sam/bin/python" test/template/expand.py template.yaml >"$expanded/expanded.json"
# W2001, an unused parameter: SAM writes the values of some parameters into what it makes.
"$tools/sam/bin/cfn-lint" --ignore-checks W2001 -- "$expanded/expanded.json"
# A linter that takes everything would go unnoticed: this one has to refuse a reference to nothing.
sed 's/"Ref": "EventBus"/"Ref": "NoSuchBus"/' "$expanded/expanded.json" >"$expanded/wrong.json"
if "$tools/sam/bin/cfn-lint" --ignore-checks W2001 -- "$expanded/wrong.json" >/dev/null; then
  echo "cfn-lint took a template that refers to a resource which is not there" >&2
  exit 1
fi

echo "== asl-validator"
for machine in statemachines/*.asl.json; do
  "$tools/npm/node_modules/.bin/asl-validator" --json-path "$machine"
done

echo "== checkov"
"$tools/checkov/bin/checkov" --config-file test/template/checkov.yaml --file template.yaml
