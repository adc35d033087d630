"""The emulator of AWS that the end-to-end tests have, for tests of scripts."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

HERE = Path(__file__).resolve().parent
EMULATOR = HERE.parent / "sleuth" / "tests" / "emulator" / "emulator.py"


class Emulator:
    """As a context it ends with the test."""

    def __init__(self, **variables):
        self.process = subprocess.Popen(
            [sys.executable, EMULATOR],
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"
        self.folder = tempfile.TemporaryDirectory()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()
        self.folder.cleanup()

    def tell(self, what, body=None):
        """A call of the emulator's own; its header lists them."""
        request = urllib.request.Request(f"{self.url}/test/{what}", json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def client(self, service, account="123456789012", key=None):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key or f"root-{account}",
            aws_secret_access_key="root",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def function(self, name, timeout=30, processes=8, **environment):
        """A function of fake_function.py."""
        program = Path(self.folder.name) / name
        program.write_text(f"#!{sys.executable}\n{(HERE / 'fake_function.py').read_text()}")
        program.chmod(0o755)
        wanted = {"name": name, "program": str(program), "environment": environment}
        return self.tell("function", {**wanted, "timeout": timeout, "processes": processes})["arn"]

    def events(self, name):
        """What processes of a function wrote: each event that reached one."""
        return list(map(json.loads, self.tell("function-log", {"name": name}).splitlines()))
