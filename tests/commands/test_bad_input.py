"""The commands as people and programs start them, given everything but what they hope for.

What they answer is one line that says what to do, and an exit status: no traceback, no hang.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.commands import airdigit_doctor, airdigit_live, airdigit_record
from edge.formats.motion import Recording, own_csv
from edge.model import Manifest, attach
from edge.model.manifest import read_model
from edge.model.shipped import find_model, shipped_models
from edge.samples import MOTION
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from i2c_bus import Clock, Kernel, running
from pty_board import FramedBoard, Line

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # s, after which a command hangs
OTHER = 65534  # a user that is not the one who runs the tests
# Root may do everything, until it gives its capabilities up.
WITHOUT_PRIVILEGES = """
import ctypes
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
ctypes.CDLL(None).capset(header, none)
"""
STILL = np.tile([0, 0, 9.8, 0, 0, 0], (200, 1))

shipped = pytest.mark.skipif("airdigit" not in shipped_models(), reason="no model is shipped yet")
LIVE = {
    "airdigit-live": pytest.param("airdigit-live", marks=shipped),
    "airdigit-record": "airdigit-record",
    "airdigit-doctor": "airdigit-doctor",
}
OPTIONS = {"airdigit-record": ("--label", "3", "--takes", "2")}
every_live_command = pytest.mark.parametrize("command", LIVE.values())


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EDGE_")]:
        monkeypatch.delenv(name)


def start(command: str, *argv: str | Path, first: str = "", **how: object) -> subprocess.Popen[str]:
    """`first`: what the new process does before it runs the command."""
    module = f"edge.commands.{command.replace('-', '_')}"
    program = f"import sys; from {module} import main\n{first}\nsys.exit(main())"
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *OPTIONS.get(command, ()), *map(str, argv)],
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        **{**pipes, **how},
    )


def run(command: str, *argv: str | Path, **how: object) -> tuple[int, str, str]:
    with start(command, *argv, **how) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert "Traceback" not in (err or "") and "Exception ignored" not in (err or "")
    return process.returncode, out, err


def complaint(command: str, *argv: str | Path, **how: object) -> str:
    """The one line with which a command refuses: without what names the command."""
    status, out, err = run(command, *argv, **how)
    assert status == 1
    if command == "airdigit-doctor" and not err:
        first, last = out.splitlines()
        assert last == "1 fault in 1 check"
        return first.removeprefix("fault    connection   ").replace(" -> ", ": ")
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"{command}: error: ")
    return line.removeprefix(f"{command}: error: ")


def give_away(path: str | Path) -> None:
    """From now on it is somebody else's."""
    os.chmod(path, 0o555 if os.path.isdir(path) else 0)
    if os.geteuid() == 0:
        os.chown(path, OTHER, OTHER)


def recording(path: Path) -> Path:
    path.write_text(own_csv.render(Recording.checked(np.arange(200) / 100, STILL, MOTION)))
    return path


@contextlib.contextmanager
def terminal() -> Iterator[tuple[int, str]]:
    """A port that exists: the board's end of it, and its path."""
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@every_live_command
class TestPorts:
    def test_one_that_is_not_there(self, command):
        said = complaint(command, "--port", "/dev/ttyUSB77")
        assert said.startswith("no such port, /dev/ttyUSB77") and ": " in said

    @pytest.mark.parametrize("path", ["/dev/null", str(ROOT), __file__])
    def test_one_that_is_none(self, command, path):
        said = complaint(command, "--port", path)
        assert "is no serial port" in said and said.endswith("name another with --port")

    def test_one_that_is_busy(self, command):
        with terminal() as (_, path):
            other = os.open(path, os.O_RDWR | os.O_NOCTTY)
            fcntl.flock(other, fcntl.LOCK_EX)
            said = complaint(command, "--port", path)
            os.close(other)
        assert said.startswith(f"{path} is busy: close the other program")

    def test_one_that_is_not_ours(self, command):
        with terminal() as (_, path):
            give_away(path)
            said = complaint(command, "--port", path, first=WITHOUT_PRIVILEGES)
        assert said.startswith(f"permission denied on {path}: it belongs to the group ")
        assert "usermod -aG" in said


