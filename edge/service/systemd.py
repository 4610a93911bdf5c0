"""Files and calls of systemd, for a user or for the system."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError
from edge.formats.atomic_write import atomic_write

PREFIX = "edge-"
NO_BUS = ": log in as the user of the service, or install it with sudo and --system"
SYSTEM_UNITS, SYSTEM_SETTINGS = Path("/etc/systemd/system"), Path("/etc/edge-sense")


@dataclass(frozen=True)
class Manager:
    """The systemd of the system, or of the user who runs the command."""

    is_system: bool

    @property
    def units(self) -> Path:
        return SYSTEM_UNITS if self.is_system else _config() / "systemd" / "user"

    @property
    def settings(self) -> Path:
        return SYSTEM_SETTINGS if self.is_system else _config() / "edge-sense"

    def unit_file(self, name: str) -> Path:
        return self.units / unit_name(name)

    def settings_file(self, name: str) -> Path:
        return self.settings / f"{name}.env"

    def systemctl(self, *argv: str) -> None:
        """EdgeError with its message if it fails."""
        done = subprocess.run(
            [_program("systemctl"), *self._scope(), *argv], capture_output=True, encoding="utf-8"
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it gives no reason"]
            remedy = NO_BUS if "Failed to connect to bus" in lines[-1] else ""
            raise EdgeError(f"systemctl {' '.join(argv)} failed: {lines[-1]}{remedy}")

    def show(self, program: str, *argv: str) -> int:
        """Run systemctl or journalctl on the terminal of the user; return its exit status."""
        return subprocess.run([_program(program), *self._scope(), *argv]).returncode

    def _scope(self) -> list[str]:
        return [] if self.is_system else ["--user"]


def unit_name(name: str) -> str:
    return f"{PREFIX}{name.removeprefix(PREFIX)}.service"  # edge-live has the prefix already


def installed_manager(name: str) -> Manager:
    """The systemd that has a unit of that name; EdgeError if none has."""
    for manager in (Manager(False), Manager(True)):
        if manager.unit_file(name).exists():
            return manager
    names = sorted(
        file.stem.removeprefix(PREFIX)
        for manager in (Manager(False), Manager(True))
        for file in manager.units.glob(f"{PREFIX}*.service")
    )
    remedy = f"choose from {', '.join(names)}" if names else "edge-service install adds one"
    raise EdgeError(f"there is no service {name}: {remedy}")


def write(path: Path, text: str, mode: int) -> None:
    """EdgeError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = os.umask(0o777 & ~mode)  # a file with a password is never readable, not even once
        try:
            atomic_write(path, text.encode())
        finally:
            os.umask(before)
    except PermissionError:
        raise EdgeError(f"{path} needs root: repeat it with sudo, or with --user") from None
    except OSError as error:
        raise EdgeError(f"{path} cannot be written ({error.strerror})") from None


def make_folder(path: Path, user: str) -> None:
    """Make a folder of the user, if there is none; EdgeError if that is not possible."""
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            shutil.chown(path, user)
    except OSError as error:
        raise EdgeError(
            f"the folder {path} cannot be made ({error.strerror}): make it, or choose another one"
        ) from None


def remove_file(path: Path) -> None:
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    except PermissionError:
        raise EdgeError(f"{path} needs root: repeat it with sudo") from None


def caller() -> str:
    """The user who runs the command, also behind sudo; EdgeError on Windows."""
    try:
        import pwd
    except ImportError:
        raise EdgeError("edge-service needs Linux with systemd") from None
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise EdgeError(
            f"this system has no {name}: start the command by what this system has instead; "
            "edge-service install --print shows the unit"
        )
    return found
