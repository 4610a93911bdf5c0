"""Plugins: an installed package adds sources and sinks to the commands and to edge.listen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTEN = "from edge.commands.start import kws_listen; raise SystemExit(kws_listen())"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables for a Python in which the example package is installed."""
    target = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    copy = tmp_path_factory.mktemp("source") / "plugin"  # pip creates a build folder in the source
    shutil.copytree(ROOT / "examples" / "plugin", copy)
    subprocess.run([*pip, "--no-deps", "--target", str(target), str(copy)], check=True)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_")}
    return {**variables, "PYTHONPATH": os.pathsep.join([str(target), str(ROOT)])}


def run(environment: dict[str, str], program: str, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *argv],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_has_the_options_of_a_plugin(environment: dict[str, str]) -> None:
    done = run(environment, LISTEN, "--tone", "440", "--bell", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["event"], summary["samples"]) == ("summary", 32000)


def test_the_help_lists_the_options_of_a_plugin(environment: dict[str, str]) -> None:
    done = run(environment, LISTEN, "--help")
    assert "--tone HZ" in done.stdout and "--bell" in done.stdout
    assert "--tone" not in run({**environment, "PYTHONPATH": str(ROOT)}, LISTEN, "--help").stdout


def test_an_environment_variable_sets_an_option_of_a_plugin(
    environment: dict[str, str],
) -> None:
    done = run({**environment, "EDGE_TONE": "440"}, LISTEN, "--json")
    assert '"samples": 32000' in done.stdout


def test_a_source_of_a_plugin_and_another_source_are_an_error(
    environment: dict[str, str],
) -> None:
    done = run(environment, LISTEN, "--tone", "440", "--mock")
    assert done.returncode == 1
    assert "--mock and --tone are different sources" in done.stderr or (
        "--tone and --mock are different sources" in done.stderr
    )


def test_the_python_api_has_the_sources_of_a_plugin(
    environment: dict[str, str],
) -> None:
    program = (
        "import edge; listener = edge.listen('kws', tone=440.0); print(list(listener), "
        "listener.health.samples)"
    )
    assert run(environment, program).stdout == "[] 32000\n"


def test_plugins_are_searched_only_for_unknown_options(
    environment: dict[str, str],
) -> None:
    program = (
        "import sys; from edge.commands import kws_listen\n"
        "try: kws_listen.main(['--mock', '--words', 'yes', '--json', '--speed', 'max'])\n"
        "finally: assert 'importlib.metadata' not in sys.modules"
    )
    done = run(environment, program)
    assert done.returncode == 0, done.stderr


def test_an_unknown_option_is_a_usage_error(environment: dict[str, str]) -> None:
    done = run(environment, LISTEN, "--nonsense")
    assert done.returncode == 2 and "unrecognized arguments: --nonsense" in done.stderr