NONSENSE = {
    b"": "not a byte came: press the board's reset button",
    b"\xb5\x00\xfe\x80" * 16: "the speed is most likely wrong; use",
    b"no numbers here, sorry " * 3: "flash the sketch that sends them",
    b"1,2,3,4,5\r\n" * 6: "rows of 5 columns; accepted are 3",
    b"nan,nan,nan\r\n" * 2: "hold no numbers (nan): check the sensor's wiring",
    b"0.0,0.0,0.0\r\n" * 2: "the sensor sleeps or is not wired",
    b"512,480,16384\r\n" * 2: "not raw counts",
}


def test_what_never_makes_sense_on_a_port_is_named_and_not_kept():
    """All at once; each comes faster than a board could send it, and no memory grows from it."""
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        processes = {}
        for sent in NONSENSE:
            master, path = stack.enter_context(terminal())
            if sent:
                stack.enter_context(flooding(master, sent))
            processes[sent] = stack.enter_context(start("airdigit-record", "--port", path))
        largest = 0.0
        while time.monotonic() < begun + 4.0:  # nearly all of the 5 s of listening
            time.sleep(0.1)
            largest = max(largest, *(peak_megabytes(p.pid) for p in processes.values()))
        for sent, words in NONSENSE.items():
            out, err = processes[sent].communicate(timeout=PATIENCE)
            assert (processes[sent].returncode, out) == (1, "")
            (line,) = err.splitlines()
            assert line.startswith("airdigit-record: error: ") and words in line
    assert time.monotonic() - begun < 12  # 5 s of listening, and the start of seven processes
    assert 10 < largest < 150


