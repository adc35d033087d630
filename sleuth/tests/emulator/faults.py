"""Calls that fail because a test wants it, each in the form of its protocol."""

import dataclasses
import http
import json
import threading
from xml.sax.saxutils import escape

FAULTS = []
LOCK = threading.Lock()


@dataclasses.dataclass
class Fault:
    """The calls that it is about fail, except for the first `after`, and no more than `times` of them."""

    operation: str
    code: str = ""
    message: str = "this is a test"
    status: int = 400
    account: str | None = None
    service: str | None = None
    region: str | None = None
    contains: str = ""
    after: int = 0
    times: float = float("inf")
    # The call is done and only its answer is lost.
    done: bool = False
    # The call is done, and its answer ends after so many bytes of those that it announces.
    cut: int | None = None
    # The function that makes the call ends with it.
    kill: bool = False
    # Headers of the answer, as that by which S3 names a bucket's region.
    headers: dict = dataclasses.field(default_factory=dict)

    def concerns(self, call):
        return (
            self.operation == call.operation
            and self.account in (None, call.account)
            and self.service in (None, call.service)
            and self.region in (None, call.region)
            and self.contains in call.body
        )

    def strikes(self):
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


def add(wanted):
    FAULTS.append(Fault(**wanted))


def against(call):
    """The fault that a call meets. Every fault counts the calls it is about until one strikes."""
    with LOCK:
        return next((fault for fault in FAULTS if fault.concerns(call) and fault.strikes()), None)


def answer(fault, call, environ, start_response):
    if "HTTP_X_AMZ_TARGET" in environ:
        kind, text = "application/x-amz-json-1.1", json.dumps({"__type": fault.code, "message": fault.message})
    else:
        kind, text = "text/xml", xml(call.service, escape(fault.code), escape(fault.message))
    body = text.encode()
    status = f"{fault.status} {http.HTTPStatus(fault.status).phrase}"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), *fault.headers.items()]
    start_response(status, headers)
    return [body]


def xml(service, code, message):
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if service == "s3":
        return f"<Error>{error}<RequestId>fault</RequestId><HostId>fault</HostId></Error>"
    if service == "ec2":
        return f"<Response><Errors><Error>{error}</Error></Errors><RequestID>fault</RequestID></Response>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>fault</RequestId></ErrorResponse>"
