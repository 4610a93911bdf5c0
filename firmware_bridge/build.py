"""Builds the sketches: for an Uno, as the Arduino IDE does, and for this computer to run them on.

`python -m firmware_bridge.build` prints what the firmware needs of an Uno, and how to flash it.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError

HERE = Path(__file__).parent
BUILT = HERE.parent / "build" / "firmware"
LIBRARY = HERE / "EdgeSense"
AVR_SKETCH = LIBRARY / "examples" / "airdigit_avr" / "airdigit_avr.ino"
ESP32_SKETCH = LIBRARY / "examples" / "airdigit_esp32" / "airdigit_esp32.ino"

PACKAGES = (  # Debian's
    "arduino-builder",
    "arduino-core-avr",
    "gcc-avr",
    "avr-libc",
    "binutils-avr",
    "libsimavr-dev",
    "libelf-dev",
    "pkg-config",
    "g++",
)
ARDUINO = Path("/usr/share/arduino/hardware")
UNO_FLASH, UNO_RAM = 32256, 2048  # bytes; the boot loader has the rest of the flash


class BuildError(EdgeError, RuntimeError):
    """The firmware cannot be built."""


@dataclass(frozen=True)
class Size:
    """Bytes on an Uno. RAM without the stack."""

    flash: int
    ram: int

    def __str__(self) -> str:
        return (
            f"flash {self.flash} of {UNO_FLASH} bytes ({self.flash / UNO_FLASH:.0%}), "
            f"RAM {self.ram} of {UNO_RAM} bytes ({self.ram / UNO_RAM:.0%})"
        )


def firmware() -> Path:
    """The sketch as an Uno runs it (.elf; the .hex is beside it)."""
    out = BUILT / "avr"
    elf = out / f"{AVR_SKETCH.name}.elf"
    with _building(elf, [*LIBRARY.rglob("*.*")]) as outdated:
        if outdated:
            libraries = BUILT / "libraries"
            _link(libraries / LIBRARY.name, LIBRARY)
            out.mkdir(exist_ok=True)
            _run(
                *("arduino-builder", "-compile", "-quiet", "-fqbn", "arduino:avr:uno"),
                *("-hardware", ARDUINO, "-hardware", "/usr/share/arduino-builder"),
                *("-tools", "/usr/bin", "-build-path", out, "-libraries", libraries),
                *("-built-in-libraries", ARDUINO / "arduino" / "avr" / "libraries"),
                # gcc-avr 5.4 does not define what its own float.h is made of.
                *("-prefs", "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__"),
                *("-prefs", "runtime.tools.avr-gcc.path=/usr"),
                *("-prefs", "runtime.tools.avrdude.path=/usr"),
                AVR_SKETCH,
            )
    return elf


def size(elf: Path) -> Size:
    text, data, bss = map(int, _run("avr-size", elf).splitlines()[1].split()[:3])
    return Size(text + data, data + bss)


def uno_library() -> Path:
    """The machine that runs an Uno's firmware in simavr."""
    source = HERE / "simavr_machine.c"
    library = BUILT / "simavr_machine.so"
    with _building(library, [source, HERE / "machine.h"]) as outdated:
        if outdated:
            flags = _run("pkg-config", "--cflags", "--libs", "simavr").split()
            _run(
                *("gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC"),
                *("-o", library, source),
                *flags,
                "-lelf",
            )
    return library


def esp32_library() -> Path:
    """The machine that is the ESP32's sketch, built for this computer."""
    shim = HERE / "shim"
    library = BUILT / "esp32_machine.so"
    with _building(library, [*LIBRARY.rglob("*.*"), *shim.iterdir(), HERE / "machine.h"]) as old:
        if old:
            _run(
                *("g++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
                *("-o", library, "-I", shim, "-I", LIBRARY / "src", "-include", "Arduino.h"),
                *("-x", "c++", ESP32_SKETCH, shim / "shim.cpp"),
            )
    return library


@contextmanager
def _building(target: Path, sources: Sequence[Path]) -> Iterator[bool]:
    """Whether `target` is older than its sources; one process at a time builds it."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in [*sources, Path(__file__)])
        yield not target.exists() or target.stat().st_mtime < newest


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _run(*command: str | Path) -> str:
    program = str(command[0])
    if not shutil.which(program):
        raise BuildError(f"{program} is missing: run `make tools`, or {install_line()}")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{program} failed; it needs {install_line()}\n{done.stderr.strip()}")
    return done.stdout


def install_line() -> str:
    return f"sudo apt-get install --no-install-recommends {' '.join(PACKAGES)}"


def main() -> int:
    if sys.argv[1:] == ["--packages"]:
        print(*PACKAGES)
        return 0
    try:
        elf = firmware()
        print(f"{AVR_SKETCH.stem} on an Uno: {size(elf)}")
    except BuildError as error:
        print(f"build: error: {error}", file=sys.stderr)
        return 1
    print("To flash it without the Arduino IDE (-b 57600 for most Nanos):")
    print("  avrdude -p m328p -c arduino -b 115200 -P /dev/ttyUSB0 -U", end=" ")
    print(f"flash:w:{elf.with_suffix('.hex')}:i")
    return 0


if __name__ == "__main__":
    sys.exit(main())
