#!/usr/bin/env bash
# A developer's day with glab on the embedded GitLab. Arguments: URL TOKEN WORKDIR.
# Prints a line per call and fails if one of them did not do what it should.
set -uo pipefail
url=$1 token=$2 work=$3
host=${url#http://}
glab=$(dirname "$0")/../../.tools/glab/usr/bin/glab
glab=$(realpath "$glab")
failed=0

export GLAB_CONFIG_DIR=$work/glab HOME=$work NO_COLOR=1 GLAB_CHECK_UPDATE=false GLAB_SEND_TELEMETRY=false
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
mkdir -p "$GLAB_CONFIG_DIR"
cat >"$GLAB_CONFIG_DIR/config.yml" <<CONFIG
check_update: false
telemetry: false
host: ${host%:*}
hosts:
  ${host%:*}:
    api_host: $host
    api_protocol: http
    git_protocol: http
    token: $token
CONFIG
chmod 600 "$GLAB_CONFIG_DIR/config.yml"

# step NAME EXPECTED COMMAND...: the command has to succeed and print text that matches.
step() {
  local name=$1 expected=$2 output
  shift 2
  if output=$("$@" 2>&1 </dev/null) && grep -qE -- "$expected" <<<"$output"; then
    echo "pass  glab           $name"
  else
    echo "FAIL  glab           $name: want $expected, got: $output"
    failed=1
  fi
}

# until_matches EXPECTED COMMAND...: repeats the command for up to 20 seconds.
until_matches() {
  local expected=$1 output
  shift
  for _ in $(seq 100); do
    output=$("$@" 2>&1 </dev/null)
    grep -qE -- "$expected" <<<"$output" && break
    sleep 0.2
  done
  echo "$output"
}

cd "$work" || exit 1
clone=${url/http:\/\//http:\/\/oauth2:$token@}/apps/portal.git
step "api version" '"version":' "$glab" api version
step "repo create" 'apps/portal' "$glab" api -X POST projects -f name=portal -f "namespace_id=$("$glab" api namespaces/apps | grep -oE '"id":[0-9]+' | head -1 | cut -d: -f2)"
step "git clone" 'empty repository' git clone "$clone" portal
cd portal || exit 1
cat >.gitlab-ci.yml <<'CI'
stages: [build, deploy]
build: {stage: build, script: [make]}
deploy: {stage: deploy, script: [echo], when: manual, environment: {name: prod}}
CI
git checkout -qb main
git add . && git -c user.name=T -c user.email=t@example.com commit -qm 'Start [skip ci]'
step "git push" 'main -> main' git push origin main
step "ci lint" 'CI/CD YAML is valid' "$glab" ci lint
step "repo view" 'apps/portal|portal' "$glab" repo view
step "repo list" 'apps/portal' "$glab" repo list --all
step "variable set" 'Created variable ROLE' "$glab" variable set ROLE dev
step "variable get" '^dev$' "$glab" variable get ROLE
step "variable update" 'Updated variable ROLE' "$glab" variable update ROLE qa
step "variable list" 'ROLE' "$glab" variable list
step "variable delete" 'Deleted variable ROLE|variable ROLE' "$glab" variable delete ROLE
step "ci run" 'Created pipeline' "$glab" ci run -b main --variables-env MARK:42
step "ci get, when it has ended" 'success' until_matches 'success' "$glab" ci get -b main
step "ci list" 'success' "$glab" ci list
step "ci status" 'build' "$glab" ci status -b main
job=$("$glab" api projects/apps%2Fportal/jobs | grep -oE '"id":[0-9]+,"name":"build"' | grep -oE '[0-9]+' | head -1)
step "ci trace" 'no command was executed' "$glab" ci trace "${job:-0}"
manual=$("$glab" api projects/apps%2Fportal/jobs | grep -oE '"id":[0-9]+,"name":"deploy"' | grep -oE '[0-9]+' | head -1)
step "ci trigger of the manual job" 'Triggered job|deploy' "$glab" ci trigger "${manual:-0}"
step "ci retry" 'Retried job|build' "$glab" ci retry "${job:-0}"
git checkout -qb change
echo x >x && git add . && git -c user.name=T -c user.email=t@example.com commit -qm 'Change [skip ci]'
git push -q origin change 2>/dev/null
step "mr create" '/-/merge_requests/1' "$glab" mr create -y -s change -b main -t Change -d "A change"
step "mr list" '!1' "$glab" mr list
step "mr view" 'Change' "$glab" mr view 1
step "mr update, people" 'Updat|!1' "$glab" mr update 1 --assignee root --reviewer root
step "mr close" 'Closed|closed' "$glab" mr close 1
step "mr reopen" 'Reopened|reopened' "$glab" mr reopen 1
step "mr merge" 'Merged' "$glab" mr merge 1 -y --auto-merge=false
step "issue create" '/-/issues/1' "$glab" issue create -y -t Wish -d "A wish" -l asked
step "issue list" 'Wish' "$glab" issue list
step "issue note" '#note_|/-/issues/1' "$glab" issue note 1 -m "Hm."
step "issue close" 'Closed|closed' "$glab" issue close 1
step "token create" 'glpat-' "$glab" token create bot --access-level developer --scope read_api --duration 720h
step "token list" 'bot' "$glab" token list
step "token revoke" 'revoked|Revoked' "$glab" token revoke bot
step "release create" 'Release created|succeeded|v1.0.0' "$glab" release create v1.0.0 -n First -N Notes --ref main
step "release list" 'v1.0.0' "$glab" release list
step "release view" 'First' "$glab" release view v1.0.0
step "repo rename" '"path_with_namespace":"apps/gateway"' "$glab" api -X PUT projects/apps%2Fportal -f path=gateway -f name=gateway
step "a former path is led on" '"path_with_namespace":"apps/gateway"' "$glab" api projects/apps%2Fportal
step "repo view by a former path" 'apps/gateway|gateway' "$glab" repo view apps/portal
step "group projects" '"path_with_namespace":"apps/gateway"' "$glab" api 'groups/apps/projects?include_subgroups=true&archived=false&per_page=1' --paginate
step "repo rename back" '"path_with_namespace":"apps/portal"' "$glab" api -X PUT projects/apps%2Fgateway -f path=portal -f name=portal
step "repo delete" '202 Accepted' "$glab" api -X DELETE projects/apps%2Fportal
exit $failed
