"""Finding the serial port that a board is likely on, and opening one without disturbing it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import RuntimeMissing, SourceError
from edge.source.serial.framed.protocol import BAUD

if TYPE_CHECKING:
    from serial import Serial

AUTO = "auto"
MAKERS = {
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
"""USB vendors whose serial ports are most likely a board, or the USB chip of one."""

READ_TIMEOUT = 0.15  # s; with the time to gather, a source has to yield every 0.25 s
WRITE_TIMEOUT = 0.5  # s; a board that takes no commands must not stop us


def pyserial() -> Any:
    try:
        import serial
        import serial.tools.list_ports
    except ImportError as error:
        raise RuntimeMissing("serial ports need pyserial: pip install pyserial") from error
    return serial


def candidates() -> list[Any]:
    """USB serial ports (pyserial's ListPortInfo): those of known makers, or else all."""
    ports = [port for port in pyserial().tools.list_ports.comports() if port.vid is not None]
    return [port for port in ports if port.vid in MAKERS] or ports


def find_port() -> Any:
    """The one candidate; an error that helps when there are none or several."""
    found = candidates()
    if not found:
        raise SourceError(
            "found no USB serial port: plug the board in (with a cable that carries data), name "
            "its port with --port, or try --mock"
        )
    if len(found) > 1:
        raise SourceError(f"several boards may be meant: choose with --port, {_list(found)}")
    return found[0]


def find_again(before: Any) -> str | None:
    """Where the port that was found before is now: under its name, or under a new one."""
    found = candidates()
    same = [port for port in found if identity(port) == identity(before)]
    return same[0].device if same else found[0].device if len(found) == 1 else None


def identity(port: Any) -> tuple[int, int, str | None]:
    return port.vid, port.pid, port.serial_number


def open_port(path: str, baud: int, dtr: bool = False) -> Serial:
    """Opened exclusively, with DTR and RTS low: raised, they reset an ESP32.

    (Linux raises both for the moment of opening whatever one does; an Uno restarts from that.)
    """
    serial = pyserial()
    if baud <= 0:
        raise SourceError(f"{baud} baud is no speed: try --baud {BAUD}")
    port = serial.Serial()
    port.port = path
    port.timeout, port.write_timeout = READ_TIMEOUT, WRITE_TIMEOUT
    port.exclusive = True
    port.dtr, port.rts = dtr, False
    try:
        port.baudrate = baud
        port.open()
    except serial.SerialException as error:
        raise SourceError(explain(path, error)) from error
    except (ValueError, OverflowError, NotImplementedError) as error:
        raise SourceError(f"{path} cannot run at {baud} baud: try --baud {BAUD}") from error
    return port


def explain(path: str, error: OSError) -> str:
    """Why a port cannot be opened and what to do about it."""
    if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        there = _list(pyserial().tools.list_ports.comports())
        if there:
            return f"no such port, {path}: choose one that there is, {there}"
        return f"no such port, {path}, nor any other: plug the board in, or try --mock"
    if error.errno in (errno.EACCES, errno.EPERM):
        group = _group(path)
        return (
            f"permission denied on {path}: it belongs to the group {group}. Run `sudo usermod -aG "
            f"{group} $USER`, then log out and in again"
        )
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return (
            f"{path} is busy: close the other program that has it open (a serial monitor, "
            f"ModemManager, a second airdigit-live; `fuser -v {path}` names it)"
        )
    return f"{path} is no serial port that can be used ({error}): name another with --port"


def _group(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"


def _list(ports: list[Any]) -> str:
    return ", ".join(f"{port.device} ({_describe(port)})" for port in sorted(ports))


def _describe(port: Any) -> str:
    told = [port.description if port.description not in (None, "n/a") else port.name]
    if port.vid in MAKERS:
        told.append(MAKERS[port.vid])
    return ", ".join(told)
