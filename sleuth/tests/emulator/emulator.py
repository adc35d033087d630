"""AWS for the end-to-end tests: moto, with what the tests need and it does not do.

- access.py: policies with their resources and conditions.
- iam.py: lists in pages, a credential report of now, SimulatePrincipalPolicy.
- ec2.py: instances in pages, protections and refusals as in AWS.
- cloudtrail.py: LookupEvents.
- search.py: OpenSearch Service, before an OpenSearch of the test.
- functions.py, sandbox.py: Lambda functions, as processes that speak with a Runtime API.
- stepfunctions.py: state machines are executed, with distributed maps.
- organizations.py: lists in pages, and an organization of the accounts that a test names.
- s3.py: of two that write what must not be there yet, one does.
- faults.py, calls.py: calls that fail, and which were made.
- Pages are of the requested size, or of PAGE_SIZE if that is smaller.
- It listens on a free port of 127.0.0.1, prints that port, and ends when its standard input does, so that it never
  outlives the test that started it.

What a test tells it or asks it, in JSON; times are RFC 3339:

- POST /test/access-key {"id", "created", "last_used"?} back-dates a key.
- POST /test/instance {"account", "region", "id", "launched"?, "attached"?, "lifecycle"?, "state"?} back-dates an
  instance, or the attachment of all its volumes, makes it a spot instance or puts it into a state.
- POST /test/events {"account", "region", "events": [records, as in a log file]} is what LookupEvents finds.
- POST /test/fault {"operation", "code", "message"?, "status"?, "account"?, "service"?, "region"?, "contains"?,
  "after"?, "times"?, "done"?, "cut"?, "kill"?, "headers"?} makes calls fail: those that contain a text, after the first
  few, so many times, though they were done, with these headers; or, with "cut" instead of a code, ends their answers
  after so many bytes; or, with "kill", ends the function's process that makes the call.
- POST /test/search {"domain", "url"} says which OpenSearch the requests to a domain of OpenSearch Service go on to.
- POST /test/organization {"accounts": [{"id", "name"?, "unit"?, "state"?, "tags"?: {}}]} makes the organization of
  account 123456789012, with these accounts in it and the units that they are in: `Sandbox/Dev` is Dev, which is in
  Sandbox. It answers with the ids: {"id", "root", "units": {"Sandbox/Dev": "ou-…"}}.
- POST /test/function {"name", "program", "environment"?: {}, "timeout"?: seconds, "memory"?, "role"?, "processes"?}
  makes a function of a program that has Lambda's runtime, and answers with its {"arn"}. It works as the role that is
  named so, or else like the function, in up to 8 processes or so many.
- POST /test/function-log {"name"} is what its processes wrote so far.
- POST /test/function-fault {"name", "fault", "contains"?, "answer"?, "times"?} makes invocations fail whose event, as
  JSON without blanks, contains a text. "fault": "exit", "hang", "answer", "skip" or "throttle"; functions.py says more.
- POST /test/reset forgets all of it, and what is in every account.
- GET /test/calls lists the calls of AWS so far: [{"account", "service", "region", "operation", "body"}]. Of S3
  the body is `bucket/key`.

All that is in account 123456789012, but for what is called with an access key that ends in another account's number,
such as `root-210987654321`, or that AssumeRole gave for a role of another account.
"""

import importlib
import json
import logging
import sys
import threading

# Tests run side by side, and the folder is not theirs to write to.
sys.dont_write_bytecode = True

import calls  # noqa: E402
import common  # noqa: E402
import faults  # noqa: E402
from moto.core.responses import ActionAuthenticatorMixin  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

SERVICES = ("cloudtrail", "ec2", "iam", "organizations", "s3", "stepfunctions")
TESTS = {
    "/test/access-key": ("iam", "back_date"),
    "/test/instance": ("ec2", "change"),
    "/test/events": ("cloudtrail", "put"),
    "/test/fault": ("faults", "add"),
    "/test/search": ("search", "stand_before"),
    "/test/organization": ("organizations", "build"),
    "/test/function": ("functions", "put"),
    "/test/function-fault": ("functions", "disturb"),
    "/test/function-log": ("functions", "log"),
    "/test/reset": ("reset", "reset"),
    "/test/calls": ("calls", "listing"),
}


def create(service):
    """moto's application for a service, on its first call: to import EC2 takes a second that IAM's tests can save."""
    if service in SERVICES:
        importlib.import_module(service)
    return create_backend_app(service)


def authorize(request, *arguments, of_moto=ActionAuthenticatorMixin._authenticate_and_authorize_action):
    """The bench may do everything, also once moto checks policies."""
    if not calls.is_bench(request.headers.get("Authorization", "")):
        importlib.import_module("access")
        of_moto(request, *arguments)


ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize


class Emulator:
    """moto's application, with the test calls and the faults in front."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] in TESTS:
            return told(environ, start_response)
        calls.settle(environ)
        call = calls.read(environ)
        if call is None:
            return self.moto(environ, start_response)
        calls.CALLS.append(call)
        if call.service == "es":
            return importlib.import_module("search").answer(call, environ, start_response)
        fault = faults.against(call)
        if fault is None:
            return self.moto(environ, start_response)
        if fault.cut is not None:
            # The announced length stays, and the server closes the connection after every answer.
            return [b"".join(self.moto(environ, start_response))[: fault.cut]]
        if fault.done:
            list(self.moto(environ, lambda *_: None))
        if fault.kill:
            importlib.import_module("sandbox").end_caller(environ)
        return faults.answer(fault, call, environ, start_response)


def told(environ, start_response):
    """A call of the test itself."""
    module, function = TESTS[environ["PATH_INFO"]]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = getattr(importlib.import_module(module), function)(json.loads(body or "null"))
    text = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Emulator(), threaded=True)
    common.URL = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
