"""Finding the serial port of a board, and opening it without resetting the board."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import RuntimeMissing, SourceError
from edge.source.serial.framed.protocol import BAUD

try:
    from termios import error as TermiosError
except ImportError:  # Windows
    TermiosError = OSError  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    from serial import Serial

AUTO = "auto"
PORT_ERRORS = (OSError, TermiosError)
"""What any call on a port can raise when its device vanishes; SerialException is an OSError."""
VENDORS = {
    0x1A86: "CH340, on most clones",
    0x10C4: "CP210x, on many ESP32 boards",
    0x0403: "FTDI",
    0x2341: "Arduino",
    0x2A03: "Arduino",
    0x303A: "Espressif",
    0x2E8A: "Raspberry Pi Pico",
    0x239A: "Adafruit",
    0x16C0: "Teensy",
}
"""USB vendor IDs whose serial ports are most likely a board, or the USB chip of a board."""

READ_TIMEOUT = 0.15  # s; plus the time to gather bytes, below the 0.25 s that a source has to yield
WRITE_TIMEOUT = 0.5  # s; a board that does not read commands must not block the source


def pyserial() -> Any:
    """Import and return pyserial."""
    try:
        import serial
        import serial.tools.list_ports
    except ImportError as error:
        raise RuntimeMissing("serial ports need pyserial: pip install pyserial") from error
    return serial


def candidates() -> list[Any]:
    """Return the USB serial ports (pyserial's ListPortInfo) of known vendors, or else all."""
    ports = [port for port in pyserial().tools.list_ports.comports() if port.vid is not None]
    return [port for port in ports if port.vid in VENDORS] or ports


def find_port() -> Any:
    """Return the only candidate; SourceError if there is none, or more than one."""
    found = candidates()
    if not found:
        raise SourceError(
            "found no USB serial port: plug the board in (with a cable that carries data), name "
            "its port with --port, or try --mock"
        )
    if len(found) > 1:
        raise SourceError(f"found several boards: choose one with --port, {_list(found)}")
    return found[0]


def find_again(before: Any) -> str | None:
    """Return the path of a port found before, which may have changed; None if it is gone."""
    found = candidates()
    same = [port for port in found if _identity(port) == _identity(before)]
    return same[0].device if same else found[0].device if len(found) == 1 else None


def _identity(port: Any) -> tuple[int, int, str | None]:
    return port.vid, port.pid, port.serial_number


def open_port(path: str, baud: int, dtr: bool = False) -> Serial:
    """Return the port, opened exclusively, with DTR and RTS low: high, they reset an ESP32.

    (Linux raises both lines for a moment in any case; this restarts an Uno.)
    """
    serial = pyserial()
    if baud <= 0:
        raise SourceError(f"{baud} is not a baud rate: try --baud {BAUD}")
    port = serial.Serial()
    port.port = path
    port.timeout, port.write_timeout = READ_TIMEOUT, WRITE_TIMEOUT
    port.exclusive = True
    port.dtr, port.rts = dtr, False
    try:
        port.baudrate = baud
        port.open()
    except PORT_ERRORS as error:
        raise SourceError(explain(path, os_error(error))) from error
    except (ValueError, OverflowError, NotImplementedError) as error:
        raise SourceError(f"{path} cannot run at {baud} baud: try --baud {BAUD}") from error
    return port


def read_waiting(port: Serial, count: int) -> bytes:
    """Return at most `count` bytes of those that have come; there must be some.

    It is as `port.read`, which takes several times as long because it can also wait.
    """
    if os.name != "posix":
        return bytes(port.read(count))
    try:
        data = os.read(port.fileno(), count)
    except BlockingIOError:
        return b""
    if not data:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return data


def close_port(port: Serial) -> None:
    """Close a port whose device may be gone."""
    with contextlib.suppress(*PORT_ERRORS):
        port.close()


def os_error(error: Exception) -> OSError:
    """The same error as an OSError: termios has an exception of its own."""
    return error if isinstance(error, OSError) else OSError(*error.args)


def explain(path: str, error: OSError) -> str:
    """Return why a port cannot be opened and what to do about it."""
    if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        existing = _list(pyserial().tools.list_ports.comports())
        if existing:
            return f"no such port, {path}: choose one of {existing}"
        return f"no such port, {path}, and no other port: plug the board in, or try --mock"
    if error.errno in (errno.EACCES, errno.EPERM):
        group = _group(path)
        return (
            f"permission denied on {path}: it belongs to the group {group}. Run `sudo usermod -aG "
            f"{group} $USER`, then log out and in again"
        )
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return (
            f"{path} is busy: close the other program that has it open (a serial monitor, "
            f"ModemManager, a second airdigit-live; `fuser -v {path}` shows which)"
        )
    return f"{path} is not a usable serial port ({error}): name another with --port"


def _group(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"


def _list(ports: list[Any]) -> str:
    return ", ".join(f"{port.device} ({_describe(port)})" for port in sorted(ports))


def _describe(port: Any) -> str:
    texts = [port.description if port.description not in (None, "n/a") else port.name]
    if port.vid in VENDORS:
        texts.append(VENDORS[port.vid])
    return ", ".join(texts)
