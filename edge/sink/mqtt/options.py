"""The options that choose a broker: of the live commands, and of `edge-fleet`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import EdgeError
from edge.sink.mqtt.address import FORM, Broker, parse_address

if TYPE_CHECKING:
    import ssl

PASSWORD = "EDGE_MQTT_PASSWORD"


def add_broker_options(group: argparse._ActionsContainer, purpose: str) -> None:
    group.add_argument(
        "--mqtt",
        type=_address,
        metavar="URL",
        help=f"{purpose}: {FORM}; the password is in {PASSWORD} or in --mqtt-password-file "
        "(default prefix: edge-sense)",
    )
    for option, what in (
        ("--mqtt-password-file", "a file with the password for the broker"),
        ("--mqtt-ca", "the certificate of the authority that signed the broker's (default: "
         "those of this system)"),
        ("--mqtt-cert", "a certificate for this client"),
        ("--mqtt-key", "the private key of --mqtt-cert, unless it is in the same file"),
    ):  # fmt: skip
        group.add_argument(option, type=Path, metavar="FILE", help=what)


def password(args: argparse.Namespace) -> str | None:
    path: Path | None = args.mqtt_password_file
    if path is None:
        return os.environ.get(PASSWORD)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise EdgeError(f"{path} cannot be read ({reason}): check --mqtt-password-file") from None


def tls_context(args: argparse.Namespace, broker: Broker) -> ssl.SSLContext | None:
    """None for a broker without TLS."""
    if not broker.tls:
        return None
    import ssl

    option, path = "--mqtt-ca", args.mqtt_ca
    try:
        context = ssl.create_default_context(cafile=path)
        if args.mqtt_cert is not None:
            option, path = "--mqtt-cert and --mqtt-key", args.mqtt_cert
            context.load_cert_chain(args.mqtt_cert, args.mqtt_key)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EdgeError(f"{path} is no certificate that fits ({reason}): check {option}") from None
    return context


def _address(text: str) -> Broker:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
