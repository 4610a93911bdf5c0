"""The text of a systemd unit for a live command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WATCHDOG_S = 60  # without samples until systemd restarts the command
START_TIMEOUT_S = 120  # a Pi Zero needs half a minute to load Python and the model

HARDENING = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
UMask=0077
"""
# These need file system namespaces. In a user unit they would imply a user namespace, in which the
# groups for sound devices are lost.
SYSTEM_HARDENING = """\
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
CapabilityBoundingSet=
"""


@dataclass(frozen=True)
class Unit:
    command: str
    """The name of the live command."""
    program: Path
    """The installed program."""
    settings: Path
    """The environment file."""
    is_system: bool
    """Whether it is a unit of the system, not of a user."""
    user: str = ""
    """As whom a unit of the system runs."""
    groups: Sequence[str] = ()
    """Groups that may use the devices."""
    writable: Sequence[Path] = ()
    """Folders that a unit of the system may write to."""

    def text(self) -> str:
        after = "network.target" if self.is_system else "pipewire.service pulseaudio.service"
        return f"""\
# Written by edge-service. Settings are in {self.settings}
[Unit]
Description=edge-sense: {self.command}
After={after}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
EnvironmentFile={_escaped(self.settings)}
ExecStart={_escaped(self.program)}
{self._identity()}Restart=on-failure
RestartSec=5
WatchdogSec={WATCHDOG_S}
TimeoutStartSec={START_TIMEOUT_S}
TimeoutStopSec=15
{HARDENING}{SYSTEM_HARDENING if self.is_system else ""}
[Install]
WantedBy={"multi-user.target" if self.is_system else "default.target"}
"""

    def _identity(self) -> str:
        if not self.is_system:
            return ""
        lines = [f"User={self.user}", "StateDirectory=edge-sense"]
        if self.groups:
            lines.append(f"SupplementaryGroups={' '.join(self.groups)}")
        lines += [f"ReadWritePaths={_escaped(path)}" for path in self.writable]
        return "".join(f"{line}\n" for line in lines)


def _escaped(path: Path) -> str:
    """A path as units have it: % begins a specifier, and a space ends a word."""
    return str(path).replace("%", "%%").replace(" ", "\\x20")
