"""Makes a release: version, changelog, commit and tag, after everything was checked. scripts/release calls this."""

import argparse
import contextlib
import datetime
import difflib
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECK = ["scripts/check"]
MANIFEST, CHANGELOG, LOCKS = "Cargo.toml", "CHANGELOG.md", ["Cargo.lock", "fuzz/Cargo.lock"]
REMOTE = "origin"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNRELEASED = "## [Unreleased]\n"


class Refused(Exception):
    """Why there is no release."""


def git(root, *arguments):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # When this is to end, git is waited for, not killed: it would leave its locks behind.
    with subprocess.Popen(["git", *arguments], cwd=root, text=True, **pipes) as run:
        out, error = run.communicate()
    if run.returncode:
        raise Refused(f"git {arguments[0]} failed: {error.strip()}")
    return out


@contextlib.contextmanager
def ended_by_signals():
    """Signals that end a program do so as an exit from Python: what was begun is put back first. Only the first one
    counts, so that nothing disturbs that."""
    numbers = [signal.SIGTERM, signal.SIGHUP]

    def end(number, _):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def numbers(version):
    return tuple(map(int, version.split(".")))


def released(root):
    """The versions that have a tag, the latest last."""
    tags = git(root, "tag", "--list", "v*").split()
    return sorted((tag[1:] for tag in tags if VERSION.fullmatch(tag[1:])), key=numbers)


def follow(root):
    """Whether main is what is released elsewhere too, with all tags that are there."""
    if REMOTE not in git(root, "remote").split():
        return
    there = f"refs/remotes/{REMOTE}/main"
    try:
        git(root, "fetch", "--quiet", "--tags", REMOTE, f"+refs/heads/main:{there}")
    except Refused as error:
        raise Refused(f"{REMOTE} does not say what main and the tags are there, and has to be asked: {error}")
    missing = int(git(root, "rev-list", "--count", f"HEAD..{there}"))
    if missing:
        raise Refused(f"main of {REMOTE} has commits that this one lacks: {missing}")


def look(root, version):
    """Whether the repository is ready. Returns the version it has, and the one before this release, if any."""
    if not VERSION.fullmatch(version):
        raise Refused(f"the version is `{version}`: must be three numbers, as in 0.2.0")
    branch = git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
    if branch != "main":
        raise Refused(f"this is the branch `{branch}`: a release is made of main")
    changed = git(root, "status", "--porcelain")
    if changed:
        raise Refused(f"there are changes that are not committed:\n{changed.rstrip()}")
    follow(root)
    present = tomllib.loads((root / MANIFEST).read_text())["workspace"]["package"]["version"]
    before = released(root)
    if before and numbers(version) <= numbers(before[-1]):
        raise Refused(f"{version} does not come after {before[-1]}, the last release")
    if numbers(version) < numbers(present):
        raise Refused(f"{version} comes before {present}, the version in {MANIFEST}")
    return present, before[-1] if before else None


def entries(changelog):
    """What is new, and the text after it."""
    head, mark, rest = changelog.partition(UNRELEASED)
    if not mark:
        raise Refused(f"{CHANGELOG} has no line `{UNRELEASED.strip()}`")
    # The next version, the links at the end, or the end.
    end = re.search(r"^(## |\[[^\]]+\]: )", rest, re.MULTILINE)
    new = rest[: end.start()] if end else rest
    if not re.search(r"^- ", new, re.MULTILINE):
        raise Refused(f"{CHANGELOG} has nothing under Unreleased")
    return head, new.strip("\n"), rest[len(new) :]


def with_changelog(text, version, date, before, repository):
    """The changelog with what is new under this version; with links, if the repository has an address."""
    head, new, rest = entries(text)
    made = f"{head}{UNRELEASED}\n## [{version}] - {date}\n\n{new}\n"
    if rest:
        made += "\n" + rest
    if repository:
        of_this = f"/compare/v{before}...v{version}" if before else f"/releases/tag/v{version}"
        made = re.sub(r"^\[Unreleased\]: .*\n", "", made, flags=re.MULTILINE)
        links = f"[Unreleased]: {repository}/compare/v{version}...HEAD\n[{version}]: {repository}{of_this}\n"
        old = re.search(r"^\[\d[^\]]*\]: ", made, re.MULTILINE)
        at = old.start() if old else len(made)
        made = made[:at] + ("" if old else "\n") + links + made[at:]
    return made


