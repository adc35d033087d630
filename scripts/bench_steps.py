"""A run of the state machine's steps by the Lambda function, against the stub, and what each took."""

import concurrent.futures
import http.client
import json
import queue
import statistics
import tempfile
from pathlib import Path

from bench_function import Function, credentials
from bench_measure import Stub, Wrong

RUN = "2026-01-01T04:00:00Z"
FOLDER = f"/reports/runs/keys/{RUN.replace(':', '%3A')}"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:sleuth:bench"
SETTINGS = {
    "AUDITS": "keys",
    "ACCOUNTS": "org",
    "ASSUME_ROLE_NAME": "sleuth",
    "ARCHIVE": "s3://reports",
    "ENABLE_AUTO_EXPIRE": "true",
    "MAX_DISABLE": "1000000",
    "MAX_DISABLE_TOTAL": "1000000",
}
# Processes that work side by side where many accounts are worked on.
WORKERS = 4
# The sizes of accounts that are measured alone.
SIZES = [(5, 50), (500, 500), (3_000, 3_000)]


class Files:
    """The files of the run."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def ask(self, method, name, body=None):
        """The file; `None` if there is none."""
        self.connection.request(method, f"{FOLDER}/{name}", body)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 404):
            raise Wrong(f"{method} {name}: HTTP {answer.status}")
        return text.decode() if answer.status == 200 else None

    def copy(self, source, account, folder, others):
        """A worker's file on an account, as those on others."""
        text = self.ask("GET", f"{source}/{account}.json")
        for other in others if text else []:
            self.ask("PUT", f"{folder}/{other}.json", text.replace(account, other))


def steps(bin_dir, number, planned, applied, latency, seed):
    """A run over so many accounts. Workers plan only the first `planned`, and what they leave is multiplied; they
    apply what is to be in the first `applied`; in the others the report on the plan stands for that on what was done."""
    arguments = ["--accounts", str(number), "--latency-ms", str(latency), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as scratch, Stub(bin_dir / "iam-stub", *arguments) as stub:
        work = Work(bin_dir / "sleuth-lambda", Path(scratch), stub)
        accounts = sorted(stub.ask("GET", "/accounts"), key=lambda account: account["id"])
        ids = [account["id"] for account in accounts]
        done = {"accounts": number, "users": sum(account["users"] for account in accounts)}
        done["list"] = work.alone({"step": "list", "execution": EXECUTION})
        expect(done["list"]["answer"]["accounts"], number, "accounts are listed")
        alone = [work.of_size(accounts[:planned], size) for size in SIZES]
        done["alone"] = [run for run in alone if run]
        done["plan"] = work.many("plan", ids[:planned])
        for folder in ["plan", "load", "inventory"]:
            multiply(stub, folder, folder, [(ids[place], ids[place + planned :: planned]) for place in range(planned)])
        done["gate"] = work.alone({"step": "gate"})
        counted = json.loads(Files(stub.url).ask("GET", "gate.json"))["accounts"]
        expect(done["gate"]["answer"]["apply"], len(counted), "accounts are let through")
        if not counted:
            raise Wrong(f"nothing is to be applied: {done['gate']['answer']}")
        chosen = [id for id in ids[:applied] if id in counted]
        changes = [sum(counted[id]["load"]["changes"] for id in of) for of in [counted, chosen]]
        done |= {"to_apply": len(counted), "changes": changes[0]}
        done["apply"] = work.many("apply", chosen) | {"changes": changes[1]}
        multiply(stub, "plan", "done", [(id, [id]) for id in ids[applied:] if id in counted])
        done["consolidate"] = work.alone({"step": "consolidate", "execution": EXECUTION})
        summary = done["consolidate"]["answer"]["summary"]
        expect((summary["audited"], summary["failed"], summary["incomplete"]), (number, 0, 0), "accounts are reported")
    return done


def expect(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{found}, not {wanted} {what}")


def multiply(stub, source, folder, copies):
    """Puts copies of workers' files where others would have worked: for each account, those on other accounts."""

    def copy(one):
        account, others = one
        Files(stub.url).copy(source, account, folder, others)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(copy, copies))


def invoked(function, event):
    """An invocation for a step, with what it says of its only audit."""
    run = function.invoke({"run": RUN, **event})
    while "audits" in run["answer"]:
        [run["answer"]] = run["answer"]["audits"]
    return run


class Work:
    """Invocations of the function, and the calls that they make."""

    def __init__(self, binary, scratch, stub):
        self.binary, self.scratch, self.stub = binary, scratch, stub
        self.environment = credentials(stub.url) | SETTINGS

    def function(self, name):
        return Function(self.binary, self.environment, self.scratch / f"{name}.log")

    def alone(self, event):
        """An invocation of a new process, with nothing beside it."""
        self.stub.ask("POST", "/reset")
        with self.function("alone") as function:
            run = invoked(function, event)
        return run | {"calls": self.stub.ask("GET", "/calls")}

    def of_size(self, accounts, size):
        """The plan of the first account of such a size that has most of its keys expired; `None`: there is none."""
        least, most = size
        fitting = [one for one in accounts[1:] if least <= one["users"] <= most]
        for one in sorted(fitting, key=lambda one: -one["users"]):
            run = self.alone({"step": "plan", "account": one["id"]})
            if run["answer"]["load"]["changes"] > one["users"] / 2:
                return run | {"users": one["users"]}
        return None

    def many(self, step, accounts):
        """A step for each of these accounts, in a few processes side by side."""
        self.stub.ask("POST", "/reset")
        waiting, runs = queue.Queue(), []
        for account in accounts:
            waiting.put(account)

        def work(worker):
            with self.function(f"{step}-{worker}") as function:
                while True:
                    try:
                        account = waiting.get_nowait()
                    except queue.Empty:
                        return
                    runs.append(invoked(function, {"step": step, "account": account}))

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for worker in [pool.submit(work, number) for number in range(WORKERS)]:
                worker.result()
        if incomplete := [run["answer"] for run in runs if not run["answer"]["complete"]]:
            raise Wrong(f"{step}: {len(incomplete)} accounts are not complete: {incomplete[0]}")
        return {
            "accounts": len(runs),
            "wall": sum(run["wall"] for run in runs),
            "median_wall": statistics.median(run["wall"] for run in runs) if runs else 0,
            "longest_wall": max((run["wall"] for run in runs), default=0),
            "cpu": sum(run["cpu"] for run in runs),
            "peak_mib": max((run["peak_mib"] for run in runs), default=0),
            "log": sum(run["log"] for run in runs),
            "calls": self.stub.ask("GET", "/calls"),
        }
