"""What was called: read from requests before moto sees them."""

import dataclasses
import io
import re
import urllib.parse

# What a test itself calls with this access key, to set up and to look back, is not listed, refused or made to fail.
BENCH = "bench"
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
CALLS = []


@dataclasses.dataclass
class Call:
    service: str
    region: str
    operation: str
    # Forms are decoded, so that what they say can be found in them.
    body: str


def read(environ):
    """The call that a request is, or None if it is the bench's own, or none of AWS."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not scope or scope[1] == BENCH:
        return None
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(raw)
    body = raw.decode(errors="replace")
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(scope[3], scope[2], target.rpartition(".")[2], body)
    form = urllib.parse.parse_qs(body)
    operation = form["Action"][0] if "Action" in form else f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    return Call(scope[3], scope[2], operation, urllib.parse.unquote_plus(body))


def listing(_):
    return [dataclasses.asdict(call) for call in CALLS]
