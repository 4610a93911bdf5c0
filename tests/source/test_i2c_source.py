"""The I2C source with the real smbus2 and an emulated sensor, including its faults."""

from __future__ import annotations

import argparse
import builtins
import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import RuntimeMissing, SourceError
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Chunk
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source.i2c.source import I2CSource
from edge.source.sample_clock import SampleClock
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2

REQUIREMENTS = {"channels": list(MOTION), "accel_g": 4, "gyro_dps": 500, "rate_hz": 100}
UNIT = np.array([STANDARD_GRAVITY / 8192] * 3 + [DEGREE / 65.5] * 3)
PERIOD = 0.01  # s


class SensorBench:
    """An emulated sensor on a bus. Its samples are unique: a shifted or mixed one equals none."""

    def __init__(self, who: int = 0x68, address: int = 0x68, rate_error: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.measured_at: dict[tuple[int, ...], float] = {}
        self.number = count()
        self.chip = EmulatedMPU6050(self.motion, self.clock, who, address, rate_error)
        self.kernel = FakeKernel(self.clock, self.chip)
        self.chunks: list[Chunk] = []

    def motion(self, t: float) -> np.ndarray:
        raw = (next(self.number) * 6 + np.arange(6)) * 7919 % 64007 - 32003
        self.measured_at[tuple(raw.tolist())] = t
        return raw * UNIT

    @contextmanager
    def source(
        self, address: int | None = None, requirements: dict = REQUIREMENTS
    ) -> Iterator[I2CSource]:
        source = I2CSource(1, address, requirements)
        source._clock, source._sleep = self.clock, self.clock.sleep
        with kernel_under_smbus2(self.kernel), source:
            self.stream = iter(source)
            self.start = self.clock.now
            yield source

    def run(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            before = self.clock.now
            self.chunks.append(next(self.stream))
            self.slowest = max(getattr(self, "slowest", 0.0), self.clock.now - before)

    @property
    def t(self) -> np.ndarray:
        return np.concatenate([chunk.t for chunk in self.chunks])

    def true_times(self) -> np.ndarray:
        """Return when the delivered samples were measured; KeyError if one of them was not."""
        raw = [np.rint(chunk.values / UNIT).astype(int) for chunk in self.chunks]
        return np.array([self.measured_at[tuple(row)] for row in np.concatenate(raw).tolist()])

    def check_samples(self, tolerance: float = 1.5 * PERIOD) -> None:
        """Assert that each sample was measured, in order, once, and has the right time stamp."""
        true = self.true_times() - self.start
        assert (np.diff(true) > 0).all()
        assert (np.diff(self.t) > 0).all()
        assert np.abs(self.t - true).max() <= tolerance
        assert self.slowest <= 0.25


@pytest.fixture
def bench() -> SensorBench:
    return SensorBench()


class TestStream:
    @pytest.mark.parametrize("who", [0x68, 0x70, 0x71, 0x72, 0x73, 0x98])
    def test_stream_delivers_the_measured_samples(self, who):
        bench = SensorBench(who)
        with bench.source() as source:
            assert source.channels == MOTION and source.rate == 100
            bench.run(5)
        bench.check_samples(PERIOD)
        health = source.health
        assert health.samples == pytest.approx(500, abs=6)
        assert (health.lost, health.clipped, health.errors, health.reconnects) == (0, 0, 0, 0)
        assert health.rate == pytest.approx(100, abs=0.3)
        assert not bench.kernel.is_open

    @pytest.mark.parametrize("wanted_t", [-np.inf, np.inf])
    def test_source_polls_rarely_while_no_event_can_come(self, bench, wanted_t):
        with bench.source() as source:
            source.wanted_t = wanted_t
            bench.run(5)
        bench.check_samples()
        assert source.health.lost == 0
        assert len(bench.chunks) < (30 if wanted_t > 0 else 102)

    def test_sensor_is_found_at_the_second_address(self):
        bench = SensorBench(address=0x69)
        with bench.source():
            bench.run(1)
        bench.check_samples()
        with pytest.raises(SourceError, match="no sensor answers at 0x68 on"), bench.source(0x68):
            pass

    def test_other_chip_at_the_first_address_is_ignored(self):
        bench = SensorBench(address=0x69)
        clock_chip = EmulatedMPU6050(bench.motion, bench.clock, 0xEA)
        bench.kernel.chips = (clock_chip, bench.chip)
        with bench.source():
            bench.run(1)
        bench.check_samples()

    @pytest.mark.parametrize("rate_error", [-0.03, -0.004, 0.01, 0.03])
    def test_time_stamps_are_right_despite_oscillator_error(self, rate_error):
        bench = SensorBench(rate_error=rate_error)
        with bench.source() as source:
            bench.run(120)
        bench.check_samples(1.2 * PERIOD)
        late = bench.t > 10
        step = np.diff(bench.t[late]) * 100 * (1 + rate_error)
        assert step.min() > 0.8 and step.max() < 1.2
        assert source.health.lost == 0
        assert source.health.rate == pytest.approx(100 * (1 + rate_error), rel=2e-4)

    def test_other_ranges_and_rates_are_used(self, bench):
        with bench.source(requirements={"accel_g": 16, "gyro_dps": 2000, "rate_hz": 200}) as source:
            assert source.rate == 200
            bench.run(2)
        values = np.concatenate([chunk.values for chunk in bench.chunks])
        assert len(values) == pytest.approx(400, abs=12)
        measured = np.array(list(bench.measured_at)[-500:]) * UNIT
        nearest = np.abs(values[:, None, :] - measured[None]).max(2).min(1)
        assert nearest.max() <= (UNIT[0] * 4) / 2 * 1.01

    def test_late_reader_loses_no_samples(self, bench):
        with bench.source() as source:
            for _ in range(10):
                bench.run(0.3)
                bench.clock.sleep(0.6)
            bench.run(0.1)
        bench.check_samples()
        assert source.health.lost == 0


class TestFaults:
    def elapsed(self, bench: SensorBench) -> float:
        return (bench.true_times()[-1] - bench.start) * 100

    def test_fifo_overflow_is_counted_and_logged_once(self, bench, caplog):
        with bench.source() as source:
            bench.run(1)
            bench.clock.sleep(5)
            bench.run(1)
            bench.clock.sleep(5)
            bench.run(1)
        bench.check_samples()
        assert source.health.lost == pytest.approx(2 * 505, abs=12)
        assert abs(source.health.samples + source.health.lost - self.elapsed(bench)) <= 2
        assert caplog.text.count("overflowed") == 1

    def test_single_nacks_lose_no_samples(self, bench):
        with bench.source() as source:
            for _ in range(100):
                bench.run(0.05)
                bench.chip.nack(transfers=2)
        bench.check_samples()
        assert source.health.lost == 0 and 198 <= source.health.errors <= 200

    def test_half_a_second_of_nacks_loses_no_samples(self, bench, caplog):
        with bench.source() as source:
            bench.run(1)
            bench.chip.nack(seconds=0.45)
            bench.run(2)
        bench.check_samples()
        assert source.health.lost == 0 and source.health.errors > 10
        assert not caplog.records

    def test_ten_seconds_of_nacks_are_counted_as_lost_samples(self, bench, caplog):
        with bench.source() as source:
            bench.run(8)
            bench.chip.nack(seconds=10)
            bench.run(9.9)
            assert source.health.lost == pytest.approx(990, abs=8), "counted during the outage"
            bench.run(2)
        bench.check_samples()
        assert abs(source.health.samples + source.health.lost - self.elapsed(bench)) <= 2
        assert source.health.reconnects == 1
        warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert "does not answer" in warnings[0].message
        assert "is back" in warnings[1].message
        assert len(warnings) == 2

    @pytest.mark.parametrize("who", [0x68, 0x71])
    def test_power_cycle_is_recovered(self, who, caplog):
        bench = SensorBench(who)
        with bench.source() as source:
            bench.run(1)
            bench.chip.power_cycle()
            bench.run(2)
        bench.check_samples()
        assert abs(source.health.samples + source.health.lost - self.elapsed(bench)) <= 2
        assert 10 <= source.health.lost <= 40
        assert source.health.reconnects == 1
        assert caplog.text.count("lost power") == 1

    def test_unplugged_sensor_is_recovered_when_plugged_in(self, bench):
        with bench.source() as source:
            bench.run(1)
            bench.chip.power_off()
            bench.run(3)
            bench.chip.power_on()
            bench.run(2)
        bench.check_samples()
        assert abs(source.health.samples + source.health.lost - self.elapsed(bench)) <= 2
        assert source.health.reconnects == 1

    @pytest.mark.parametrize("number", [errno.EIO, errno.ETIMEDOUT, errno.EREMOTEIO])
    @pytest.mark.parametrize("read", [0, 1, 7, 12, 25])
    def test_interrupted_read_loses_only_its_own_samples(self, bench, number, read):
        with bench.source() as source:
            for _ in range(40):
                bench.run(0.13)
                bench.kernel.interrupt = (0 if number == errno.EREMOTEIO else read, number)
            bench.run(0.5)
        bench.check_samples()
        assert source.health.errors == 40
        assert abs(source.health.samples + source.health.lost - self.elapsed(bench)) <= 2
        assert source.health.lost <= 40 * 7

    def test_clipping_is_counted_and_logged_once(self, bench, caplog):
        values = [np.array([0, 0, 1, 0, 0, 0]), np.array([0, 50, 9.8, 0, 0, 99.0])]
        bench.chip.motion = lambda t: values[int(t * 100 + 0.5) % 4 == 0]
        with bench.source() as source:
            bench.run(4)
        assert source.health.clipped == pytest.approx(100, abs=2)
        assert "exceeds +-4 g" in caplog.text and "accel_g 8" in caplog.text
        assert len(caplog.records) == 1

    def test_sensor_without_samples_raises_source_error(self, bench):
        with bench.source() as source:
            bench.run(1)
            bench.chip._sample = lambda t: None
            with pytest.raises(SourceError, match="answers but gives no samples"):
                bench.run(10)
            assert source.health.samples > 90

    def test_sleeping_sensor_is_set_up_again(self, bench):
        with bench.source() as source:
            bench.run(1)
            bench.chip._registers[0x6B] = 0x40
            bench.run(4)
        bench.check_samples()
        assert source.health.samples > 300

    def test_vanished_bus_raises_source_error(self, bench):
        with bench.source():
            bench.run(1)

            def gone(number: int) -> None:
                raise OSError(errno.ENODEV, "No such device")

            bench.kernel.before_transfer = gone
            with pytest.raises(SourceError, match="/dev/i2c-1 is gone"):
                bench.run(1)


EVENTS = st.tuples(
    st.integers(1, 60),
    st.one_of(
        st.tuples(st.just("stall"), st.floats(0.001, 2.0)),
        st.tuples(st.just("nack"), st.integers(1, 12)),
        st.tuples(st.just("nack_for"), st.floats(0.001, 3.0)),
        st.tuples(st.just("interrupt"), st.integers(0, 80)),
        st.tuples(st.just("power_cycle"), st.just(0)),
        st.tuples(st.just("reset_and_stall"), st.floats(0.05, 1.0)),
    ),
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(EVENTS, max_size=8),
    st.sampled_from([0x68, 0x71, 0x98]),
    st.floats(-0.02, 0.02),
)
def test_random_faults_give_no_wrong_and_no_uncounted_samples(events, who, rate_error):
    """The tolerance is one sample for each restart of the stream, plus the rate error."""
    bench = SensorBench(who, rate_error=rate_error)
    restarts = 1
    with bench.source() as source:
        pending = list(events)
        due = bench.kernel.transfers + (pending[0][0] if pending else 0)

        def cause_fault(number: int) -> None:
            nonlocal due, restarts
            if not pending or number < due:
                return
            _, (what, amount) = pending.pop(0)
            due = number + (pending[0][0] if pending else 0)
            restarts += 1
            if what in ("stall", "reset_and_stall"):
                if what == "reset_and_stall":
                    bench.chip.power_cycle()
                bench.clock.sleep(amount)
            elif what == "nack":
                bench.chip.nack(transfers=amount)
            elif what == "nack_for":
                bench.chip.nack(seconds=amount)
            elif what == "interrupt":
                bench.kernel.interrupt = (amount, errno.EIO)
            else:
                bench.chip.power_cycle()

        bench.kernel.before_transfer = cause_fault
        while pending:
            bench.run(0.5)
        bench.run(4)
    true = bench.true_times() - bench.start
    assert (np.diff(true) > 0).all() and (np.diff(bench.t) > 0).all()
    rate = 100 * (1 + rate_error)
    bound = restarts + abs(rate_error) * 100 * true[-1]
    assert abs(source.health.samples + source.health.lost - true[-1] * rate) <= bound
    assert np.abs(bench.t - true).max() <= 0.05
    assert abs(bench.t[-1] - true[-1]) <= 1.1 * PERIOD


class TestOpening:
    def refuses(self, bench: SensorBench, *parts: str) -> None:
        with pytest.raises(SourceError) as caught, bench.source():
            pass
        for part in parts:
            assert part in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not bench.kernel.is_open

    def test_missing_bus_error_lists_existing_buses(self, bench, monkeypatch):
        monkeypatch.setattr("edge.source.i2c.bus.glob", lambda pattern: ["/dev/i2c-20"])
        source = I2CSource(7, None, REQUIREMENTS)
        with kernel_under_smbus2(bench.kernel), pytest.raises(SourceError) as caught, source:
            pass
        for part in ("/dev/i2c-7", "there is /dev/i2c-20", "raspi-config", "dtparam=i2c_arm=on"):
            assert part in str(caught.value)

    def test_no_bus_error_names_raspi_config(self, bench, monkeypatch):
        monkeypatch.setattr("edge.source.i2c.bus.glob", lambda pattern: [])
        bench.kernel.open_error = FileNotFoundError(errno.ENOENT, "No such file or directory")
        self.refuses(bench, "no I2C bus at all", "raspi-config")

    def test_permission_error_names_the_group(self, bench):
        bench.kernel.open_error = PermissionError(errno.EACCES, "Permission denied")
        self.refuses(bench, "no permission for /dev/i2c-1", "group i2c", "usermod")

    def test_smbus_only_adapter_is_refused(self, bench):
        bench.kernel.funcs = 0x0EFF0000
        self.refuses(bench, "SMBus only")

    def test_no_answer_error_names_the_wires(self, bench):
        bench.chip.power_off()
        self.refuses(bench, "0x68 or 0x69", "VCC", "SDA", "AD0")

    def test_bus_timeout_is_named_in_the_error(self, bench):
        def hang(number: int) -> None:
            raise OSError(errno.ETIMEDOUT, "Connection timed out")

        bench.kernel.before_transfer = hang
        self.refuses(bench, "no sensor answers", "Connection timed out", "SDA")

    @pytest.mark.parametrize("who", [0x00, 0xFF, 0xEA, 0x69])
    def test_wrong_chip_is_named_in_the_error(self, who):
        self.refuses(SensorBench(who), f"0x{who:02x}", "not an MPU6050", "0x98", "--address 0x69")

    def test_sensor_that_does_not_store_settings_is_refused(self, bench):
        bench.chip._store = lambda register, value: None
        self.refuses(bench, "cannot be set up")

    def test_nacks_while_opening_are_retried(self, bench):
        bench.chip.nack(transfers=2)
        with bench.source() as source:
            bench.run(1)
        bench.check_samples()
        assert source.health.errors == 2

    def test_missing_smbus2_error_names_the_install_command(self, monkeypatch):
        real = builtins.__import__

        def without(name: str, *rest: object) -> object:
            if name == "smbus2":
                raise ImportError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(RuntimeMissing, match="pip install smbus2"):
            I2CSource(1, None, REQUIREMENTS).__enter__()


class TestOptions:
    def parse(self, *words: str) -> I2CSource | None:
        parser = argparse.ArgumentParser(exit_on_error=False)
        I2CSource.add_options(parser.add_argument_group("source"))
        return I2CSource.from_options(parser.parse_args(words), REQUIREMENTS)

    def test_options_select_bus_and_address(self):
        assert self.parse() is None
        source = self.parse("--i2c", "1")
        assert (source.number, source.address) == (1, None)
        assert self.parse("--i2c", "0", "--address", "0x69").address == 0x69

    @pytest.mark.parametrize("words", [("--i2c", "x"), ("--i2c", "1", "--address", "0x70")])
    def test_invalid_options_are_refused(self, words):
        with pytest.raises(argparse.ArgumentError):
            self.parse(*words)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.floats(0, 0.2), st.floats(0, 0.05)), max_size=50),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_sample_clock_times_always_increase(reads, skipping):
    clock, now, last = SampleClock(100, 0.0), 0.0, 0.0
    for measured_at, pause, duration in reads:
        now += pause + 1e-4
        if skipping and measured_at > 100:
            assert clock.skip(now) >= 0
        elif measured_at:
            times = clock.stamp(measured_at, now, now + duration)
            assert len(times) == measured_at and times[0] > last and (np.diff(times) > 0).all()
            last = times[-1]
        now += duration
