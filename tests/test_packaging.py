"""What somebody gets who installs edge-sense: the whole of it, and nothing that a Pi cannot hold.

One wheel is built, and installed into an empty environment of every Python that is found here.
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
COMMANDS = ("airdigit-doctor", "airdigit-live", "airdigit-record", "edge-bench", "edge-classify")


def configuration() -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    return config


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # Neither the checkout nor whoever runs the tests may lend the environment anything.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "EDGE_"))}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{command} in {cwd}:\n{result.stdout}\n{result.stderr}"
    return result


def interpreter(version: str) -> str | None:
    """A Python that starts: a version manager's shim may stand for one that is not chosen."""
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
    # From a copy: setuptools would leave build/ in the checkout, and pack what an older one left.
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
    """The bin folder of an environment that holds the wheel and what it requires, no more."""
    python = interpreter(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} here")
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    run(python, "-m", "venv", "--without-pip", folder)
    inside = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", inside)
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


def test_pyproject_only_names_the_build_backend():
    tables = re.findall(r"^\[(.+)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert tables == ["build-system"]


def test_a_pi_is_asked_for_nothing_heavy():
    required = configuration()["options"]["install_requires"].lower()
    assert not re.search("tensorflow|librosa|scipy|torch|onnx|matplotlib", required)


def test_the_wheel_carries_all_code_and_models(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {str(path.relative_to(ROOT)) for path in ROOT.glob("edge/**/*.py")}
    models = {f"edge/shipped/{path.name}" for path in ROOT.glob("models/*.tflite")}
    assert models, "no model to ship"
    others = {"edge/py.typed", "edge/shipped/__init__.py", "edge/simulation/sound/voices.npz"}
    assert inside == code | models | others


def test_commands_explain_themselves_from_any_folder(installed, tmp_path):
    for command in COMMANDS:
        assert run(installed / command, "--help", cwd=tmp_path).stdout.startswith("usage: ")


def test_every_module_imports(installed, tmp_path):
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


def test_the_demonstration_recognises_from_any_folder(installed, tmp_path):
    options = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max", "--json")
    live = run(installed / "airdigit-live", *options, cwd=tmp_path)
    events = [json.loads(line) for line in live.stdout.splitlines()]
    assert [event["event"] for event in events][-1] == "summary"
    assert [event["label"] for event in events if event["event"] == "detection"] == ["3"]


def test_an_empty_environment_needs_no_training_packages(installed, tmp_path):
    program = "import edge.commands.edge_classify, sys; print('tensorflow' in sys.modules)"
    assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "False\n"
    for package in ("tensorflow", "scipy", "matplotlib"):
        program = f"import importlib.util; print(importlib.util.find_spec({package!r}))"
        assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "None\n"
