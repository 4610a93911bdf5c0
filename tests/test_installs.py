"""The wheel can be installed on each kind of Raspberry Pi, and with other installers than pip.

pip resolves the requirements for another computer from the metadata alone: nothing is installed.
It needs the package index that pip is configured for, as `make test` itself.
"""

from __future__ import annotations

import json
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from installation import ROOT, run

# pip chooses wheels for another computer, but evaluates conditions such as platform_machine ==
# "armv7l" and Requires-Python for its own. This program states the other one.
PIP_ELSEWHERE = """
import platform, runpy, sys, types
from pip._internal.resolution.resolvelib import candidates
machine, version = sys.argv[1], sys.argv[2] + ".0"
platform.machine = lambda: machine
platform.python_version = lambda: version
platform.python_version_tuple = lambda: tuple(version.split("."))
candidates.sys = types.SimpleNamespace(version_info=tuple(map(int, version.split("."))))
sys.argv = ["pip", *sys.argv[3:]]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
# Debian 12 has glibc 2.36.
GLIBC = (5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 36)
# PyPI has no wheels of these for 32-bit ARM. On Raspberry Pi OS they come from piwheels.org, for
# which empty wheels stand here.
FROM_PIWHEELS = {"numpy": ("1.26.4", "2.2.6"), "cffi": ("1.17.1",)}
LITERT, OLDER, NUMPY = "ai-edge-litert", "tflite-runtime", None
COMPUTERS = {
    ("x86_64", "3.14"): LITERT,
    ("aarch64", "3.10"): LITERT,
    ("aarch64", "3.11"): LITERT,
    ("aarch64", "3.12"): LITERT,
    ("aarch64", "3.13"): LITERT,
    ("aarch64", "3.14"): LITERT,
    ("armv7l", "3.11"): OLDER,
    ("armv7l", "3.12"): NUMPY,
    ("armv7l", "3.14"): NUMPY,
    ("armv6l", "3.11"): NUMPY,
    ("armv6l", "3.13"): NUMPY,
    ("armv6l", "3.14"): NUMPY,
}
"""By machine and Python: the runtime that the install has to bring. The tests of the package
install it with the other Pythons for x86-64."""


@pytest.fixture(scope="module")
def resolved(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], dict[str, str]]:
    """By machine and Python, the versions that pip would install."""
    folder = tmp_path_factory.mktemp("resolve")

    def resolve(computer: tuple[str, str]) -> dict[str, str]:
        machine, python = computer
        stubs = folder / f"{machine}{python}"
        stubs.mkdir()
        constraints: tuple[str, ...] = ("-c", str(ROOT / "constraints.txt"))
        if machine.startswith("armv"):
            constraints = ()
            for name, versions in FROM_PIWHEELS.items():
                for version in versions:
                    _write_empty_wheel(stubs, name, version, machine, python)
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC] + [f"linux_{machine}"]
        options = [f"--platform={platform}" for platform in platforms]
        options += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
        options += ["--dry-run", "--ignore-installed", "-q", "--target", str(stubs / "none")]
        options += ["--find-links", str(stubs), "--report", str(stubs / "report.json")]
        run(
            sys.executable,
            "-c",
            PIP_ELSEWHERE,
            machine,
            python,
            "install",
            *options,
            *constraints,
            wheel,
        )
        report = json.loads((stubs / "report.json").read_text())
        packages = (item["metadata"] for item in report["install"])
        return {package["name"].lower(): package["version"] for package in packages}

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(COMPUTERS, pool.map(resolve, COMPUTERS), strict=True))


@pytest.mark.parametrize("computer", COMPUTERS, ids=" ".join)
def test_requirements_resolve(resolved, computer):
    versions = resolved[computer]
    assert {"edge-sense", "numpy", "pyserial", "smbus2", "sounddevice", "soundfile"} <= set(
        versions
    )
    runtimes = set(versions) & {LITERT, OLDER}
    assert runtimes == ({COMPUTERS[computer]} if COMPUTERS[computer] else set())
    assert (OLDER in runtimes) <= versions["numpy"].startswith("1.")


@pytest.fixture(scope="module")
def wheels(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and its requirements, for installers that know no other index."""
    folder = tmp_path_factory.mktemp("wheels")
    options = ("-q", "--only-binary=:all:", "-d", folder, "-c", ROOT / "constraints.txt")
    run(sys.executable, "-m", "pip", "download", *options, wheel)
    return folder


def test_install_with_uv(wheels, wheel, tmp_path):
    uv = Path(sys.executable).with_name("uv")
    offline = ("--offline", "--no-cache")
    run(uv, "venv", "-q", *offline, "--python", sys.executable, tmp_path / "env", cwd=tmp_path)
    python = tmp_path / "env" / "bin" / "python"
    options = ("-q", *offline, "--no-index", "--find-links", wheels, "--python", python)
    run(uv, "pip", "install", *options, wheel, cwd=tmp_path)
    _check_command(python.with_name("airdigit-live"), tmp_path)


def test_install_with_pipx(wheels, wheel, tmp_path):
    folders = {
        "PIPX_HOME": str(tmp_path / "home"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "PIPX_MAN_DIR": str(tmp_path / "man"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
    }
    pipx = (sys.executable, "-m", "pipx", "install", "-q", "--python", sys.executable)
    run(*pipx, wheel, cwd=tmp_path, **folders)
    _check_command(tmp_path / "bin" / "airdigit-live", tmp_path)


def _check_command(command: Path, folder: Path) -> None:
    argv = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max", "--json")
    events = map(json.loads, run(command, *argv, cwd=folder).stdout.splitlines())
    assert [event["label"] for event in events if event["event"] == "detection"] == ["3"]


def _write_empty_wheel(folder: Path, name: str, version: str, machine: str, python: str) -> None:
    tag = f"cp{python.replace('.', '')}-cp{python.replace('.', '')}-linux_{machine}"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as file:
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"
        )
        file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}")
        file.writestr(f"{info}/RECORD", "")
