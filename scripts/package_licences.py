"""The licences of all that is linked into a program, in one text."""

import functools
import html.parser
import re
import subprocess
from dataclasses import dataclass

from package_crates import ROOT

LICENCES = re.compile(r"(?i)(un)?licen[cs]e|copying")
# These stand beside a licence, and are none by themselves.
NOTICES = re.compile(r"(?i)copyright|notice")
# With a text for each, named after it, as REUSE has them (https://reuse.software).
FOLDER = re.compile(r"(?i)licen[cs]es")
# Programs in crates' folders that are named like licences are no text.
SOURCES = {".rs", ".py", ".sh", ".toml", ".json"}
RULE = "=" * 100


class NoLicence(Exception):
    """A crate whose licence nobody would find in the package."""


@dataclass(frozen=True)
class Library:
    """What is linked into a program and is no crate."""

    name: str
    version: str
    description: str
    licence: str
    text: str


class Plain(html.parser.HTMLParser):
    """The text of a page."""

    def __init__(self):
        super().__init__()
        self.text = []

    def handle_data(self, data):
        self.text.append(data)


def of_crate(crate, root=ROOT):
    """The texts that come with a crate, by their names, those of the code of others in it too. Where it has none for
    itself, scripts/licences/CRATE.txt; or the text of Apache-2.0, if it may be had under that."""
    files = (path.relative_to(crate.folder) for path in crate.folder.rglob("*") if path.is_file())
    found = sorted(path for path in files if is_text(path))
    texts = {str(path): read(crate.folder / path) for path in found}
    if any(is_of_all(path) for path in found):
        return texts
    ours = root / "scripts" / "licences" / f"{crate.name}.txt"
    if ours.exists():
        return {"LICENSE": read(ours), **texts}
    if "Apache-2.0" in crate.licence.split(" OR "):
        return {"Apache-2.0": read(root / "LICENSE"), **texts}
    raise NoLicence(
        f"{crate.name} {crate.version} ({crate.licence or 'no licence'}) has no text of its licence: "
        f"put that of its authors into scripts/licences/{crate.name}.txt"
    )


def is_text(path):
    """Whether a file of a crate, at any depth, is a licence or a notice."""
    named = LICENCES.match(path.name) or NOTICES.match(path.name) or any(map(FOLDER.fullmatch, path.parts[:-1]))
    return bool(named) and path.suffix not in SOURCES


def is_of_all(path):
    """Whether it is the licence of the crate, not of something in it, and more than a notice."""
    return bool(LICENCES.match(path.name)) if len(path.parts) == 1 else bool(FOLDER.fullmatch(path.parts[0]))


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def of_rust():
    """The standard library of Rust, with its notices."""
    page = rustc("--print=sysroot") + "/share/doc/rust/COPYRIGHT-library.html"
    plain = Plain()
    try:
        with open(page, encoding="utf-8") as notices:
            plain.feed(notices.read())
    except FileNotFoundError:
        raise NoLicence(f"{page} does not exist, where Rust of rustup has the notices of its standard library")
    lines = [line.rstrip() for line in "".join(plain.text).splitlines()]
    notices = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    version = rustc("--version").split()[1]
    return Library("rust-std", version, "The standard library of Rust", "MIT OR Apache-2.0", notices)


def of_zig(folder, root=ROOT):
    """What Zig links into every program, from the folder where it is installed. The version is that of Zig."""
    version = re.search(r"^ziglang==(\S+)", read(root / "scripts" / "zig.txt"), re.MULTILINE)[1]
    linked = [
        ("zig-compiler-rt", "The compiler runtime of Zig", "MIT", "LICENSE"),
        ("zig-libunwind", "libunwind of LLVM in Zig", "Apache-2.0 WITH LLVM-exception", "lib/libunwind/LICENSE.TXT"),
    ]
    made = []
    for name, description, licence, file in linked:
        found = folder / file
        if not found.is_file() or not (text := read(found).strip()):
            raise NoLicence(f"{found} does not exist, or is empty, where Zig has the licence of {name}")
        made.append(Library(name, version, description, licence, text))
    return made


def rustc(*arguments):
    return subprocess.run(["rustc", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@functools.cache
def text(name, crates, libraries):
    """Who is in it under which licence, then the texts, each of them once."""
    others = [crate for crate in crates.needed if not crate.ours]
    texts = {}
    for crate in others:
        for file, found in of_crate(crate).items():
            same = texts.setdefault(" ".join(found.split()), (found.strip(), []))
            same[1].append(f"{crate.name} {crate.version} ({file})")
    listed = [*others, *libraries]
    width = max(len(f"{each.name} {each.version}") for each in listed)
    rows = [f"{each.name + ' ' + each.version:<{width}}  {each.licence}" for each in listed]
    head = f"{name} {crates.program.version} is made of the following, besides its own code, which LICENSE is about."
    parts = [f"{head}\nThe texts of all licences are below.\n\n" + "\n".join(rows)]
    for each in libraries:
        parts.append(f"{RULE}\n{each.description} {each.version} ({each.name})\n{RULE}\n\n{each.text}")
    for found, users in texts.values():
        parts.append(f"{RULE}\n" + "\n".join(users) + f"\n{RULE}\n\n{found}")
    return "\n\n".join(parts) + "\n"
