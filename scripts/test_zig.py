"""When scripts/zig installs: with a Python that makes an environment which only writes down what it was asked for."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "zig"
# `python3 -m venv FOLDER`; the Python in it is a link, as in a true one, and installing takes a moment.
PYTHON = """#!/usr/bin/env bash
mkdir -p "$3/bin"
ln -s "$HERE/python-of-today" "$3/bin/python"
"""
INSIDE = """#!/usr/bin/env bash
[[ $1 == -c ]] || { echo "$*" >>"$HERE/installed"; sleep 0.5; }
"""


class Zig(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "bin").mkdir()
        for name, text in [("bin/python3", PYTHON), ("python-of-today", INSIDE)]:
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "HERE": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}

    def start(self):
        return subprocess.Popen([SCRIPT], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def zig(self):
        with self.start() as run:
            said = run.communicate()[0]
        self.assertEqual(run.returncode, 0)
        return Path(said.strip())

    def installed(self):
        return len((self.folder / "installed").read_text().splitlines())

    def test_it_is_installed_once_and_again_after_python_was_replaced(self):
        found = self.zig()
        self.assertTrue((found.parent / "complete").exists())
        self.assertEqual((self.zig(), self.installed()), (found, 1))
        (found / "python").unlink()
        (found / "python").symlink_to(self.folder / "python-of-yesterday")
        self.assertEqual((self.zig(), self.installed()), (found, 2))
        self.assertTrue((found / "python").exists())

    @unittest.skipUnless(shutil.which("flock"), "nothing else keeps two apart")
    def test_two_at_once_install_it_once(self):
        with self.start() as first, self.start() as second:
            self.assertEqual(first.communicate()[0], second.communicate()[0])
        self.assertEqual(((first.returncode, second.returncode), self.installed()), ((0, 0), 1))


if __name__ == "__main__":
    unittest.main()
