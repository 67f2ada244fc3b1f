# Settings that start.sh, deploy.sh and stop.sh share. Sourced, not run.
#
#   BED_PORT    port on loopback, 4566 unless told; several beds run side by side on several ports
#   BED_DIR     where a bed keeps its process id, log and outputs

bed_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${BED_PORT:=4566}"
: "${BED_DIR:=$bed_root/.tools/bed/$BED_PORT}"
bed_endpoint=http://127.0.0.1:$BED_PORT
bed_tools=$bed_root/.tools

export BED_API_ID=slipway
# Path-style, because neither GitLab nor Go resolves <id>.execute-api.localhost.
bed_public_url=$bed_endpoint/_aws/execute-api/$BED_API_ID

# ministack takes this key for the account's root user, also when it enforces IAM.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
export AWS_ENDPOINT_URL=$bed_endpoint AWS_EC2_METADATA_DISABLED=true SAM_CLI_TELEMETRY=0
unset AWS_SESSION_TOKEN AWS_PROFILE
