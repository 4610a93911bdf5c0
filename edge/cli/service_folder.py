"""The folder that systemd gives a service for what it stores."""

from __future__ import annotations

import os
from pathlib import Path


def service_folder() -> Path | None:
    """The state folder of the service; None if systemd did not start the command with one."""
    folder = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(folder) if folder else None
