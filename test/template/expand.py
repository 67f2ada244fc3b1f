"""Expands template.yaml with the SAM translator, as CloudFormation does at deployment, and prints the result as JSON.

    expand.py TEMPLATE > expanded.json

Linters see less in a SAM template than in what becomes of it: a wrong !GetAtt in an event source, for one, shows only here.
"""

import json
import os
import sys

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# What "sam package" puts in place of local files.
PACKAGED = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::StateMachine": "DefinitionUri"}


class NoManagedPolicies(ManagedPolicyLoader):
    """The template names no managed policies, so none have to be asked of IAM."""

    def __init__(self):
        pass

    def load(self):
        return {}


def expand(path):
    with open(path, encoding="utf-8") as source:
        template = yaml_parse(source.read())
    for resource in template["Resources"].values():
        if resource["Type"] in PACKAGED:
            resource["Properties"][PACKAGED[resource["Type"]]] = "s3://packaged/object"
    # Aliases make parts of the document one object; the translator changes what it is given.
    return transform(json.loads(json.dumps(template, default=str)), {}, NoManagedPolicies())


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator refuses to work without one
    json.dump(expand(sys.argv[1]), sys.stdout, indent=1, default=str)
