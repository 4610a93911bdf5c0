"""The installed package is complete, and it requires nothing that is too large for a Pi.

One wheel is built, and installed into an empty environment of each Python on this machine.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def configuration() -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    return config


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # The checkout and the variables of the user must not be visible to the command.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "EDGE_"))}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{command} in {cwd}:\n{result.stdout}\n{result.stderr}"
    return result


def interpreter(version: str) -> str | None:
    """The path of a Python that starts; the command of a version manager may exist and fail."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    managed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    for path in (shutil.which(f"python{version}"), *managed):
        if (
            path
            and subprocess.run([path, "-c", "import venv"], capture_output=True).returncode == 0
        ):
            return str(path)
    return None


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Built from a copy: in the checkout, setuptools would create build/ and pack old files in it.
    copy = tmp_path_factory.mktemp("checkout")
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    for folder in ("edge", "models"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", copy / "dist", copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="session", params=PYTHONS)
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory) -> Path:
    """The bin folder of an environment with only the wheel and its requirements."""
    python = interpreter(request.param)
    if python is None:
        pytest.skip(f"Python {request.param} is not installed")
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    run(python, "-m", "venv", "--without-pip", folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python")
    run(*pip, "install", "-q", "--no-warn-script-location", wheel)
    return folder / "bin"


def test_every_package_on_disk_is_declared():
    config = configuration()
    declared = set(config["options"]["packages"].split())
    on_disk = {
        ".".join(file.parent.relative_to(ROOT).parts) for file in ROOT.glob("edge/**/__init__.py")
    }
    assert declared == on_disk | {"edge.shipped"}
    assert config["options"]["package_dir"].split() == ["edge.shipped", "=", "models"]


def test_pyproject_names_only_the_build_backend():
    tables = re.findall(r"^\[(.+)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert tables == ["build-system"]


def test_the_package_requires_nothing_heavy():
    required = configuration()["options"]["install_requires"].lower()
    assert not re.search("tensorflow|librosa|scipy|torch|onnx|matplotlib", required)


def test_the_wheel_has_all_code_and_models(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {str(path.relative_to(ROOT)) for path in ROOT.glob("edge/**/*.py")}
    models = {f"edge/shipped/{path.name}" for path in ROOT.glob("models/*.tflite")}
    assert models, "there is no model to ship"
    others = {"edge/py.typed", "edge/shipped/__init__.py", "edge/simulation/sound/voices.npz"}
    assert packed == code | models | others


def test_every_command_has_help_in_any_folder(installed, tmp_path):
    scripts = configuration()["options.entry_points"]["console_scripts"].strip().splitlines()
    for command in (line.split(" = ")[0] for line in scripts):
        assert run(installed / command, "--help", cwd=tmp_path).stdout.startswith("usage: ")


def test_every_module_can_be_imported(installed, tmp_path):
    program = (
        "import edge, pkgutil, importlib\n"
        "for module in pkgutil.walk_packages(edge.__path__, 'edge.'):\n"
        "    importlib.import_module(module.name)\n"
        "    print(module.name)"
    )
    imported = run(installed / "python", "-W", "error", "-c", program, cwd=tmp_path).stdout.split()
    on_disk = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in ROOT.glob("edge/**/*.py")
    }
    assert set(imported) == on_disk - {"edge"} | {"edge.shipped"}


def test_a_simulated_digit_is_recognised_in_any_folder(installed, tmp_path):
    options = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max", "--json")
    live = run(installed / "airdigit-live", *options, cwd=tmp_path)
    events = [json.loads(line) for line in live.stdout.splitlines()]
    assert [event["event"] for event in events][-1] == "summary"
    assert [event["label"] for event in events if event["event"] == "detection"] == ["3"]


def test_no_training_package_is_installed_or_imported(installed, tmp_path):
    program = "import edge.commands.edge_classify, sys; print('tensorflow' in sys.modules)"
    assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "False\n"
    for package in ("tensorflow", "scipy", "matplotlib"):
        program = f"import importlib.util; print(importlib.util.find_spec({package!r}))"
        assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "None\n"
