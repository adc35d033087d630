"""What scripts/build asks Cargo for, and what it lets through: with a Cargo that only writes down how it was called."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import release
import test_release

SCRIPT = Path(__file__).resolve().parent / "build"
CARGO = """import json, os, sys
if sys.argv[1] == "zigbuild":
    with open(os.environ["CALLED"], "w") as called:
        json.dump({"arguments": sys.argv[1:], "environment": dict(os.environ)}, called)
"""
RUSTC = 'import sys\nprint("/toolchain" if "sysroot" in sys.argv else "commit-hash: 0123")\n'
PACKAGE = 'import os\nprint("packed at", os.environ["SOURCE_DATE_EPOCH"])\n'
EARLIEST = 315532800


class Builds(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.root = self.folder / "around" / "sleuth"
        self.write("ziglang/__init__.py", "")
        self.program("bin/cargo", f"#!{sys.executable}\n{CARGO}")
        self.program("bin/rustc", f"#!{sys.executable}\n{RUSTC}")
        self.program("bin/python", f'#!/bin/sh\nPYTHONPATH={self.folder} exec {sys.executable} "$@"\n')
        self.program("around/sleuth/scripts/zig", f"#!/bin/sh\necho {self.folder / 'bin'}\n")
        self.write("around/sleuth/scripts/package.py", PACKAGE)
        shutil.copy(SCRIPT, self.root / "scripts" / "build")
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        given = {**test_release.PERSON, "PATH": path, "HOME": str(self.folder), "CALLED": str(self.folder / "called")}
        self.enterContext(unittest.mock.patch.dict(os.environ, given))
        for name in [*test_release.GIVEN_BY_HOOKS, "SOURCE_DATE_EPOCH", "CARGO_HOME", "CARGO_TARGET_DIR"]:
            os.environ.pop(name, None)

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def program(self, name, text):
        self.write(name, text)
        (self.folder / name).chmod(0o755)

    def repository(self, root, when):
        release.git(root, "init", "--quiet", "--initial-branch=main")
        with unittest.mock.patch.dict(os.environ, {"GIT_COMMITTER_DATE": f"{when} +0000"}):
            release.git(root, "commit", "--quiet", "--allow-empty", "--message", "one")

    def build(self, **environment):
        """Runs it for keys. Returns how it ended, and how Cargo was called."""
        env = {**os.environ, **environment}
        command = [self.root / "scripts" / "build", "keys", "arm64"]
        run = subprocess.run(command, env=env, capture_output=True, text=True)
        called = self.folder / "called"
        return run, json.loads(called.read_text()) if called.exists() else None

    def test_flags_of_the_environment_are_set_aside(self):
        strange = [
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "CARGO_INCREMENTAL",
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "CC",
            "CC_aarch64-unknown-linux-gnu",
            "CFLAGS_aarch64-unknown-linux-gnu",
            "CFLAGS_aarch64_unknown_linux_gnu",
            "CXXFLAGS_aarch64_unknown_linux_gnu",
            "HOST_CFLAGS",
            "TARGET_CFLAGS",
            "TARGET_CXXFLAGS",
            "AWS_LC_SYS_NO_ASM",
            "LDFLAGS",
        ]
        kept = ["CARGO_BUILD_JOBS", "CARGO_TERM_COLOR", "LD_LIBRARY_PATH", "AWS_PROFILE", "HTTPS_PROXY"]
        run, called = self.build(**dict.fromkeys([*strange, *kept, "CFLAGS", "CARGO_ENCODED_RUSTFLAGS"], "/given"))
        self.assertEqual(run.returncode, 0, run.stderr)
        environment = called["environment"]
        self.assertEqual([name for name in strange if name in environment], [])
        self.assertEqual({environment[name] for name in kept}, {"/given"})
        flags = environment["CARGO_ENCODED_RUSTFLAGS"].split("\x1f")
        self.assertIn(f"--remap-path-prefix={self.root}=/sleuth", flags)
        self.assertIn(f"-ffile-prefix-map={self.root}=/sleuth", environment["CFLAGS"])
        self.assertNotIn("/given", environment["CFLAGS"] + environment["CARGO_ENCODED_RUSTFLAGS"])
        self.assertIn("aarch64-unknown-linux-gnu.2.34", called["arguments"])

    def test_times_are_those_of_the_commit(self):
        self.repository(self.root, 1_700_000_001)
        self.assertEqual(self.build()[0].stdout, "packed at 1700000001\n")
        self.assertEqual(self.build(SOURCE_DATE_EPOCH="5")[0].stdout, "packed at 5\n")
        other = {"GIT_DIR": str(self.folder / "another")}
        self.assertEqual(self.build(**other)[0].stdout, "packed at 1700000001\n")

    def test_sources_without_a_repository_have_no_time_of_one_around_them(self):
        self.assertEqual(self.build()[0].stdout, f"packed at {EARLIEST}\n")
        self.repository(self.root.parent, 1_700_000_001)
        self.assertEqual(self.build()[0].stdout, f"packed at {EARLIEST}\n")

    def test_repository_that_git_does_not_read_is_not_built(self):
        for broken in ["HEAD", "index"]:
            self.repository(self.root, 1_700_000_001)
            (self.root / ".git" / broken).write_text("broken")
            run, called = self.build()
            self.assertNotEqual(run.returncode, 0, broken)
            self.assertIn("fatal", run.stderr)
            self.assertIsNone(called)
            shutil.rmtree(self.root / ".git")


if __name__ == "__main__":
    unittest.main()
