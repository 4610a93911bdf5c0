"""The offer of a new model: what an operator signs, and what a device checks first.

The signed statement says which file it is and how it is to be tried. The URL is not signed, because
any server may deliver the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from edge.fields import FieldError, Fields
from edge.fleet.signature import Keys, Refused, SigningKey
from edge.model.model_file import MAX_BYTES
from edge.text import one_line, quoted

FORMAT = 1
MAX_VERSION = 2**53  # the largest integer that every JSON reader keeps exactly
MAX_STATEMENT = 4096  # characters
MAX_URL = 2000  # characters
NAME = "[a-zA-Z0-9_]{1,48}"


@dataclass(frozen=True)
class Plan:
    """How a new model is tried beside the old one, in the shadow and again after the switch."""

    minutes: float = 10.0
    """The length of the samples of each comparison."""
    events: int = 100
    """A comparison ends earlier after this number of detections of the old model."""
    low: float = 0.5
    high: float = 2.0
    """Permitted detections of the new model for each detection of the old one."""


@dataclass(frozen=True)
class Offer:
    name: str
    task: str
    version: int
    sha256: str
    size: int
    """Bytes of the model file."""
    plan: Plan
    url: str

    @property
    def file(self) -> str:
        """The name of the file on the device, which becomes the name of the model in events."""
        return f"{self.name}-{self.version}.tflite"

    def document(self, key: SigningKey) -> dict[str, Any]:
        """The offer with its signature, as it is sent."""
        statement = json.dumps(
            {
                "format": FORMAT,
                "name": self.name,
                "task": self.task,
                "version": self.version,
                "sha256": self.sha256,
                "size": self.size,
                "plan": vars(self.plan),
            }
        )
        return {
            "url": self.url,
            "statement": statement,
            "key": key.identifier,
            "signature": key.sign(statement.encode()),
        }

    @classmethod
    def verified(cls, document: Mapping[str, Any], keys: Keys) -> Offer:
        """The offer in a document; Refused unless it is signed by a trusted key."""
        try:
            statement = document.get("statement")
            if not isinstance(statement, str) or len(statement) > MAX_STATEMENT:
                raise FieldError("the offer has no statement")
            signature = str(document.get("signature"))
            keys.verify(str(document.get("key")), signature, statement.encode())
            return cls._parsed(Fields(json.loads(statement)), document.get("url"))
        except Refused:
            raise
        except (ValueError, RecursionError) as error:
            raise Refused(f"the offer cannot be read: {one_line(str(error))}") from None

    @classmethod
    def _parsed(cls, fields: Fields, url: object) -> Offer:
        fields.choice("format", [FORMAT])
        plan = fields.section("plan")
        offer = cls(
            fields.text("name"),
            fields.text("task"),
            fields.integer("version", 1, MAX_VERSION),
            fields.text("sha256"),
            fields.integer("size", 1, MAX_BYTES),
            Plan(
                plan.number("minutes", 0, 1e6),
                plan.integer("events", 1, 10**9),
                plan.number("low", 0, 1),
                plan.number("high", 1, 1e6),
            ),
            check_url(url),
        )
        if not re.fullmatch(NAME, offer.name) or not re.fullmatch("[0-9a-f]{64}", offer.sha256):
            raise FieldError("its name or its SHA-256 has a wrong form")
        return offer


def check_url(url: object) -> str:
    """The URL; Refused if a model cannot be downloaded from it."""
    try:
        parts = urlsplit(url) if isinstance(url, str) and len(url) <= MAX_URL else None
        is_valid = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_valid = False
    if not is_valid or not re.fullmatch(r"[\x21-\x7e]+", str(url)):
        raise Refused(f"{quoted(url)} is no address for a download: give http:// or https://")
    return str(url)
