"""The doctor: healthy and sick sensors, behind the real sources."""

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
from i2c_bus import Clock, Kernel, running
from pty_board import FramedBoard, Line, Printer, csv, tilting

Motion = Callable[[float], np.ndarray]


def lying(gravity: float = 1.0, bias_dps: float = 1.0, shake: float = 0.03) -> Motion:
    """A sensor on a table, in m/s^2 and rad/s."""
    rng = np.random.default_rng(1)
    rest = np.array([0, 0, gravity * STANDARD_GRAVITY, 0, bias_dps * DEGREE, 0])
    return lambda t: rest + rng.normal(0, np.repeat([shake, shake / 20], 3))


@contextmanager
def on_the_bus(motion: Motion, **chip: object) -> Iterator[tuple[I2CSource, EmulatedMPU6050]]:
    """An opened source, in virtual time."""
    clock = Clock()
    sensor = EmulatedMPU6050(motion, clock, **chip)
    source = I2CSource(1, None, HAND_MOTION)
    source._clock, source._sleep = clock, clock.sleep
    with running(Kernel(clock, sensor)), source:
        yield source, sensor


def findings(source: Source, seconds: float = 4.0, **rest: object) -> dict[str, Finding]:
    clock = getattr(source, "_clock", time.monotonic)
    found = list(examine(measure(source, seconds, HAND_MOTION, clock=clock, **rest)))
    assert len({finding.check for finding in found}) == len(found)
    for finding in found:
        assert (finding.fix is None) == (finding.level == OK), finding
        assert "\n" not in finding.text + (finding.fix or "")
    return {finding.check: finding for finding in found}


def levels(found: dict[str, Finding], but: str = OK) -> dict[str, str]:
    return {check: f.level for check, f in found.items() if f.level != but}


def test_a_healthy_sensor_has_no_complaint():
    with on_the_bus(lying()) as (source, _):
        found = findings(source)
    assert levels(found) == {}
    assert found["sensor"].text == "MPU6050 at 0x68 (WHO_AM_I 0x68)"
    assert "was asleep" in found["sleep"].text
    assert found["gravity"].values["m_s2"] == pytest.approx(STANDARD_GRAVITY, abs=0.05)
    assert found["gyro"].values["bias_dps"] == pytest.approx(1, abs=0.1)
    assert found["rate"].values["rate"] == pytest.approx(100, rel=0.005)
    assert found["samples"].values["samples"] == pytest.approx(400, abs=10)


@pytest.mark.parametrize(
    ("motion", "chip", "wanted", "words"),
    [
        (lying(2.0), {}, {"gravity": FAULT}, "2 times what it should be"),
        (lying(0.0), {}, {"gravity": FAULT}, "gravity is missing"),
        (lying(0.7), {}, {"gravity": FAULT}, "its scale is wrong"),
        (lying(1.12), {}, {"gravity": WARNING}, "offset"),
        (lying(bias_dps=8), {}, {"gyro": WARNING}, "warm up"),
        (lying(bias_dps=30), {}, {"gyro": FAULT}, "broken"),
        (lying(shake=3.0), {}, {"rest": WARNING}, "lay it on the table"),
        (lying(), {"rate_error": 0.06}, {"rate": WARNING}, "by a timer"),
        (lying(), {"rate_error": -0.25}, {"rate": FAULT}, "by a timer"),
        (lambda t: np.zeros(6), {}, {"samples": FAULT, "gravity": FAULT}, "unplug it"),
        (lying(5.0), {}, {"clipping": FAULT, "gravity": FAULT}, "range"),
    ],
)
def test_what_is_wrong_with_a_sensor_shows(motion, chip, wanted, words):
    with on_the_bus(motion, **chip) as (source, _):
        found = findings(source)
    assert levels(found) == wanted
    assert words in " ".join(found[check].fix for check in wanted)


