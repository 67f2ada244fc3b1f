#!/bin/sh
# Deploys what "make package" made to one environment with the AWS CLI.
#   usage: ./deploy.sh <application> <stage> <dist directory>
# AWS_REGION and credentials come from the environment. PROVIDER_STACK names the stack of the
# environment provider; when it has a permissions boundary, the function's role gets it. The bucket for the code is made on
# the first run; it is private, encrypted, and forgets old code after 90 days.
set -eu

app=$1
stage=$2
dist=$3
account=$(aws sts get-caller-identity --query Account --output text)
bucket="$app-deploy-$account-$AWS_REGION"
version=${CI_COMMIT_SHORT_SHA:-local}
boundary=""
if [ -n "${PROVIDER_STACK:-}" ]; then
  boundary=$(aws cloudformation describe-stacks --stack-name "$PROVIDER_STACK" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='ApplicationBoundary'].OutputValue" 2>/dev/null) || boundary=""
fi

if ! aws s3api head-bucket --bucket "$bucket" --expected-bucket-owner "$account" 2>/dev/null; then
  aws s3 mb "s3://$bucket"
  aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
  aws s3api put-bucket-lifecycle-configuration --bucket "$bucket" --lifecycle-configuration \
    '{"Rules":[{"ID":"old-code","Status":"Enabled","Filter":{},"Expiration":{"Days":90}}]}'
fi

aws cloudformation package --template-file "$dist/template.yaml" --s3-bucket "$bucket" \
  --output-template-file "$dist/packaged.yaml"
aws cloudformation deploy --template-file "$dist/packaged.yaml" --stack-name "$app-$stage" \
  --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset \
  --parameter-overrides "Stage=$stage" "Version=$version" "PermissionsBoundary=$boundary" \
  --tags "app=$app" "stage=$stage"
aws cloudformation describe-stacks --stack-name "$app-$stage" --query "Stacks[0].Outputs" --output table
