"""Runs ministack as the emulated AWS of the test bed, completed where 1.5.33 falls short of template.yaml.

What is added, and why:
  * The OpenAPI "Body" of AWS::ApiGatewayV2::Api, which is what AWS::Serverless::HttpApi expands to. ministack stores the
    API, drops the body without a word and reports CREATE_COMPLETE for an API without a single route.
  * A fixed API id (BED_API_ID), so that the public URL is known before the stack exists: the functions get their webhook
    URL from a parameter, as they would with a domain name of their own.
  * A distribution reaches an HTTP API and signs what it sends to function URLs. ministack dials no host of AWS, itself
    included, and passes requests on unsigned whatever the origin access control says. The signature is the root user's, for
    there is no principal cloudfront.amazonaws.com: who may invoke a function URL is checked in test/template.
  * A secret that is made without a value has no version, and a version keeps its value. ministack makes a version of nothing, and
    takes another value for a version that is there.
  * ssm:GetParameters is asked for each parameter that is named. ministack asks for it once and for "*", so that no policy that
    names parameters allows it (Service Authorization Reference, AWS Systems Manager: its resource type is parameter).
  * aws:SecureTransport holds. The bed speaks plain HTTP and stands for AWS, which does not; with IAM enforced the bucket's
    policy would refuse every request.

Only what SAM emits is imported; anything else in a body stops the deployment instead of being ignored.
Settings come from the environment, see start.sh.
"""

import json
import os

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway, cloudfront, secretsmanager
from ministack.services.cloudformation import provisioners

API = "AWS::ApiGatewayV2::Api"
ANY_METHOD = "x-amazon-apigateway-any-method"
METHODS = {"get", "head", "post", "put", "patch", "delete", "options", ANY_METHOD}
INTEGRATION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
UNDERSTOOD = {"openapi", "info", "paths", "tags", "components", CORS}


def done(answer):
    """Gives the decoded body of an answer of the emulator's own API; raises when it is an error."""
    status, _, body = answer
    if status >= 300:
        raise ValueError(f"importing the OpenAPI body: {body!r}")
    return json.loads(body)


def import_body(api_id, body):
    """Makes routes, integrations and CORS of an API out of its OpenAPI document."""
    unknown = set(body) - UNDERSTOOD
    if unknown:
        raise ValueError(f"importing the OpenAPI body: {sorted(unknown)} is not supported by the test bed")
    if body.get("components"):
        raise ValueError("importing the OpenAPI body: authorizers are not supported by the test bed")
    apigateway._routes[api_id] = {}
    apigateway._integrations[api_id] = {}
    if CORS in body:
        apigateway._apis[api_id]["corsConfiguration"] = body[CORS]
    for path, operations in body.get("paths", {}).items():
        for verb, operation in operations.items():
            if verb not in METHODS:
                raise ValueError(f"importing the OpenAPI body: {verb} {path} is not supported by the test bed")
            add_route(api_id, verb, path, operation)


def add_route(api_id, verb, path, operation):
    """Adds one route with an integration of its own."""
    wanted = operation[INTEGRATION]
    integration = done(apigateway._create_integration(api_id, {
        "integrationType": wanted["type"].upper(),
        "integrationUri": wanted["uri"],
        "integrationMethod": wanted.get("httpMethod", "POST"),
        "payloadFormatVersion": wanted["payloadFormatVersion"],
        "timeoutInMillis": wanted.get("timeoutInMillis", 30000),
    }))
    method = "ANY" if verb == ANY_METHOD else verb.upper()
    done(apigateway._create_route(api_id, {
        "routeKey": f"{method} {path}",
        "target": f"integrations/{integration['integrationId']}",
    }))


def complete_api(handlers):
    """Wraps the create and update handlers of the API's resource type."""
    create, update = handlers["create"], handlers["update"]

    def create_api(logical_id, props, stack_name):
        tags = {**(props.get("Tags") or {}), "ms-custom-id": os.environ["BED_API_ID"]}
        api_id, attributes = create(logical_id, {**props, "Tags": tags}, stack_name)
        import_body(api_id, props.get("Body") or {})
        return api_id, attributes

    def update_api(physical_id, old, new, stack_name, logical_id=None):
        answer = update(physical_id, old, new, stack_name, logical_id=logical_id)
        import_body(physical_id, new.get("Body") or {})
        return answer

    return {**handlers, "create": create_api, "update": update_api}


