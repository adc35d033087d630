"""Whether the role of terraform/modules/member_role_stackset may do what it should.

The template is deployed in moto, with the parameters that belong to the settings of a function, and has to allow what
Terraform lets that function do by the same settings (terraform/policies). What the module makes of its inputs is
compared by its own tests."""

import ast
import copy
import json
import os
import unittest
from pathlib import Path
from unittest import mock

import boto3
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from moto import mock_aws

TERRAFORM = Path(__file__).resolve().parent.parent / "terraform"
TEMPLATE = (TERRAFORM / "modules" / "member_role_stackset" / "member-role.yaml").read_text()
FUNCTION = "arn:aws:iam::999988887777:role/audit/sleuth-organization"
# The account of terraform/policies, and moto's.
ACCOUNT = "123456789012"

# What a function has beside the audit itself: its rules, outputs and log, and what brings it to other accounts.
ALL = {"ReadAccount", "ReadKeys", "ReadQuarantine", "DisableKeys", "ProtectUsers"}
ALL |= {"ReadRegions", "ReadProtection", "SetTags", "StopInstances", "SwitchProtection"}


def configuration(name):
    return json.loads((TERRAFORM / "policies" / f"{name}.json").read_text())


def statements(policy):
    """The statements of the audit, by name, with what is a list in any order as a set."""
    found = {}
    for statement in policy["Statement"]:
        if statement["Sid"] in ALL:
            conditions = statement.get("Condition", {})
            found[statement["Sid"]] = (
                statement["Effect"],
                frozenset(statement["Action"]),
                frozenset(statement["Resource"]),
                {operator: {key: sorted(keys[key]) for key in keys} for operator, keys in conditions.items()},
            )
    return found


def settable(found):
    """The tags that may be set, which only Terraform knows."""
    if "SetTags" not in found:
        return []
    return found["SetTags"][3]["ForAllValues:StringEqualsIgnoreCase"]["aws:TagKeys"]


def parameters(environment, tags):
    """Those of the template, for a function with these settings."""
    paths = [path for path in environment.get("PROTECTED_PATHS", "").split(",") if path]
    return {
        "Audit": environment["AUDITS"],
        "RoleName": "sleuth-member",
        "FunctionRoles": FUNCTION,
        "AuthorizationDetails": environment.get("AUTHORIZATION_DETAILS", "true"),
        "EnableAutoExpire": environment.get("ENABLE_AUTO_EXPIRE", "false"),
        "Inventory": environment.get("INVENTORY", "live"),
        "ProtectedUsers": ",".join(f"arn:aws:iam::{ACCOUNT}:user{path}*" for path in paths),
        "TagAction": environment.get("TAG_ACTION", "notify"),
        "SettableTags": ",".join(tags),
        "OverrideProtection": environment.get("OVERRIDE_PROTECTION", "false"),
        "Regions": environment.get("REGIONS", ""),
    }


