"""The Lambda function as a process, with a Runtime API of its own, and what its invocations take."""

import http.server
import json
import os
import queue
import subprocess
import threading
import time
import uuid
from pathlib import Path

from bench_measure import Wrong

# So many seconds has an invocation, as in Lambda.
TIMEOUT = 900


class Function:
    """One process of the function, for as long as the `with` block. It writes its log into a file."""

    def __init__(self, binary, environment, log):
        self.waiting, self.done = queue.Queue(), queue.Queue()
        api = type("Api", (RuntimeApi,), {"function": self})
        self.server = Server(("127.0.0.1", 0), api)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [binary],
                env={
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
                    "AWS_LAMBDA_FUNCTION_NAME": "sleuth",
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/sleuth",
                    "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.waiting.put(None)
        self.server.shutdown()
        self.server.server_close()

    def invoke(self, event):
        """What an invocation took, and its answer. One that fails is void."""
        before, written = self.computed(), self.log.stat().st_size
        # So that the peak is that of this invocation.
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        start = time.perf_counter()
        self.waiting.put(event)
        while True:
            try:
                failed, answer = self.done.get(timeout=0.5)
                break
            except queue.Empty:
                if self.process.poll() is not None or time.perf_counter() - start > TIMEOUT:
                    raise Wrong(f"the function is gone or takes too long: {event}\n{self.end_of_log()}") from None
        wall = time.perf_counter() - start
        if failed:
            raise Wrong(f"{event}: {answer}\n{self.end_of_log()}")
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return {
            "wall": wall,
            "cpu": self.computed() - before,
            "peak_mib": int(peak) / 1024,
            "log": self.log.stat().st_size - written,
            "answer": answer,
        }

    def computed(self):
        """Seconds that the process has computed so far. Its threads stay, so that none is missed."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def end_of_log(self):
        return self.log.read_text()[-2000:]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Nothing: the connections of a process that was ended break."""


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """What Lambda has: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    protocol_version = "HTTP/1.1"
    function = None

    def do_GET(self):
        event = self.function.waiting.get()
        if event is None:
            self.close_connection = True
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + TIMEOUT) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:sleuth")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.function.done.put((not self.path.endswith("/response"), answer))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nothing: it is no news that the function asks."""


def credentials(url):
    """The environment in which AWS is the stub."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "root",
        "AWS_SECRET_ACCESS_KEY": "root",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
    }
