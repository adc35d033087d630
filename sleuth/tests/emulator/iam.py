"""IAM: pages, a credential report that is not made in 2015, and keys that are as old as a test wants them."""

from common import ACCOUNT, PAGE_SIZE, now, parse
from moto.core.responses import ActionResult
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


for operation in (
    list_users,
    list_user_tags,
    list_access_keys,
    get_account_authorization_details,
    get_credential_report,
):
    setattr(IamResponse, operation.__name__, operation)


def back_date(wanted):
    users = iam_backends[ACCOUNT]["aws"].users.values()
    key = next(key for user in users for key in user.access_keys if key.access_key_id == wanted["id"])
    key.create_date = parse(wanted["created"])
    if wanted.get("last_used"):
        key.last_used = AccessKeyLastUsed(parse(wanted["last_used"]), "s3", "eu-west-1")
