"""Build the sketches: for an Uno, as the Arduino IDE does, and for simulation on this computer.

`python -m firmware_bridge.build` prints how much memory of an Uno the firmware needs, and how to
flash it.
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
REPOSITORY = HERE.parent
BUILD = REPOSITORY / "build" / "firmware"
LIBRARY = HERE / "EdgeSense"
SIMULATED_BOARD = HERE / "simulated_board"
ESP32_SHIM = SIMULATED_BOARD / "esp32_shim"
AVR_SKETCH = LIBRARY / "examples" / "airdigit_avr" / "airdigit_avr.ino"
ESP32_SKETCH = LIBRARY / "examples" / "airdigit_esp32" / "airdigit_esp32.ino"

PACKAGES = (  # of Debian
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
INSTALL_COMMAND = f"sudo apt-get install --no-install-recommends {' '.join(PACKAGES)}"
ARDUINO = Path("/usr/share/arduino/hardware")
UNO_FLASH, UNO_RAM = 32256, 2048  # bytes; the boot loader uses the rest of the flash


class BuildError(EdgeError, RuntimeError):
    """The firmware cannot be built."""


@dataclass(frozen=True)
class Size:
    """Bytes of an Uno's memory; RAM without the stack."""

    flash: int
    ram: int

    def __str__(self) -> str:
        return (
            f"flash {self.flash} of {UNO_FLASH} bytes ({self.flash / UNO_FLASH:.0%}), "
            f"RAM {self.ram} of {UNO_RAM} bytes ({self.ram / UNO_RAM:.0%})"
        )


def firmware() -> Path:
    """Build the sketch for an Uno and return the .elf file; the .hex file is beside it."""
    out = BUILD / "avr"
    elf = out / f"{AVR_SKETCH.name}.elf"
    with _building(elf, [*LIBRARY.rglob("*.*")]) as outdated:
        if outdated:
            libraries = BUILD / "libraries"
            _link(libraries / LIBRARY.name, LIBRARY)
            out.mkdir(exist_ok=True)
            _run(
                *("arduino-builder", "-compile", "-quiet", "-fqbn", "arduino:avr:uno"),
                *("-hardware", ARDUINO, "-hardware", "/usr/share/arduino-builder"),
                *("-tools", "/usr/bin", "-build-path", out, "-libraries", libraries),
                *("-built-in-libraries", ARDUINO / "arduino" / "avr" / "libraries"),
                # gcc-avr 5.4 does not define a macro that its own float.h uses.
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
    """Build and return the library that runs an Uno's firmware in simavr."""
    source = SIMULATED_BOARD / "simavr_machine.c"
    library = BUILD / "simavr_machine.so"
    with _building(library, [source, SIMULATED_BOARD / "machine.h"]) as outdated:
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
    """Build and return the library that contains the ESP32's sketch, for this computer."""
    library = BUILD / "esp32_machine.so"
    sources = [*LIBRARY.rglob("*.*"), *ESP32_SHIM.iterdir(), SIMULATED_BOARD / "machine.h"]
    with _building(library, sources) as outdated:
        if outdated:
            _run(
                *("g++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
                *("-o", library, "-I", ESP32_SHIM, "-I", LIBRARY / "src", "-include", "Arduino.h"),
                *("-x", "c++", ESP32_SKETCH, ESP32_SHIM / "shim.cpp"),
            )
    return library


@contextmanager
def _building(target: Path, sources: Sequence[Path]) -> Iterator[bool]:
    """Yield whether `target` is older than its sources; only one process at a time builds."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
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
        raise BuildError(f"{program} is missing: run `make tools`, or {INSTALL_COMMAND}")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise BuildError(
            f"{program} failed; it needs the packages of {INSTALL_COMMAND}\n{done.stderr.strip()}"
        )
    return done.stdout


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
