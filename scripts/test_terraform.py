"""How scripts/terraform and scripts/terraform-policies end: with a terraform that fails where it is told to."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "terraform_init.bash"
# Fails in a folder that holds a file `broken`, and everywhere if there is no provider.
TERRAFORM = """#!/usr/bin/env bash
folder=${1#-chdir=}
[[ -d $TF_PLUGIN_CACHE_DIR && $2 == init ]] || exit 2
echo "init in $folder"
[[ -z ${NO_PROVIDER:-} && ! -e $folder/broken ]]
"""


class Init(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ["bin", "module", "work"]:
            (self.folder / name).mkdir()
        (self.folder / "bin" / "terraform").write_text(TERRAFORM)
        (self.folder / "bin" / "terraform").chmod(0o755)

    def ended(self, **environment):
        """With what, and whether the provider and the module were asked for."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, **environment}
        env.pop("TF_PLUGIN_CACHE_DIR", None)
        told = 'set -euo pipefail; . "$1"; terraform_provider "$2/work"; terraform_init "$2/module"; echo ready'
        command = ["bash", "-c", told, "bash", SCRIPT, self.folder]
        run = subprocess.run(command, env=env, capture_output=True, text=True)
        return run.returncode, run.stdout, run.stderr.splitlines()

    def test_nothing_is_said_where_all_is_well(self):
        self.assertEqual(self.ended(), (0, "ready\n", []))

    def test_no_way_to_the_provider_is_no_failure_of_a_module(self):
        self.assertEqual(self.ended(NO_PROVIDER="1"), (75, "", [f"init in {self.folder}/work/provider"]))

    def test_module_that_cannot_be_readied_is_a_failure(self):
        (self.folder / "module" / "broken").touch()
        self.assertEqual(self.ended(), (1, "", [f"init in {self.folder}/module"]))


if __name__ == "__main__":
    unittest.main()
