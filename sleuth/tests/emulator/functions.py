"""Lambda functions as processes of this machine: as many of one as it has invocations at once, up to a bound."""

import dataclasses
import json
import os
import tempfile
import threading

from common import ACCOUNT
from moto.awslambda.exceptions import LambdaClientError, UnknownFunctionException
from moto.awslambda.models import LambdaBackend
from sandbox import REGION, Sandbox

FUNCTIONS = {}


@dataclasses.dataclass
class Fault:
    """What goes wrong with the invocations whose event contains a text, and with no more than `times` of them."""

    # exit: the process ends as soon as it has the event. hang: nothing that it answers is taken, and its time passes.
    # answer: it does its work, and another answer is given. skip: another answer is given, and there is no work.
    # throttle: there is no room for it.
    fault: str
    contains: str = ""
    answer: object = None
    times: float = float("inf")


class Function:
    def __init__(self, name, program, environment=None, timeout=3, memory=128, role=None, processes=8):
        self.name, self.program, self.environment = name, program, environment or {}
        self.timeout, self.memory, self.role = timeout, memory, role or name
        self.arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self.room, self.lock = threading.Semaphore(processes), threading.Lock()
        self.sandboxes, self.idle, self.faults = [], [], []
        # What all processes write, one after the other.
        self.log = tempfile.TemporaryFile()

    def invoke(self, event):
        """The answer, and whether it tells of a failure."""
        fault = self.strike(event)
        if fault.fault == "throttle":
            raise Throttled
        if fault.fault == "skip":
            return json.dumps(fault.answer), False
        with self.room:
            sandbox = self.sandbox()
            answer, failed = sandbox.invoke(event, fault.fault)
            self.idle.append(sandbox)
        if fault.fault == "answer":
            return json.dumps(fault.answer), False
        return answer, failed

    def strike(self, event):
        """The fault that an invocation meets."""
        with self.lock:
            fault = next((fault for fault in self.faults if fault.contains in event and fault.times > 0), Fault("none"))
            fault.times -= 1
            return fault

    def sandbox(self):
        """A process that waits for an invocation, or else a new one."""
        with self.lock:
            while self.idle:
                sandbox = self.idle.pop()
                if sandbox.lives():
                    return sandbox
            self.sandboxes.append(Sandbox(self))
            return self.sandboxes[-1]

    def written(self):
        """Read so that the place where the processes go on to write stays where it is."""
        log = self.log.fileno()
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")

    def end(self):
        for sandbox in self.sandboxes:
            sandbox.end()


class Throttled(LambdaClientError):
    code = 429

    def __init__(self):
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


def invoke(_, name, qualifier, event, headers, answered):
    """In the place of moto's, which starts a container. `name` may be an ARN."""
    function = FUNCTIONS.get(name.rpartition(":function:")[2])
    if function is None:
        raise UnknownFunctionException(name)
    # The same event is the same text, however it was written.
    answer, failed = function.invoke(json.dumps(json.loads(event or "{}"), separators=(",", ":")))
    if failed:
        answered["x-amz-function-error"] = "Unhandled"
    return answer.encode()


LambdaBackend.invoke = invoke


def put(wanted):
    """The function takes the place of one with its name."""
    if replaced := FUNCTIONS.pop(wanted["name"], None):
        replaced.end()
    FUNCTIONS[wanted["name"]] = function = Function(**wanted)
    return {"arn": function.arn}


def disturb(wanted):
    FUNCTIONS[wanted.pop("name")].faults.append(Fault(**wanted))


def log(wanted):
    return FUNCTIONS[wanted["name"]].written()


def reset():
    for function in FUNCTIONS.values():
        function.end()
    FUNCTIONS.clear()
