"""What policies allow, with resources and conditions, at most of which moto does not look.

A call is allowed if statements allow it, and none denies it, on every resource that it is about. RESOURCES says which
those are, as AWS's Service Authorization Reference does; calls that are not in it are about `*`. A condition that is
not understood here ends the call with an error of the server, so that none is passed over.
"""

import importlib
import json
import re
import sys

import faults
from moto.iam.access_control import IAMRequestBase
from werkzeug.exceptions import HTTPException


def allows(statements, call, resource):
    """Whether a call may be made, as far as one resource is concerned."""
    concerned = [statement for statement in statements if concerns(statement, call.action, resource)]
    effects = {s["Effect"] for s in concerned if holds(s.get("Condition", {}), call.context(resource))}
    return effects == {"Allow"}


def concerns(statement, action, resource):
    """Whether a statement is about a call, but for its conditions."""
    return matches(statement["Action"], action) and matches(statement["Resource"], resource)


def matches(patterns, text):
    """Whether one of the patterns, or the only one, is about a text."""
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(like(text, pattern) for pattern in patterns)


def like(text, pattern):
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


OPERATORS = {
    # The two are the same.
    "ArnEquals": like,
    "ArnLike": like,
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
}


def holds(conditions, context):
    """Whether all conditions of a statement hold. `context`: lists of values by key."""
    return all(
        holds_for(operator, context.get(key.lower()), [wanted] if isinstance(wanted, str) else wanted)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def holds_for(operator, values, wanted):
    if operator == "Null":
        return wanted == [str(values is None).lower()]
    scope, _, operator = operator.rpartition(":")
    assert scope in ("", "ForAllValues", "ForAnyValue"), scope
    negated, compare = operator.startswith("StringNot"), OPERATORS[operator.replace("StringNot", "String")]
    found = [any(compare(value, one) for one in wanted) != negated for value in values or []]
    # What is not there is like nothing; and of no values at all, all are as they should be.
    return all(found) if scope == "ForAllValues" else any(found) or (negated and not values)


class Call:
    """A call as policies see it, of moto's request."""

    def __init__(self, request, resource):
        self.request, self.resource = request, resource
        self.action, self.region, self.account = request._action, request._region, request.account_id
        # JSON, or a form.
        body = request._body if isinstance(request._body, str) else (request._body or b"").decode(errors="replace")
        self.fields = json.loads(body) if body.startswith("{") else None

    def field(self, name):
        if self.fields is not None:
            return self.fields[name]
        return self.request._data[name][0]

    def listed(self, pattern):
        """The values of all fields of a form such as `InstanceId.1`."""
        return [values[0] for name, values in self.request._data.items() if re.fullmatch(pattern, name)]

    def resources(self):
        return RESOURCES.get(self.action, lambda _: [self.resource])(self)

    def arn(self, service, kind, name):
        """What is named in full already stays as it is."""
        return name if name.startswith("arn:") else f"arn:aws:{service}:{self.region}:{self.account}:{kind}{name}"

    def users(self, wanted):
        """The one user about whom something is true. One who is gone has no path."""
        users = self.request.backend.users.values()
        return [user.arn for user in users if wanted(user)] or [f"arn:aws:iam::{self.account}:user/gone"]

    def instances(self, pattern):
        return [self.arn("ec2", "instance/", name) for name in self.listed(pattern)]

    def context(self, resource):
        context = {"aws:requestedregion": [self.region], "ec2:region": [self.region]}
        if role := getattr(self.request._access_key, "_owner_role_name", None):
            # Every role is taken for that of a function with the same name.
            context["lambda:sourcefunctionarn"] = [self.arn("lambda", "function:", role)]
        # Without an organization this has no value.
        if organizations := sys.modules.get("organizations"):
            account = resource.split(":")[4] if resource.startswith("arn:") else self.account
            context["aws:resourceorgid"] = list(filter(None, [organizations.of(account)])) or None
        if self.action == "s3:ListBucket":
            context["s3:prefix"] = self.request._data.get("prefix")
        if self.action == "ec2:CreateTags":
            context["aws:tagkeys"] = self.listed(r"Tag\.\d+\.Key")
        if self.action == "ec2:ModifyInstanceAttribute":
            names = (re.fullmatch(r"(DisableApi\w+)\.Value", name) for name in self.request._data)
            context["ec2:attribute"] = [name[1] for name in names if name]
        if ":instance/" in resource:
            backend = importlib.import_module("moto.ec2.models").ec2_backends[self.account][self.region]
            for tag in backend.describe_tags(filters={"resource-id": [resource.rpartition("/")[2]]}):
                for prefix in ("aws", "ec2"):
                    context[f"{prefix}:resourcetag/{tag['key'].lower()}"] = [tag["value"]]
        return context


def of_user(call):
    return call.users(lambda user: user.name == call.field("UserName"))


def of_owner(call):
    keys = {call.field("AccessKeyId")}
    return call.users(lambda user: keys & {key.access_key_id for key in user.access_keys})


def of_instance(call):
    return call.instances("InstanceId")


def of_instances(call):
    return call.instances(r"InstanceId\.\d+")


RESOURCES = {
    "dynamodb:Scan": lambda call: [call.arn("dynamodb", "table/", call.field("TableName"))],
    "ec2:CreateTags": lambda call: call.instances(r"ResourceId\.\d+"),
    "ec2:DescribeInstanceAttribute": of_instance,
    "ec2:ModifyInstanceAttribute": of_instance,
    "ec2:StopInstances": of_instances,
    "ec2:TerminateInstances": of_instances,
    "iam:GetAccessKeyLastUsed": of_owner,
    "iam:ListAccessKeys": of_user,
    "iam:ListEntitiesForPolicy": lambda call: [call.field("PolicyArn")],
    "iam:ListUserTags": of_user,
    "iam:UpdateAccessKey": of_user,
    "secretsmanager:GetSecretValue": lambda call: [call.field("SecretId")],
    "sns:Publish": lambda call: [call.field("TopicArn")],
    "ssm:GetParameter": lambda call: [call.arn("ssm", "parameter", call.field("Name"))],
    "sts:AssumeRole": lambda call: [call.field("RoleArn")],
}


def statements_of(principal):
    """The statements of all policies of a user or a role, as moto keeps them."""
    for policy in principal.collect_policies():
        document = policy["policy_document"] if isinstance(policy, dict) else getattr(policy, "document", policy)
        statements = json.loads(document)["Statement"]
        yield from statements if isinstance(statements, list) else [statements]


class Refusal(HTTPException):
    """As AWS puts it. moto refuses what is asked in JSON in XML, and all XML in the form of EC2."""

    code = 403

    def __init__(self, request, call):
        message = f"User: {request._access_key.arn} is not authorized to perform: {call.action}"
        if call.fields is not None:
            self.code = 400
            super().__init__(json.dumps({"__type": "AccessDeniedException", "message": message}))
        else:
            code = "UnauthorizedOperation" if request._service == "ec2" else "AccessDenied"
            super().__init__(faults.xml(request._service, code, message))


def check_action_permitted(request, resource):
    # Needs no permission.
    if request._action == "sts:GetCallerIdentity":
        return
    call, statements = Call(request, resource), list(statements_of(request._access_key))
    if not all(allows(statements, call, one) for one in call.resources()):
        raise request._raise_access_denied() if request._service == "s3" else Refusal(request, call)


IAMRequestBase.check_action_permitted = check_action_permitted
# moto signs the form again as it has read it, which is not how everybody writes forms.
IAMRequestBase.check_signature = lambda request: None
