"""One process of a Lambda function, and the Runtime API that it speaks with as it does in Lambda.

It has one invocation at a time. If it ends, or the time of the invocation does, that fails in Lambda's words, and the
process is not used again. None outlives the emulator, however that ends.
"""

import json
import queue
import signal
import subprocess
import threading
import time
import uuid

import common
from common import ACCOUNT
from moto.sts.models import sts_backends
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

REGION = "us-east-1"
# So many seconds has a process to ask for its first invocation.
INITIALIZATION = 10
# Processes by the traces of their invocations, which are in the calls of AWS that they make.
AT_WORK = {}
# Ends the group in which all processes are, when its input ends with the emulator.
KEEPER = subprocess.Popen(["sh", "-c", "read _; kill -KILL 0"], stdin=subprocess.PIPE, process_group=0)


class Sandbox:
    def __init__(self, function):
        self.function = function
        # Invocations for the process; and what it does: "next", "response", "error", "init" or "exit", with a text.
        self.invocations, self.done = queue.Queue(), queue.Queue()
        self.server = make_server("127.0.0.1", 0, self.runtime_api, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.process = subprocess.Popen(
            [function.program],
            cwd="/",
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=function.log,
            stderr=function.log,
            process_group=KEEPER.pid,
        )
        threading.Thread(target=self.watch, daemon=True).start()

    def environment(self):
        """What Lambda sets, and no more of this machine's."""
        name = self.function.name
        role = sts_backends[ACCOUNT]["aws"].assume_role(
            region_name=REGION,
            role_session_name=name,
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/{self.function.role}",
            policy=None,
            duration=3600,
            external_id=None,
        )
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": "bootstrap",
            "AWS_ACCESS_KEY_ID": role.access_key_id,
            "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
            "AWS_SESSION_TOKEN": role.session_token,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": common.URL,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.function.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            **self.function.environment,
        }

    def watch(self):
        """Waits for the end of the process."""
        code = self.process.wait()
        self.done.put(("exit", f"signal: {signal.strsignal(-code).lower()}" if code < 0 else f"exit status {code}"))
        # Whoever may still wait for an invocation has gone.
        self.invocations.put(None)
        self.server.shutdown()
        self.server.server_close()

    @Request.application
    def runtime_api(self, request):
        *_, part, does = request.path.split("/")
        self.done.put(("init" if part == "init" else does, request.get_data(as_text=True)))
        if does != "next":
            return Response('{"status":"OK"}', 202, content_type="application/json")
        invocation = self.invocations.get()
        return invocation or Response(status=410)

    def invoke(self, event, fault):
        """The answer, and whether it tells of a failure."""
        name = str(uuid.uuid4())
        trace = f"Root={name}"
        AT_WORK[trace] = self
        try:
            does, text = self.attend(event, fault, {"Aws-Request-Id": name, "Trace-Id": trace})
        except queue.Empty:
            self.end()
            return failure(name, "Sandbox.Timedout", f"Task timed out after {self.function.timeout}.00 seconds")
        finally:
            del AT_WORK[trace]
        if does == "exit":
            return failure(name, "Runtime.ExitError", f"Runtime exited with error: {text}")
        return text, does != "response"

    def attend(self, event, fault, names):
        """Gives the event to the process, and waits for what it does with it."""
        does, text = self.done.get(timeout=INITIALIZATION)
        if does != "next":
            self.end()
            return does, text
        end = time.time() + self.function.timeout
        self.invocations.put(invocation(self.function, event, names, end))
        if fault == "exit":
            self.end()
        while True:
            does, text = self.done.get(timeout=max(0, end - time.time()))
            if fault != "hang" or does == "exit":
                return does, text

    def lives(self):
        return self.process.poll() is None

    def end(self):
        self.process.kill()
        self.process.wait()


def invocation(function, event, names, end):
    names = {**names, "Invoked-Function-Arn": function.arn, "Deadline-Ms": str(int(end * 1000))}
    headers = {f"Lambda-Runtime-{name}": value for name, value in names.items()}
    return Response(event, headers=headers, content_type="application/json")


def failure(name, kind, message):
    """What Lambda answers in the place of a function, and that it tells of a failure."""
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {name} Error: {message}"}), True


def end_caller(environ):
    """Ends the process that makes a call of AWS, as in the middle of its work."""
    AT_WORK[environ["HTTP_X_AMZN_TRACE_ID"]].end()
