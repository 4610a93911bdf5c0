"""The installed package is complete, and it requires nothing that is too large for a Pi.

One wheel is built, and installed into an empty environment of each Python on this machine.
"""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from installation import ROOT, run

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
NEEDS_TRAINING = "edge.convert."  # the modules that need an extra
CURRENT = "{}.{}".format(*sys.version_info)
OLDEST = {"3.10", "3.13", CURRENT}  # Pythons on which the lower bounds are installed


def configuration() -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    return config


def interpreter(version: str) -> str | None:
    """The path of a Python that starts; the command of a version manager may exist and fail."""
    if version == CURRENT:
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
def environments(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Environments with only the wheel and its requirements, by Python: their bin folders.

    Those of OLDEST have the oldest requirements that setup.cfg allows, the others those of
    constraints.txt. They are made at the same time, because pip waits for the network.
    """
    pythons = {version: path for version in PYTHONS if (path := interpreter(version))}
    folders = {version: tmp_path_factory.mktemp(f"python{version}") for version in pythons}
    constraints = dict.fromkeys(pythons, ROOT / "constraints.txt")
    for version in OLDEST & set(pythons):
        key = f"oldest {version}"
        folders[key] = tmp_path_factory.mktemp(f"oldest{version}")
        constraints[key] = folders[key] / "constraints.txt"
        constraints[key].write_text(oldest_versions(version))

    def install(key: str) -> None:
        run(pythons[key.split()[-1]], "-m", "venv", "--without-pip", folders[key])
        pip = (sys.executable, "-m", "pip", "--python", folders[key] / "bin" / "python")
        options = ("-q", "--no-compile", "--no-warn-script-location", "-c", constraints[key])
        run(*pip, "install", *options, wheel)

    with ThreadPoolExecutor(len(folders)) as pool:
        list(pool.map(install, folders))
    return {key: folder / "bin" for key, folder in folders.items()}


@pytest.fixture(params=PYTHONS)
def installed(request: pytest.FixtureRequest, environments: dict[str, Path]) -> Path:
    if request.param not in environments:
        pytest.skip(f"Python {request.param} is not installed")
    return environments[request.param]


@pytest.fixture(params=sorted(OLDEST))
def oldest(request: pytest.FixtureRequest, environments: dict[str, Path]) -> Path:
    if f"oldest {request.param}" not in environments:
        pytest.skip(f"Python {request.param} is not installed")
    return environments[f"oldest {request.param}"]


def oldest_versions(python: str) -> str:
    """Return the oldest versions that setup.cfg allows on this Python, as constraints."""
    bounds: dict[str, Version] = {}
    for line in configuration()["options"]["install_requires"].strip().splitlines():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        lower = [Version(s.version) for s in requirement.specifier if s.operator == ">="]
        assert lower, f"{line} has no lower bound"
        bounds[requirement.name] = max([*lower, bounds.get(requirement.name, Version("0"))])
    return "".join(f"{name}=={version}\n" for name, version in bounds.items())


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
    models = {
        f"edge/shipped/{path.relative_to(ROOT / 'models')}"
        for path in ROOT.glob("models/**/*.tflite")
    }
    assert models, "there is no model to ship"
    others = {"edge/py.typed", "edge/shipped/__init__.py", "edge/simulation/sound/voices.npz"}
    page = {str(path.relative_to(ROOT)) for path in ROOT.glob("edge/page/static/*")}
    assert packed == code | models | others | page


def test_every_command_has_help_in_any_folder(installed, tmp_path):
    scripts = configuration()["options.entry_points"]["console_scripts"].strip().splitlines()
    for command in (line.split(" = ")[0] for line in scripts):
        assert run(installed / command, "--help", cwd=tmp_path).stdout.startswith("usage: ")


def test_every_module_can_be_imported(installed, tmp_path):
    program = (
        "import edge, pkgutil, importlib\n"
        "for module in pkgutil.walk_packages(edge.__path__, 'edge.'):\n"
        f"    if module.name.startswith({NEEDS_TRAINING!r}): continue\n"
        "    importlib.import_module(module.name)\n"
        "    print(module.name)"
    )
    imported = run(installed / "python", "-W", "error", "-c", program, cwd=tmp_path).stdout.split()
    on_disk = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in ROOT.glob("edge/**/*.py")
    }
    needs_training = {name for name in on_disk if name.startswith(NEEDS_TRAINING)}
    assert set(imported) == on_disk - {"edge"} - needs_training | {"edge.shipped"}


def test_a_simulated_digit_is_recognised_in_any_folder(installed, tmp_path):
    options = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max", "--json")
    live = run(installed / "airdigit-live", *options, cwd=tmp_path)
    events = [json.loads(line) for line in live.stdout.splitlines()]
    assert [event["event"] for event in events][-1] == "summary"
    assert [event["label"] for event in events if event["event"] == "detection"] == ["3"]


def test_the_oldest_requirements_recognise_the_recordings(oldest, tmp_path):
    options = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max", "--json")
    live = run(oldest / "airdigit-live", *options, cwd=tmp_path).stdout.splitlines()
    assert '"label": "3"' in live[1] and '"summary"' in live[-1]
    recordings = ROOT / "examples" / "recordings"
    classified = run(oldest / "edge-classify", "airdigit", recordings / "7.csv", cwd=tmp_path)
    assert json.loads(classified.stdout)["label"] == "7"
    heard = run(
        *(oldest / "kws-listen", "--replay", recordings / "yes_no.wav", "--json"), cwd=tmp_path
    )
    labels = [json.loads(line).get("label") for line in heard.stdout.splitlines()]
    assert labels[1:3] == ["yes", "no"]  # after the event `ready`
    sensor = run(oldest / "airdigit-doctor", "--mock", "--seconds", "2", cwd=tmp_path)
    assert "all is well" in sensor.stdout


def test_every_requirement_has_a_lower_bound_and_a_constraint():
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    for python in PYTHONS:
        names = {line.split("==")[0] for line in oldest_versions(python).splitlines()}
        assert {"numpy", "pyserial", "smbus2", "sounddevice", "soundfile"} <= names <= pinned


def test_every_constraint_is_exact_and_has_its_reason():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(
            r"[a-z0-9-]+==[^ ;]+( ; python_version .+)?  # required by .+", line
        )


def test_no_training_package_is_installed_or_imported(installed, tmp_path):
    program = "import edge.commands.edge_classify, sys; print('tensorflow' in sys.modules)"
    assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "False\n"
    for package in ("tensorflow", "scipy", "matplotlib"):
        program = f"import importlib.util; print(importlib.util.find_spec({package!r}))"
        assert run(installed / "python", "-c", program, cwd=tmp_path).stdout == "None\n"


@pytest.mark.parametrize(
    ("machine", "python", "runtime"),
    [
        ("x86_64", "3.10", "ai-edge-litert"),
        ("aarch64", "3.14", "ai-edge-litert"),
        ("arm64", "3.13", "ai-edge-litert"),
        ("AMD64", "3.12", "ai-edge-litert"),
        ("aarch64", "3.15", None),
        ("armv7l", "3.11", "tflite-runtime"),
        ("armv7l", "3.13", None),
        ("armv6l", "3.11", None),
        ("riscv64", "3.13", None),
    ],
)
def test_a_runtime_is_required_only_where_it_has_wheels(machine, python, runtime):
    environment = {"platform_machine": machine, "python_version": python}
    lines = configuration()["options"]["install_requires"].strip().splitlines()
    required = {
        requirement.name
        for requirement in (Requirement(line) for line in lines if not line.startswith("#"))
        if not requirement.marker or requirement.marker.evaluate(environment)
    }
    assert required & {"ai-edge-litert", "tflite-runtime"} == ({runtime} if runtime else set())
    assert "numpy" in required
