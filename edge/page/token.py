"""The token of a page that other computers can reach. It is stored, so that the link stays valid
when the command is started again."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

log = logging.getLogger(__name__)

BYTES = 18


def stored_token(path: Path) -> str:
    """The token in the file, which only its owner can read; a new one if there is none."""
    try:
        token = path.read_text().strip()
        if len(token) >= BYTES:
            return token
    except OSError:
        pass
    token = secrets.token_urlsafe(BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w") as file:
            os.fchmod(number, 0o600)
            file.write(token + "\n")
    except OSError as error:
        log.warning("the token of the page cannot be saved, and changes at each start: %s", error)
    return token
