"""Description and state of the machine, read from system files of boards and of desktops."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bench.machine.description import describe_machine
from edge.bench.machine.system_state import (
    clock_warning,
    decode_flags,
    read_state,
    stolen_share,
    throttled,
    warnings,
)

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
    "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\nHardware\t: BCM2835\n",
    "proc/meminfo": "MemTotal:        3885396 kB\nMemFree: 1 kB\n",
    "proc/loadavg": "0.12 0.30 0.20 1/180 1234\n",
    "proc/stat": "cpu  100 0 50 850 0 0 0 0 0 0\ncpu0 1 2 3 4\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "600000\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "sys/class/thermal/thermal_zone1/type": "battery\n",
    "sys/class/thermal/thermal_zone1/temp": "90000\n",
    THROTTLED: "0\n",
}
DESKTOP = {
    "sys/class/dmi/id/sys_vendor": "Example Ltd.\n",
    "sys/class/dmi/id/product_name": "Box 3\n",
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.60GHz\ncpu MHz\t\t: 2596.1\n",
    "sys/class/thermal/thermal_zone0/type": "acpitz\n",
    "sys/class/thermal/thermal_zone0/temp": "27800\n",
}


@pytest.fixture
def system_files(tmp_path):
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_description_of_a_raspberry_pi(system_files):
    found = describe_machine(system_files(PI))
    assert found["board"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert found["cpu"] == "Cortex-A72"
    assert (found["memory_mb"], found["system"]) == (3794, "Debian GNU/Linux 12 (bookworm)")
    assert {"edge-sense", "numpy"} <= found["packages"].keys()


def test_state_of_a_raspberry_pi(system_files):
    state = read_state(system_files(PI))
    assert state["load"] == 0.12
    assert state["governors"] == ["ondemand"]
    assert state["clock_mhz"] == [1500.0, 600.0]
    assert state["temperature_c"] == 48.312  # not the temperature of the battery
    assert state["throttled"] == []


def test_description_and_state_of_a_desktop(system_files):
    root = system_files(DESKTOP)
    found, state = describe_machine(root), read_state(root)
    assert (found["board"], found["cpu"]) == ("Example Ltd. Box 3", "Some CPU @ 2.60GHz")
    assert (state["clock_mhz"], state["temperature_c"]) == ([2596.1], 27.8)
    assert state["governors"] is None and state["throttled"] is None


def test_cpu_names_each_kind_of_core(system_files):
    text = "".join(
        f"processor: {n}\nCPU implementer: 0x41\nCPU part: {part}\n"
        for n, part in enumerate(["0xd03", "0xd03", "0xd08", "0xfff"])
    )
    cpu = describe_machine(system_files({"proc/cpuinfo": text}))["cpu"]
    assert cpu == "Cortex-A53 + Cortex-A72 + ARM part 0xfff of implementer 0x41"


def test_machine_without_system_files_gives_none(system_files):
    found, state = describe_machine(system_files({})), read_state(system_files({}))
    for name in ("board", "cpu", "memory_mb"):
        assert found[name] is None
    assert all(value is None for name, value in state.items() if name != "time")
    assert list(warnings(state, state)) == []


@given(text=st.text(max_size=40))
def test_garbage_in_system_files_is_no_error(text, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for name in PI:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    describe_machine(root)
    state = read_state(root)
    list(warnings(state, state))


def test_temperature_skips_a_sensor_that_cannot_be_read(system_files):
    root = system_files(PI)
    broken = root / "sys/class/thermal/thermal_zone0/temp"
    broken.unlink()
    broken.mkdir()  # reading it fails, as with some drivers
    assert read_state(root)["temperature_c"] == 90.0


@pytest.mark.parametrize(
    ("bits", "flags"),
    [
        (0x0, []),
        (0x1, ["under-voltage"]),
        (0x50000, ["under-voltage since the start", "throttled since the start"]),
        (0x80008, ["temperature limit", "temperature limit since the start"]),
        (0x2, ["clock capped"]),
    ],
)
def test_throttled_decodes_the_flags_of_the_firmware(bits, flags, system_files):
    assert list(decode_flags(bits)) == flags
    assert throttled(system_files({THROTTLED: f"{bits:x}\n"})) == flags


def warnings_of(system_files, before: dict[str, str], after: dict[str, str]) -> str:
    """The warnings for changes of a Raspberry Pi's files before and after the benchmark."""
    first = read_state(system_files({**PI, **before}))
    return "; ".join(warnings(first, read_state(system_files({**PI, **after}))))


def governor(name: str) -> dict[str, str]:
    return dict.fromkeys((file for file in PI if file.endswith("governor")), name)


def test_idle_machine_gives_no_warning(system_files):
    assert warnings_of(system_files, {}, {}) == ""


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"proc/loadavg": "2.5 1 1 1/1 1"}, {}, "not idle: its load was 2.5"),
        (
            governor("powersave"),
            governor("powersave"),
            "the governor powersave keeps the clock low",
        ),
        (
            {},
            governor("performance"),
            "governor changed",
        ),
        (
            {THROTTLED: "50005"},
            {THROTTLED: "50005"},
            "slowed down: under-voltage; the board is slowed down: throttled",
        ),
        (
            {},
            {THROTTLED: "20000"},
            "was slowed down during the benchmark: clock capped",
        ),
        ({}, {"sys/class/thermal/thermal_zone0/temp": "81000"}, "at 81 degrees C"),
        ({}, {"proc/stat": "cpu  150 0 60 900 0 0 0 20 0 0"}, "took 15% of the time"),
    ],
)
def test_warning_names_the_disturbance(system_files, before, after, words):
    assert words in warnings_of(system_files, before, after)


def test_throttling_before_the_benchmark_gives_no_warning(system_files):
    since = {THROTTLED: "50000"}
    assert warnings_of(system_files, since, since) == ""


def test_clock_warning_names_both_clocks():
    assert clock_warning([1_500_000, 600_000]) == "the clock changed between 600 and 1500 MHz"
    assert clock_warning([1_500_000, 1_480_000]) is None
    assert clock_warning([None, None]) is None and clock_warning([]) is None


def test_stolen_share_is_zero_without_counters():
    assert stolen_share(None, [1] * 10) == 0.0
    assert stolen_share([1, 2], [3, 4]) == 0.0
    assert stolen_share([0] * 10, [0] * 10) == 0.0
