"""airdigit-doctor: healthy and faulty sensors, read by the real sources."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from edge.commands import airdigit_doctor
from edge.doctor import FAULT, OK, WARNING, Finding, examine, measure
from edge.formats.motion import Recording, own_csv
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source import HAND_MOTION, Source
from edge.source.i2c.source import I2CSource
from edge.source.serial.framed.framing import frame
from edge.source.serial.framed.protocol import STATUS
from edge.source.serial.source import SerialSource
from firmware_bridge.simulated_board.hand_motion import HandMotion
from firmware_bridge.simulated_board.legacy_sketch import LegacySketch
from firmware_bridge.simulated_board.serial_port import ServedBoard
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2
from pty_board import FramedBoard, PtyPort, TextBoard, csv_lines, tilting_rows

Motion = Callable[[float], np.ndarray]


def at_rest(gravity: float = 1.0, bias_dps: float = 1.0, noise: float = 0.03) -> Motion:
    """Return the values of a sensor on a table over time, in m/s^2 and rad/s."""
    rng = np.random.default_rng(1)
    rest = np.array([0, 0, gravity * STANDARD_GRAVITY, 0, bias_dps * DEGREE, 0])
    return lambda t: rest + rng.normal(0, np.repeat([noise, noise / 20], 3))


@contextmanager
def i2c_sensor(motion: Motion, **chip: object) -> Iterator[tuple[I2CSource, EmulatedMPU6050]]:
    """Give an open source and its emulated sensor, in virtual time."""
    clock = VirtualClock()
    sensor = EmulatedMPU6050(motion, clock, **chip)
    source = I2CSource(1, None, HAND_MOTION)
    source._clock, source._sleep = clock, clock.sleep
    with kernel_under_smbus2(FakeKernel(clock, sensor)), source:
        yield source, sensor


def findings(source: Source, seconds: float = 4.0, **options: object) -> dict[str, Finding]:
    clock = getattr(source, "_clock", time.monotonic)
    found = list(examine(measure(source, seconds, HAND_MOTION, clock=clock, **options)))
    assert len({finding.check for finding in found}) == len(found)
    for finding in found:
        assert (finding.fix is None) == (finding.level == OK), finding
        assert "\n" not in finding.text + (finding.fix or "")
    return {finding.check: finding for finding in found}


def problems(found: dict[str, Finding]) -> dict[str, str]:
    """Return the level of each finding that is not ok."""
    return {check: f.level for check, f in found.items() if f.level != OK}


def test_a_healthy_sensor_has_no_warning_or_fault():
    with i2c_sensor(at_rest()) as (source, _):
        found = findings(source)
    assert problems(found) == {}
    assert found["sensor"].text == "MPU6050 at 0x68 (WHO_AM_I 0x68)"
    assert "was asleep" in found["sleep"].text
    assert found["gravity"].values["m_s2"] == pytest.approx(STANDARD_GRAVITY, abs=0.05)
    assert found["gyro"].values["bias_dps"] == pytest.approx(1, abs=0.1)
    assert found["rate"].values["rate"] == pytest.approx(100, rel=0.005)
    assert found["samples"].values["samples"] == pytest.approx(400, abs=10)


@pytest.mark.parametrize(
    ("motion", "chip", "expected", "fix"),
    [
        (at_rest(2.0), {}, {"gravity": FAULT}, "2 times what it should be"),
        (at_rest(0.0), {}, {"gravity": FAULT}, "gravity is missing"),
        (at_rest(0.7), {}, {"gravity": FAULT}, "its scale is wrong"),
        (at_rest(1.12), {}, {"gravity": WARNING}, "offset"),
        (at_rest(bias_dps=8), {}, {"gyro": WARNING}, "warm up"),
        (at_rest(bias_dps=30), {}, {"gyro": FAULT}, "broken"),
        (at_rest(noise=3.0), {}, {"rest": WARNING}, "lay it on the table"),
        (at_rest(), {"rate_error": 0.06}, {"rate": WARNING}, "let a timer"),
        (at_rest(), {"rate_error": -0.25}, {"rate": FAULT}, "let a timer"),
        (lambda t: np.zeros(6), {}, {"samples": FAULT, "gravity": FAULT}, "unplug it"),
        (at_rest(5.0), {}, {"clipping": FAULT, "gravity": FAULT}, "range"),
    ],
)
def test_a_faulty_sensor_gives_the_finding_and_the_fix(motion, chip, expected, fix):
    with i2c_sensor(motion, **chip) as (source, _):
        found = findings(source)
    assert problems(found) == expected
    assert fix in " ".join(found[check].fix for check in expected)


@pytest.mark.parametrize("drawn", [False, True], ids=["before", "after"])
def test_a_simulated_board_at_rest_is_not_called_frozen(drawn):
    hand = HandMotion("1")
    if drawn:
        hand.begin()
        for t in np.arange(0, 30, 0.1):
            hand(float(t))
    with i2c_sensor(hand, rate_error=hand.rate_error) as (source, _):
        assert problems(findings(source)) == {}


def test_the_simulated_sketch_of_the_course_at_rest_is_not_called_frozen():
    with (
        ServedBoard(LegacySketch(HandMotion("1"))) as served,
        SerialSource(served.port.path) as source,
    ):
        assert findings(source, 2.0)["samples"].level == OK


@pytest.mark.parametrize(("who", "name"), [(0x70, "MPU6500"), (0x98, "ICM20689")])
def test_a_clone_at_the_other_address_is_named_and_ok(who, name):
    with i2c_sensor(at_rest(), who_am_i=who, address=0x69) as (source, _):
        found = findings(source)
    assert problems(found) == {}
    assert found["sensor"].text.startswith(f"{name} at 0x69")


def test_gravity_is_checked_with_a_warning_if_the_sensor_rests_half_of_the_time():
    rng = np.random.default_rng(2)
    still = at_rest(2.0)

    def motion(t: float) -> np.ndarray:
        return still(t) + (rng.normal(0, 2, 6) if t > 102.5 else 0)  # the clock starts at 100 s

    with i2c_sensor(motion) as (source, _):
        found = findings(source)
    assert problems(found) == {"rest": WARNING, "gravity": FAULT}
    assert found["gravity"].values["m_s2"] == pytest.approx(2 * STANDARD_GRAVITY, rel=0.01)


def test_lost_samples_and_reconnects_are_counted():
    with i2c_sensor(at_rest()) as (source, sensor):
        calls = iter(range(10**6))

        def cut_power(done: float) -> None:
            if next(calls) == 20:
                sensor.power_cycle()

        found = findings(source, progress=cut_power)
    assert problems(found) == {"loss": FAULT, "transfer": WARNING}
    assert found["loss"].values["lost"] > 10
    assert found["transfer"].values["reconnects"] == 1


def test_a_sensor_that_stops_sending_is_a_fault():
    with i2c_sensor(at_rest()) as (source, sensor):

        def stop_sending(done: float) -> None:
            if done > 0.6:
                sensor._sample = lambda t: None

        found = findings(source, 10, progress=stop_sending)
    assert found["samples"].text == "the sensor on i2c-1 answers but gives no samples"
    assert found["samples"].fix.startswith("unplug it for a moment")
    assert {"samples": FAULT}.items() <= problems(found).items()


class TestBoards:
    @pytest.fixture
    def line(self, tmp_path: Path) -> PtyPort:
        return PtyPort(tmp_path / "ttyUSB0")

    def open(self, line: PtyPort) -> SerialSource:
        return SerialSource(str(line.path), requirements=HAND_MOTION)

    def test_a_healthy_framed_board_has_no_warning_or_fault(self, line):
        with FramedBoard(line), self.open(line) as source:
            found = findings(source, 2.5)
        assert problems(found) == {}
        assert "did not restart" in found["restart"].text
        assert found["rate"].values["rate"] == pytest.approx(100, rel=0.02)

    def test_the_rate_is_measured_by_the_clock_of_this_computer(self, line):
        class FastBoard(FramedBoard):
            """Sends faster, with the times of 100 samples a second."""

            def tick(self) -> None:
                self.start -= 1 / 100 - 1 / self.rate
                super().tick()

        board = FastBoard(line)
        board.rate = 110.0
        with board, self.open(line) as source:
            found = findings(source, 2.5)
        assert problems(found) == {"rate": WARNING}
        assert found["rate"].values["rate"] == pytest.approx(110, rel=0.02)
        assert "by the clock of this computer" in found["rate"].text

    def test_chip_ranges_and_counters_of_the_board_are_checked(self, line):
        class FaultyBoard(FramedBoard):
            def send_hello(self, booted: int = 0) -> None:
                self.settings["accel_g"] = 2  # whatever range it was asked for
                super().send_hello(booted)

            def tick(self) -> None:
                super().tick()
                if self.running and not self.seq % 50:
                    others = {"fifo_overflows": 0, "dropped": 0}
                    line.write(frame(STATUS.pack(nacks=3, sensor_resets=1, **others)))

        with FaultyBoard(line, who_am_i=0x42), self.open(line) as source:
            found = list(examine(measure(source, 1.5, HAND_MOTION)))
        not_ok = [(f.check, f.level) for f in found if f.level != OK]
        assert not_ok == [
            ("sensor", WARNING),
            ("range", WARNING),
            ("board", WARNING),
            ("board", FAULT),
        ]
        assert all(f.fix for f in found if f.level != OK)

    @pytest.mark.parametrize(
        "greeting", [b"Initializing IMU...\r\n", b"rst:0x1 (POWERON_RESET)\r\n"]
    )
    def test_a_board_that_restarts_when_opened_is_recognised(self, line, greeting):
        lines = [b"# \n"] * 20 + [
            greeting,
            *csv_lines(tilting_rows(10)),
        ]  # opening the port drops waiting bytes
        with TextBoard(line, lines), self.open(line) as source:
            assert source.describe()["restarted"]

    def test_a_board_that_is_unplugged_is_a_fault(self, line):
        with FramedBoard(line), self.open(line) as source:
            found = findings(source, 1.5, progress=lambda done: done > 0.3 and line.unplug())
        assert problems(found) == {"samples": FAULT}
        assert "and then none for" in found["samples"].text

    def test_garbage_on_the_line_is_a_warning(self, line):
        rows = csv_lines(tilting_rows(10))
        rows[200::20] = [b"\xff\x00\xfe!\n"] * len(rows[200::20])
        with TextBoard(line, rows), self.open(line) as source:
            found = findings(source, 2.0)
        assert found["transfer"].level == WARNING
        assert found["transfer"].values["garbage"] > 0


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str, str]:
        status = airdigit_doctor.main([str(arg) for arg in argv])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    def write(self, path: Path, values: np.ndarray) -> Path:
        t = np.arange(len(values)) / 100
        path.write_text(own_csv.render(Recording.checked(t, values, MOTION)))
        return path

    def at_rest(self) -> np.ndarray:
        motion = at_rest()
        return np.array([motion(0) for _ in range(200)])

    def test_json_is_one_object_for_each_finding_and_a_summary(self, tmp_path, capsys):
        take = self.write(tmp_path / "a.csv", self.at_rest())
        argv = ["--replay", take, "--speed", "max", "--json"]
        status, out, err = self.run(capsys, *argv)
        *found, summary = map(json.loads, out.splitlines())
        assert (status, err) == (0, "")
        assert {tuple(line) for line in found} == {
            ("event", "check", "level", "text", "fix", "values")
        }
        assert {line["event"] for line in found} == {"finding"}
        assert summary == {
            "event": "summary",
            "ok": len(found),
            "warnings": 0,
            "faults": 0,
            "healthy": True,
        }

    def test_a_fault_sets_the_exit_status_and_its_line_has_the_fix(self, tmp_path, capsys):
        take = self.write(tmp_path / "a.csv", self.at_rest() * 2)
        status, out, _ = self.run(capsys, "--replay", take, "--speed", "max")
        assert status == 1
        (line,) = [line for line in out.splitlines() if line.startswith("fault")]
        assert line.startswith("fault    gravity      19.6") and " -> 2 times what" in line
        assert out.splitlines()[-1].startswith("1 fault in ")

    def test_a_source_that_cannot_be_opened_is_a_fault(self, tmp_path, capsys):
        status, out, err = self.run(capsys, "--port", tmp_path / "ttyUSB7", "--json")
        found, summary = map(json.loads, out.splitlines())
        assert (status, err) == (1, "")
        assert (found["check"], found["level"]) == ("connection", "fault")
        assert found["text"].startswith("no such port") and found["fix"]
        assert (summary["faults"], summary["healthy"]) == (1, False)

    def test_a_recording_that_cannot_be_read_is_a_fault_with_its_name(self, tmp_path, capsys):
        (tmp_path / "incomplete.csv").write_text("t_ms,ax,ay,az\n1,2\n")
        (tmp_path / "empty").mkdir()
        for name, message in (
            ("incomplete.csv", "line 2"),
            ("missing.csv", "does not exist"),
            ("empty", "no .csv"),
        ):
            _, out, _ = self.run(capsys, "--replay", tmp_path / name, "--json")
            found = json.loads(out.splitlines()[0])
            assert message in found["text"] and name in found["text"]
            assert found["fix"] and message not in found["fix"]

    def test_without_a_source_it_is_an_error(self, capsys):
        status, out, err = self.run(capsys)
        assert (status, out) == (1, "")
        assert err.startswith("airdigit-doctor: error: choose a source: --port or --i2c")

    @pytest.mark.parametrize("seconds", ["0", "61", "nan", "long"])
    def test_invalid_seconds_are_a_usage_error(self, seconds, capsys):
        with pytest.raises(SystemExit) as stop:
            airdigit_doctor.main(["--mock", "--seconds", seconds])
        assert stop.value.code == 2

    def test_the_help_has_examples_and_environment_variables(self, capsys):
        with pytest.raises(SystemExit) as stop:
            airdigit_doctor.main(["--help"])
        assert stop.value.code == 0
        text = capsys.readouterr().out
        assert "airdigit-doctor --i2c 1 " in text and "[EDGE_SECONDS]" in text
