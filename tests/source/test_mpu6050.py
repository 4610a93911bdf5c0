"""The emulated chip follows the register map, and the driver sets the chip up as required."""

from __future__ import annotations

import numpy as np
import pytest
from smbus2 import SMBus

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Health
from edge.simulation.chip.i2c import transfer
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source.i2c.mpu6050 import MPU6050, FifoLost, SensorReset
from i2c_bus import FakeKernel, VirtualClock, kernel_under_smbus2

STILL = np.array([0, 0, STANDARD_GRAVITY, 0, 0, 0])


def at_rest(t: float) -> np.ndarray:
    return STILL


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def chip(clock: VirtualClock) -> EmulatedMPU6050:
    return EmulatedMPU6050(at_rest, clock)


def read(chip: EmulatedMPU6050, register: int, count: int = 1) -> list[int]:
    return list(transfer([chip], [(0x68, bytes([register])), (0x68, count)])[1])


def write(chip: EmulatedMPU6050, register: int, *values: int) -> None:
    transfer([chip], [(0x68, bytes([register, *values]))])


def read_axes(chip: EmulatedMPU6050) -> list[int]:
    return np.frombuffer(bytes(read(chip, 0x3B, 14)), ">i2").tolist()


def start_fifo(chip: EmulatedMPU6050) -> None:
    write(chip, 0x6B, 1)
    write(chip, 0x19, 9, 3)
    write(chip, 0x23, 0x78)
    write(chip, 0x6A, 0x40)


