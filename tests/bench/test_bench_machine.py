"""What the record says of the machine, on system files as boards and desktops have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bench.machine.description import describe_machine
from edge.bench.machine.system_state import (
    clock_warning,
    decoded,
    look,
    stolen_share,
    throttled,
    warnings,
)

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
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
}
DESKTOP = {
    "sys/class/dmi/id/sys_vendor": "Example Ltd.\n",
    "sys/class/dmi/id/product_name": "Box 3\n",
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.60GHz\ncpu MHz\t\t: 2596.1\n",
    "sys/class/thermal/thermal_zone0/type": "acpitz\n",
    "sys/class/thermal/thermal_zone0/temp": "27800\n",
}


@pytest.fixture
def tree(tmp_path):
    def make(files: dict[str, str], **changes: str | None) -> Path:
        for name, text in {
            **files,
            **{k.replace("__", "/"): v for k, v in changes.items()},
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text)
        return tmp_path

    return make


def test_a_raspberry_pi_is_described(tree):
    found = describe_machine(tree(PI))
    assert found["board"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert found["cpu"] == "Cortex-A72"
    assert (found["memory_mb"], found["system"]) == (3794, "Debian GNU/Linux 12 (bookworm)")
    assert {"edge-sense", "numpy"} <= found["packages"].keys()


def test_the_state_of_a_raspberry_pi(tree):
    state = look(tree(PI))
    assert state["load"] == 0.12
    assert state["governors"] == ["ondemand"]
    assert state["clock_mhz"] == [1500.0, 600.0]
    assert state["temperature_c"] == 48.312  # not that of the battery
    assert state["throttled"] == []


def test_a_desktop_is_described(tree):
    root = tree(DESKTOP)
    found, state = describe_machine(root), look(root)
    assert (found["board"], found["cpu"]) == ("Example Ltd. Box 3", "Some CPU @ 2.60GHz")
    assert (state["clock_mhz"], state["temperature_c"]) == ([2596.1], 27.8)
    assert state["governors"] is None and state["throttled"] is None


def test_two_kinds_of_cores_are_both_named(tree):
    text = "".join(
        f"processor: {n}\nCPU implementer: 0x41\nCPU part: {part}\n"
        for n, part in enumerate(["0xd03", "0xd03", "0xd08", "0xfff"])
    )
    named = describe_machine(tree({"proc/cpuinfo": text}))["cpu"]
    assert named == "Cortex-A53 + Cortex-A72 + ARM part 0xfff of implementer 0x41"


def test_a_machine_that_tells_nothing_is_no_error(tree):
    found, state = describe_machine(tree({})), look(tree({}))
    for name in ("board", "cpu", "memory_mb"):
        assert found[name] is None
    assert all(value is None for name, value in state.items() if name != "time")
    assert list(warnings(state, state)) == []


@given(text=st.text(max_size=40))
def test_sensors_that_talk_nonsense_are_no_error(text, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for name in PI:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    describe_machine(root)
    state = look(root)
    list(warnings(state, state))


def test_a_sensor_that_fails_is_none(tree):
    root = tree(PI)
    broken = root / "sys/class/thermal/thermal_zone0/temp"
    broken.unlink()
    broken.mkdir()  # reading it fails, as some drivers do
    assert look(root)["temperature_c"] == 90.0


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
def test_the_flags_of_the_firmware(bits, flags, tree):
    assert list(decoded(bits)) == flags
    file = "sys/devices/platform/soc/soc:firmware/get_throttled"
    assert throttled(tree({file: f"{bits:x}\n"})) == flags


def warned(tree, before: dict[str, str], after: dict[str, str]) -> str:
    first = look(tree({**PI, **before}))
    return "; ".join(warnings(first, look(tree({**PI, **after}))))


def test_a_quiet_machine_gives_no_warning(tree):
    assert warned(tree, {}, {}) == ""


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"proc/loadavg": "2.5 1 1 1/1 1"}, {}, "not quiet: its load was 2.5"),
        (
            dict.fromkeys((name for name in PI if name.endswith("governor")), "powersave"),
            dict.fromkeys((name for name in PI if name.endswith("governor")), "powersave"),
            "the governor powersave keeps the clock low",
        ),
        (
            {},
            dict.fromkeys((name for name in PI if name.endswith("governor")), "performance"),
            "governor was changed",
        ),
        (
            {"sys/devices/platform/soc/soc:firmware/get_throttled": "50005"},
            {"sys/devices/platform/soc/soc:firmware/get_throttled": "50005"},
            "slowed down: under-voltage; the board is slowed down: throttled",
        ),
        (
            {},
            {"sys/devices/platform/soc/soc:firmware/get_throttled": "20000"},
            "was slowed down meanwhile: clock capped",
        ),
        ({}, {"sys/class/thermal/thermal_zone0/temp": "81000"}, "at 81 degrees C"),
        ({}, {"proc/stat": "cpu  150 0 60 900 0 0 0 20 0 0"}, "took 15% of the time"),
    ],
)
def test_what_disturbs_is_said(tree, before, after, words):
    assert words in warned(tree, before, after)


def test_what_was_wrong_long_before_is_no_warning(tree):
    since = {"sys/devices/platform/soc/soc:firmware/get_throttled": "50000"}
    assert warned(tree, since, since) == ""


def test_a_clock_that_changes_is_said():
    assert clock_warning([1_500_000, 600_000]) == "the clock went from 600 to 1500 MHz"
    assert clock_warning([1_500_000, 1_480_000]) is None
    assert clock_warning([None, None]) is None and clock_warning([]) is None


def test_stolen_time_needs_counters():
    assert stolen_share(None, [1] * 10) == 0.0
    assert stolen_share([1, 2], [3, 4]) == 0.0
    assert stolen_share([0] * 10, [0] * 10) == 0.0
