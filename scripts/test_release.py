"""What scripts/release does to a repository: a clone of this one, with a check that is quick."""

import contextlib
import datetime
import io
import os
import signal
import sys
import tempfile
import tomllib
import unittest
import unittest.mock
from pathlib import Path

import release

HERE = Path(__file__).resolve().parent.parent
DATE = datetime.date(2026, 3, 2)
# Of whoever runs this, nothing counts: neither their name, nor their hooks, nor that they sign.
PERSON = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "tester@larkspur.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
GIVEN_BY_HOOKS = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"]
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing that\n  has two lines.\n"


class Releases(unittest.TestCase):
    def setUp(self):
        self.enterContext(unittest.mock.patch.dict(os.environ, PERSON))
        for name in GIVEN_BY_HOOKS:
            os.environ.pop(name, None)
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.git("init", "--quiet", "--initial-branch=main")
        # The files that a release changes, as they are, and what Cargo needs to read them.
        manifests = [f"{crate}/Cargo.toml" for crate in ("sleuth", "notifier", "iam-stub", "fuzz")]
        for name in ["Cargo.toml", "Cargo.lock", "fuzz/Cargo.lock", *manifests]:
            self.write(name, (HERE / name).read_text())
        self.write("CHANGELOG.md", CHANGELOG)
        self.commit("before")
        self.version = tomllib.loads((HERE / "Cargo.toml").read_text())["workspace"]["package"]["version"]
        major, minor, _ = release.numbers(self.version)
        self.next = f"{major}.{minor + 1}.0"

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def read(self, name):
        return (self.root / name).read_text()

    def git(self, *arguments):
        return release.git(self.root, *arguments).strip()

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def release(self, version=None, check=("true",)):
        return release.release(self.root, version or self.next, DATE, list(check))

    def refused(self, said, version=None, check=("true",)):
        before = self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")
        with self.assertRaisesRegex(release.Refused, said):
            self.release(version, check)
        self.assertEqual((self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")), before)

    def test_version_changelog_commit_and_tag(self):
        check = f'grep -q "{self.next}" Cargo.toml && cp CHANGELOG.md .git/checked'
        following = self.release(check=["sh", "-c", check])
        first, second = following.splitlines()
        self.assertTrue(first.startswith("git push origin main "))
        self.assertEqual(second.strip(), f"git push origin v{self.next}")
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.git("log", "--format=%s"), f"Release {self.next}\nbefore")
        self.assertEqual(self.git("cat-file", "-t", f"v{self.next}"), "tag")
        self.assertEqual(self.git("rev-parse", f"v{self.next}^{{commit}}"), self.git("rev-parse", "HEAD"))
        said = self.git("tag", "--list", "--format=%(contents)", f"v{self.next}")
        self.assertEqual(said, f"Sleuth {self.next}\n\n### Added\n\n- A thing that\n  has two lines.")
        expected = CHANGELOG.replace("[Unreleased]\n", f"[Unreleased]\n\n## [{self.next}] - 2026-03-02\n")
        self.assertEqual(self.read("CHANGELOG.md"), expected)
        self.assertEqual(self.read(".git/checked"), expected, "what is checked is what is released")
        changed = self.git("show", "--name-only", "--format=").splitlines()
        self.assertEqual(changed, ["CHANGELOG.md", "Cargo.lock", "Cargo.toml", "fuzz/Cargo.lock"])

    def test_crates_have_the_version_and_nothing_else_changes(self):
        self.release()
        for name in ["Cargo.lock", "fuzz/Cargo.lock"]:
            before, after = (tomllib.loads(text)["package"] for text in ((HERE / name).read_text(), self.read(name)))
            ours = {each["name"] for each in before if each["version"] == self.version and "source" not in each}
            self.assertLessEqual({"sleuth", "notifier"}, ours)
            for each in before:
                if each["name"] in ours and "source" not in each:
                    each["version"] = self.next
            self.assertEqual(before, after)
        manifest = tomllib.loads(self.read("Cargo.toml"))["workspace"]
        self.assertEqual(manifest["package"]["version"], self.next)
        self.assertEqual(manifest["dependencies"]["notifier"]["version"], self.next)
        self.assertEqual(self.git("diff", "--numstat", "HEAD~", "--", "Cargo.toml").split(), ["2", "2", "Cargo.toml"])

    def test_first_release_may_have_the_version_that_is_there(self):
        self.release(self.version)
        self.assertEqual(self.git("show", "--name-only", "--format="), "CHANGELOG.md")
        self.write("CHANGELOG.md", self.read("CHANGELOG.md").replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"))
        self.commit("more")
        self.refused("does not come after .*, the last release", self.version)
        self.release(self.next)
        self.assertEqual(self.read("CHANGELOG.md").count("\n## "), 3)
        self.assertEqual(self.git("tag", "--list", "--format=%(contents:body)", f"v{self.next}"), "- More.")

    def test_versions_are_compared_as_numbers(self):
        self.git("tag", "v0.9.0")
        self.release("0.10.0")
        self.refused("must be three numbers", "v1.0")
        self.refused("must be three numbers", "1.02.0")

    def test_version_before_the_present_one_is_refused(self):
        self.refused("comes before", "0.0.1")

    def test_other_branches_are_refused(self):
        self.git("checkout", "--quiet", "-b", "idea")
        self.refused("the branch `idea`")

    def test_changes_that_are_not_committed_are_refused(self):
        self.write("new", "")
        self.refused(r"not committed:\n\?\? new")

    def test_nothing_new_is_refused(self):
        self.release()
        self.refused("nothing under Unreleased", "9.0.0")
        self.write("CHANGELOG.md", "# Changelog\n")
        self.commit("empty")
        self.refused("no line", "9.0.0")

    def test_failed_check_leaves_everything_as_it_was(self):
        self.refused("false failed: everything is as it was", check=["false"])
        self.assertEqual(self.read("CHANGELOG.md"), CHANGELOG)

    def test_tag_that_cannot_be_made_leaves_everything_as_it_was(self):
        self.git("config", "tag.gpgSign", "true")
        self.git("config", "gpg.program", "false")
        self.refused("git tag failed")
        self.assertEqual(self.read("CHANGELOG.md"), CHANGELOG)

    def test_check_that_changes_files_is_refused(self):
        with self.assertRaisesRegex(release.Refused, "changed files: left"):
            self.release(check=["touch", "left"])
        self.assertEqual((self.git("status", "--porcelain"), self.git("tag")), ("?? left", ""))

    def remote(self):
        """A repository elsewhere, with what is here by now. Returns another clone of it."""
        elsewhere, clone = self.root / ".git" / "elsewhere", self.root / ".git" / "clone"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(elsewhere))
        self.git("remote", "add", "origin", str(elsewhere))
        self.git("push", "--quiet", "origin", "main")
        self.git("clone", "--quiet", str(elsewhere), str(clone))
        return clone

    def test_commits_that_are_only_elsewhere_are_waited_for(self):
        clone = self.remote()
        release.git(clone, "commit", "--quiet", "--allow-empty", "--message", "of somebody else")
        release.git(clone, "push", "--quiet", "origin", "main")
        self.refused("main of origin has commits that this one lacks: 1")
        self.git("merge", "--quiet", "--ff-only", "origin/main")
        self.write("CHANGELOG.md", CHANGELOG + "- Another thing.\n")
        self.commit("not pushed")
        self.release()

    def test_tags_that_are_only_elsewhere_count(self):
        clone = self.remote()
        release.git(clone, "tag", "v99.0.0")
        release.git(clone, "push", "--quiet", "origin", "v99.0.0")
        with self.assertRaisesRegex(release.Refused, "does not come after 99.0.0"):
            self.release()

    def test_remote_that_cannot_be_asked_is_refused(self):
        self.git("remote", "add", "origin", str(self.root / ".git" / "nowhere"))
        self.refused("origin does not say what main and the tags are there")

    def interrupted(self, number, **how):
        before = self.git("rev-parse", "HEAD"), self.git("tag")
        with self.assertRaises(SystemExit) as ended:
            self.release(**how)
        self.assertEqual(ended.exception.code, 128 + number)
        self.assertEqual((self.git("rev-parse", "HEAD"), self.git("tag")), before)
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.read("CHANGELOG.md"), CHANGELOG)

    def test_signal_while_it_is_checked_leaves_everything_as_it_was(self):
        for number in [signal.SIGTERM, signal.SIGHUP]:
            handler = signal.getsignal(number)
            check = f"cp CHANGELOG.md .git/checked; kill -{number.value} {os.getpid()}; exec sleep 60"
            self.interrupted(number, check=["sh", "-c", check])
            self.assertIn(f"## [{self.next}]", self.read(".git/checked"))
            self.assertEqual(signal.getsignal(number), handler)

    def test_signal_after_the_commit_or_the_tag_leaves_everything_as_it_was(self):
        hook = self.root / ".git" / "hooks" / "reference-transaction"
        for made in ["refs/heads/main", f"refs/tags/v{self.next}"]:
            # Once only: what is put back goes through it too.
            once = f'[ "$1" = committed ] && grep -q " {made}$" && [ ! -e .git/told ] && touch .git/told'
            self.write(".git/hooks/reference-transaction", f"#!/bin/sh\n{once} && kill -TERM {os.getpid()}\nexit 0\n")
            hook.chmod(0o755)
            self.interrupted(signal.SIGTERM)
            (self.root / ".git" / "told").unlink()

    def test_release_without_terraform_is_refused(self):
        with (
            unittest.mock.patch.object(release, "ROOT", self.root),
            unittest.mock.patch.object(sys, "argv", ["scripts/release", self.next]),
            unittest.mock.patch.object(release.shutil, "which", {"terraform": None}.get),
            self.assertRaises(SystemExit) as ended,
        ):
            release.main()
        self.assertIn("no terraform here", ended.exception.code)
        self.assertEqual((self.git("status", "--porcelain"), self.git("tag")), ("", ""))

    def test_links_are_made_if_the_repository_has_an_address(self):
        address = "https://git.larkspur.example/sleuth"
        manifest, before = self.read("Cargo.toml"), "publish = false\n"
        self.write("Cargo.toml", manifest.replace(before, f'{before}repository = "{address}.git"\n'))
        self.commit("address")
        self.release(self.version)
        first = f"[{self.version}]: {address}/releases/tag/v{self.version}\n"
        unreleased = f"[Unreleased]: {address}/compare/v{{}}...HEAD\n"
        self.assertTrue(self.read("CHANGELOG.md").endswith("\n\n" + unreleased.format(self.version) + first))
        self.write("CHANGELOG.md", self.read("CHANGELOG.md").replace("[Unreleased]\n\n", "[Unreleased]\n\n- More.\n\n"))
        self.commit("more")
        self.release()
        second = f"[{self.next}]: {address}/compare/v{self.version}...v{self.next}\n"
        self.assertTrue(self.read("CHANGELOG.md").endswith("\n\n" + unreleased.format(self.next) + second + first))

    def test_dry_run_shows_what_would_be_changed_and_changes_nothing(self):
        out = io.StringIO()
        arguments = ["scripts/release", self.next, "--dry-run"]
        with (
            unittest.mock.patch.object(release, "ROOT", self.root),
            unittest.mock.patch.object(sys, "argv", arguments),
            contextlib.redirect_stdout(out),
        ):
            release.main()
        self.assertIn(f'+version = "{self.next}"\n', out.getvalue())
        self.assertIn(f"+## [{self.next}] - ", out.getvalue())
        self.assertEqual((self.git("status", "--porcelain"), self.git("tag")), ("", ""))

    def test_this_repository_could_be_released(self):
        """What a release changes is here in the form that it expects."""
        # Right after a release, and while it is checked, nothing is under it.
        self.assertEqual((HERE / "CHANGELOG.md").read_text().count(release.UNRELEASED), 1)
        before = (HERE / "Cargo.toml").read_text().splitlines()
        after = release.with_version("\n".join(before) + "\n", self.version, self.next).splitlines()
        changed = [new.split()[0] for old, new in zip(before, after, strict=True) if old != new]
        self.assertEqual(changed, ["version", "notifier"])


if __name__ == "__main__":
    unittest.main()