def with_version(text, present, version):
    """The manifest: the version of the workspace, and what its crates ask of each other."""
    made, count = re.subn(rf'(?m)^version = "{re.escape(present)}"$', f'version = "{version}"', text)
    if count != 1:
        raise Refused(f'{MANIFEST} has {count} lines `version = "{present}"`: must be one')
    return re.sub(rf'(path = "[^"]+", version = )"{re.escape(present)}"', rf'\1"{version}"', made)


def with_locked(text, present, version):
    """A lock file: only crates of the workspace have no source."""
    blocks = text.split("[[package]]\n")
    ours = f'version = "{present}"\n'
    changed = [b if "\nsource = " in b else b.replace(ours, f'version = "{version}"\n', 1) for b in blocks]
    return "[[package]]\n".join(changed)


def edits(root, version, date):
    """The files that change, with their new texts."""
    present, before = look(root, version)
    package = tomllib.loads((root / MANIFEST).read_text())["workspace"]["package"]
    repository = package.get("repository", "").rstrip("/").removesuffix(".git")
    changes = {
        CHANGELOG: lambda text: with_changelog(text, version, date, before, repository),
        MANIFEST: lambda text: with_version(text, present, version),
        **{lock: lambda text: with_locked(text, present, version) for lock in LOCKS},
    }
    made = {name: change((root / name).read_text()) for name, change in changes.items()}
    return {name: text for name, text in made.items() if text != (root / name).read_text()}


def release(root, version, date, check=CHECK):
    """Does it all, or leaves everything as it was. Returns what to do next."""
    made = edits(root, version, date)
    new = entries((root / CHANGELOG).read_text())[1]
    before = git(root, "rev-parse", "HEAD").strip()
    with ended_by_signals():
        try:
            for name, text in made.items():
                (root / name).write_text(text)
            if subprocess.run(check, cwd=root).returncode:
                raise Refused(f"{check[0]} failed: everything is as it was")
            changed = {line[3:] for line in git(root, "status", "--porcelain").splitlines()}
            if changed != set(made):
                raise Refused(f"{check[0]} changed files: {', '.join(sorted(changed - set(made)))}")
            git(root, "commit", "--quiet", "--message", f"Release {version}", "--", *made)
            # Headings of the changelog are no comments.
            message = f"Sleuth {version}\n\n{new}"
            git(root, "tag", "--annotate", "--cleanup=whitespace", "--message", message, f"v{version}")
        except BaseException:
            put_back(root, before, made, version)
            raise
    return f"git push origin main           # and when that has passed the workflow ci:\n    git push origin v{version}"


def put_back(root, before, made, version):
    """Takes a release back, as far as it came. Files that it did not change stay as they are."""
    if version in released(root):
        git(root, "tag", "--delete", f"v{version}")
    git(root, "reset", "--quiet", "--soft", before)
    git(root, "checkout", "--quiet", before, "--", *made)


def difference(root, made):
    for name, text in made.items():
        lines = (root / name).read_text().splitlines(keepends=True), text.splitlines(keepends=True)
        yield from difflib.unified_diff(*lines, f"a/{name}", f"b/{name}", n=1)


def main():
    parser = argparse.ArgumentParser(prog="scripts/release", description="Makes a release of main; pushes nothing.")
    parser.add_argument("version", help="as in 0.2.0")
    parser.add_argument("--dry-run", action="store_true", help="show what would be changed, and check nothing else")
    wanted = parser.parse_args()
    date = datetime.datetime.now(datetime.UTC).date()
    try:
        if wanted.dry_run:
            sys.stdout.writelines(difference(ROOT, edits(ROOT, wanted.version, date)))
        else:
            if not shutil.which("terraform"):
                raise Refused("there is no terraform here, without which scripts/check leaves the modules out")
            following = release(ROOT, wanted.version, date)
            print(f"Sleuth {wanted.version} is committed and tagged. Next:\n\n    {following}")
    except Refused as error:
        sys.exit(f"scripts/release: {error}")


if __name__ == "__main__":
    main()
