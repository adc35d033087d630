"""Writes what of terraform/ follows from the rest. scripts/terraform-generate runs it and says what it does."""

import re
import sys
from pathlib import Path

import hcl2

TERRAFORM = Path("terraform")

# Which parts a module has.
PARTS = {
    "function": ["account", "deployment"],
    "keys": ["account", "deployment", "outputs", "users", "keys", "keys_permissions"],
    "tags": ["account", "deployment", "outputs", "users", "tags", "tags_permissions"],
    "watch": ["account", "deployment", "outputs", "external_id", "users", "tags", "tags_permissions"],
    "watch_regions": ["account"],
    "digest": ["account", "deployment", "outputs"],
    "organization": [
        "account",
        "deployment",
        "outputs",
        "external_id",
        "users",
        "keys",
        "keys_permissions",
        "tags",
        "tags_permissions",
    ],
    "member_role": ["account", "member", "users", "keys_permissions", "tags_permissions"],
    "member_role_stackset": ["member", "users", "keys_permissions", "tags_permissions"],
}

# The functions that the root module deploys, in the order in which it does.
FUNCTIONS = ["keys", "tags", "watch", "digest"]

# Inputs of which each function has its own in the root module, with the function's name before them.
OWN = {
    "name",
    "schedule",
    "missing_run_hours",
    "asynchronous_retries",
    "timeout",
    "memory_size",
    "reserved_concurrency",
}

# Inputs that say which package is used, and whose package a function has. There are two: one holds the audit of keys,
# the other the audit of tags and the watch. Each holds the digest; which one it has is decided in main.tf.
PACKAGE = {"package", "package_s3_key", "package_s3_version", "package_sha256", "release_sha256"}
PACKAGE_OF = {"keys": "keys", "tags": "tags", "watch": "tags"}
PACKAGE_NOTE = {
    "keys": "Of the functions of keys and the digest.",
    "tags": "Of the functions of tags and the watch, and of the digest if there is one of these and none of keys.",
}

# What the root module hands on in its own words (main.tf).
ROOT_LOCALS = {"tag_rules_table", "tag_rules_table_kms_key", "settable_tags"}
ROOT_LOCALS |= {f"digest_{name}" for name in PACKAGE | {"artifact"}}

WRITTEN = "# Written by scripts/terraform-generate{}: change that."


class Mistake(Exception):
    """What keeps anything from being generated."""


def load(paths):
    """The blocks of some files, by kind, each with the file that it is in."""
    blocks = {"variable": {}, "output": {}, "resource": {}, "module": {}}
    for path in sorted(paths):
        with path.open(encoding="utf-8") as file:
            content = hcl2.load(file)
        for kind in blocks.keys() & content.keys():
            for block in content[kind]:
                for label, body in block.items():
                    if label.startswith("__"):
                        continue
                    name = unquoted(label)
                    if kind == "resource":
                        for second in (key for key in body if not key.startswith("__")):
                            blocks[kind][f"{name}.{unquoted(second)}"] = (body[second], path)
                    else:
                        blocks[kind][name] = (body, path)
    return blocks


def module(path):
    return load(path.glob("*.tf"))


def unquoted(text):
    return text[1:-1] if text.startswith('"') else text


def words(text):
    """A quoted text as it is meant."""
    return unquoted(text).replace('\\"', '"').replace("\\\\", "\\")


def expression(text):
    """A type or a reference, which is read as `${…}`."""
    return text[2:-1] if text.startswith("${") else text


