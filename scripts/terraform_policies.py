"""Writes terraform/policies, from what `terraform test -json -verbose` says. scripts/terraform-policies runs it."""

import json
import sys
from pathlib import Path

FOLDER = Path("terraform/policies")


def main():
    messages = [json.loads(line) for line in sys.stdin]
    wrong = [message for message in messages if message["@level"] == "error"]
    if wrong:
        sys.exit("\n".join(message.get("diagnostic", {}).get("detail") or message["@message"] for message in wrong))
    files = {
        FOLDER / f"{message['@testrun']}.json": text(configuration(message["test_plan"]))
        for message in messages
        if message["type"] == "test_plan"
    }
    old = {path: path.read_text() for path in FOLDER.glob("*.json")}
    drifted = sorted(path for path in files.keys() | old.keys() if files.get(path) != old.get(path))
    if "--check" not in sys.argv[1:]:
        FOLDER.mkdir(exist_ok=True)
        for path in drifted:
            if path in files:
                path.write_text(files[path])
            else:
                path.unlink()
    elif drifted:
        sys.exit(f"scripts/terraform-policies writes these anew: {', '.join(map(str, drifted))}")


def configuration(plan):
    """The settings of a function, what it may do, and what its role in other accounts may do, by account."""
    outputs = {name: change.get("after") for name, change in plan["output_changes"].items()}
    functions = [change for change in plan["resource_changes"] if change["type"] == "aws_lambda_function"]
    [environment] = functions[0]["change"]["after"]["environment"]
    found = {"environment": environment["variables"], "policy": policy(outputs["policy"])}
    if members := outputs.get("member_role_policies"):
        found["members"] = {account: policy(document) for account, document in members.items()}
    return found


def policy(document):
    """A policy in which a list of one is a list, and its order that of the alphabet: providers differ in both."""
    parsed = json.loads(document)
    for statement in parsed["Statement"]:
        lists = [(statement, "Action"), (statement, "Resource")]
        lists += [(keys, key) for keys in statement.get("Condition", {}).values() for key in keys]
        for part, name in lists:
            part[name] = sorted([part[name]] if isinstance(part[name], str) else part[name])
    return parsed


def text(found):
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


main()
