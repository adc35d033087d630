"""OpenSearch Service: one domain, which lets in whom policies let in, and passes on what they ask to a real index."""

import types
import urllib.request

import access
import calls
from common import ACCOUNT
from moto.iam.access_control import create_access_key

DOMAIN = {}


def stand_before(wanted):
    DOMAIN.update(wanted)


def answer(call, environ, start_response):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    resource = f"arn:aws:es:{call.region}:{ACCOUNT}:domain/{DOMAIN['domain']}{path}"
    asked = types.SimpleNamespace(action=f"es:ESHttp{method.capitalize()}", context=lambda _: {})
    if not access.allows(statements(call, environ), asked, resource):
        kind, status, body = "application/json", "403 Forbidden", b'{"Message": "User is not authorized"}'
    else:
        headers = {"Content-Type": environ["CONTENT_TYPE"]}
        body = environ["wsgi.input"].read()
        request = urllib.request.Request(DOMAIN["url"] + path, body, headers, method=method)
        with urllib.request.urlopen(request) as found:
            kind, status, body = found.headers["Content-Type"], f"{found.status} OK", found.read()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def statements(call, environ):
    """Those of whoever signed a request. Signatures are not checked here: the tests of the notifier do that."""
    key = calls.SCOPE.search(environ["HTTP_AUTHORIZATION"])[1]
    token = {"X-Amz-Security-Token": environ["HTTP_X_AMZ_SECURITY_TOKEN"]}
    return list(access.statements_of(create_access_key(call.account, "aws", key, token)))
