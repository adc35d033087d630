"""A function in the place of Sleuth's: of each step of a run it does what the state machine needs, and nothing else.

It writes every event that it gets. What it finds comes from its environment: ACCOUNTS, and APPLY, those that the gate
lets through, both JSON; FAIL, the step that fails, and the ERROR that it fails with; DUPLICATE, if there is any; WORK,
how many seconds an account takes.
"""

import json
import os
import time
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
SCOPE = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_REGION']}/s3/aws4_request"
BUCKET = "reports"


def asked(url, body=None, **request):
    return urllib.request.urlopen(urllib.request.Request(url, body, **request))


def main():
    while True:
        with asked(f"{RUNTIME}/next") as given:
            event, headers = json.load(given), given.headers
        print(json.dumps(event), flush=True)
        step, how = event["step"], "response"
        if step == os.environ.get("FAIL"):
            answer, how = {"errorType": os.environ["ERROR"], "errorMessage": "this is a test"}, "error"
        else:
            answer = STEPS[step](event, headers["Lambda-Runtime-Trace-Id"])
        asked(f"{RUNTIME}/{headers['Lambda-Runtime-Aws-Request-Id']}/{how}", json.dumps(answer).encode()).close()


def listed(event, trace):
    if "DUPLICATE" in os.environ:
        return {"run": event["run"], "duplicate": True}
    accounts, place = items(event, trace, "accounts", "ACCOUNTS")
    return {"run": event["run"], "duplicate": False, "accounts": accounts, **place}


def gate(event, trace):
    accounts, place = items(event, trace, "apply", "APPLY")
    return {"run": event["run"], "apply": accounts, "brake": None, **place}


def items(event, trace, name, variable):
    """Leaves a list of accounts in S3, and tells how many they are and where."""
    key, accounts = f"{event['run']}/{name}.json", json.loads(os.environ.get(variable, "[]"))
    body = json.dumps([{"account": account} for account in accounts]).encode()
    # As the SDKs do in Lambda, it says in which invocation it calls.
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE}", "X-Amzn-Trace-Id": trace}
    headers["Content-Type"] = "application/json"
    asked(f"{os.environ['AWS_ENDPOINT_URL']}/{BUCKET}/{key}", body, headers=headers, method="PUT").close()
    return len(accounts), {"bucket": BUCKET, "items": key}


def work(event, _):
    time.sleep(float(os.environ.get("WORK", "0")))
    return {"account": event["account"], "entered": True, "complete": True, "process": os.getpid()}


def consolidate(event, _):
    return {"told": event["run"]}


STEPS = {"list": listed, "plan": work, "gate": gate, "apply": work, "consolidate": consolidate}

main()
