"""Commands in processes of their own, with bad input: ports, buses, files, streams, signals, disks.

Every command must end with one line that gives the cause and the remedy, and an exit status: no
traceback, no hang.
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
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2
from pty_board import FramedBoard, PtyPort

ROOT = Path(__file__).parents[2]
TIMEOUT = 20.0  # s, after which a test fails because the command hangs
OTHER_USER = 65534  # not the user that runs the tests
# Python code that drops the capabilities of root, which allow access to the files of all users.
WITHOUT_PRIVILEGES = """
import ctypes
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
ctypes.CDLL(None).capset(header, none)
"""
AT_REST = np.tile([0, 0, 9.8, 0, 0, 0], (200, 1))

shipped = pytest.mark.skipif("airdigit" not in shipped_models(), reason="no model is shipped yet")
LIVE = {
    "airdigit-live": pytest.param("airdigit-live", marks=shipped),
    "airdigit-record": "airdigit-record",
    "airdigit-doctor": "airdigit-doctor",
}
OPTIONS = {"airdigit-record": ("--label", "3", "--takes", "2")}
every_live_command = pytest.mark.parametrize("command", LIVE.values())


@pytest.fixture(autouse=True)
def no_edge_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EDGE_")]:
        monkeypatch.delenv(name)


def start(command: str, *argv: str | Path, first: str = "", **how: object) -> subprocess.Popen[str]:
    """Start a command; the process executes the code `first` before it."""
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
    """Run a command; return its exit status, stdout and stderr."""
    with start(command, *argv, **how) as process:
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert "Traceback" not in (err or "") and "Exception ignored" not in (err or "")
    return process.returncode, out, err


def out_option(command: str, folder: Path) -> tuple[str | Path, ...]:
    """Return the option --out for the recorder; the other commands write no files."""
    return ("--out", folder) if command == "airdigit-record" else ()


def error_message(command: str, *argv: str | Path, **how: object) -> str:
    """Return the one line of the error that ends a command, without the name of the command.

    The doctor prints the error as its one finding.
    """
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


def deny_access(path: str | Path) -> None:
    """Make the file or folder that of another user, without rights for this one."""
    os.chmod(path, 0o555 if os.path.isdir(path) else 0)
    if os.geteuid() == 0:
        os.chown(path, OTHER_USER, OTHER_USER)


def write_recording(path: Path) -> Path:
    path.write_text(own_csv.render(Recording.checked(np.arange(200) / 100, AT_REST, MOTION)))
    return path


@contextlib.contextmanager
def serial_port() -> Iterator[tuple[int, str]]:
    """Give a port that exists: the descriptor of the board's end, and its path."""
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@every_live_command
class TestPorts:
    def test_a_missing_port_is_an_error(self, command):
        message = error_message(command, "--port", "/dev/ttyUSB77")
        assert message.startswith("no such port, /dev/ttyUSB77") and ": " in message

    @pytest.mark.parametrize("path", ["/dev/null", str(ROOT), __file__])
    def test_a_path_that_is_not_a_port_is_an_error(self, command, path):
        message = error_message(command, "--port", path)
        assert "is not a usable serial port" in message and message.endswith(
            "name another with --port"
        )

    def test_a_busy_port_is_an_error(self, command):
        with serial_port() as (_, path):
            other = os.open(path, os.O_RDWR | os.O_NOCTTY)
            fcntl.flock(other, fcntl.LOCK_EX)
            message = error_message(command, "--port", path)
            os.close(other)
        assert message.startswith(f"{path} is busy: close the other program")

    def test_a_port_without_permission_is_an_error(self, command):
        with serial_port() as (_, path):
            deny_access(path)
            message = error_message(command, "--port", path, first=WITHOUT_PRIVILEGES)
        assert message.startswith(f"permission denied on {path}: it belongs to the group ")
        assert "usermod -aG" in message


NOT_SAMPLES = {  # bytes that a board sends: part of the error
    b"": "no byte came: press the board's reset button",
    b"\xb5\x00\xfe\x80" * 16: "the speed is probably wrong; use",
    b"no numbers here, sorry " * 3: "flash the sketch that sends them",
    b"1,2,3,4,5\r\n" * 6: "rows of 5 columns; accepted are 3",
    b"nan,nan,nan\r\n" * 2: "hold no numbers (nan): check the sensor's wiring",
    b"0.0,0.0,0.0\r\n" * 2: "the sensor sleeps or is not wired",
    b"512,480,16384\r\n" * 2: "not raw counts",
}