def hcl(value):
    """A default as it is written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(hcl(one) for one in value)}]"
    if isinstance(value, dict):
        pairs = [f"{key} = {hcl(one)}" for key, one in value.items() if not key.startswith("__")]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return str(value)


def aligned(pairs, indent="  "):
    width = max(len(name) for name, _ in pairs)
    return [f"{indent}{name:{width}} = {value}" for name, value in pairs]


def parts():
    """Copies of parts."""
    for name, names in PARTS.items():
        folder = TERRAFORM / "modules" / name
        if not folder.is_dir():
            continue
        for part in names:
            source = TERRAFORM / "parts" / f"{part}.tf"
            head = WRITTEN.format(f" from {source.relative_to(TERRAFORM)}")
            yield folder / f"part_{part}.tf", f"{head}\n\n{source.read_text(encoding='utf-8')}"


def root_name(function, name):
    """What an input of a function is called in the root module."""
    if name in PACKAGE:
        return f"{PACKAGE_OF[function]}_{name}"
    return f"{function}_{name}" if name in OWN else name


def root_description(function, name, body):
    text = body["description"]
    if name in PACKAGE:
        return f'{text[:-1]} {PACKAGE_NOTE[PACKAGE_OF[function]]}"'
    return text


def root(own):
    """The root module's inputs and its calls. `own`: inputs that it has anyway."""
    variables, calls = {}, []
    for function in FUNCTIONS:
        folder = TERRAFORM / "modules" / function
        if not folder.is_dir():
            continue
        handed = []
        for name, (body, _) in module(folder)["variable"].items():
            if f"{function}_{name}" in ROOT_LOCALS:
                handed.append((name, f"local.{function}_{name}"))
                continue
            called = root_name(function, name)
            handed.append((name, f"local.{called}" if name in ROOT_LOCALS else f"var.{called}"))
            if called in own:
                continue
            fields = [("description", root_description(function, name, body)), ("type", expression(body["type"]))]
            fields += [(key, hcl(body[key])) for key in ("default", "nullable", "sensitive") if key in body]
            before = variables.setdefault(called, (function, fields))
            if before[1] != fields:
                raise Mistake(f"the input {name} of {before[0]} differs from that of {function}: name it in OWN")
        calls.append(
            "\n".join(
                [f'module "{function}" {{']
                + aligned([("source", f'"./modules/{function}"'), ("count", f"var.enable_{function} ? 1 : 0")])
                + [""]
                + aligned(sorted(handed))
                + ["}"]
            )
        )
    blocks = [
        "\n".join([f'variable "{name}" {{'] + aligned(fields) + ["}"])
        for name, (_, fields) in sorted(variables.items())
    ]
    source = WRITTEN.format(" from the inputs of the modules")
    note = "# What an input may be is checked by the module that it is handed to."
    yield TERRAFORM / "inputs.tf", "\n\n".join([f"{source}\n{note}"] + blocks) + "\n"
    yield TERRAFORM / "functions.tf", "\n\n".join([source] + calls) + "\n"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def code(text):
    return f"`{cell(text)}`"


def inputs(variables):
    rows = ["| name | type | default | meaning |", "|---|---|---|---|"]
    # What must be given comes first.
    for name, (body, _) in sorted(variables.items(), key=lambda one: ("default" in one[1][0], one[0])):
        if "default" not in body:
            default = "required"
        else:
            default = "not set" if body["default"] is None else code(hcl(body["default"]))
        kind = code(expression(body["type"]))
        rows.append(f"| {code(name)} | {kind} | {default} | {cell(words(body['description']))} |")
    return rows


def tables(folder):
    """The tables of a module's README."""
    readme = folder / "README.md"
    if not readme.is_file():
        raise Mistake(f"{readme} is missing")
    text = readme.read_text(encoding="utf-8")
    found = module(folder)
    outputs = [f"| {code(name)} | {cell(words(body['description']))} |" for name, (body, _) in found["output"].items()]
    resources = [f"| [{name}]({path.name}) |" for name, (_, path) in sorted(found["resource"].items())]
    resources += [
        f"| [module.{name}]({path.name}), {unquoted(body['source'])} |"
        for name, (body, path) in found["module"].items()
    ]
    written = {
        "inputs": inputs(found["variable"]),
        "outputs": ["| name | meaning |", "|---|---|", *outputs] if outputs else ["None."],
        "resources": ["| what is made |", "|---|", *resources] if resources else ["None."],
    }
    for name, rows in written.items():
        begin, end = f"<!-- {name}: by scripts/terraform-generate -->", f"<!-- end of {name} -->"
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not between.search(text):
            raise Mistake(f"{readme} has no place for the table of {name}: `{begin}` and `{end}`")
        table = "\n".join([begin, "", *rows, "", end])
        text = between.sub(lambda _, table=table: table, text, count=1)
    return readme, text


def write(path, text, check):
    """Whether the file was as it has to be. Without `check` it is afterwards."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return True
    if not check:
        path.write_text(text, encoding="utf-8")
    return False


def main(check):
    drifted = []
    # One step builds on what the one before has written, so that a check stops at the first that has drifted.
    for step in (parts, lambda: root(load(TERRAFORM.glob("variables.tf"))["variable"]), readmes):
        drifted += [path for path, text in list(step()) if not write(path, text, check)]
        if check and drifted:
            break
    known = {path for path, _ in parts()}
    for path in sorted(TERRAFORM.glob("modules/*/part_*.tf")):
        if path not in known:
            raise Mistake(f"{path} is a copy of no part that PARTS names: remove it")
    for path in drifted:
        print(f"{path} {'has drifted: run scripts/terraform-generate' if check else 'was written'}", file=sys.stderr)
    return 1 if check and drifted else 0


def readmes():
    for folder in (TERRAFORM, *sorted(TERRAFORM.glob("modules/*/"))):
        yield tables(folder)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: scripts/terraform-generate [--check]")
    try:
        sys.exit(main(check=bool(sys.argv[1:])))
    except Mistake as mistake:
        sys.exit(f"scripts/terraform-generate: {mistake}")
