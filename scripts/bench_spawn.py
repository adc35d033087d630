"""Runs one program and prints what it took, as `status wall user system peak floor` (seconds, KiB).

    python3 -I -S bench_spawn.py STDOUT STDERR PROGRAM [ARGUMENT…]

A process of its own, and a small one, because Linux counts the memory of the process that starts a program towards the
program's peak: nothing below `floor` can be seen.
"""

import os
import sys
import time


def main():
    out, err, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, err, flags, 0o600),
    ]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    with open("/proc/self/status") as own:
        floor = next(line.split()[1] for line in own if line.startswith("VmHWM"))
    print(os.waitstatus_to_exitcode(status), wall, used.ru_utime, used.ru_stime, used.ru_maxrss, floor)


main()