class TestChip:
    def test_chip_boots_in_sleep_mode_and_measures_nothing(self, chip, clock):
        clock.sleep(1)
        assert read(chip, 0x6B) == [0x40]
        assert read_axes(chip) == [0] * 7
        write(chip, 0x6B, 0)
        clock.sleep(0.01)
        assert read_axes(chip) == [0, 0, 16384, round((25 - 36.53) * 340), 0, 0, 0]

    @pytest.mark.parametrize("who", [0x70, 0x71, 0x72, 0x73])
    def test_65xx_and_92xx_boot_without_sleep_mode(self, clock, who):
        chip = EmulatedMPU6050(at_rest, clock, who)
        clock.sleep(0.01)
        assert read(chip, 0x6B) == [1] and read(chip, 0x75) == [who]
        assert read_axes(chip)[2] == 16384

    def test_who_am_i_is_independent_of_the_address(self, clock):
        chip = EmulatedMPU6050(at_rest, clock, address=0x69)
        assert transfer([chip], [(0x69, b"\x75"), (0x69, 1)])[1] == b"\x68"
        with pytest.raises(OSError, match="Remote I/O"):
            transfer([chip], [(0x68, b"\x75")])

    @pytest.mark.parametrize(
        "code, accel, gyro", [(0, 16384, 131), (1, 8192, 65.5), (2, 4096, 32.8), (3, 2048, 16.4)]
    )
    def test_values_are_scaled_and_clipped(self, clock, code, accel, gyro):
        values = np.array([1.5 * STANDARD_GRAVITY, -99 * STANDARD_GRAVITY, 0, 40, 9e9, -9e9])
        values[3] *= DEGREE
        chip = EmulatedMPU6050(lambda t: values, clock)
        write(chip, 0x6B, 1)
        write(chip, 0x1B, code << 3, code << 3)
        clock.sleep(0.01)
        ax, ay, _, _, gx, gy, gz = read_axes(chip)
        assert (ax, ay) == (1.5 * accel, -32768)
        assert (gx, gy, gz) == (round(40 * gyro), 32767, -32768)

    @pytest.mark.parametrize(
        "divider, low_pass, rate", [(9, 3, 100), (0, 0, 8000), (7, 7, 1000), (19, 6, 50)]
    )
    def test_rate_follows_divider_and_filter(self, clock, divider, low_pass, rate):
        times: list[float] = []
        chip = EmulatedMPU6050(lambda t: times.append(t) or STILL, clock)
        write(chip, 0x6B, 1)
        write(chip, 0x19, divider, low_pass)
        start, _ = clock.now, times.clear()
        clock.sleep(20.5 / rate)
        read(chip, 0x3A)
        assert times == pytest.approx(start + np.arange(1, 21) / rate)

    def test_oscillator_error_changes_the_rate(self, clock):
        times: list[float] = []
        chip = EmulatedMPU6050(lambda t: times.append(t) or STILL, clock, rate_error=0.02)
        write(chip, 0x6B, 1)
        write(chip, 0x19, 9, 3)
        times.clear()
        clock.sleep(1.001)
        read(chip, 0x3A)
        assert len(times) == 102

    def test_data_ready_is_cleared_by_reading_it(self, chip, clock):
        write(chip, 0x6B, 1)
        clock.sleep(0.01)
        assert read(chip, 0x3A) == [1]
        assert read(chip, 0x3A) == [0]

    def test_burst_read_is_consistent_and_single_byte_reads_are_not(self, clock):
        chip = EmulatedMPU6050(lambda t: np.full(6, t - 100), clock)
        write(chip, 0x6B, 1)
        clock.sleep(0.5)
        assert chip.start(0x68, False) and chip.write(0x3B) and chip.start(0x68, True)
        burst = []
        for _ in range(14):
            burst.append(chip.read())
            clock.sleep(0.1)
        chip.stop()
        ax, ay, az = np.frombuffer(bytes(burst[:6]), ">i2")
        assert ax == ay == az > 0
        mixed = []
        for register in range(0x3B, 0x41):
            mixed += read(chip, register)
            clock.sleep(0.1)
        assert len({*np.frombuffer(bytes(mixed), ">i2").tolist()}) > 1

    def test_fifo_holds_the_enabled_sensors_in_register_order(self, chip, clock):
        start_fifo(chip)
        clock.sleep(0.035)
        assert read(chip, 0x72, 2) == [0, 36]
        packet = np.frombuffer(bytes(read(chip, 0x74, 12)), ">i2")
        assert packet.tolist() == [0, 0, 16384, 0, 0, 0]
        assert read(chip, 0x72, 2) == [0, 24]

    def test_empty_fifo_repeats_its_last_byte(self, clock):
        chip = EmulatedMPU6050(lambda t: np.full(6, 5 * DEGREE), clock)
        start_fifo(chip)
        clock.sleep(0.015)
        data = read(chip, 0x74, 15)
        assert data[12:] == [data[11]] * 3 and data[11] != 0

    @pytest.mark.parametrize("who, size", [(0x68, 1024), (0x71, 512), (0x98, 4096)])
    def test_fifo_overflow_drops_the_oldest_bytes_and_misaligns_samples(self, clock, who, size):
        chip = EmulatedMPU6050(at_rest, clock, who)
        start_fifo(chip)
        clock.sleep(size // 12 / 100 + 0.005)
        assert read(chip, 0x3A)[0] & 0x10 == 0
        clock.sleep(0.01)
        assert int.from_bytes(bytes(read(chip, 0x72, 2)), "big") == size
        assert read(chip, 0x3A)[0] & 0x10
        assert read(chip, 0x3A)[0] & 0x10 == 0
        first = np.frombuffer(bytes(read(chip, 0x74, 12)), ">i2").tolist()
        assert first != [0, 0, 16384, 0, 0, 0]

    def test_fifo_reset_works_only_while_the_fifo_is_off(self, chip, clock):
        start_fifo(chip)
        clock.sleep(0.025)
        write(chip, 0x6A, 0x44)
        assert read(chip, 0x72, 2) == [0, 24] and read(chip, 0x6A) == [0x40]
        write(chip, 0x6A, 0)
        clock.sleep(0.1)
        assert read(chip, 0x72, 2) == [0, 24]
        write(chip, 0x6A, 0x04)
        assert read(chip, 0x72, 2) == [0, 0] and read(chip, 0x6A) == [0]

    def test_device_reset_returns_to_sleep_mode(self, chip, clock):
        start_fifo(chip)
        write(chip, 0x6B, 0x80)
        with pytest.raises(OSError):
            read(chip, 0x75)
        clock.sleep(0.1)
        assert read(chip, 0x6B) == [0x40] and read(chip, 0x19) == [0] and read(chip, 0x6A) == [0]

    def test_nacks_can_be_set_by_number_and_by_time(self, chip, clock):
        chip.nack(transfers=2)
        for _ in range(2):
            with pytest.raises(OSError):
                read(chip, 0x75)
        assert read(chip, 0x75) == [0x68]
        chip.nack(seconds=1)
        clock.sleep(0.9)
        with pytest.raises(OSError):
            read(chip, 0x75)
        clock.sleep(0.2)
        assert read(chip, 0x75) == [0x68]

    def test_read_only_registers_are_not_written(self, chip):
        write(chip, 0x75, 1)
        assert read(chip, 0x75) == [0x68]


class TestDriver:
    def configured(self, clock, *requirements: float) -> MPU6050:
        sensor = MPU6050(SMBus(1), 0x68, Health())
        sensor.set_requirements(*requirements or (4, 500, 100))
        sensor.configure(clock.sleep)
        return sensor

    @pytest.mark.parametrize(
        "required, accel, gyro",
        [((2, 250), 2, 250), ((2.1, 251), 4, 500), ((8, 1000), 8, 1000), ((99, 9999), 16, 2000)],
    )
    def test_driver_sets_the_smallest_sufficient_range(self, clock, required, accel, gyro):
        values = np.array([1.0, -2.0, STANDARD_GRAVITY, 0.5, -1.0, 2.0])
        chip = EmulatedMPU6050(lambda t: values, clock)
        with kernel_under_smbus2(FakeKernel(clock, chip)):
            sensor = self.configured(clock, *required, 100)
            assert (sensor.accel_g, sensor.gyro_dps) == (accel, gyro)
            clock.sleep(0.055)
            packets, before, after = sensor.read(clock)
        assert len(packets) == 5 and before < after <= clock.now
        half = sensor.scale / 2 * 1.001
        assert (np.abs(packets * sensor.scale - values) <= half).all()
        assert sensor.scale[0] == pytest.approx(accel * STANDARD_GRAVITY / 32768)
        assert sensor.scale[3] == pytest.approx(gyro * DEGREE / 32768, rel=2e-3)

    @pytest.mark.parametrize(
        "rate, divider, low_pass, real",
        [(100, 9, 3, 100), (50, 19, 4, 50), (200, 4, 2, 200), (62, 15, 4, 62.5), (4, 249, 6, 4)],
    )
    def test_driver_sets_rate_and_filter(self, clock, chip, rate, divider, low_pass, real):
        with kernel_under_smbus2(FakeKernel(clock, chip)):
            assert self.configured(clock, 4, 500, rate).rate == real
        assert read(chip, 0x19, 2) == [divider, low_pass]
        assert read(chip, 0x1D) == [0], "an original MPU6050 has no such register"

    @pytest.mark.parametrize("rate", [0, 3, 501, -1, float("nan")])
    def test_impossible_rate_is_refused(self, clock, chip, rate):
        kernel = FakeKernel(clock, chip)
        with kernel_under_smbus2(kernel), pytest.raises(SourceError, match="4 to 500 Hz"):
            self.configured(clock, 4, 500, rate)

    @pytest.mark.parametrize("who", [0x70, 0x71, 0x72, 0x73, 0x98])
    def test_driver_sets_the_accelerometer_filter_of_clones(self, clock, who):
        chip = EmulatedMPU6050(at_rest, clock, who)
        with kernel_under_smbus2(FakeKernel(clock, chip)):
            self.configured(clock)
        assert read(chip, 0x19, 5) == [9, 3, 0x08, 0x08, 3]

    def test_samples_in_the_fifo_can_be_read_after_nacks(self, clock, chip):
        with kernel_under_smbus2(FakeKernel(clock, chip)):
            sensor = self.configured(clock)
            clock.sleep(0.055)
            chip.nack(seconds=0.1)
            with pytest.raises(OSError):
                sensor.read(clock)
            clock.sleep(0.1)
            assert len(sensor.read(clock)[0]) >= 15

    def test_power_loss_between_count_and_data_is_detected(self, clock, chip):
        kernel = FakeKernel(clock, chip)
        with kernel_under_smbus2(kernel):
            sensor = self.configured(clock)
            clock.sleep(0.055)
            number = kernel.transfers

            def power_cycle(transfer: int) -> None:
                if transfer == number + 2:
                    chip.power_cycle()
                    clock.sleep(0.06)

            kernel.before_transfer = power_cycle
            with pytest.raises(SensorReset):
                sensor.read(clock)

    def test_overflow_between_count_and_data_is_detected(self, clock, chip):
        kernel = FakeKernel(clock, chip)
        with kernel_under_smbus2(kernel):
            sensor = self.configured(clock)
            clock.sleep(0.055)
            number = kernel.transfers
            kernel.before_transfer = lambda transfer: clock.sleep((transfer == number + 2) * 2.0)
            with pytest.raises(FifoLost):
                sensor.read(clock)

    def test_power_loss_during_set_up_is_detected(self, clock, chip):
        kernel = FakeKernel(clock, chip)
        with kernel_under_smbus2(kernel):
            sensor = MPU6050(SMBus(1), 0x68, Health())
            sensor.set_requirements(4, 500, 100)
            first = kernel.transfers
            sensor.configure(clock.sleep)
            steps = kernel.transfers - first
            for step in range(3, steps + 1):  # before the third transfer nothing has been set
                begin = kernel.transfers

                def power_cycle(transfer: int, at: int = begin + step) -> None:
                    if transfer == at:
                        chip.power_cycle()
                        clock.sleep(0.06)

                kernel.before_transfer = power_cycle
                with pytest.raises(SensorReset):
                    sensor.configure(clock.sleep)
                    sensor.read(clock)