class MemberRole(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(mock.patch.dict(os.environ, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test"))
        cls.enterClassContext(mock_aws())
        cls.cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
        cls.iam = boto3.client("iam", region_name="eu-west-1")

    def deployed(self, given):
        """The role as CloudFormation makes it, and its policy."""
        stack = self.cloudformation.create_stack(
            StackName="sleuth-member",
            TemplateBody=TEMPLATE,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        role = self.iam.get_role(RoleName=given["RoleName"])["Role"]
        policy = self.iam.get_role_policy(RoleName=given["RoleName"], PolicyName="audit")["PolicyDocument"]
        self.cloudformation.delete_stack(StackName=stack["StackId"])
        # moto keeps a template's policy as Python writes it, and what a condition leaves out of a list as None.
        policy = ast.literal_eval(policy)
        policy["Statement"] = [statement for statement in policy["Statement"] if statement]
        for statement in policy["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action]
        return role, policy

    def test_template_is_one_that_cloudformation_takes(self):
        # Roles are of all regions.
        wrong = lint(TEMPLATE, config=ManualArgs(regions=["us-east-1"]))
        self.assertEqual([str(match) for match in wrong], [])
        self.assertLess(len(TEMPLATE.encode()), 51_200)

    def test_role_may_do_what_the_function_may_in_its_own_account(self):
        for name in ["keys", "keys-everything", "keys-listed", "tags", "tags-everything", "tags-listed"]:
            with self.subTest(name):
                function = configuration(name)
                expected = statements(function["policy"])
                _, policy = self.deployed(parameters(function["environment"], settable(expected)))
                self.assertEqual(statements(policy), expected)
                self.assertEqual(len(policy["Statement"]), len(expected))

    def test_role_may_do_what_the_role_of_the_module_may(self):
        for name in ["organization-keys", "organization-tags"]:
            with self.subTest(name):
                function = configuration(name)
                [(account, policy)] = function["members"].items()
                expected = statements(json.loads(json.dumps(policy).replace(account, ACCOUNT)))
                _, policy = self.deployed(parameters(function["environment"], settable(expected)))
                self.assertEqual(statements(policy), expected)

    def test_stop_is_not_terminate(self):
        function = configuration("tags-everything")
        given = parameters(function["environment"], ["Owner", "canary_timestamp"])
        _, terminates = self.deployed(given)
        _, stops = self.deployed({**given, "TagAction": "stop"})
        expected = copy.deepcopy(terminates)
        for statement in expected["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action != "ec2:TerminateInstances"]
        self.assertEqual(stops, expected)
        self.assertNotEqual(stops, terminates)

    def test_exempt_instances_can_be_within_reach(self):
        given = {"Audit": "tags", "RoleName": "m", "FunctionRoles": FUNCTION, "TagAction": "stop"}
        for exempt, regions, expected in [
            ("true", "", {"Null": {"aws:ResourceTag/SleuthExempt": ["true"]}}),
            ("false", "eu-west-1", {"StringEquals": {"ec2:Region": ["eu-west-1"]}}),
            ("false", "", {}),
        ]:
            with self.subTest(exempt=exempt, regions=regions):
                _, policy = self.deployed({**given, "ProtectExempt": exempt, "Regions": regions})
                self.assertEqual(statements(policy)["StopInstances"][3], expected)

    def test_owners_are_not_looked_up_if_nobody_asks(self):
        given = {"Audit": "tags", "RoleName": "m", "FunctionRoles": FUNCTION}
        for asked in ["true", "false"]:
            _, policy = self.deployed({**given, "OwnerLookup": asked})
            actions = statements(policy)["ReadAccount"][1]
            self.assertEqual("cloudtrail:LookupEvents" in actions, asked == "true")

    def test_role_trusts_the_functions_that_say_the_external_id(self):
        given = {"Audit": "keys", "RoleName": "m", "FunctionRoles": f"{FUNCTION},{FUNCTION}-2", "RolePath": "/audit/"}
        said = {"sts:RoleSessionName": "sleuth"}
        for word, expected in [("", said), ("larkspur-7d1f", {**said, "sts:ExternalId": "larkspur-7d1f"})]:
            with self.subTest(word=word):
                role, _ = self.deployed({**given, "ExternalId": word})
                [statement] = role["AssumeRolePolicyDocument"]["Statement"]
                self.assertEqual(
                    statement,
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
                        "Condition": {
                            "ArnEquals": {"aws:PrincipalArn": [FUNCTION, f"{FUNCTION}-2"]},
                            "StringEquals": expected,
                        },
                    },
                )
                self.assertEqual(role["Path"], "/audit/")

    def test_role_is_bounded_if_there_is_a_boundary(self):
        given = {"Audit": "keys", "RoleName": "m", "FunctionRoles": FUNCTION}
        role, _ = self.deployed(given)
        self.assertNotIn("PermissionsBoundary", role)
        role, _ = self.deployed({**given, "PermissionsBoundary": "audit/boundary"})
        bounded = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
        self.assertEqual(bounded, f"arn:aws:iam::{ACCOUNT}:policy/audit/boundary")


if __name__ == "__main__":
    unittest.main()
