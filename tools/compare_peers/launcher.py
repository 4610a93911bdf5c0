"""Start a process and write its cost to a file: python launcher.py FILE COMMAND...

Until a new process starts its program, it has the memory of its parent, and the peak memory of the
process includes that. So this script, a minimal Python process, is the parent.
"""

import os
import sys
import time

if __name__ == "__main__":
    report, *command = sys.argv[1:]
    started = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    cpu_s = usage.ru_utime + usage.ru_stime
    with open(report, "w") as file:
        file.write(
            f"{started} {os.waitstatus_to_exitcode(status)} {cpu_s} {usage.ru_maxrss} "
            f"{usage.ru_nvcsw}"
        )
