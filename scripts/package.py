"""Packs a program: for Lambda as a zip, for people as a tar.gz, with the licences of all that is in it; and writes
beside it what it is made of and SHA-256 sums. The same program gives the same bytes. scripts/build calls this.

Refuses a program that would not run where it is to, that knows where it was built, or that holds code it must not have.
"""

import argparse
import gzip
import hashlib
import io
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import package_crates
import package_elf
import package_licences
import package_sbom

# What can call EC2 is made of this crate, and holds the version of its interface, which is in every request, and the
# names of what it changes.
EC2 = "aws-sdk-ec2"
SIGNS = [b"2016-11-15", b"StopInstances", b"TerminateInstances"]
# What a zip cannot be older than.
EARLIEST = 315532800


class Refused(Exception):
    """A program that is not to be packed."""


def check(program, crates, wanted):
    """Whether this is the program that was asked for, and runs where it is to."""
    machine = package_elf.machine(program)
    if not wanted.target.startswith(machine):
        raise Refused(f"it is for {machine}, not for {wanted.target}")
    limit, needed = tuple(map(int, wanted.glibc.split("."))), package_elf.glibc(program)
    if needed > limit:
        version = ".".join(map(str, needed))
        raise Refused(f"it needs glibc {version}, and would not start where there is {wanted.glibc}, as in Lambda")
    for folder in wanted.without:
        if folder.encode() in program:
            raise Refused(f"it holds the path {folder}: built elsewhere, it would be another")
    tags = "tags" in wanted.features.split(",")
    signs = {f"`{sign.decode()}`": sign in program for sign in SIGNS}
    signs[f"the crate {EC2}"] = EC2 in {crate.name for crate in crates.needed}
    for sign, found in signs.items():
        if found and not tags:
            raise Refused(f"it holds {sign}, but without the audit of tags it must not be able to call EC2")
        # Else nobody would notice that the signs are other ones by now.
        if tags and not found:
            raise Refused(f"it does not hold {sign}, though the audit of tags calls EC2")


def zipped(files, epoch):
    """A zip, from names and contents; each file may be run if it stands under True."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, (content, runs) in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=time.gmtime(epoch)[:6])
            entry.create_system = 3  # Unix, on any system: else Lambda would not see that it may be run.
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return packed.getvalue()


def tarred(folder, files, epoch):
    """A tar.gz of a folder."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, filename="", mode="wb", compresslevel=9, mtime=epoch) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, (content, runs) in sorted(files.items()):
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mtime, entry.mode = len(content), epoch, 0o755 if runs else 0o644
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def pack(wanted, epoch):
    """Makes all files of a package, by their names."""
    program = wanted.program.read_bytes()
    crates = package_crates.linked(wanted.features, wanted.target)
    check(program, crates, wanted)
    libraries = (package_licences.of_rust(), *package_licences.of_zig(wanted.zig))
    licences = package_licences.text(wanted.name, crates, libraries).encode()
    files = {
        "LICENSE": ((package_crates.ROOT / "LICENSE").read_bytes(), False),
        "THIRD-PARTY-LICENSES.txt": (licences, False),
    }
    if wanted.share:
        files["sleuth"] = program, True
        shared = (path for path in wanted.share.rglob("*") if path.is_file())
        files |= {path.relative_to(wanted.share).as_posix(): (path.read_bytes(), False) for path in shared}
        folder = f"{wanted.name}-{crates.program.version}"
        packed = {f"{wanted.name}.tar.gz": tarred(folder, files, epoch)}
    else:
        files["bootstrap"] = program, True
        packed = {f"{wanted.name}.zip": zipped(files, epoch)}
    made = package_sbom.sbom(wanted.name, crates, wanted.features, wanted.target, libraries, program, epoch)
    return packed | {f"{wanted.name}.cdx.json": made.encode(), f"{wanted.name}.licenses.txt": licences}


def write(files, folder):
    """Writes them with the sum of each, and one list of the sums of all that is in the folder as its sum says."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.sha256").write_text(line(name, content))
    sums = sorted(folder.glob("sleuth-*.sha256"), key=lambda path: path.name)
    (folder / "SHA256SUMS").write_text("".join(path.read_text() for path in sums if holds(path)))


def holds(path):
    """Whether the file of a sum is there, and the same still: another package may have been here, and gone."""
    file = path.with_suffix("")
    return file.is_file() and path.read_text() == line(file.name, file.read_bytes())


def line(name, content):
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def arguments(given):
    parser = argparse.ArgumentParser(prog="scripts/package.py", description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("--name", required=True, help="of the package, without an ending")
    parser.add_argument("--features", required=True, help="that the program was built with")
    parser.add_argument("--target", required=True, help="that it was built for")
    parser.add_argument("--glibc", required=True, help="the latest that it may need")
    parser.add_argument("--zig", required=True, type=Path, help="the folder of the Zig that linked it")
    parser.add_argument("--without", action="append", default=[], help="a path that must not be in it; may be repeated")
    parser.add_argument("--share", type=Path, help="a folder to pack beside it: a tar.gz then, not a zip")
    parser.add_argument("--to", required=True, type=Path, help="the folder to write to")
    return parser.parse_args(given)


def main(given=None):
    wanted = arguments(given)
    epoch = max(int(os.environ["SOURCE_DATE_EPOCH"]), EARLIEST)
    try:
        files = pack(wanted, epoch)
    except (Refused, package_elf.Unreadable, package_licences.NoLicence) as error:
        sys.exit(f"scripts/package.py: {wanted.program} is not packed: {error}")
    write(files, wanted.to)
    for name, content in files.items():
        print(f"{len(content):>12,} {wanted.to / name}")


if __name__ == "__main__":
    main()
