"""What scripts/release-job asks of others: with a Cargo and a rustup that only write down how they were called."""

import os
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = tomllib.loads((HERE.parent / "Cargo.toml").read_text())["workspace"]["package"]["version"]
# Knows the crates that are published. Then as Cargo: any other call works.
CARGO = """#!/usr/bin/env bash
echo "cargo $*" >>"$CALLED"
[[ $1 != info || ( $PWD == / && " $PUBLISHED " == *" ${*: -1} "* ) ]]
"""
RUSTUP = """#!/usr/bin/env bash
echo "rustup $*" >>"$CALLED"
exit 3
"""


class Jobs(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, text in [("cargo", CARGO), ("rustup", RUSTUP)]:
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)

    def run_job(self, *arguments, published=""):
        """How it ended, and what it called."""
        called = self.folder / "called"
        called.write_text("")
        path = f"{self.folder}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "CALLED": str(called), "PUBLISHED": published}
        run = subprocess.run([HERE / "release-job", *arguments], env=env, capture_output=True, text=True)
        return run, called.read_text().splitlines()

    def publishes(self, *arguments, published=""):
        run, called = self.run_job(*arguments, published=published)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [call for call in called if not call.startswith("cargo info ")]

    def test_crates_are_published_unless_they_are_already(self):
        both = "cargo publish --locked --no-verify --package notifier --package sleuth"
        self.assertEqual(self.publishes("publish"), [both])
        self.assertEqual(self.publishes("publish", published="notifier@0.0.0-other"), [both])
        one = "cargo publish --locked --no-verify --package sleuth"
        self.assertEqual(self.publishes("publish", published=f"notifier@{VERSION}"), [one])
        self.assertEqual(self.publishes("publish", published=f"notifier@{VERSION} sleuth@{VERSION}"), [])

    def test_before_a_release_crates_are_published_but_for_the_upload(self):
        """And built, which is not left out here: it also fails where Cargo.toml says `publish = false`."""
        expected = "cargo publish --locked --dry-run --package notifier --package sleuth"
        self.assertEqual(self.publishes("crates"), [expected])

    def test_rust_of_releases_is_installed_for_the_architecture(self):
        for architecture, target in [("arm64", "aarch64"), ("x86_64", "x86_64")]:
            run, called = self.run_job("build", "keys", architecture)
            self.assertEqual(run.returncode, 3, "rustup failed, so nothing was built")
            self.assertEqual(len(called), 1)
            self.assertIn(f" --target {target}-unknown-linux-gnu", called[0])
        run, called = self.run_job("build", "keys", "m68k")
        self.assertIn("the architecture is `m68k`", run.stderr)
        self.assertEqual((run.returncode, called), (1, []))


if __name__ == "__main__":
    unittest.main()
