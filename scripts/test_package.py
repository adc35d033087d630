"""What scripts/package.py makes of a program. Any program of this machine will do: here it is Python itself."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock
import zipfile
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import package
import package_crates
import package_elf
import package_licences

HERE = Path(__file__).resolve().parent
MACHINE = platform.machine().replace("arm64", "aarch64")
TARGET = f"{MACHINE}-unknown-linux-gnu"
COMMIT_TIME = 1_700_000_001
AGES = {"SOURCE_DATE_EPOCH": str(COMMIT_TIME)}


def zig_in(folder):
    """What is asked of an installed Zig."""
    (folder / "lib" / "libunwind").mkdir(parents=True)
    (folder / "LICENSE").write_text("Of Zig.\n")
    (folder / "lib" / "libunwind" / "LICENSE.TXT").write_text("Of LLVM.\n")
    return folder


def words(program, to, *more, features="keys", glibc="99.0"):
    """The arguments of the script."""
    more = ["--zig", str(Path(program).parent / "zig"), *more]
    named = ["--name", "sleuth-test", "--features", features, "--target", TARGET, "--glibc", glibc, "--to", str(to)]
    return [str(program), *named, *more]


def run(program, to, *more, env=None, **how):
    """Runs the script as a process, from whatever folder and with whatever environment."""
    command = [sys.executable, str(HERE / "package.py"), *words(program, to, *more)]
    return subprocess.run(command, env={**os.environ, **AGES, **(env or {})}, capture_output=True, text=True, **how)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Packages(unittest.TestCase):
    def setUp(self):
        self.enterContext(unittest.mock.patch.dict(os.environ, AGES))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.program = self.folder / "program"
        shutil.copyfile(Path(sys.executable).resolve(), self.program)
        self.zig = zig_in(self.folder / "zig")

    def packed(self, *more, **how):
        to = self.folder / "dist"
        with contextlib.redirect_stdout(io.StringIO()):
            package.main(words(self.program, to, *more, **how))
        return to

    def shared(self):
        share = self.folder / "share"
        (share / "man").mkdir(parents=True)
        (share / "man" / "sleuth.1").write_text("page")
        return share

    def refused(self, said, *more, **how):
        with self.assertRaises(SystemExit) as ended:
            package.main(words(self.program, self.folder / "refused", *more, **how))
        self.assertIn(said, ended.exception.code)
        self.assertFalse((self.folder / "refused").exists())

    def test_same_program_gives_the_same_bytes_wherever_and_by_whom_it_is_packed(self):
        other = self.folder / "another folder" / "bin"
        other.parent.mkdir()
        shutil.copyfile(self.program, other)
        os.utime(other, (1, 1))
        other.chmod(0o600)
        zig_in(other.parent / "zig")
        share, copy = self.shared(), self.folder / "copy"
        shutil.copytree(share, copy)
        os.utime(copy / "man" / "sleuth.1", (1, 1))
        (copy / "man" / "sleuth.1").chmod(0o600)
        strange = {"env": {"TZ": "Asia/Tokyo", "LC_ALL": "C"}, "cwd": other.parent, "umask": 0o077}
        for one, another in [((), ()), (("--share", str(share)), ("--share", str(copy)))]:
            first, second = self.folder / "first", self.folder / "second"
            runs = run(self.program, first, *one), run(other, second, *another, **strange)
            self.assertEqual([each.returncode for each in runs], [0, 0], runs)
            self.assertEqual(contents(first), contents(second))
        self.assertEqual(len(contents(first)), 9)

    def test_zip_holds_what_lambda_starts(self):
        with zipfile.ZipFile(self.packed() / "sleuth-test.zip") as archive:
            modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
            self.assertEqual(modes, {"LICENSE": 0o100644, "THIRD-PARTY-LICENSES.txt": 0o100644, "bootstrap": 0o100755})
            self.assertEqual(archive.read("bootstrap"), self.program.read_bytes())
            # 22:13:21 UTC; a zip knows even seconds only.
            self.assertEqual({entry.date_time for entry in archive.infolist()}, {(2023, 11, 14, 22, 13, 20)})
            self.assertEqual({entry.create_system for entry in archive.infolist()}, {3})

    def test_tar_holds_one_folder_with_the_program_and_what_comes_with_it(self):
        path = self.packed("--share", str(self.shared())) / "sleuth-test.tar.gz"
        version = package_crates.linked("cli", TARGET).program.version
        with tarfile.open(path) as archive:
            members = archive.getmembers()
            self.assertEqual(
                [(member.name.removeprefix(f"sleuth-test-{version}/"), member.mode) for member in members],
                [("LICENSE", 0o644), ("THIRD-PARTY-LICENSES.txt", 0o644), ("man/sleuth.1", 0o644), ("sleuth", 0o755)],
            )
            self.assertEqual({(m.uid, m.gid, m.uname, m.mtime) for m in members}, {(0, 0, "", COMMIT_TIME)})
        with gzip.open(path) as unpacked:
            unpacked.read()
            self.assertEqual(unpacked.mtime, COMMIT_TIME)

    def test_sums_are_those_of_the_files(self):
        to = self.packed()
        names = ["sleuth-test.cdx.json", "sleuth-test.licenses.txt", "sleuth-test.zip"]
        lines = [f"{hashlib.sha256((to / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
        self.assertEqual((to / "SHA256SUMS").read_text(), "".join(lines))
        for name, line in zip(names, lines):
            self.assertEqual((to / f"{name}.sha256").read_text(), line)

    def test_list_of_sums_is_of_what_is_there_as_it_was(self):
        to = self.folder / "dist"
        to.mkdir()
        sum_of_kept = f"{hashlib.sha256(b'kept').hexdigest()}  sleuth-kept.zip\n"
        (to / "sleuth-kept.zip").write_bytes(b"kept")
        (to / "sleuth-kept.zip.sha256").write_text(sum_of_kept)
        (to / "sleuth-gone.zip.sha256").write_text(sum_of_kept.replace("kept", "gone"))
        (to / "sleuth-other.zip").write_bytes(b"another build")
        (to / "sleuth-other.zip.sha256").write_text(sum_of_kept.replace("kept", "other"))
        listed = [line.split()[1] for line in (self.packed() / "SHA256SUMS").read_text().splitlines()]
        made = ["sleuth-test.cdx.json", "sleuth-test.licenses.txt", "sleuth-test.zip"]
        self.assertEqual(listed, ["sleuth-kept.zip", *made])

    def test_what_it_is_made_of_is_told_in_cyclonedx(self):
        to = self.packed()
        text = (to / "sleuth-test.cdx.json").read_text()
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(text))
        made = json.loads(text)
        named = {each["name"]: each for each in made["components"]}
        self.assertEqual(made["metadata"]["timestamp"], "2023-11-14T22:13:21Z")
        about = made["metadata"]["component"]
        self.assertEqual(about["hashes"][0]["content"], hashlib.sha256(self.program.read_bytes()).hexdigest())
        lock = (HERE.parent / "Cargo.lock").read_text()
        self.assertIn(named["aws-sdk-iam"]["hashes"][0]["content"], lock)
        # Neither the command line, nor what only builds, nor what only tests.
        for absent in ["clap", "aws-sdk-ec2", "serde_derive", "cc", "insta", "iam-stub"]:
            self.assertNotIn(absent, named)
        for present in ["notifier", "aws-lc-sys", "tokio", "rust-std", "zig-libunwind", "zig-compiler-rt"]:
            self.assertIn(present, named)
        self.assertIn(f"ziglang=={named['zig-libunwind']['version']} ", (HERE / "zig.txt").read_text())
        # Everything is needed by something, and nothing is needed that is not there.
        refs = {about["bom-ref"]} | {each["bom-ref"] for each in made["components"]}
        needs = {each["ref"]: each.get("dependsOn", []) for each in made["dependencies"]}
        self.assertEqual(refs, set(needs))
        self.assertEqual(refs - {about["bom-ref"]}, {each for needed in needs.values() for each in needed})

    def test_licences_of_all_that_it_is_made_of_are_in_it(self):
        to = self.packed()
        licences = (to / "sleuth-test.licenses.txt").read_text()
        with zipfile.ZipFile(to / "sleuth-test.zip") as archive:
            self.assertEqual(archive.read("THIRD-PARTY-LICENSES.txt").decode(), licences)
        made = json.loads((to / "sleuth-test.cdx.json").read_text())
        for each in made["components"]:
            if each["name"] != "notifier" and each["bom-ref"].startswith("pkg:cargo/"):
                # Once in the list, and at least once above a text.
                self.assertGreaterEqual(licences.count(f"{each['name']} {each['version']} "), 2, each["name"])
        self.assertIn("The standard library of Rust", licences)
        self.assertIn("Copyright (c) 2021 Nugine", licences)
        rule = package_licences.RULE
        for named, text in [("zig-compiler-rt", "Of Zig."), ("zig-libunwind", "Of LLVM.")]:
            self.assertRegex(licences, rf"\({named}\)\n{rule}\n\n{text}\n")

    def test_program_is_refused_if_a_licence_of_what_zig_links_is_missing(self):
        for file, name in [("LICENSE", "zig-compiler-rt"), ("lib/libunwind/LICENSE.TXT", "zig-libunwind")]:
            text = (self.zig / file).read_text()
            (self.zig / file).write_text("\n")
            self.refused(f"the licence of {name}")
            (self.zig / file).unlink()
            self.refused(f"the licence of {name}")
            (self.zig / file).write_text(text)
        self.packed()

    def test_program_for_a_later_glibc_is_refused(self):
        self.refused("would not start where there is 2.2", glibc="2.2")

    def test_program_for_another_processor_is_refused(self):
        self.refused("not for m68k", "--target", "m68k-unknown-linux-gnu")

    def test_what_is_no_program_is_refused(self):
        self.program.write_text("#!/bin/sh\n")
        self.refused("no program for Linux")

    def test_program_that_knows_where_it_was_built_is_refused(self):
        self.program.write_bytes(self.program.read_bytes() + b"/home/someone/sleuth/src/lib.rs")
        self.refused("holds the path /home/someone/", "--without", "/elsewhere/", "--without", "/home/someone/")

    def test_program_without_the_audit_of_tags_is_refused_if_it_can_call_ec2(self):
        program = self.program.read_bytes()
        for sign in ["Version=2016-11-15", "EC2.TerminateInstances", "StopInstancesRequest"]:
            self.program.write_bytes(program + sign.encode())
            self.refused("without the audit of tags it must not be able to call EC2")

    def test_program_with_the_audit_of_tags_is_refused_if_it_cannot_call_ec2(self):
        self.refused("does not hold `2016-11-15`, though", features="tags")
        self.program.write_bytes(self.program.read_bytes() + b"2016-11-15 StopInstances")
        self.refused("does not hold `TerminateInstances`, though", features="tags")
        self.program.write_bytes(self.program.read_bytes() + b"TerminateInstances")
        self.packed(features="tags")


class Crates(unittest.TestCase):
    def test_ec2_comes_with_the_audit_of_tags_only(self):
        for features, expected in [("keys", False), ("tags", True), ("keys,tags", True), ("cli,keys", False)]:
            names = {crate.name for crate in package_crates.linked(features, TARGET).needed}
            self.assertEqual("aws-sdk-ec2" in names, expected, features)
            self.assertIn("aws-sdk-iam", names)

    def crate(self, licence="MIT", ours=False, checksum="0" * 64):
        """One without any file."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        return package_crates.Crate("bare", "1.0.0", "", licence, None, folder, checksum, ours)

    def test_crate_without_a_licence_is_refused(self):
        crate = self.crate()
        with self.assertRaisesRegex(package_licences.NoLicence, r"bare 1.0.0 \(MIT\).*scripts/licences/bare.txt"):
            package_licences.of_crate(crate)
        # None of these is its licence.
        (crate.folder / "vendored").mkdir()
        for name in ["license.rs", "NOTICE", "COPYRIGHT.md", "vendored/LICENSE"]:
            (crate.folder / name).write_text(f"text of {name}")
            with self.assertRaises(package_licences.NoLicence, msg=name):
                package_licences.of_crate(crate)
        (crate.folder / "COPYING").write_text("text")
        texts = package_licences.of_crate(crate)
        self.assertEqual(sorted(texts), ["COPYING", "COPYRIGHT.md", "NOTICE", "vendored/LICENSE"])
        self.assertEqual((texts["COPYING"], texts["NOTICE"]), ("text", "text of NOTICE"))

    def test_licences_are_found_however_deep_and_in_a_folder_of_them(self):
        crate = self.crate()
        names = ["LICENSES/MIT.txt", "a/b/c/d/e/f/LICENCE", "a/LICENSES/BSD-3-Clause.txt"]
        for name in [*names, "a/licenses.json", "a/LICENSES/list.py"]:
            (crate.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (crate.folder / name).write_text(name)
        self.assertEqual(package_licences.of_crate(crate), {name: name for name in names})

    def test_crate_under_apache_with_a_notice_has_both_texts(self):
        crate = self.crate("MIT OR Apache-2.0")
        (crate.folder / "NOTICE").write_text("of somebody")
        texts = package_licences.of_crate(crate)
        self.assertEqual(texts, {"Apache-2.0": (HERE.parent / "LICENSE").read_text(), "NOTICE": "of somebody"})

    def test_crate_of_others_needs_a_licence_wherever_it_is_from(self):
        """One from git or from a folder has no checksum, as those of the workspace."""
        program = self.crate(ours=True, checksum=None)
        for each in [self.crate(checksum=None), self.crate()]:
            with self.assertRaisesRegex(package_licences.NoLicence, "bare 1.0.0"):
                package_licences.text("name", package_crates.Crates(program, [each], {}), ())
        linked = package_crates.linked("keys", TARGET)
        self.assertEqual([crate.name for crate in linked.needed if crate.ours], ["notifier"])
        self.assertTrue(linked.program.ours)

    def test_licences_that_are_kept_for_crates_are_needed(self):
        """A crate that has begun to bring its own, or is gone, is to be forgotten here."""
        crates = {crate.name: crate for crate in package_crates.linked("cli,keys,tags", TARGET).needed}
        for kept in (HERE / "licences").glob("*.txt"):
            self.assertIn(kept.stem, crates)
            names = (Path(file.name) for file in crates[kept.stem].folder.iterdir())
            self.assertEqual([name for name in names if package_licences.is_of_all(name)], [])


class Programs(unittest.TestCase):
    def test_glibc_that_python_needs_is_none_that_this_machine_lacks(self):
        name, here = platform.libc_ver()
        self.assertEqual(name, "glibc")
        found = package_elf.glibc(Path(sys.executable).resolve().read_bytes())
        self.assertLessEqual((2, 2), found)
        self.assertLessEqual(found, tuple(map(int, here.split("."))))

    def test_versions_are_compared_as_numbers(self):
        program = Path(sys.executable).resolve().read_bytes()
        self.assertEqual(package_elf.machine(program), MACHINE)
        # The first version of glibc on the processor, which every program needs, made one of a later day.
        first, later = {"x86_64": (b"2.2.5", b"2.100"), "aarch64": (b"2.17", b"2.99")}[MACHINE]
        program = program.replace(b"GLIBC_" + first + b"\0", b"GLIBC_" + later + b"\0")
        self.assertEqual(package_elf.glibc(program), tuple(map(int, later.split(b"."))))

    def test_program_without_sections_is_not_believed(self):
        program = bytearray(Path(sys.executable).resolve().read_bytes())
        program[60:62] = b"\0\0"
        with self.assertRaisesRegex(package_elf.Unreadable, "does not say"):
            package_elf.glibc(bytes(program))


if __name__ == "__main__":
    unittest.main()