def peak_megabytes(pid: int) -> float:
    """Of the program alone: what rusage tells includes the process that it was forked from."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0  # it has ended, and waits to be asked


@contextlib.contextmanager
def flooding(master: int, sent: bytes) -> Iterator[None]:
    os.set_blocking(master, False)
    stop = threading.Event()

    def flood() -> None:
        while not stop.wait(0.01):
            with contextlib.suppress(BlockingIOError):
                os.write(master, sent)

    thread = threading.Thread(target=flood)
    thread.start()
    yield
    stop.set()
    thread.join()


@every_live_command
class TestBuses:
    """Under the real smbus2; in this process, as a kernel cannot be put under another one."""

    def refusal(self, command: str, capsys: pytest.CaptureFixture[str], kernel: Kernel) -> str:
        module = {m.__name__.rpartition(".")[2]: m for m in (airdigit_live, airdigit_record)}
        module["airdigit_doctor"] = airdigit_doctor
        with running(kernel):
            main: Callable[[list[str]], int] = module[command.replace("-", "_")].main
            status = main([*OPTIONS.get(command, ()), "--i2c", "1"])
        assert status == 1
        said = capsys.readouterr()
        line = (said.out if command == "airdigit-doctor" else said.err).splitlines()[0]
        return line.replace(" -> ", ": ")

    def chip(self, **kind: int) -> tuple[Clock, EmulatedMPU6050]:
        clock = Clock()
        return clock, EmulatedMPU6050(lambda t: np.zeros(6), clock, **kind)

    def test_nobody_on_it(self, command, capsys):
        said = self.refusal(command, capsys, Kernel(Clock()))
        assert "nobody answers at 0x68 or 0x69 on i2c-1: check the wires" in said

    def test_somebody_else_on_it(self, command, capsys):
        said = self.refusal(command, capsys, Kernel(*self.chip(who_am_i=0x33)))
        assert "says it is 0x33, which is no MPU6050" in said and "--address 0x69" in said

    def test_one_that_is_not_there(self, command):
        said = complaint(command, "--i2c", "99")
        assert said.startswith("no /dev/i2c-99, there is") and "raspi-config" in said


def broken_recordings(folder: Path) -> dict[Path, str]:
    """Files, and words of what is said about each."""
    head = "t_ms,ax,ay,az,gx,gy,gz\n"
    rows = [f"{10 * i},0.1,0.2,9.8,0,0,0\n" for i in range(50)]
    texts = {
        "empty.csv": ("", "record it again"),
        "header.csv": (head, "holds 0 samples: record it again"),
        "truncated.csv": (head + "".join(rows) + "500,0.1", "line 52: 2 columns"),
        "nan.csv": (head + "".join(rows) + "500,nan,0,0,0,0,0\n", "line 52: a value is nan"),
        "infinite.csv": (head + "".join(rows) + "500,1e999,0,0,0,0,0\n", "line 52: a value is"),
        "backwards.csv": (head + "".join(reversed(rows)), "sample 2: its time is not later"),
        "columns.csv": ("t_ms,x,y,z\n0,1,2,3\n", "they should be t_ms,ax,ay,az,gx,gy,gz"),
        "fast.csv": (head + "".join(f"{i * 1e-4},0,0,9,0,0,0\n" for i in range(9)), "the unit of"),
        "slow.csv": (head + "".join(f"{i * 1e4},0,0,9,0,0,0\n" for i in range(9)), "the unit of"),
        "wild.csv": (head + "".join(f"{10 * i},0,0,9e6,0,0,0\n" for i in range(9)), "the unit of"),
        "sound.json": (
            '{"payload": {"interval_ms": 1, "sensors": [{"name": "audio", "units": "V"}], '
            '"values": [1, 2]}}',
            "recorded by another sensor: it holds 'audio'",
        ),
        "cut.json": ('{"payload": {"interval_ms": 10, "sens', "cut off"),
        "deep.json": ("[" * 100_000, "JSON"),
    }
    said = {}
    for name, (text, words) in texts.items():
        (folder / name).write_text(text)
        said[folder / name] = words
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 99)
    (folder / "huge.csv").touch()
    os.truncate(folder / "huge.csv", 2 << 30)  # without a byte on the disk
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    return said | {
        folder / "noise.csv": "it is not text",
        folder / "huge.csv": "has 2048 MB",
        folder / "pipe.csv": "is not a regular file",
        folder / "folder.csv": "folder",
        folder / "missing.csv": "does not exist",
    }


class TestRecordings:
    @shipped
    def test_classify_answers_each_with_what_is_wrong(self, tmp_path):
        broken = broken_recordings(tmp_path)
        still = recording(tmp_path / "still.csv")
        status, out, err = run("edge-classify", "airdigit", *broken, still)
        answers = [json.loads(line) for line in out.splitlines()]
        assert (status, err) == (1, "")
        assert [answer["file"] for answer in answers] == [*map(str, broken), str(still)]
        for answer, words in zip(answers, [*broken.values(), "holds no stroke"], strict=True):
            assert words in answer["error"] and "\n" not in answer["error"]

    def test_replay_names_the_file_and_what_is_wrong(self, tmp_path):
        for path, words in broken_recordings(tmp_path).items():
            if "folder" in words:
                words = "no .csv or .json"
            assert words in self.doctored(path), path

    def doctored(self, path: Path) -> str:
        (first, *_) = self.main("--replay", path, "--speed", "max", "--json")
        finding = json.loads(first)
        assert (finding["check"], finding["level"]) == ("connection", "fault")
        assert str(path) in finding["text"]
        return f"{finding['text']}: {finding['fix']}"

    def main(self, *argv: str | Path) -> list[str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert airdigit_doctor.main([str(arg) for arg in argv]) == 1
        return said.getvalue().splitlines()

    @shipped
    def test_of_another_sensor(self, tmp_path):
        take = tmp_path / "acceleration.csv"
        take.write_text("t_ms,ax,ay,az\n" + "".join(f"{10 * i},0,0,9.8\n" for i in range(99)))
        said = complaint("airdigit-live", "--replay", take)
        assert "needs rotation (gx, gy, gz) as well: use a sensor with a gyroscope" in said


class TestModels:
    @pytest.fixture
    def files(self, tmp_path: Path) -> dict[Path, str]:
        texts = {"empty": b"", "text": b"hello", "data": bytes(range(256)) * 99}
        files = {}
        for name, data in texts.items():
            path = tmp_path / f"{name}.tflite"
            path.write_bytes(data)
            files[path] = "is no TFLite model: give a .tflite file"
        (tmp_path / "huge.tflite").touch()
        os.truncate(tmp_path / "huge.tflite", 2 << 30)
        os.mkfifo(tmp_path / "pipe.tflite")
        files[tmp_path / "huge.tflite"] = "has 2048 MB"
        files[tmp_path / "pipe.tflite"] = "is no file"
        files[tmp_path] = "is no file"
        files[tmp_path / "missing.tflite"] = "does not exist"
        files[Path("nosuchname")] = "no shipped model 'nosuchname'"
        return files

    def test_what_is_none(self, files, tmp_path):
        take = recording(tmp_path / "take.csv")
        for path, words in files.items():
            assert words in complaint("edge-classify", path, take), path

    def test_what_is_none_live(self, files):
        assert "is no TFLite model" in complaint("airdigit-live", "--mock", "--model", [*files][0])

    @shipped
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"task": "chorus"}, "'chorus'"),
            ({"input": {"version": 99}}, "99"),
            ({"input": {"kind": "spectrogram"}}, "spectrogram"),
            ({"decision": {"kind": "vote"}}, "vote"),
        ],
        ids=["task", "version", "features", "decision"],
    )
    def test_what_is_for_something_else(self, tmp_path, change, words):
        network, manifest = read_model(find_model("airdigit"))
        parts = {
            name: value if isinstance(value, str) else {**getattr(manifest, name), **value}
            for name, value in change.items()
        }
        kept = {"task": manifest.task, "input": manifest.input, "decision": manifest.decision}
        other = Manifest(labels=manifest.labels, **{**kept, **parts})
        path = tmp_path / "other.tflite"
        path.write_bytes(attach(network, other))
        assert words in complaint("airdigit-live", "--mock", "--model", path)

    @shipped
    def test_what_was_cut_off_or_altered(self, tmp_path):
        data = find_model("airdigit").read_bytes()
        flipped = bytearray(data)
        flipped[len(data) // 3] ^= 1
        for name, part in {"cut": data[:-100], "flipped": bytes(flipped)}.items():
            path = tmp_path / f"{name}.tflite"
            path.write_bytes(part)
            assert ": " in complaint("edge-classify", path, recording(tmp_path / "take.csv"))


class TestStreams:
    """Standard input and output that are closed, full, or that nobody reads."""

    MOCK = {
        "airdigit-live": ("--mock", "--digits", "1234", "--speed", "max", "--json"),
        "airdigit-record": ("--mock", "--speed", "max", "--json"),
        "airdigit-doctor": ("--mock", "--speed", "max", "--json"),
    }

    @every_live_command
    def test_a_reader_that_has_seen_enough(self, command, tmp_path):
        """`| head -1`"""
        out = ("--out", tmp_path) if command == "airdigit-record" else ()
        with start(command, *self.MOCK[command], *out) as process:
            assert process.stdout and process.stderr
            assert process.stdout.readline().startswith('{"event"')
            process.stdout.close()
            assert process.wait(PATIENCE) == 0
            assert "rror" not in process.stderr.read()

    @every_live_command
    def test_all_of_them_closed(self, command, tmp_path):
        """As in `airdigit-live <&- >&- 2>&-`."""
        out = ("--out", tmp_path) if command == "airdigit-record" else ()
        closed = {"stdin": None, "stdout": None, "stderr": None}

        def close() -> None:
            for number in range(3):
                os.close(number)

        with start(command, *self.MOCK[command], *out, **closed, preexec_fn=close) as process:
            assert process.wait(PATIENCE) == 0
        if command == "airdigit-record":
            assert len(list(tmp_path.glob("*.csv"))) == 2

    @every_live_command
    def test_a_full_disk_under_the_output(self, command, tmp_path):
        out = ("--out", tmp_path) if command == "airdigit-record" else ()
        with open("/dev/full", "w") as full:
            status, _, err = run(command, *self.MOCK[command], *out, stdout=full)
        assert status == 1
        assert err.splitlines()[-1] == f"{command}: error: No space left on device"

    @shipped
    def test_classify_without_input(self, tmp_path):
        closed = {"stdin": None, "preexec_fn": lambda: os.close(0)}
        assert run("edge-classify", "airdigit", "-", **closed) == (0, "", "")

    @shipped
    def test_classify_for_a_reader_that_has_seen_enough(self, tmp_path):
        take = recording(tmp_path / "take.csv")
        with start("edge-classify", "airdigit", *[take] * 2000) as process:
            assert process.stdout and process.stderr
            assert json.loads(process.stdout.readline())["file"] == str(take)
            process.stdout.close()
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
class TestSignals:
    """Whenever one comes, there is one summary, and the command ends at once."""

    def stopped(self, process: subprocess.Popen[str], number: int) -> tuple[int, list[dict]]:
        process.send_signal(number)
        asked = time.monotonic()
        out, err = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - asked < 3
        assert "Traceback" not in err
        events = [json.loads(line) for line in out.splitlines()]
        assert [event["event"] for event in events].count("summary") == 1
        assert events[-1]["event"] == "summary"
        return process.returncode, events

    @pytest.mark.parametrize(
        ("command", "status"),
        [
            pytest.param("airdigit-live", 0, marks=shipped),
            ("airdigit-record", 130),
            ("airdigit-doctor", 130),
        ],
    )
    def test_while_the_source_opens(self, command, status, number, tmp_path):
        out = ("--out", tmp_path / "takes") if command == "airdigit-record" else ()
        line = Line(tmp_path / "ttyUSB0")
        with start(command, "--port", line.path, "--json", *out) as process:
            self.wait_until_open(line)
            assert self.stopped(process, number)[0] == status
        line.unplug()

    @pytest.mark.parametrize("command", [LIVE["airdigit-live"], "airdigit-doctor"])
    def test_while_the_source_opens_with_nobody_to_read_a_summary(self, command, number, tmp_path):
        line = Line(tmp_path / "ttyUSB0")
        with start(command, "--port", line.path) as process:
            self.wait_until_open(line)
            process.send_signal(number)
            assert process.communicate(timeout=PATIENCE) == ("", "")
        line.unplug()

    @pytest.mark.parametrize("command", ["airdigit-live", "airdigit-doctor", "edge-classify"])
    def test_while_python_still_imports(self, command, number, tmp_path):
        slow = "import sys, time; print('importing', flush=True); time.sleep(30)"
        (tmp_path / "numpy.py").write_text(slow)
        start = command.replace("-", "_")
        program = f"import sys; from edge.commands.start import {start}; sys.exit({start}())"
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        ) as process:
            assert process.stdout and process.stdout.readline() == "importing\n"
            process.send_signal(number)
            assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: -15}[number]

    @staticmethod
    def wait_until_open(line: Line) -> None:
        """Whoever listens to a port also asks the board something."""
        end = time.monotonic() + PATIENCE
        while not line.read():
            assert time.monotonic() < end
            time.sleep(0.02)

    @pytest.mark.parametrize(
        ("command", "status"),
        [
            pytest.param("airdigit-live", 0, marks=shipped),
            ("airdigit-record", 130),
            ("airdigit-doctor", 0),
        ],
    )
    def test_while_samples_come(self, command, status, number, tmp_path):
        out = ("--out", tmp_path / "takes") if command == "airdigit-record" else ()
        line = Line(tmp_path / "ttyUSB0")
        board = FramedBoard(line)
        with board, start(command, "--port", line.path, "--json", *out) as process:
            end = time.monotonic() + PATIENCE
            while not board.running:
                assert time.monotonic() < end
                time.sleep(0.02)
            time.sleep(1.0)
            code, events = self.stopped(process, number)
        assert code == status
        counts = {name: n for e in events for name, n in {**e, **e.get("values", {})}.items()}
        assert counts.get("samples", 100) > 50  # the recorder counts takes
        assert counts.get("saved", 0) == 0

    @shipped
    def test_while_classify_waits_for_names(self, number):
        with start("edge-classify", "airdigit", "-", stdin=subprocess.PIPE) as process:
            time.sleep(1.5)
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (130, "", "")


class TestDisks:
    MOCK = ("--mock", "--speed", "max", "--json")

    def test_a_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "takes").touch()
        said = complaint("airdigit-record", *self.MOCK, "--out", tmp_path / "takes")
        assert said == f"{tmp_path}/takes cannot be made (File exists): choose another --out"

    def test_a_folder_that_cannot_be(self):
        assert "/proc/takes" in complaint("airdigit-record", *self.MOCK, "--out", "/proc/takes")

    @pytest.mark.parametrize("name", [".", "takes"])
    def test_a_folder_that_is_not_ours(self, name, tmp_path):
        give_away(tmp_path)
        out = tmp_path / name
        said = complaint("airdigit-record", *self.MOCK, "--out", out, first=WITHOUT_PRIVILEGES)
        assert said.startswith(f"{out} cannot be ") and said.endswith(": choose another --out")

    def test_a_full_one_costs_the_take_and_leaves_no_part_of_it(self, tmp_path):
        def fill() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        out = tmp_path / "takes"
        status, said, err = run("airdigit-record", *self.MOCK, "--out", out, preexec_fn=fill)
        assert status == 1
        assert [json.loads(line)["event"] for line in said.splitlines()] == ["summary"]
        assert err.splitlines()[-1].startswith("airdigit-record: error: ")
        assert list(out.iterdir()) == []
