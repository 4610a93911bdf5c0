"""The commands run on Windows and macOS: here, on a Linux without what those systems lack.

With recordings, stdin and the simulation; no sensor, because drivers differ.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from command_process import ROOT
from edge.commands import start

COMMAND_PREFIXES = ("airdigit", "ecg", "edge", "kws", "sound")
RECORDINGS = ROOT / "examples" / "recordings"
COMMANDS = sorted(name for name in vars(start) if name.startswith(COMMAND_PREFIXES))

pytestmark = pytest.mark.parametrize("system", ["windows", "macos"])


def run(system: str, *argv: str | Path, **how: object) -> subprocess.CompletedProcess[bytes]:
    support = ROOT / "tests" / "support" / "other_systems"
    variables = {
        "EDGE_TEST_SYSTEM": system,
        "PYTHONPATH": os.pathsep.join([str(support), str(ROOT)]),
        "PYTHONWARNDEFAULTENCODING": "1",
        "PYTHONIOENCODING": "cp1252" if system == "windows" else "utf-8",
    }
    done = subprocess.run(
        [sys.executable, *map(str, argv)],
        env={**os.environ, **variables},
        capture_output=True,
        timeout=100,
        **how,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def command(system: str, name: str, *argv: str | Path, **how: object) -> str:
    """Run a command; return what it writes to stdout."""
    program = f"import sys; from edge.commands.start import {name} as start; sys.exit(start())"
    done = run(system, "-c", program, *argv, **how)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("cp1252" if system == "windows" else "utf-8")


def labels(output: str) -> list[str]:
    events = map(json.loads, output.splitlines())
    return [event["label"] for event in events if event["event"] == "detection"]


def test_hidden_modules_cannot_be_imported(system):
    program = "import os, pathlib, select\ntry:\n    import termios\nexcept ImportError:\n    "
    program += "print('none', hasattr(select, 'poll'), pathlib.Path('/proc/cpuinfo').exists())"
    expected = {"windows": b"none False False\n", "macos": b""}
    assert run(system, "-c", program).stdout == expected[system]


def test_every_module_that_needs_no_driver_can_be_imported(system):
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "edge").rglob("*.py"))
        if path.stem not in ("__init__", "__main__")
    ]
    done = run(system, "-c", f"import importlib\nfor m in {modules}: importlib.import_module(m)")
    assert done.returncode == 0, done.stderr.decode()


def test_help_of_every_command(system):
    program = "import contextlib, sys\nfrom edge.commands import start\n"
    program += f"for name in {COMMANDS}:\n    with contextlib.suppress(SystemExit):\n"
    program += "        sys.argv = [name, '--help']\n        getattr(start, name)()"
    done = run(system, "-c", program)
    assert done.stdout.count(b"usage: ") >= len(COMMANDS) >= 12


@pytest.mark.parametrize("runtime", ["numpy", "ai_edge_litert"])
def test_simulated_words(system, runtime):
    argv = ("--mock", "--words", "yes no", "--seed", "1", "--speed", "max", "--json")
    assert labels(command(system, "kws_listen", *argv, "--runtime", runtime)) == ["yes", "no"]


def test_simulated_digits(system):
    argv = ("--mock", "--digits", "37", "--seed", "1", "--speed", "max", "--json")
    assert labels(command(system, "airdigit_live", *argv)) == ["3", "7"]


def test_panel_of_simulated_digits(system):
    """Drawn with characters that stdout has."""
    argv = ("--mock", "--digits", "3", "--seed", "1", "--speed", "max")
    assert "3" in command(system, "airdigit_live", *argv)


def test_simulated_heart(system):
    argv = ("--mock", "--beats", "NNNVN", "--seed", "1", "--speed", "max", "--json")
    assert "V" in labels(command(system, "ecg_live", *argv))


def test_recordings(system):
    output = command(system, "edge_classify", "airdigit", *sorted(RECORDINGS.glob("*.csv")))
    assert [json.loads(line)["label"] for line in output.splitlines()] == ["0", "3", "7"]
    argv = ("--replay", RECORDINGS / "four_two.wav", "--speed", "max", "--json")
    assert labels(command(system, "sounddigit_listen", *argv)) == ["4", "2"]


def test_sound_from_stdin(system):
    with wave.open(str(RECORDINGS / "yes_no.wav")) as file:
        rate, sound = file.getframerate(), file.readframes(file.getnframes())
    argv = ("--pcm", "--pcm-rate", str(rate), "--json")
    assert labels(command(system, "kws_listen", *argv, input=sound)) == ["yes", "no"]


def test_recorders_with_the_simulation(system, tmp_path):
    argv = ("--mock", "--takes", "1", "--speed", "max", "--out", tmp_path, "--json")
    command(system, "airdigit_record", "--label", "3", *argv)
    command(system, "sound_record", "--words", "yes", "--speaker", "ann", *argv)
    assert {path.suffix for path in tmp_path.rglob("*.*")} >= {".csv", ".wav"}


def test_doctor_with_the_simulation(system):
    assert "ok" in command(system, "airdigit_doctor", "--mock", "--seconds", "1")


def test_benchmark(system, tmp_path):
    argv = (
        "airdigit",
        "--seconds",
        "0.1",
        "--runs",
        "1",
        "--processes",
        "1",
        "--json",
        tmp_path / "result.json",
    )
    output = command(system, "edge_bench", *argv)
    assert "airdigit" in output
    (row, *_) = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["models"]
    assert (row["peak_mb"] is None) == (system == "windows")


def test_service_says_that_it_needs_systemd(system):
    program = "import sys; from edge.commands.start import edge_service; sys.exit(edge_service())"
    done = run(system, "-c", program, "install", "kws-listen", "--print", "--", "--mock")
    assert done.returncode == (1 if system == "windows" else 0)
    if system == "windows":
        assert b"needs Linux" in done.stderr
