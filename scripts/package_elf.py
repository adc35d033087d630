"""What can be read from a program itself: its architecture, and the version of glibc that it needs.

The format is that of the ELF specification (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html) and, for
versions of symbols, of the Linux Standard Base (https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/).
"""

import re
import struct

MACHINES = {62: "x86_64", 183: "aarch64"}
NEEDED_VERSIONS = 0x6FFFFFFE


class Unreadable(Exception):
    """Not a program of 64-bit Linux, or one without what has to be known of it."""


def machine(program):
    """Its architecture."""
    # 64-bit, little-endian.
    if program[:6] != b"\x7fELF\x02\x01":
        raise Unreadable("it is no program for Linux on a 64-bit processor")
    number = struct.unpack_from("<H", program, 18)[0]
    return MACHINES.get(number, f"processor {number}")


def glibc(program):
    """The latest version of glibc that it names, as numbers."""
    machine(program)
    start = struct.unpack_from("<Q", program, 40)[0]
    size, count = struct.unpack_from("<HH", program, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", program, start + index * size) for index in range(count)]
    names = []
    for section in sections:
        if section[1] == NEEDED_VERSIONS:
            strings = sections[section[6]]
            names += needed_versions(program, section[4], strings[4])
    versions = [re.fullmatch(r"GLIBC_(\d+(?:\.\d+)+)", name) for name in names]
    found = [tuple(map(int, version[1].split("."))) for version in versions if version]
    if not found:
        raise Unreadable("it does not say which glibc it needs")
    return max(found)


def needed_versions(program, libraries, strings):
    """The names in a section of needed versions: a list of libraries, each with a list of versions."""
    names = []
    while True:
        _, count, _, first, following = struct.unpack_from("<HHIII", program, libraries)
        version = libraries + first
        for _ in range(count):
            _, _, _, name, step = struct.unpack_from("<IHHII", program, version)
            names.append(program[strings + name : program.index(b"\0", strings + name)].decode())
            version += step
        if not following:
            return names
        libraries += following