@pytest.mark.parametrize(("who", "name"), [(0x70, "MPU6500"), (0x98, "ICM20689")])
def test_a_clone_at_the_other_address_is_named_and_well(who, name):
    with on_the_bus(lying(), who_am_i=who, address=0x69) as (source, _):
        found = findings(source)
    assert levels(found) == {}
    assert found["sensor"].text.startswith(f"{name} at 0x69")


def test_half_at_rest_is_enough_to_measure_but_said():
    rng = np.random.default_rng(2)
    still = lying(2.0)

    def motion(t: float) -> np.ndarray:
        return still(t) + (rng.normal(0, 2, 6) if t > 102.5 else 0)  # the clock begins at 100

    with on_the_bus(motion) as (source, _):
        found = findings(source)
    assert levels(found) == {"rest": WARNING, "gravity": FAULT}
    assert found["gravity"].values["m_s2"] == pytest.approx(2 * STANDARD_GRAVITY, rel=0.01)


def test_what_is_lost_and_what_fails_on_the_way_is_counted():
    with on_the_bus(lying()) as (source, sensor):
        calls = iter(range(10**6))

        def disturb(done: float) -> None:
            if next(calls) == 20:
                sensor.power_cycle()

        found = findings(source, progress=disturb)
    assert levels(found) == {"loss": FAULT, "transfer": WARNING}
    assert found["loss"].values["lost"] > 10
    assert found["transfer"].values["reconnects"] == 1


def test_a_sensor_that_falls_silent_is_a_fault_that_ends_it():
    with on_the_bus(lying()) as (source, sensor):

        def fall_silent(done: float) -> None:
            if done > 0.6:
                sensor._sample = lambda t: None

        found = findings(source, 10, progress=fall_silent)
    assert found["samples"].text == "the sensor on i2c-1 answers but gives no samples"
    assert found["samples"].fix.startswith("unplug it for a moment")
    assert {"samples": FAULT}.items() <= levels(found).items()