def reach_apis(parse):
    """Wraps what reads an origin: an HTTP API is reached at the emulator's own address."""

    def origin(element):
        read = parse(element)
        api, found, _ = read["domain_name"].partition(".execute-api.")
        if found:
            read |= {"domain_name": "127.0.0.1", "http_port": int(os.environ["GATEWAY_PORT"]),
                     "protocol_policy": "http-only", "origin_path": f"/_aws/execute-api/{api}"}
        return read

    return origin


def sign_for_functions(fetch):
    """Wraps what sends a request to a function URL."""
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_DEFAULT_REGION']}/lambda/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"

    async def signed(host, origin, method, uri, query, headers, *rest):
        control = cloudfront._oacs.get(origin["oac_id"]) or {}
        if control.get("SigningBehavior") == "always":
            headers = {**headers, "authorization": signature}
        return await fetch(host, origin, method, uri, query, headers, *rest)

    return signed


def leave_empty(create):
    """Wraps what makes a secret."""

    def create_secret(data):
        answer = create(data)
        if answer[0] < 300 and "SecretString" not in data and "SecretBinary" not in data:
            secretsmanager._resolve(data["Name"])[1]["Versions"].clear()
        return answer

    return create_secret


def keep_versions(put):
    """Wraps what puts a value into a secret."""

    def put_secret_value(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        there = (secret or {}).get("Versions", {}).get(data.get("ClientRequestToken"))
        if not there or secret.get("DeletedDate"):
            return put(data)
        if there["SecretString"] != data.get("SecretString"):
            return secretsmanager.error_response_json(
                "ResourceExistsException", "A resource with the ID you requested already exists.", 400)
        return secretsmanager.json_response({
            "ARN": secret["ARN"], "Name": secret["Name"], "VersionId": data["ClientRequestToken"], "VersionStages": list(there["Stages"])})

    return put_secret_value


class Resources(str):
    """The ARN of the first resource of a request, with those of the others."""

    def __new__(cls, arns):
        first = super().__new__(cls, arns[0])
        first.others = arns[1:]
        return first


def name_parameters(extract):
    """Wraps what says which resource a request is for."""

    def resource_arn(service, method, path, headers, body, query_params, region, account_id):
        if headers.get("x-amz-target") != "AmazonSSM.GetParameters":
            return extract(service, method, path, headers, body, query_params, region, account_id)
        names = json.loads(body).get("Names") or ["*"]
        return Resources([name if name.startswith("arn:") else
                          f"arn:aws:ssm:{region}:{account_id}:parameter/{name.partition(':')[0].lstrip('/')}" for name in names])

    return resource_arn


def ask_for_each(enforce):
    """Wraps what asks whether a request is allowed."""

    def enforce_each(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        for arn in [resource_arn, *getattr(resource_arn, "others", [])]:
            denied = enforce(access_key_id, iam_action, service, region, arn, service_context)
            if denied:
                return denied
        return None

    return enforce_each


def pretend_tls(resolve):
    """Wraps what gives the value of a key in a policy's condition."""

    def resolve_key(key, context):
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    return resolve_key


if __name__ == "__main__":
    iam_actions.extract_resource_arn = name_parameters(iam_actions.extract_resource_arn)
    iam_evaluator.enforce = ask_for_each(iam_evaluator.enforce)
    iam_evaluator._resolve_condition_key = pretend_tls(iam_evaluator._resolve_condition_key)
    provisioners._RESOURCE_HANDLERS[API] = complete_api(provisioners._RESOURCE_HANDLERS[API])
    cloudfront._dataplane_origin = reach_apis(cloudfront._dataplane_origin)
    cloudfront._fetch_from_function_url_origin = sign_for_functions(cloudfront._fetch_from_function_url_origin)
    secretsmanager._create_secret = leave_empty(secretsmanager._create_secret)
    secretsmanager._put_secret_value = keep_versions(secretsmanager._put_secret_value)
    ministack.app.main()
