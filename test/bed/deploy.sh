#!/usr/bin/env bash
# Deploys the built stack (make build-functions) to the emulated AWS of BED_PORT and checks that it is really there.
# Writes the stack's outputs to $BED_DIR/outputs.json.
#
# Settings: BED_STACK, BED_GITLAB_URL, BED_GITLAB_READ_TOKEN, BED_GITLAB_WRITE_TOKEN, BED_WEBHOOK_SECRET,
#           (a JSON document with "tokens" and "signing"), BED_OIDC_ISSUER, BED_OIDC_AUDIENCE, BED_OIDC_JWKS_URL, BED_OIDC_CLIENT_IDS,
#           BED_OIDC_SCOPES, BED_ALLOWED_ACCOUNTS, BED_DISCOVER_GROUPS, BED_GITLAB_REQUEST_TIMEOUT (seconds),
#           BED_ASSUME_ROLE_EXTERNAL_ID, BED_TEMPLATE
set -euo pipefail
. "$(dirname "$0")/settings.sh"
"$bed_root/test/bed/install.sh" sam

: "${BED_STACK:=slipway}"
: "${BED_TEMPLATE:=$bed_root/.aws-sam/build/template.yaml}"
: "${BED_GITLAB_URL:=http://127.0.0.1:7080}"
: "${BED_GITLAB_READ_TOKEN:=read-token}"
: "${BED_GITLAB_WRITE_TOKEN:=write-token}"
[ -n "${BED_WEBHOOK_SECRET:-}" ] || BED_WEBHOOK_SECRET='{"tokens":["webhook-secret"]}'
: "${BED_OIDC_ISSUER:=http://127.0.0.1:7090}"
: "${BED_OIDC_AUDIENCE:=slipway}"
: "${BED_OIDC_JWKS_URL:=$BED_OIDC_ISSUER/keys}"
: "${BED_ALLOWED_ACCOUNTS:=111111111111,222222222222,333333333333}"

case $(uname -m) in
x86_64) architecture=x86_64 ;;
aarch64 | arm64) architecture=arm64 ;;
*)
  echo "no Lambda runs on $(uname -m)" >&2
  exit 1
  ;;
esac
[ -f "$BED_TEMPLATE" ] || {
  echo "$BED_TEMPLATE is missing: run make build-functions" >&2
  exit 1
}

python="$bed_tools/sam/bin/python"
secret() { "$python" "$bed_root/test/bed/stack.py" secret "$BED_STACK/$1" "$2"; }
read_token=$(secret gitlab-read "$BED_GITLAB_READ_TOKEN")
write_token=$(secret gitlab-write "$BED_GITLAB_WRITE_TOKEN")
webhook=$(secret webhook "$BED_WEBHOOK_SECRET")

log=$BED_DIR/deploy.log
if ! "$bed_tools/sam/bin/sam" deploy --template-file "$BED_TEMPLATE" --stack-name "$BED_STACK" --region "$AWS_REGION" \
  --resolve-s3 --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
  --no-confirm-changeset --no-progressbar --no-fail-on-empty-changeset \
  --parameter-overrides \
  "Architecture=$architecture" LogLevel=DEBUG DeletionProtection=false "PublicUrl=$bed_public_url" \
  "GitLabUrl=$BED_GITLAB_URL" "GitLabReadTokenSecretArn=$read_token" "GitLabWriteTokenSecretArn=$write_token" \
  "WebhookSecretArn=$webhook" "OidcIssuer=$BED_OIDC_ISSUER" "OidcAudience=$BED_OIDC_AUDIENCE" \
  "OidcJwksUrl=$BED_OIDC_JWKS_URL" "AllowedAccounts=$BED_ALLOWED_ACCOUNTS" \
  ${BED_OIDC_CLIENT_IDS:+"OidcClientIds=$BED_OIDC_CLIENT_IDS"} ${BED_OIDC_SCOPES:+"OidcScopes=$BED_OIDC_SCOPES"} \
  ${BED_ASSUME_ROLE_EXTERNAL_ID:+"AssumeRoleExternalId=$BED_ASSUME_ROLE_EXTERNAL_ID"} \
  ${BED_DISCOVER_GROUPS:+"DiscoverGroups=$BED_DISCOVER_GROUPS"} \
  ${BED_GITLAB_REQUEST_TIMEOUT:+"GitLabRequestTimeout=$BED_GITLAB_REQUEST_TIMEOUT"} >"$log" 2>&1; then
  echo "deploying $BED_STACK failed:" >&2
  tail -n 40 "$log" >&2
  exit 1
fi
"$python" "$bed_root/test/bed/stack.py" check "$BED_STACK" "$BED_TEMPLATE" >"$BED_DIR/outputs.json"
echo "$BED_STACK is deployed; outputs in $BED_DIR/outputs.json"
