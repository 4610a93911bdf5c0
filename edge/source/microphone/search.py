"""Search for a microphone that went away, without restarting PortAudio for each look.

Every restart of PortAudio loses some kilobytes of memory in ALSA, and a microphone may be away for
weeks. So a child process looks which devices there are; it is asked again when the system's devices
change, and otherwise ever more seldom.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from edge.child_process import child_python
from edge.errors import SourceError
from edge.source.microphone import devices
from edge.source.microphone.devices import InputDevice

CHILD = (
    "import json; from dataclasses import asdict; from edge.source.microphone import devices; "
    "print(json.dumps([asdict(device) for device in devices.input_devices()]))"
)
CHILD_TIMEOUT = 20.0  # s: a Pi takes two, a frozen sound server for ever
CHECK_INTERVAL = 0.1  # s
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # s between two looks while the system's devices stay the same


class DeviceSearch:
    """The looks for one microphone that is away."""

    def __init__(self) -> None:
        self._wait = FIRST_WAIT
        self._system = system_devices()

    def devices(self) -> Iterator[list[InputDevice] | None]:
        """Wait for the next look and yield None meanwhile; last, yield the devices that exist.

        An empty list stands for a look that failed.
        """
        until = time.monotonic() + self._wait
        while time.monotonic() < until and not self._system_changed():
            time.sleep(CHECK_INTERVAL)
            yield None
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        yield from _devices_in_child()

    def _system_changed(self) -> bool:
        before, self._system = self._system, system_devices()
        if self._system != before:
            self._wait = FIRST_WAIT
        return self._system != before


def system_devices() -> tuple[object, ...]:
    """What changes when sound hardware or a sound server appears or vanishes."""
    found: list[object] = []
    with contextlib.suppress(OSError):
        found += sorted(os.listdir("/dev/snd"))
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{_user_id()}")
    for path in (Path("/proc/asound/cards"), runtime / "pulse" / "native", runtime / "pipewire-0"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes() if path.is_file() else path.stat().st_ctime_ns)
    return tuple(found)


def _user_id() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0  # Windows has no such numbers


def refresh(found: list[InputDevice]) -> None:
    """Restart PortAudio if it knows other devices than those that exist."""
    if [asdict(device) for device in devices.input_devices()] != [asdict(d) for d in found]:
        devices.search_again()


def _devices_in_child() -> Iterator[list[InputDevice] | None]:
    import subprocess  # not at every start: only while a microphone is away

    try:
        child = subprocess.Popen(
            **child_python("-c", CHILD),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise SourceError(f"no process can be started ({error.strerror})") from None
    until = time.monotonic() + CHILD_TIMEOUT
    with child:
        while child.poll() is None:
            if time.monotonic() > until:
                child.kill()
                break
            time.sleep(CHECK_INTERVAL)
            yield None
        output = child.stdout.read() if child.stdout else b""
    try:
        yield [InputDevice(**device) for device in json.loads(output)]
    except (ValueError, TypeError):
        yield []
