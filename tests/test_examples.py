"""Every example runs, prints the expected lines, and is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools import make_example_recordings

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
RECORDINGS = EXAMPLES / "recordings"


def run(script: str, *argv: str, stdin: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EDGE")}
    with open(stdin or os.devnull, "rb") as file:
        done = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / script), *argv],
            stdin=file,
            capture_output=True,
            text=True,
            timeout=120,
            env={**environment, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_classify_file() -> None:
    files = [str(RECORDINGS / f"{digit}.csv") for digit in "037"]
    lines = run("classify_file.py", *files).splitlines()
    assert [line.split(": ")[1][0] for line in lines] == ["0", "3", "7"]


def test_listen_callback() -> None:
    lines = run("listen_callback.py", "--mock").splitlines()
    assert {"switching on", "switching off", "heard stop"} <= set(lines)


def test_push_blocks() -> None:
    lines = run("push_blocks.py", str(RECORDINGS / "four_two.wav")).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["4", "2", "42"]


def test_own_source() -> None:
    assert run("own_source.py", stdin=RECORDINGS / "3.csv").startswith("3, 0.")


def test_own_sink() -> None:
    output = run("own_sink.py")
    assert "✓" in output and "4 recognised" in output
    assert output.splitlines()[-1] == "{'2': 2, '3': 1, '5': 1}"


def test_asyncio_events() -> None:
    lines = run("asyncio_events.py").splitlines()
    assert {"said: yes", "said: no"} <= set(lines)
    assert any(line.startswith("drawn: ") for line in lines)


def test_mnist_cnn(tmp_path: Path) -> None:
    """With two images of noise for each digit."""
    for digit in range(10):
        for part in ("train", "test"):
            folder = tmp_path / part / str(digit)
            folder.mkdir(parents=True)
            for number in range(2):
                pixels = np.random.default_rng(10 * digit + number).integers(0, 255, 28 * 28)
                text = " ".join(map(str, pixels))
                (folder / f"{number}.pgm").write_text(f"P2 28 28 255 {text}")
    arguments = [str(tmp_path), str(tmp_path / "net.keras"), "--epochs", "1"]
    done = subprocess.run(  # Keras itself has warnings
        [sys.executable, str(EXAMPLES / "mnist_cnn.py"), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "accuracy on the test images: " in done.stdout, done.stderr
    assert (tmp_path / "net.keras").stat().st_size > 100_000


def test_every_example_is_tested() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {
        name.removeprefix("test_") for name in globals() if name.startswith("test_")
    } & (names)
    assert len(names) >= 6


def test_the_examples_are_strictly_typed() -> None:
    files = [str(path) for path in EXAMPLES.rglob("*.py")]
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(RECORDINGS.iterdir()), ids=lambda path: path.name)
def test_the_recordings_equal_the_output_of_their_tool(path: Path, tmp_path: Path) -> None:
    if path.suffix == ".csv":
        made = make_example_recordings.own_csv.render(make_example_recordings.drawn(path.stem))
        assert made == path.read_text()
    else:
        script = make_example_recordings.SPEECH[path.name]
        samples = make_example_recordings.spoken(script)
        make_example_recordings.write_wav(tmp_path / path.name, samples, 16000)
        made_bytes = (tmp_path / path.name).read_bytes()
        stored = path.read_bytes()
        assert len(made_bytes) == len(stored)
        # Processors compute logarithms that differ in the last bit, so a sample may differ by 1.
        pairs = zip(made_bytes[44::2], stored[44::2], strict=True)
        assert sum(abs(a - b) % 254 > 2 for a, b in pairs) == 0
