"""AWS for the end-to-end tests: moto, with what the tests need and it does not do.

- IAM lists come in pages of the requested size, or of PAGE_SIZE if that is smaller.
- A credential report is made when it is asked for, not in 2015.
- POST /test/access-key {"id", "created", "last_used"?} back-dates a key.
- It listens on a free port of 127.0.0.1, prints that port, and ends when its standard input does, so that it never
  outlives the test that started it.
"""

import datetime
import json
import logging
import os
import sys
import threading

from moto.core.responses import ActionResult
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
PAGE_SIZE = int(os.environ.get("PAGE_SIZE", "1000"))


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
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ActionResult({"Content": report, "ReportFormat": "text/csv", "GeneratedTime": now})


for operation in (
    list_users,
    list_user_tags,
    list_access_keys,
    get_account_authorization_details,
    get_credential_report,
):
    setattr(IamResponse, operation.__name__, operation)


def parse(time):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).replace(tzinfo=None)


def back_date(wanted):
    users = iam_backends[ACCOUNT]["aws"].users.values()
    key = next(key for user in users for key in user.access_keys if key.access_key_id == wanted["id"])
    key.create_date = parse(wanted["created"])
    if wanted.get("last_used"):
        key.last_used = AccessKeyLastUsed(parse(wanted["last_used"]), "s3", "eu-west-1")


class Emulator:
    """moto's application, with the test calls in front."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/test/access-key":
            return self.moto(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        back_date(json.loads(body))
        start_response("200 OK", [("Content-Length", "0")])
        return []


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Emulator(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
