"""Commands as processes: their standard streams, signals and output folder.

No command ends with a traceback, and none hangs.
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import termios
import time
from typing import IO

import pytest

from command_process import (
    ROOT,
    TIMEOUT,
    WITHOUT_PRIVILEGES,
    deny_access,
    error_message,
    every_live_command,
    out_option,
    run,
    start,
    write_recording,
)
from pty_board import FramedBoard, PtyPort

MOCK = {  # options for a run without hardware
    "airdigit-live": ("--mock", "--digits", "1234", "--speed", "max", "--json"),
    "airdigit-record": ("--mock", "--speed", "max", "--json"),
    "airdigit-doctor": ("--mock", "--speed", "max", "--json"),
}


class TestStreams:
    """Standard input and output that are closed or full, or whose reader has ended."""

    @every_live_command
    def test_a_reader_that_ends_early_is_not_an_error(self, command, tmp_path):
        """As in `airdigit-live | head -1`."""
        out = out_option(command, tmp_path)
        with start(command, *MOCK[command], *out) as process:
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

        with start(command, *MOCK[command], *out, **closed, preexec_fn=close) as process:
            assert process.wait(TIMEOUT) == 0
        if command == "airdigit-record":
            assert len(list(tmp_path.glob("*.csv"))) == 2

    @every_live_command
    def test_output_to_a_full_disk_is_an_error(self, command, tmp_path):
        out = out_option(command, tmp_path)
        with open("/dev/full", "w") as full:
            status, _, err = run(command, *MOCK[command], *out, stdout=full)
        assert status == 1
        assert err.splitlines()[-1] == f"{command}: error: No space left on device"

    def test_classify_with_closed_stdin_has_no_results(self, tmp_path):
        closed = {"stdin": None, "preexec_fn": lambda: os.close(0)}
        assert run("edge-classify", "airdigit", "-", **closed) == (0, "", "")

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

    def stop(self, process: subprocess.Popen[str], number: int) -> tuple[int, list[dict]]:
        """Send the signal; return the exit status and the events that the command prints."""
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
            ("airdigit-live", 0),
            ("airdigit-record", 130),
            ("airdigit-doctor", 130),
        ],
    )
    def test_a_signal_while_the_source_opens_ends_with_a_summary(
        self, command, status, number, tmp_path
    ):
        out = out_option(command, tmp_path / "takes")
        port = PtyPort(tmp_path / "ttyUSB0")
        with start(command, "--port", port.path, "--json", *out) as process:
            self.wait_until_open(port)
            assert self.stop(process, number)[0] == status
        port.unplug()

    @pytest.mark.parametrize("command", ["airdigit-live", "airdigit-doctor"])
    def test_a_signal_while_the_source_opens_prints_no_text_summary(
        self, command, number, tmp_path
    ):
        port = PtyPort(tmp_path / "ttyUSB0")
        with start(command, "--port", port.path) as process:
            self.wait_until_open(port)
            process.send_signal(number)
            assert process.communicate(timeout=TIMEOUT) == ("", "")
        port.unplug()

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
    def wait_until_open(port: PtyPort) -> None:
        """Wait until the command has written to the port: it asks the board for its settings."""
        end = time.monotonic() + TIMEOUT
        while not port.read():
            assert time.monotonic() < end
            time.sleep(0.02)

    @pytest.mark.parametrize(
        ("command", "status"),
        [
            ("airdigit-live", 0),
            ("airdigit-record", 130),
            ("airdigit-doctor", 0),
        ],
    )
    def test_a_signal_while_samples_come_ends_with_a_summary(
        self, command, status, number, tmp_path
    ):
        out = out_option(command, tmp_path / "takes")
        port = PtyPort(tmp_path / "ttyUSB0")
        board = FramedBoard(port)
        with board, start(command, "--port", port.path, "--json", *out) as process:
            end = time.monotonic() + TIMEOUT
            while not board.running:
                assert time.monotonic() < end
                time.sleep(0.02)
            time.sleep(1.0)
            code, events = self.stop(process, number)
        assert code == status
        counts = {name: n for e in events for name, n in {**e, **e.get("values", {})}.items()}
        assert counts.get("samples", 100) > 50  # the summary of airdigit-record has no samples
        assert counts.get("saved", 0) == 0

    def test_a_signal_while_classify_waits_for_names_ends_without_output(self, number):
        with start("edge-classify", "airdigit", "-", stdin=subprocess.PIPE) as process:
            time.sleep(1.5)
            process.send_signal(number)
            out, err = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, out, err) == (130, "", "")


class TestOutputFolder:
    RECORD = ("airdigit-record", *MOCK["airdigit-record"], "--out")

    def test_an_output_folder_that_is_a_file_is_an_error(self, tmp_path):
        (tmp_path / "takes").touch()
        message = error_message(*self.RECORD, tmp_path / "takes")
        assert message == f"{tmp_path}/takes cannot be made (File exists): choose another --out"

    def test_an_output_folder_that_cannot_be_made_is_an_error(self):
        assert "/proc/takes" in error_message(*self.RECORD, "/proc/takes")

    @pytest.mark.parametrize("name", [".", "takes"])
    def test_an_output_folder_without_permission_is_an_error(self, name, tmp_path):
        deny_access(tmp_path)
        out = tmp_path / name
        message = error_message(*self.RECORD, out, first=WITHOUT_PRIVILEGES)
        assert message.startswith(f"{out} cannot be ") and message.endswith(
            ": choose another --out"
        )

    def test_a_full_disk_is_an_error_and_leaves_no_partial_take(self, tmp_path):
        def limit_file_size() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        out = tmp_path / "takes"
        status, printed, err = run(*self.RECORD, out, preexec_fn=limit_file_size)
        assert status == 1
        assert [json.loads(line)["event"] for line in printed.splitlines()] == ["summary"]
        assert err.splitlines()[-1].startswith("airdigit-record: error: ")
        assert list(out.iterdir()) == []


class TestBlockedCommands:
    """After the second signal nothing may block."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_two_signals_end_a_command_whose_reader_does_not_read(self, number):
        short_queue = "from edge.sink.line_writer import LineWriter; LineWriter.max_waiting = 5"
        command = ("kws-listen", "--mock", "--json", "--speed", "max")
        with start(*command, first=short_queue) as process:
            assert process.stdout is not None
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
            wait_until_full(process.stdout)
            for _ in range(2):
                process.send_signal(number)
                time.sleep(0.3)
            assert process.wait(10) == 130

    def test_hangup_ends_as_sigterm_does(self):
        with start("airdigit-live", "--mock", "--json") as process:
            time.sleep(2.0)
            process.send_signal(signal.SIGHUP)
            out, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0
        assert json.loads(out.splitlines()[-1])["event"] == "summary"

    def test_an_ignored_hangup_stays_ignored(self):
        """As under nohup."""
        first = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
        with start("airdigit-live", "--mock", "--json", first=first) as process:
            time.sleep(2.0)
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0

    def test_a_recorder_leaves_no_partial_file_after_a_hangup(self, tmp_path):
        with start("airdigit-record", "--mock", "--json", "--out", tmp_path) as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["event"] == "take"
            process.send_signal(signal.SIGHUP)
            assert process.wait(10) == 130
        assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]


PIPE_SIZE = 4096  # bytes


def wait_until_full(pipe: IO[str]) -> None:
    """Wait until the command cannot write to the pipe any more."""
    waiting, until = -1, time.monotonic() + 60
    while True:
        time.sleep(1.0)
        before, waiting = waiting, bytes_in(pipe)
        if waiting == before > 0:
            return
        assert time.monotonic() < until


def bytes_in(pipe: IO[str]) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
