"""Python on Linux without what Windows or macOS does not have. Python imports this at its start.

A folder for PYTHONPATH: it changes the process, and the processes that it starts. EDGE_TEST_SYSTEM
is `windows` or `macos`. Modules of the standard library that choose their implementation when they
are imported are imported before, because they have another one on those systems.
"""

from __future__ import annotations

import asyncio
import builtins
import importlib.abc
import io
import os
import select
import selectors  # noqa: F401
import shutil  # noqa: F401
import signal
import socket
import subprocess
import sys
import tempfile  # noqa: F401
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

LINUX_FOLDERS = ("/proc", "/sys", "/run", "/dev")
NO_MODULES = {
    "windows": (
        *("curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline"),
        *("resource", "spwd", "syslog", "termios", "tty"),
    ),
    "macos": ("ossaudiodev", "spwd"),
}
LINUX_ONLY: dict[ModuleType, tuple[str, ...]] = {
    os: (
        *("SCHED_OTHER", "eventfd", "getrandom", "getxattr", "memfd_create", "pipe2"),
        *("posix_fadvise", "posix_fallocate", "sched_getaffinity", "sched_setaffinity"),
        *("sched_setscheduler", "setresuid", "splice"),
    ),
    select: ("epoll",),
    signal: ("SIGCLD", "SIGPOLL", "SIGPWR", "SIGRTMAX", "SIGRTMIN", "SIGSTKFLT", "sigtimedwait"),
    time: ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC_RAW", "pthread_getcpuclockid"),
}
POSIX_ONLY: dict[ModuleType, tuple[str, ...]] = {
    os: (
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NONBLOCK", "O_SYNC", "chown"),
        *("confstr", "ctermid", "fchdir", "fchmod", "fchown", "fork", "forkpty", "get_blocking"),
        *("getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp"),
        *("getpriority", "getsid", "getuid", "killpg", "lchown", "lockf", "mkfifo", "mknod"),
        *("nice", "openpty", "pathconf", "pread", "preadv", "pwrite", "readv", "sendfile"),
        *("set_blocking", "setegid", "seteuid", "setgid", "setpgid", "setpriority", "setsid"),
        *("setuid", "statvfs", "sysconf", "tcgetpgrp", "tcsetpgrp", "ttyname", "wait"),
        *("wait3", "wait4", "writev"),
    ),
    select: ("POLLIN", "POLLOUT", "PIPE_BUF", "poll"),
    signal: (
        *("ITIMER_REAL", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGIO"),
        *("SIGKILL", "SIGPIPE", "SIGPROF", "SIGQUIT", "SIGSTOP", "SIGSYS", "SIGTRAP", "SIGTSTP"),
        *("SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH"),
        *("SIGXCPU", "SIGXFSZ", "alarm", "getitimer", "pause", "pthread_kill"),
        *("pthread_sigmask", "setitimer", "siginterrupt", "sigpending", "sigwait"),
    ),
    time: ("CLOCK_MONOTONIC", "CLOCK_REALTIME", "clock_gettime", "clock_settime", "tzset"),
}


class NoModules(importlib.abc.MetaPathFinder):
    """Finds none of these modules, before the other finders find them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        for name in names:
            sys.modules.pop(name, None)

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def remove(attributes: dict[ModuleType, tuple[str, ...]]) -> None:
    for module, names in attributes.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of a path, for which the folders of Linux do not exist."""

    def wrapper(path: object = ".", *args: Any, **kwargs: Any) -> Any:
        text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        is_linux = any(text == folder or text.startswith(f"{folder}/") for folder in LINUX_FOLDERS)
        if is_linux and text != os.devnull:
            raise FileNotFoundError(2, "No such file or directory", text)
        return function(path, *args, **kwargs)

    return wrapper


def sockets_only(wait: Callable[..., Any]) -> Callable[..., Any]:
    """`select` of Windows."""

    def wrapper(readers: Any, writers: Any, errors: Any, timeout: Any = None) -> Any:
        if not all(isinstance(item, socket.socket) for item in [*readers, *writers, *errors]):
            raise OSError(10038, "An operation was attempted on something that is not a socket")
        return wait(readers, writers, errors, timeout)

    return wrapper


def blocking_allowed(set_wakeup_fd: Callable[..., int]) -> Callable[..., int]:
    """`signal.set_wakeup_fd` of Windows, which accepts a pipe that is blocking."""
    set_blocking = os.set_blocking

    def wrapper(descriptor: int, **kwargs: Any) -> int:
        if descriptor >= 0:
            set_blocking(descriptor, False)
        return set_wakeup_fd(descriptor, **kwargs)

    return wrapper


def no_signal_handlers(self: object, *args: object) -> None:
    raise NotImplementedError


system = os.environ["EDGE_TEST_SYSTEM"]
remove(LINUX_ONLY)
for function in ("stat", "lstat", "open", "listdir", "scandir"):
    setattr(os, function, refusing(getattr(os, function)))
builtins.open = io.open = refusing(open)
if system == "windows":
    signal.set_wakeup_fd = blocking_allowed(signal.set_wakeup_fd)
    remove(POSIX_ONLY)
    select.select = sockets_only(select.select)
    subprocess.Popen.kill = lambda self: self.send_signal(9)  # type: ignore[method-assign]
    asyncio.AbstractEventLoop.add_signal_handler = no_signal_handlers  # type: ignore[assignment]
sys.meta_path.insert(0, NoModules(NO_MODULES[system]))
# The default encoding of a text file is not UTF-8 there; needs PYTHONWARNDEFAULTENCODING.
warnings.filterwarnings("error", category=EncodingWarning, module=r"edge(\.|$)")
