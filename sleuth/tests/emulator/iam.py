"""IAM: pages, a credential report that is not made in 2015, a simulation, and keys as old as a test wants them.

SimulatePrincipalPolicy, which moto lacks, goes by what moto checks calls by: the policies of a user or role, with
actions and resources. It knows no boundaries and organizations, and of a statement with a condition only that it has
one.
"""

import access
from common import PAGE_SIZE, now, parse
from moto.core.responses import ActionResult
from moto.iam.access_control import AssumedRoleAccessKey, IAMUserAccessKey
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.iam.responses import IamResponse


def page(request, items):
    """One page of items, and the fields that say where the next one starts."""
    items = list(items)
    start = int(request._get_param("Marker") or 0)
    end = start + min(int(request._get_param("MaxItems") or 100), PAGE_SIZE)
    more = end < len(items)
    return items[start:end], {"IsTruncated": more, **({"Marker": str(end)} if more else {})}


def list_users(request):
    users, position = page(request, request.backend.list_users("/", None, None))
    return ActionResult({"Users": users, **position})


def list_user_tags(request):
    tags, position = page(request, request.backend.list_user_tags(request._get_param("UserName")))
    return ActionResult({"Tags": tags, **position})


def list_access_keys(request):
    user = request._get_param("UserName")
    keys, position = page(request, request.backend.list_access_keys(user))
    return ActionResult({"UserName": user, "AccessKeyMetadata": keys, **position})


def get_account_authorization_details(request):
    details = request.backend.get_account_authorization_details(request._get_param("Filter", []))
    users, position = page(request, details["users"])
    return ActionResult({"UserDetailList": users, **position})


def get_credential_report(request):
    report = request.backend.get_credential_report()
    generated = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return ActionResult({"Content": report, "ReportFormat": "text/csv", "GeneratedTime": generated})


def simulate_principal_policy(request):
    statements = list(statements_by_arn(request, request._get_param("PolicySourceArn")))
    resources = request._get_param("ResourceArns", ["*"])
    assert len(resources) == 1, "this simulation takes one resource a call"
    results = []
    for action in request._get_param("ActionNames", []):
        decision, missing = decide(statements, action, resources[0])
        results.append({"EvalActionName": action, "EvalDecision": decision, "MissingContextValues": missing})
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def statements_by_arn(request, arn):
    """The statements of all policies of a user or role, which IAM has to know."""
    backend, name = request.backend, arn.rpartition("/")[2]
    if ":user/" in arn:
        backend.get_user(name)
        principal = object.__new__(IAMUserAccessKey)
        principal._owner_user_name = name
    else:
        backend.get_role_by_arn(arn)
        principal = object.__new__(AssumedRoleAccessKey)
        principal._owner_role_name = name
    principal.account_id, principal.partition = backend.account_id, backend.partition
    return access.statements_of(principal)


def decide(statements, action, resource):
    """What policies say, and the keys of conditions that nobody gave a value for."""
    decision, missing = "implicitDeny", set()
    for statement in statements:
        if not access.concerns(statement, action, resource):
            continue
        if conditions := statement.get("Condition"):
            missing.update(key for condition in conditions.values() for key in condition)
        elif statement["Effect"] == "Deny":
            return "explicitDeny", []
        else:
            decision = "allowed"
    return decision, sorted(missing)


for operation in (
    list_users,
    list_user_tags,
    list_access_keys,
    get_account_authorization_details,
    get_credential_report,
    simulate_principal_policy,
):
    setattr(IamResponse, operation.__name__, operation)


def back_date(wanted):
    users = (user for account in list(iam_backends.values()) for user in account["aws"].users.values())
    key = next(key for user in users for key in user.access_keys if key.access_key_id == wanted["id"])
    key.create_date = parse(wanted["created"])
    if wanted.get("last_used"):
        key.last_used = AccessKeyLastUsed(parse(wanted["last_used"]), "s3", "eu-west-1")
