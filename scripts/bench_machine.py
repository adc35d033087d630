"""A run of the state machine as it is shipped, in the emulator of AWS, with the function's own processes.

    $SLEUTH_TOOLS/bin/python bench_machine.py BIN_DIR ACCOUNTS SEED     prints what it took, as JSON

A program of its own, because the emulator has its modules in $SLEUTH_TOOLS.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True

from bench_measure import Stub, Wrong  # noqa: E402
from bench_steps import SETTINGS  # noqa: E402
from emulated import HERE, Emulator  # noqa: E402

# Terraform puts these in.
VALUES = {"partition": "aws", "timeout_seconds": 900, "max_concurrency": 4, "tolerated_failure_percentage": 10}


def machine_run(bin_dir, number, seed):
    """What a run over so many accounts took. IAM, STS and Organizations are the stub, S3 and the rest the emulator."""
    with Stub(bin_dir / "iam-stub", "--accounts", str(number), "--seed", str(seed)) as stub, Emulator() as aws:
        aws.client("s3").create_bucket(Bucket="reports")
        environment = dict(SETTINGS)
        for service in ["IAM", "STS", "ORGANIZATIONS"]:
            environment[f"AWS_ENDPOINT_URL_{service}"] = stub.url
        wanted = {"name": "sleuth", "program": str(bin_dir / "sleuth-lambda"), "environment": environment}
        arn = aws.tell("function", {**wanted, "timeout": 900, "processes": 4})["arn"]
        definition = (HERE.parent / "terraform/modules/organization/state_machine.asl.json").read_text()
        for name, value in (VALUES | {"function_arn": arn}).items():
            definition = definition.replace(f"${{{name}}}", str(value))
        steps = aws.client("stepfunctions")
        role = "arn:aws:iam::123456789012:role/machine"
        machine = steps.create_state_machine(name="sleuth", definition=definition, roleArn=role)["stateMachineArn"]
        start = time.perf_counter()
        execution = steps.start_execution(stateMachineArn=machine, name="bench", input="{}")["executionArn"]
        ended = {"status": "RUNNING"}
        while ended["status"] == "RUNNING":
            time.sleep(0.05)
            ended = steps.describe_execution(executionArn=execution)
        wall = time.perf_counter() - start
        log = aws.tell("function-log", {"name": "sleuth"})
        if ended["status"] != "SUCCEEDED":
            raise Wrong(f"{ended['status']}: {ended.get('error')}: {ended.get('cause')}\n{log[-3000:]}")
        summary = json.loads(ended["output"])["audits"][0]["summary"]
        if (summary["audited"], summary["failed"]) != (number, 0):
            raise Wrong(f"not all {number} accounts were audited: {summary}")
        return {"accounts": number, "wall": wall, **histories(steps, execution, log), "calls": calls(aws, stub)}


def histories(steps, execution, log):
    """The events of the execution and, by its map runs, how many states its children entered."""
    pages = steps.get_paginator("get_execution_history").paginate(executionArn=execution)
    events = [event for page in pages for event in page["events"]]
    runs = steps.list_map_runs(executionArn=execution)["mapRuns"]
    items = [steps.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs]
    if any(counts["succeeded"] != counts["total"] for counts in items):
        raise Wrong(f"not every item succeeded: {items}")
    children = sum(counts["total"] for counts in items)
    return {
        "executions": 1 + children,
        # Each child enters one state.
        "states": sum("Entered" in event["type"] for event in events) + children,
        "longest_history": len(events),
        "invocations": sum('"message":"invoked"' in line for line in log.splitlines()),
    }


def calls(aws, stub):
    """Calls by action: those of the function, and those that read the lists for the maps."""
    counts = stub.ask("GET", "/calls")
    with urllib.request.urlopen(f"{aws.url}/test/calls") as answer:
        listed = json.load(answer)
    for call in listed:
        if call["service"] == "s3":
            counts[call["operation"]] = counts.get(call["operation"], 0) + 1
    return counts


if __name__ == "__main__":
    try:
        print(json.dumps(machine_run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
    except Wrong as error:
        sys.exit(f"bench_machine.py: {error}")
