"""Small AWS chores of the test bed.

    stack.py secret NAME VALUE       creates or replaces a secret and prints its ARN
    stack.py logs STACK              prints what each function has logged last
    stack.py check STACK TEMPLATE    proves that what TEMPLATE describes exists, and prints the stack's outputs as JSON

CREATE_COMPLETE proves nothing on an emulator: a type or property it does not know may be left out silently. The check
asks each service itself.
"""

import json
import sys

import boto3
from samcli.yamlhelper import parse_yaml_file

LAST, WIDEST = 40, 600  # lines, characters


def secret(name, value):
    client = boto3.client("secretsmanager")
    try:
        arn = client.create_secret(Name=name, SecretString=value)["ARN"]
    except client.exceptions.ResourceExistsException:
        arn = client.put_secret_value(SecretId=name, SecretString=value)["ARN"]
    print(arn)


def logs(stack_name):
    client = boto3.client("logs")
    for group in client.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{stack_name}-")["logGroups"]:
        name = group["logGroupName"]
        print(f"== {name}")
        streams = client.describe_log_streams(logGroupName=name)["logStreams"]
        events = [e for s in streams for e in client.get_log_events(
            logGroupName=name, logStreamName=s["logStreamName"], limit=LAST)["events"]]
        for event in sorted(events, key=lambda e: e["timestamp"])[-LAST:]:
            print(event["message"].rstrip()[:WIDEST])


def of_type(template, kind):
    return {k: v for k, v in template["Resources"].items() if v["Type"] == kind}


def events_of(template, kind):
    started = [r for of in ("Function", "StateMachine") for r in of_type(template, f"AWS::Serverless::{of}").values()]
    return [e for r in started for e in r["Properties"].get("Events", {}).values() if e["Type"] == kind]


def check(stack_name, template_file):
    template = parse_yaml_file(template_file)
    stack = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    problems = list(compare(template, stack_name, outputs))
    if problems:
        raise SystemExit("deployed, but not as described:\n  " + "\n  ".join(problems))
    print(json.dumps(outputs, indent=2))


def compare(template, stack_name, outputs):
    """Yields each difference between the template and what the services answer."""
    routes = boto3.client("apigatewayv2").get_routes(ApiId=outputs["ApiId"])["Items"]
    want = {f"{e['Properties']['Method']} {e['Properties']['Path']}" for e in events_of(template, "HttpApi")}
    if {r["RouteKey"] for r in routes} != want:
        yield f"routes are {sorted(r['RouteKey'] for r in routes)}, want {sorted(want)}"

    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack_name)["StackResources"]
    for name, resource in of_type(template, "AWS::Serverless::Function").items():
        described = resource["Properties"].get("FunctionUrlConfig")
        if described is None:
            continue
        function = next(r["PhysicalResourceId"] for r in resources if r["LogicalResourceId"] == name)
        url = boto3.client("lambda").get_function_url_config(FunctionName=function)
        if any(url[key] != described[key] for key in ("AuthType", "InvokeMode")):
            yield f"the URL of {name} is {url}"

    distributions = boto3.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
    wanted = of_type(template, "AWS::CloudFront::Distribution").values()
    paths = [b["PathPattern"] for d in distributions for b in d["CacheBehaviors"].get("Items", [])]
    if paths != [b["PathPattern"] for d in wanted for b in d["Properties"]["DistributionConfig"]["CacheBehaviors"]]:
        yield f"{len(distributions)} distributions with {paths}"

    mappings = boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    sources = events_of(template, "SQS") + events_of(template, "DynamoDB")
    if len(mappings) != len(sources):
        yield f"{len(mappings)} event source mappings, want {len(sources)}"
    filtered = [m for m in mappings if m.get("FilterCriteria", {}).get("Filters")]
    if len(filtered) != sum("FilterCriteria" in s["Properties"] for s in sources):
        yield f"{len(filtered)} event source mappings have a filter"

    idle = [m["EventSourceArn"] for m in mappings if m["State"] != "Enabled" or not m.get("FunctionResponseTypes")]
    if idle:
        yield f"event source mappings that are off, or fail as a whole batch: {idle}"

    bus = boto3.client("events")
    rules = bus.list_rules(EventBusName=outputs["EventBusName"])["Rules"]
    if len(rules) != len(of_type(template, "AWS::Events::Rule")):
        yield f"{len(rules)} rules on the bus"
    for rule in rules:
        for target in bus.list_targets_by_rule(Rule=rule["Name"], EventBusName=outputs["EventBusName"])["Targets"] or [{}]:
            if ":sqs:" not in target.get("Arn", "") or "DeadLetterConfig" not in target:
                yield f"{rule['Name']} has the target {target}"
            elif target["Arn"].endswith(".fifo") and not target.get("SqsParameters", {}).get("MessageGroupId"):
                yield f"{rule['Name']} has no message group for its target"

    schedules = boto3.client("scheduler").list_schedules()["Schedules"]
    if len(schedules) != len(events_of(template, "ScheduleV2")):
        yield f"{len(schedules)} schedules"

    for name in of_type(template, "AWS::Serverless::StateMachine"):
        machine = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=outputs[f"{name}Arn"])
        if "${" in machine["definition"]:
            yield f"the definition of {name} has unfilled substitutions"
    for name in of_type(template, "AWS::S3::Bucket"):
        boto3.client("s3").head_bucket(Bucket=outputs[f"{name}Name"])

    for name, resource in of_type(template, "AWS::DynamoDB::Table").items():
        described = boto3.client("dynamodb").describe_table(TableName=outputs[f"{name}Name"])["Table"]
        if ("StreamSpecification" in resource["Properties"]) != bool(described.get("LatestStreamArn")):
            yield f"{name}: the stream is not as described"


if __name__ == "__main__":
    {"secret": secret, "logs": logs, "check": check}[sys.argv[1]](*sys.argv[2:])
