"""The files of the container image: what they name exists."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()


def test_the_image_gets_everything_that_the_package_needs():
    sent = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert all((ROOT / name).exists() for name in sent)
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    needed = {"setup.cfg", "pyproject.toml", "edge", setup["options"]["package_dir"].split()[-1]}
    needed |= {setup["metadata"]["license_files"]}
    needed |= {setup["metadata"]["long_description"].removeprefix("file:").strip()}
    assert needed == sent


def test_the_extras_and_the_command_exist():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (extras,) = re.findall(r"\[([a-z,]+)\]\"", "\n".join(LINES))
    assert set(extras.split(",")) <= set(setup["options.extras_require"])
    (command,) = [line for line in LINES if line.startswith("CMD")]
    name = shlex.split(command.replace("[", "").replace(",", " "))[1]
    assert name in setup["options.entry_points"]["console_scripts"]


def test_it_does_not_run_as_root():
    assert "USER 1000" in LINES
    assert LINES.index("USER 1000") > max(
        index for index, line in enumerate(LINES) if line.startswith(("RUN", "COPY"))
    )
