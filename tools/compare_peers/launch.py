"""Starts a process and writes what it cost: REPORT COMMAND...

A process inherits the memory of whoever starts it until it is another program, and that counts as
its own. So this one starts it, which is as small as Python gets.
"""

import os
import sys
import time

if __name__ == "__main__":
    report, *command = sys.argv[1:]
    started = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    with open(report, "w") as file:
        file.write(f"{started} {os.waitstatus_to_exitcode(status)} {cpu} {usage.ru_maxrss}")
