"""Which crates are in a program, asked of Cargo: those that are linked, with the features and for the target it has."""

import functools
import json
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Crate:
    name: str
    version: str
    description: str
    licence: str
    repository: str | None
    folder: Path
    # Of the packed crate; those of the workspace have none, nor have those from git or a folder elsewhere.
    checksum: str | None
    # Whether it is of this workspace.
    ours: bool

    @property
    def url(self):
        """Its package URL (https://github.com/package-url/purl-spec)."""
        return f"pkg:cargo/{self.name}@{self.version}"


# Equal only to itself, as those of one program are asked for once.
@dataclass(frozen=True, eq=False)
class Crates:
    """What is in a program: the crate that it is made of, all that it needs, and who needs whom."""

    program: Crate
    needed: list
    needs: dict


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


@functools.cache
def linked(features, target):
    """The crates of `sleuth` with these features, but for what only runs while it is compiled, as macros do."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(each["name"], each["version"]): each.get("checksum") for each in lock["package"]}
    known = {}
    metadata = json.loads(cargo("metadata", "--locked", "--format-version=1", "--all-features"))
    members = set(metadata["workspace_members"])
    for each in metadata["packages"]:
        name = each["name"], each["version"]
        known[name] = Crate(
            *name,
            " ".join((each["description"] or "").split()),
            # A slash is how crates said `OR` before there were expressions.
            re.sub(r"\s*/\s*", " OR ", each["license"] or ""),
            each["repository"],
            Path(each["manifest_path"]).parent,
            checksums[name],
            each["id"] in members,
        )

    # Only `cargo tree` knows features as the build does. A line is a depth and a crate; one that was shown before is
    # not taken apart again.
    tree = ["--edges=normal,no-proc-macro", "--prefix=depth", "--format={p}", f"--target={target}"]
    chosen = ["--package=sleuth", "--no-default-features", f"--features={features}"]
    needs, way = {}, []
    for line in cargo("tree", "--locked", *chosen, *tree).splitlines():
        depth, name, version = re.match(r"(\d+)(\S+) v(\S+)", line).groups()
        crate = known[name, version]
        del way[int(depth) :]
        if way:
            needs[way[-1]].add(crate)
        way.append(crate)
        needs.setdefault(crate, set())
    program, *needed = needs
    return Crates(program, ordered(needed), {crate: ordered(needed) for crate, needed in needs.items()})


def ordered(crates):
    return sorted(crates, key=lambda crate: (crate.name, crate.version))