class TestBoards:
    @pytest.fixture
    def line(self, tmp_path: Path) -> Line:
        return Line(tmp_path / "ttyUSB0")

    def open(self, line: Line) -> SerialSource:
        return SerialSource(str(line.path), requirements=HAND_MOTION)

    def test_a_framed_board_is_well(self, line):
        with FramedBoard(line), self.open(line) as source:
            found = findings(source, 2.5)
        assert levels(found) == {}
        assert "went on undisturbed" in found["restart"].text
        assert found["rate"].values["rate"] == pytest.approx(100, rel=0.02)

    def test_the_rate_is_by_our_clock_and_not_by_the_boards(self, line):
        class Fast(FramedBoard):
            """Believes that it sends 100 samples a second."""

            def tick(self) -> None:
                self.start -= 1 / 100 - 1 / self.rate
                super().tick()

        board = Fast(line)
        board.rate = 110.0
        with board, self.open(line) as source:
            found = findings(source, 2.5)
        assert levels(found) == {"rate": WARNING}
        assert found["rate"].values["rate"] == pytest.approx(110, rel=0.02)
        assert "by the clock of this computer" in found["rate"].text

    def test_what_the_board_says_of_itself(self, line):
        class Sick(FramedBoard):
            def greet(self, booted: int = 0) -> None:
                self.settings["accel_g"] = 2  # whatever it was told
                super().greet(booted)

            def tick(self) -> None:
                super().tick()
                if self.running and not self.seq % 50:
                    counted = {"fifo_overflows": 0, "dropped": 0}
                    line.write(frame(STATUS.pack(nacks=3, sensor_resets=1, **counted)))

        with Sick(line, who_am_i=0x42), self.open(line) as source:
            found = list(examine(measure(source, 1.5, HAND_MOTION)))
        complaints = [(f.check, f.level) for f in found if f.level != OK]
        assert complaints == [
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
        lines = [b"# \n"] * 20 + [greeting, *csv(tilting(10))]  # opening drops what waits
        with Printer(line, lines), self.open(line) as source:
            assert source.describe()["restarted"]

    def test_a_board_that_is_unplugged_meanwhile_is_not_well(self, line):
        with FramedBoard(line), self.open(line) as source:
            found = findings(source, 1.5, progress=lambda done: done > 0.3 and line.unplug())
        assert levels(found) == {"samples": FAULT}
        assert "and then none for" in found["samples"].text

    def test_a_line_that_garbles_is_noticed(self, line):
        rows = csv(tilting(10))
        rows[200::20] = [b"\xff\x00\xfe!\n"] * len(rows[200::20])
        with Printer(line, rows), self.open(line) as source:
            found = findings(source, 2.0)
        assert found["transfer"].level == WARNING
        assert found["transfer"].values["garbage"] > 0


class TestCommand:
    def main(self, capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str, str]:
        status = airdigit_doctor.main([str(arg) for arg in argv])
        said = capsys.readouterr()
        return status, said.out, said.err

    def replay(self, path: Path, values: np.ndarray, step: float = 0.01) -> Path:
        t = np.arange(len(values)) * step
        path.write_text(own_csv.render(Recording.checked(t, values, MOTION)))
        return path

    def lying(self) -> np.ndarray:
        motion = lying()
        return np.array([motion(0) for _ in range(200)])

    def test_json_is_an_object_a_finding_and_a_summary(self, tmp_path, capsys):
        take = self.replay(tmp_path / "a.csv", self.lying())
        argv = ["--replay", take, "--speed", "max", "--json"]
        status, out, err = self.main(capsys, *argv)
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

    def test_a_fault_shows_in_the_status_and_has_its_fix_in_the_line(self, tmp_path, capsys):
        take = self.replay(tmp_path / "a.csv", self.lying() * 2)
        status, out, _ = self.main(capsys, "--replay", take, "--speed", "max")
        assert status == 1
        (line,) = [line for line in out.splitlines() if line.startswith("fault")]
        assert line.startswith("fault    gravity      19.6") and " -> 2 times what" in line
        assert out.splitlines()[-1].startswith("1 fault in ")

    def test_what_cannot_be_opened_is_a_finding(self, tmp_path, capsys):
        status, out, err = self.main(capsys, "--port", tmp_path / "ttyUSB7", "--json")
        found, summary = map(json.loads, out.splitlines())
        assert (status, err) == (1, "")
        assert (found["check"], found["level"]) == ("connection", "fault")
        assert found["text"].startswith("no such port") and found["fix"]
        assert (summary["faults"], summary["healthy"]) == (1, False)

    def test_a_recording_that_cannot_be_read_is_a_finding_with_its_name(self, tmp_path, capsys):
        (tmp_path / "torn.csv").write_text("t_ms,ax,ay,az\n1,2\n")
        (tmp_path / "bare").mkdir()
        for name, said in (
            ("torn.csv", "line 2"),
            ("no.csv", "does not exist"),
            ("bare", "no .csv"),
        ):
            _, out, _ = self.main(capsys, "--replay", tmp_path / name, "--json")
            found = json.loads(out.splitlines()[0])
            assert said in found["text"] and name in found["text"]
            assert found["fix"] and said not in found["fix"]

    def test_one_needs_to_say_what_to_examine(self, capsys):
        status, out, err = self.main(capsys)
        assert (status, out) == (1, "")
        assert err.startswith("airdigit-doctor: error: choose a source: --port or --i2c")

    @pytest.mark.parametrize("seconds", ["0", "61", "nan", "long"])
    def test_a_time_that_is_none_is_a_usage_error(self, seconds, capsys):
        with pytest.raises(SystemExit) as stop:
            airdigit_doctor.main(["--mock", "--seconds", seconds])
        assert stop.value.code == 2

    def test_the_help_teaches(self, capsys):
        with pytest.raises(SystemExit) as stop:
            airdigit_doctor.main(["--help"])
        assert stop.value.code == 0
        text = capsys.readouterr().out
        assert "airdigit-doctor --i2c 1 " in text and "[EDGE_SECONDS]" in text
