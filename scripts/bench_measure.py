"""Measures the plans against the stub, and the Lambda function's package."""

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

PLANS = ["classic", "live", "report"]
# Accounts that throttle: what they do, the stub's arguments, users.
LIMITS = [
    ("5 calls a second", ["--rate", "5", "--burst", "5"], 40),
    ("20 calls a second", ["--rate", "20", "--burst", "20"], 100),
    ("100 calls a second", ["--rate", "100", "--burst", "100"], 1000),
    ("1 call in 20, at random", ["--throttled", "0.05"], 200),
    ("1 call in 5, at random", ["--throttled", "0.2"], 100),
]
# What they are asked with.
PACES = [
    {"CONCURRENCY": "8"},
    {"CONCURRENCY": "16"},
    {"CONCURRENCY": "32"},
    {"CONCURRENCY": "64"},
    {"CONCURRENCY": "16", "AWS_RETRY_MODE": "standard"},
]
TICKS = os.sysconf("SC_CLK_TCK")


class Wrong(Exception):
    """A measurement that says nothing, because the program did not do what it should."""


class Stub:
    """The stub as a process, for as long as the `with` block."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Wrong("the stub did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, method, path):
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        connection.request(method, path)
        answer = json.load(connection.getresponse())
        connection.close()
        return answer

    def cpu(self):
        """Seconds that the stub has computed so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def measure(bin_dir, scratch, stub, plan, settings=None):
    """One run of one plan: what it took, and what it printed."""
    environment = (settings or {}) | {
        "AWS_ENDPOINT_URL": stub.url,
        "AWS_ACCESS_KEY_ID": "root",
        "AWS_SECRET_ACCESS_KEY": "root",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "127.0.0.1",
    }
    if plan == "classic":
        command = [bin_dir / "classic", "--endpoint", stub.url]
    else:
        command = [bin_dir / "sleuth", "keys", "--output", "json"]
    if plan == "report":
        environment["INVENTORY"] = "report"
    stub.ask("POST", "/reset")
    before = stub.cpu()
    run, said = spawn(command, scratch, environment)
    run |= {"stub_cpu": stub.cpu() - before, "calls": stub.ask("GET", "/calls")}
    return run, json.loads(said)


def spawn(command, scratch, environment, statuses=(0,)):
    """One run of a program: what it took, and what it printed. Any status but those named makes it void."""
    out, err = scratch / "stdout", scratch / "stderr"
    starter = [sys.executable, "-I", "-S", Path(__file__).with_name("bench_spawn.py"), out, err, *command]
    said = subprocess.run(starter, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    status, wall, user, system, peak, floor = (float(word) for word in said.split())
    if status not in statuses:
        raise Wrong(f"{Path(command[0]).name} ended with {status:.0f}:\n{err.read_text()}")
    run = {
        "wall": wall,
        "cpu": user + system,
        "peak_mib": peak / 1024,
        # What a program needs below that cannot be told from what its starter needs.
        "floor_mib": floor / 1024,
    }
    return run, out.read_text()


def compare(answers):
    """Fails unless all plans saw the same: a measurement of wrong answers is void."""
    live, report, classic = answers["live"], answers["report"], answers["classic"]
    if live["summary"] != report["summary"]:
        raise Wrong(f"the plans disagree:\nlive   {live['summary']}\nreport {report['summary']}")
    for counted in ["users", "keys"]:
        if classic[counted] != live["summary"][counted]:
            raise Wrong(f"classic saw {classic[counted]} {counted}, live {live['summary'][counted]}")
    for plan in ["live", "report"]:
        if answers[plan]["errors"]:
            raise Wrong(f"{plan} was not complete: {answers[plan]['errors'][:3]}")
    if live.get("credential_report") or not report.get("credential_report"):
        raise Wrong("INVENTORY=report made no difference: the report must be used by `report` and only there")


def case(bin_dir, kind, users, latency, repeat, polls):
    """All plans on one account: the median run of each, and all walls."""
    arguments = ["--kind", kind, "--users", str(users), "--latency-ms", str(latency), "--report-polls", str(polls)]
    runs, answers = {plan: [] for plan in PLANS}, {}
    with tempfile.TemporaryDirectory() as scratch, Stub(bin_dir / "iam-stub", *arguments) as stub:
        for turn in range(repeat):
            # In turns, so that what else the machine does meets all of them.
            for plan in PLANS if turn == 0 else PLANS[1:]:
                run, answers[plan] = measure(bin_dir, Path(scratch), stub, plan)
                runs[plan].append(run)
            compare(answers)
    plans = {}
    for plan, all_runs in runs.items():
        middle = sorted(all_runs, key=lambda run: run["wall"])[(len(all_runs) - 1) // 2]
        plans[plan] = middle | {
            "wall": statistics.median(run["wall"] for run in all_runs),
            "cpu": statistics.median(run["cpu"] for run in all_runs),
            "peak_mib": max(run["peak_mib"] for run in all_runs),
            "walls": [run["wall"] for run in all_runs],
        }
    summary = answers["live"]["summary"]
    return {"kind": kind, "users": users, "latency": latency, "summary": summary, "plans": plans}


def throttling(bin_dir, latency):
    """`live` on accounts that throttle, asked in several ways."""
    done = []
    for limit, arguments, users in LIMITS:
        arguments = ["--kind", "healthy", "--users", str(users), "--latency-ms", str(latency), *arguments]
        for settings in PACES:
            # Each meets the limit unused, and the same random numbers.
            with tempfile.TemporaryDirectory() as scratch, Stub(bin_dir / "iam-stub", *arguments) as stub:
                run, answer = measure(bin_dir, Path(scratch), stub, "live", settings)
                if answer["errors"] or answer["summary"]["users"] != users:
                    raise Wrong(f"{limit}, {settings}: not complete: {answer['errors'][:3]}")
                # Without throttles it would be this many: one listing, three about the account, one a user.
                extra = sum(run["calls"].values()) - users - 4
                done.append({"limit": limit, "users": users, "settings": settings, "wall": run["wall"], "extra": extra})
    return done


def function(package, starts):
    """Size of the Lambda package, and the time from the start of its process to its first word to Lambda."""
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(package) as archive:
        bootstrap = Path(scratch) / "bootstrap"
        with archive.open("bootstrap") as packed, bootstrap.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        bootstrap.chmod(0o700)
        times = [first_poll(bootstrap) for _ in range(starts)]
        size = bootstrap.stat().st_size
    zipped = Path(package).stat().st_size
    return {"zip": zipped, "unpacked": size, "start": statistics.median(times), "starts": times}


def first_poll(bootstrap):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "sleuth",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/sleuth",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_REGION": "us-east-1",
        }
        # It complains when it finds nobody to answer it any more.
        silent = [(os.POSIX_SPAWN_OPEN, stream, "/dev/null", os.O_WRONLY, 0) for stream in (1, 2)]
        start = time.perf_counter()
        pid = os.posix_spawn(bootstrap, [str(bootstrap)], environment, file_actions=silent)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                request = b""
                while b"\r\n" not in request:
                    got = connection.recv(4096)
                    if not got:
                        raise Wrong("the function hung up on the runtime API")
                    request += got
                took = time.perf_counter() - start
        except TimeoutError:
            raise Wrong("the function did not ask the runtime API for anything") from None
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    if not request.startswith(b"GET /2018-06-01/runtime/invocation/next "):
        raise Wrong(f"the function asked for something else first: {request[:80]!r}")
    return took
