"""What was called: read from requests before moto sees them."""

import dataclasses
import io
import re
import urllib.parse

from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.iam.models import get_account_id_from

# What a test itself calls with this access key, to set up and to look back, is not listed, refused or made to fail.
BENCH = "bench"
# An access key such as `bench-210987654321` is of that account.
SCOPE = re.compile(r"Credential=([^/]+?)(?:-(\d{12}))?/\d+/([^/]+)/([^/]+)/aws4_request")
CALLS = []


@dataclasses.dataclass
class Call:
    account: str
    service: str
    region: str
    operation: str
    # Forms are decoded, so that what they say can be found in them. Of S3 it is the bucket and the key.
    body: str


def is_bench(authorization):
    scope = SCOPE.search(authorization)
    return scope is not None and scope[1] == BENCH


def settle(environ):
    """Tells moto the account that an access key names."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope and scope[2]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope[2]


def read(environ):
    """The call that a request is, or None if it is the bench's own, or none of AWS."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not scope or scope[1] == BENCH:
        return None
    account, region, service = scope[2] or get_account_id_from(scope[1]), scope[3], scope[4]
    if service == "s3":
        return Call(account, service, region, *of_s3(environ))
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(raw)
    body = raw.decode(errors="replace")
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(account, service, region, target.rpartition(".")[2], body)
    form = urllib.parse.parse_qs(body)
    operation = form["Action"][0] if "Action" in form else f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    return Call(account, service, region, operation, urllib.parse.unquote_plus(body))


def of_s3(environ):
    """The operation, which method, path and query tell, and the bucket with the key."""
    operation, names = get_service_router("s3").match(Request(environ))
    return operation.name, "/".join(names[name] for name in ("Bucket", "Key") if name in names)


def listing(_):
    return [dataclasses.asdict(call) for call in CALLS]
