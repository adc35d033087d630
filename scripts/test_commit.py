"""What sleuth/build.rs says of a build, in repositories, copies and packages of crates."""

import json
import os
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import release
import test_release

SCRIPT = Path(__file__).resolve().parent.parent / "sleuth" / "build.rs"


class Commits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.script = Path(folder) / "build"
        subprocess.run(["rustc", "--edition=2024", "-o", cls.script, SCRIPT], check=True)

    def setUp(self):
        self.enterContext(unittest.mock.patch.dict(os.environ, test_release.PERSON))
        for name in [*test_release.GIVEN_BY_HOOKS, "SLEUTH_COMMIT"]:
            os.environ.pop(name, None)
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        for name in ["Cargo.toml", "docs/page.md", "notifier/src/lib.rs", "sleuth/src/lib.rs"]:
            self.write(name, "")

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def git(self, *arguments):
        return release.git(self.root, *arguments).strip()

    def commit(self):
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "one")
        return self.git("rev-parse", "--short=12", "HEAD")

    def said(self, crate="sleuth", **environment):
        """What the script says, run as Cargo does: in the folder of the crate. Then what would have it run again."""
        how = {"cwd": self.root / crate, "env": {**os.environ, "PROFILE": "release", **environment}}
        run = subprocess.run([self.script], check=True, capture_output=True, text=True, **how)
        self.assertEqual(run.stderr, "")
        lines = [line.removeprefix("cargo:").split("=", 1) for line in run.stdout.splitlines()]
        told = dict(value.split("=", 1) for name, value in lines if name == "rustc-env")
        again = [self.root / crate / value for name, value in lines if name == "rerun-if-changed"]
        return told, {path.resolve() for path in again}

    def commit_said(self, *arguments, **environment):
        return self.said(*arguments, **environment)[0]["SLEUTH_COMMIT"]

    def test_commit_is_told_and_whether_the_sources_are_others(self):
        commit = self.commit()
        self.assertEqual(self.commit_said(), commit)
        self.write("docs/page.md", "other words")
        self.write("notes", "")
        self.assertEqual(self.commit_said(), commit, "none of this is in the program")
        self.write("notifier/src/new.rs", "")
        self.assertEqual(self.commit_said(), f"{commit}-dirty")

    def test_script_runs_again_for_what_it_looked_at_and_only_for_files_that_are_there(self):
        self.commit()
        again = self.said()[1]
        for name in [".git/HEAD", ".git/logs/HEAD", ".git/refs/heads/main", "sleuth/src", "notifier/src", "Cargo.toml"]:
            self.assertIn(self.root / name, again)
        git = [path for path in again if ".git" in path.parts]
        self.assertTrue(all(path.exists() for path in git), "else every build would run it")

    def test_worktree_tells_its_own_commit(self):
        self.commit()
        self.git("worktree", "add", "--quiet", "-b", "other", "tree")
        self.write("tree/sleuth/src/lib.rs", "// other")
        release.git(self.root / "tree", "commit", "--quiet", "--all", "--message", "two")
        told, again = self.said("tree/sleuth")
        self.assertEqual(told["SLEUTH_COMMIT"], self.git("rev-parse", "--short=12", "other"))
        self.assertIn(self.root / ".git/worktrees/tree/HEAD", again)
        self.assertIn(self.root / ".git/refs/heads/other", again)

    def test_repository_around_a_copy_is_another(self):
        self.write("vendor/sleuth/src/lib.rs", "")
        self.commit()
        told, again = self.said("vendor/sleuth")
        self.assertEqual(told["SLEUTH_COMMIT"], "unknown")
        self.assertEqual(again, {self.root / "vendor/sleuth/build.rs"})

    def test_crate_that_was_packed_knows_its_commit(self):
        commit = "0123456789abcdef0123456789abcdef01234567"
        for about, expected in [({}, commit[:12]), ({"dirty": True}, f"{commit[:12]}-dirty")]:
            written = json.dumps({"git": {"sha1": commit, **about}, "path_in_vcs": "sleuth"}, indent=2)
            self.write("sleuth/.cargo_vcs_info.json", written)
            self.assertEqual(self.commit_said(), expected)
        self.write("sleuth/.cargo_vcs_info.json", "{}")
        self.assertEqual(self.commit_said(), "unknown")

    def test_given_commit_is_believed(self):
        self.commit()
        self.assertEqual(self.commit_said(SLEUTH_COMMIT="of-the-package"), "of-the-package")
        self.assertNotEqual(self.commit_said(SLEUTH_COMMIT=""), "")

    def test_development_is_not_compiled_anew_with_every_commit(self):
        self.commit()
        told, again = self.said(PROFILE="debug")
        self.assertEqual(told["SLEUTH_COMMIT"], "development")
        self.assertEqual(again, {self.root / "sleuth/build.rs"})

    def test_features_are_told(self):
        self.assertEqual(self.said()[0]["SLEUTH_FEATURES"], "none")
        some = {"CARGO_FEATURE_TAGS": "1", "CARGO_FEATURE_KEYS": "1", "CARGO_FEATURE_AUDIT": "1"}
        self.assertEqual(self.said(**some)[0]["SLEUTH_FEATURES"], "keys tags")


if __name__ == "__main__":
    unittest.main()