def test_data_that_is_not_samples_gives_an_error_with_its_kind_and_uses_little_memory():
    """Runs all cases at once; each port receives more bytes than a board could send."""
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        processes = {}
        for sent in NOT_SAMPLES:
            master, path = stack.enter_context(serial_port())
            if sent:
                stack.enter_context(flooding(master, sent))
            processes[sent] = stack.enter_context(start("airdigit-record", "--port", path))
        largest = 0.0
        while time.monotonic() < started + 4.0:  # nearly all of the 5 s of listening
            time.sleep(0.1)
            largest = max(largest, *(peak_megabytes(p.pid) for p in processes.values()))
        for sent, message in NOT_SAMPLES.items():
            out, err = processes[sent].communicate(timeout=TIMEOUT)
            assert (processes[sent].returncode, out) == (1, "")
            (line,) = err.splitlines()
            assert line.startswith("airdigit-record: error: ") and message in line
    assert time.monotonic() - started < 12  # 5 s of listening, and the start of seven processes
    assert 10 < largest < 150


def peak_megabytes(pid: int) -> float:
    """Return the peak memory of the program. That of rusage includes its parent before the fork."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0  # the process has ended, but was not waited for


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
    """With the real smbus2, in this process: the emulated kernel cannot be used in another one."""

    def error_message(
        self, command: str, capsys: pytest.CaptureFixture[str], kernel: FakeKernel
    ) -> str:
        module = {m.__name__.rpartition(".")[2]: m for m in (airdigit_live, airdigit_record)}
        module["airdigit_doctor"] = airdigit_doctor
        with kernel_under_smbus2(kernel):
            main: Callable[[list[str]], int] = module[command.replace("-", "_")].main
            status = main([*OPTIONS.get(command, ()), "--i2c", "1"])
        assert status == 1
        printed = capsys.readouterr()
        line = (printed.out if command == "airdigit-doctor" else printed.err).splitlines()[0]
        return line.replace(" -> ", ": ")

    def chip(self, **kind: int) -> tuple[VirtualClock, EmulatedMPU6050]:
        clock = VirtualClock()
        return clock, EmulatedMPU6050(lambda t: np.zeros(6), clock, **kind)

    def test_a_bus_without_devices_is_an_error(self, command, capsys):
        message = self.error_message(command, capsys, FakeKernel(VirtualClock()))
        assert "no sensor answers at 0x68 or 0x69 on i2c-1: check the wires" in message

    def test_a_bus_with_another_device_is_an_error(self, command, capsys):
        message = self.error_message(command, capsys, FakeKernel(*self.chip(who_am_i=0x33)))
        assert "has ID 0x33, which is not an MPU6050" in message and "--address 0x69" in message

    def test_a_missing_bus_is_an_error(self, command):
        message = error_message(command, "--i2c", "99")
        assert message.startswith("no /dev/i2c-99, there is") and "raspi-config" in message


def broken_recordings(folder: Path) -> dict[Path, str]:
    """Write broken files; return each path with a part of its error message."""
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
    messages = {}
    for name, (text, message) in texts.items():
        (folder / name).write_text(text)
        messages[folder / name] = message
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 99)
    (folder / "huge.csv").touch()
    os.truncate(folder / "huge.csv", 2 << 30)  # a sparse file: it uses no space on the disk
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    return messages | {
        folder / "noise.csv": "it is not text",
        folder / "huge.csv": "has 2048 MB",
        folder / "pipe.csv": "is not a regular file",
        folder / "folder.csv": "folder",
        folder / "missing.csv": "does not exist",
    }


class TestRecordings:
    @shipped
    def test_classify_gives_the_error_of_each_recording(self, tmp_path):
        broken = broken_recordings(tmp_path)
        still = write_recording(tmp_path / "still.csv")
        status, out, err = run("edge-classify", "airdigit", *broken, still)
        results = [json.loads(line) for line in out.splitlines()]
        assert (status, err) == (1, "")
        assert [result["file"] for result in results] == [*map(str, broken), str(still)]
        for result, message in zip(results, [*broken.values(), "holds no stroke"], strict=True):
            assert message in result["error"] and "\n" not in result["error"]

    def test_replay_gives_the_error_and_the_name_of_each_recording(self, tmp_path):
        for path, message in broken_recordings(tmp_path).items():
            if "folder" in message:
                message = "no .csv or .json"
            assert message in self.doctor_error(path), path

    def doctor_error(self, path: Path) -> str:
        (first, *_) = self.run_doctor("--replay", path, "--speed", "max", "--json")
        finding = json.loads(first)
        assert (finding["check"], finding["level"]) == ("connection", "fault")
        assert str(path) in finding["text"]
        return f"{finding['text']}: {finding['fix']}"

    def run_doctor(self, *argv: str | Path) -> list[str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            assert airdigit_doctor.main([str(arg) for arg in argv]) == 1
        return output.getvalue().splitlines()

    @shipped
    def test_a_recording_without_a_channel_of_the_model_is_an_error(self, tmp_path):
        take = tmp_path / "acceleration.csv"
        take.write_text("t_ms,ax,ay,az\n" + "".join(f"{10 * i},0,0,9.8\n" for i in range(99)))
        message = error_message("airdigit-live", "--replay", take)
        assert "needs rotation (gx, gy, gz) as well: use a sensor with a gyroscope" in message


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

    def test_classify_refuses_a_file_that_is_not_a_model(self, files, tmp_path):
        take = write_recording(tmp_path / "take.csv")
        for path, message in files.items():
            assert message in error_message("edge-classify", path, take), path

    def test_a_live_command_refuses_a_file_that_is_not_a_model(self, files):
        assert "is no TFLite model" in error_message(
            "airdigit-live", "--mock", "--model", [*files][0]
        )

    @shipped
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"task": "chorus"}, "'chorus'"),
            ({"input": {"version": 99}}, "99"),
            ({"input": {"kind": "spectrogram"}}, "spectrogram"),
            ({"decision": {"kind": "vote"}}, "vote"),
        ],
        ids=["task", "version", "features", "decision"],
    )
    def test_a_model_for_another_task_or_version_is_an_error(self, tmp_path, change, message):
        network, manifest = read_model(find_model("airdigit"))
        parts = {
            name: value if isinstance(value, str) else {**getattr(manifest, name), **value}
            for name, value in change.items()
        }
        same = {"task": manifest.task, "input": manifest.input, "decision": manifest.decision}
        other = Manifest(labels=manifest.labels, **{**same, **parts})
        path = tmp_path / "other.tflite"
        path.write_bytes(attach(network, other))
        assert message in error_message("airdigit-live", "--mock", "--model", path)

    @shipped
    def test_a_model_file_that_is_cut_short_or_altered_is_an_error(self, tmp_path):
        data = find_model("airdigit").read_bytes()
        flipped = bytearray(data)
        flipped[len(data) // 3] ^= 1
        for name, part in {"cut": data[:-100], "flipped": bytes(flipped)}.items():
            path = tmp_path / f"{name}.tflite"
            path.write_bytes(part)
            assert ": " in error_message(
                "edge-classify", path, write_recording(tmp_path / "take.csv")
            )


class TestStreams:
    """Standard input and output that are closed or full, or whose reader has ended."""

    MOCK = {
        "airdigit-live": ("--mock", "--digits", "1234", "--speed", "max", "--json"),
        "airdigit-record": ("--mock", "--speed", "max", "--json"),
        "airdigit-doctor": ("--mock", "--speed", "max", "--json"),
    }

    @every_live_command
    def test_a_reader_that_ends_early_is_not_an_error(self, command, tmp_path):
        """As in `airdigit-live | head -1`."""
        out = out_option(command, tmp_path)
        with start(command, *self.MOCK[command], *out) as process:
            assert process.stdout and process.stderr
            assert process.stdout.readline().startswith('{"event"')
            process.stdout.close()
            assert process.wait(TIMEOUT) == 0
            assert "rror" not in process.stderr.read()

    @every_live_command
    def test_a_command_runs_with_all_standard_streams_closed(self, command, tmp_path):
        """As in `airdigit-live <&- >&- 2>&-`."""
        out = out_option(command, tmp_path)
        closed = {"stdin": None, "stdout": None, "stderr": None}

        def close() -> None:
            for number in range(3):
                os.close(number)

        with start(command, *self.MOCK[command], *out, **closed, preexec_fn=close) as process:
            assert process.wait(TIMEOUT) == 0
        if command == "airdigit-record":
            assert len(list(tmp_path.glob("*.csv"))) == 2

    @every_live_command
    def test_output_to_a_full_disk_is_an_error(self, command, tmp_path):
        out = out_option(command, tmp_path)
        with open("/dev/full", "w") as full:
            status, _, err = run(command, *self.MOCK[command], *out, stdout=full)
        assert status == 1
        assert err.splitlines()[-1] == f"{command}: error: No space left on device"

    @shipped
    def test_classify_with_closed_stdin_has_no_results(self, tmp_path):
        closed = {"stdin": None, "preexec_fn": lambda: os.close(0)}
        assert run("edge-classify", "airdigit", "-", **closed) == (0, "", "")

    @shipped
    def test_classify_ends_when_its_reader_ends(self, tmp_path):
        take = write_recording(tmp_path / "take.csv")
        with start("edge-classify", "airdigit", *[take] * 2000) as process:
            assert process.stdout and process.stderr
            assert json.loads(process.stdout.readline())["file"] == str(take)
            process.stdout.close()
            assert process.wait(TIMEOUT) == 0
            assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
class TestSignals:
    """A signal ends a command at once, with one summary, whatever the command is doing."""

    def stopped(self, process: subprocess.Popen[str], number: int) -> tuple[int, list[dict]]:
        process.send_signal(number)
        sent = time.monotonic()
        out, err = process.communicate(timeout=TIMEOUT)
        assert time.monotonic() - sent < 3
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
    def test_a_signal_while_the_source_opens_ends_with_a_summary(
        self, command, status, number, tmp_path
    ):
        out = out_option(command, tmp_path / "takes")
        line = PtyPort(tmp_path / "ttyUSB0")
        with start(command, "--port", line.path, "--json", *out) as process:
            self.wait_until_open(line)
            assert self.stopped(process, number)[0] == status
        line.unplug()

    @pytest.mark.parametrize("command", [LIVE["airdigit-live"], "airdigit-doctor"])
    def test_a_signal_while_the_source_opens_prints_no_text_summary(
        self, command, number, tmp_path
    ):
        line = PtyPort(tmp_path / "ttyUSB0")
        with start(command, "--port", line.path) as process:
            self.wait_until_open(line)
            process.send_signal(number)
            assert process.communicate(timeout=TIMEOUT) == ("", "")
        line.unplug()

    @pytest.mark.parametrize("command", ["airdigit-live", "airdigit-doctor", "edge-classify"])
    def test_a_signal_during_imports_ends_without_output(self, command, number, tmp_path):
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
            assert process.communicate(timeout=TIMEOUT) == ("", "")
        assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: -15}[number]

    @staticmethod
    def wait_until_open(line: PtyPort) -> None:
        """Wait until the command has written to the port: it asks the board for its settings."""
        end = time.monotonic() + TIMEOUT
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
    def test_a_signal_while_samples_come_ends_with_a_summary(
        self, command, status, number, tmp_path
    ):
        out = out_option(command, tmp_path / "takes")
        line = PtyPort(tmp_path / "ttyUSB0")
        board = FramedBoard(line)
        with board, start(command, "--port", line.path, "--json", *out) as process:
            end = time.monotonic() + TIMEOUT
            while not board.running:
                assert time.monotonic() < end
                time.sleep(0.02)
            time.sleep(1.0)
            code, events = self.stopped(process, number)
        assert code == status
        counts = {name: n for e in events for name, n in {**e, **e.get("values", {})}.items()}
        assert counts.get("samples", 100) > 50  # the summary of airdigit-record has no samples
        assert counts.get("saved", 0) == 0

    @shipped
    def test_a_signal_while_classify_waits_for_names_ends_without_output(self, number):
        with start("edge-classify", "airdigit", "-", stdin=subprocess.PIPE) as process:
            time.sleep(1.5)
            process.send_signal(number)
            out, err = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, out, err) == (130, "", "")


class TestDisks:
    MOCK = ("--mock", "--speed", "max", "--json")

    def test_an_output_folder_that_is_a_file_is_an_error(self, tmp_path):
        (tmp_path / "takes").touch()
        message = error_message("airdigit-record", *self.MOCK, "--out", tmp_path / "takes")
        assert message == f"{tmp_path}/takes cannot be made (File exists): choose another --out"

    def test_an_output_folder_that_cannot_be_made_is_an_error(self):
        assert "/proc/takes" in error_message("airdigit-record", *self.MOCK, "--out", "/proc/takes")

    @pytest.mark.parametrize("name", [".", "takes"])
    def test_an_output_folder_without_permission_is_an_error(self, name, tmp_path):
        deny_access(tmp_path)
        out = tmp_path / name
        message = error_message(
            "airdigit-record", *self.MOCK, "--out", out, first=WITHOUT_PRIVILEGES
        )
        assert message.startswith(f"{out} cannot be ") and message.endswith(
            ": choose another --out"
        )

    def test_a_full_disk_is_an_error_and_leaves_no_partial_take(self, tmp_path):
        def limit_file_size() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        out = tmp_path / "takes"
        status, printed, err = run(
            "airdigit-record", *self.MOCK, "--out", out, preexec_fn=limit_file_size
        )
        assert status == 1
        assert [json.loads(line)["event"] for line in printed.splitlines()] == ["summary"]
        assert err.splitlines()[-1].startswith("airdigit-record: error: ")
        assert list(out.iterdir()) == []
