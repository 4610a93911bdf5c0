"""Every motion file format is read into the same kind of Recording."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edge.formats.motion import Recording, RecordingError, edge_impulse, find, own_csv, read
from edge.formats.motion.clipping import clipped
from edge.samples import ACCEL, DEGREE, MOTION, STANDARD_GRAVITY

G = STANDARD_GRAVITY


def smooth_motion(n=50, rate=100.0):
    t = np.arange(n) / rate
    values = np.column_stack(
        [np.sin(3 * t), np.cos(2 * t), G + 0 * t, np.sin(5 * t), 0.1 * t, -np.cos(t)]
    )
    return Recording.checked(t, values, MOTION)


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("file_format", [own_csv, edge_impulse])
@pytest.mark.parametrize("channels", [MOTION, ACCEL])
def test_a_rendered_recording_is_read_back_unchanged(write, file_format, channels):
    made = smooth_motion()
    made = Recording.checked(made.t, made.values[:, : len(channels)], channels)
    back = read(write("3_20250102_030405" + file_format.SUFFIX, file_format.render(made)))
    assert back.channels == channels
    assert back.rate == pytest.approx(100, rel=1e-6)
    assert np.allclose(back.t, made.t, atol=1e-6)
    assert np.allclose(back.values, made.values, rtol=1e-5, atol=1e-6)
    assert (back.label, back.session) == ("3", "20250102-am")
    assert not back.gravity_removed


def test_uneven_times_and_a_gap_are_kept_and_do_not_change_the_rate(write):
    times = [100, 120, 138, 158, 1158, 1178, 1196]
    rows = "".join(f"{t},0,0,9.8,0,0,0\n" for t in times)
    back = read(write("a.csv", "t_ms,ax,ay,az,gx,gy,gz\r\n" + rows))
    assert back.t == pytest.approx((np.array(times) - 100) / 1000)
    assert back.rate == pytest.approx(5000 / 96)


def test_edge_impulse_render_writes_no_signature_and_states_units():
    document = json.loads(edge_impulse.render(smooth_motion()))
    assert document["protected"] == {"ver": "v1", "alg": "none"}
    assert document["signature"] == ""
    assert document["payload"]["interval_ms"] == 10
    assert document["payload"]["sensors"][2:4] == [
        {"name": "az", "units": "m/s2"},
        {"name": "gx", "units": "rad/s"},
    ]
    assert len(document["payload"]["values"]) == 50


def test_edge_impulse_render_refuses_a_recording_with_a_gap():
    made = smooth_motion()
    with_gap = Recording.checked(np.delete(made.t, 20), np.delete(made.values, 20, axis=0), MOTION)
    with pytest.raises(RecordingError, match="gaps"):
        edge_impulse.render(with_gap)


def edge_impulse_json(names, units, row, interval=10, n=10):
    sensors = [{"name": n, "units": u} for n, u in zip(names, units, strict=True)]
    payload = {"interval_ms": interval, "sensors": sensors, "values": [row] * n}
    protected = {"ver": "v1", "alg": "HS256", "iat": 1712197808}
    return json.dumps({"protected": protected, "signature": "00", "payload": payload})


@pytest.mark.parametrize(
    ("units", "row"),
    [
        (("N/A", "N/A"), (1.0, 0.5)),
        (("m/s2", "rad/s"), (1.0, 0.5)),
        (("g", "deg/s"), (1 / G, 0.5 / DEGREE)),
        (("mg", "dps"), (1000 / G, 0.5 / DEGREE)),
    ],
)
def test_edge_impulse_units_are_converted_to_si(write, units, row):
    text = edge_impulse_json(
        ["ax", "ay", "az", "gx", "gy", "gz"],
        [units[0]] * 3 + [units[1]] * 3,
        [row[0]] * 3 + [row[1]] * 3,
    )
    back = read(write("5.json.4qg3mu0r.ingestion-5fd9.json", text))
    assert back.values[0] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5])
    assert (back.label, back.recorded, back.session) == ("5", 1712197808, "20240404-am")


def test_edge_impulse_axes_are_found_by_name_in_any_order(write):
    names = ["gyrZ", "gyrY", "gyrX", "magX", "accX", "accY", "accZ"]
    text = edge_impulse_json(names, ["rad/s"] * 3 + ["uT"] + ["m/s2"] * 3, [6, 5, 4, 99, 1, 2, 3])
    assert read(write("a.json", text)).values[0] == pytest.approx([1, 2, 3, 4, 5, 6])


def test_phone_app_recording_is_read(write):
    line = ",".join(f"{0.1 * i},{9.8},{-0.1 * i}" for i in range(48))
    for end in (",", ",0", "", "\n"):
        back = read(write("7_003.csv", line + end))
        assert len(back.t) == 48
        assert back.channels == ACCEL
        assert back.rate == pytest.approx(20)
        assert back.values[10] == pytest.approx([1, 9.8, -1])
        assert (back.label, back.recorded) == ("7", 3)
    assert read(write("10_000.csv", line)).label == "none"


def test_padding_of_a_phone_server_recording_is_removed(write):
    line = ",".join(["1.0,9.0,2.0"] * 15 + ["0.0,9.8,0.0"] * 9)
    back = read(write("0_000.csv", line))
    assert len(back.t) == 15
    assert back.t[-1] == pytest.approx(0.7)


def test_course_recording_is_read_in_g_at_50_hz(write):
    back = read(write("mpu6050_2_000.csv", "0.29,-1.12,-0.61\n" * 75))
    assert (back.channels, back.label, len(back.t)) == (ACCEL, "2", 75)
    assert back.rate == pytest.approx(50)
    assert back.values[0] == pytest.approx(np.array([0.29, -1.12, -0.61]) * G)
    assert not back.gravity_removed


@pytest.mark.parametrize("blocks", [1, 3])
def test_sketch_recording_is_read_without_gravity_at_20_hz(write, blocks):
    back = read(write("2_000.csv", ("0.10,-0.20,0.05\r\n" * 30 + "\r\n" * 3) * blocks))
    assert len(back.t) == 30 * blocks
    assert back.rate == pytest.approx(20)
    assert back.gravity_removed
    assert back.values[0] == pytest.approx(np.array([0.1, -0.2, 0.05]) * G)


@pytest.mark.parametrize(
    ("row", "rate"),
    [
        ((0, 0, 1000, 90, 0, 0), 28),
        ((0, 0, 1, 90, 0, 0), 100),
        ((0, 0, G, np.pi / 2, 0, 0), 100),
    ],
)
def test_units_of_six_columns_are_found_by_the_size_of_gravity(write, row, rate):
    back = read(
        write(
            "readings_17_digit_4.csv",
            ",".join(map(str, row)) + "\n" + (",".join(map(str, row)) + "\n") * 20,
        )
    )
    assert back.values[0] == pytest.approx([0, 0, G, np.pi / 2, 0, 0], abs=1e-5)
    assert back.rate == pytest.approx(rate)
    assert (back.label, back.recorded) == ("4", 17)


def test_rails_of_a_pen_recording_are_known_from_its_format(write):
    back = read(write("readings_1_digit_0.csv", "0,0,1000,0,0,0\n" * 9 + "2000,0,0,0,0,0\n"))
    assert clipped(back.values, back.channels, back.rails).tolist() == [False] * 9 + [True]


def test_a_flat_peak_is_found_as_the_rail():
    values = np.tile([0, 0, G, 0, 0, 0], (40, 1))
    values[:, 4] = np.clip(4 * np.sin(np.arange(40) / 8), -2.501, 2.501)
    back = Recording.checked(np.arange(40) / 100, values, MOTION)
    assert back.rails == (None, pytest.approx(2.501))
    on_rail = clipped(back.values, back.channels, back.rails)
    assert on_rail.tolist() == (np.abs(values[:, 4]) >= 2.5).tolist()
    unclipped = Recording.checked(np.arange(40) / 100, values * [1, 1, 1, 1, 0.5, 1], MOTION)
    assert unclipped.rails is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("3_20251106_211242.csv", ("3", "20251106-pm", "20251106_211242_0000")),
        ("none_20251106_091242_12.csv", ("none", "20251106-am", "20251106_091242_0012")),
        ("3.20251106_211242_2.json", ("3", "20251106-pm", "20251106_211242_0002")),
        ("holiday.csv", (None, None, None)),
    ],
)
def test_file_name_gives_label_session_and_time(write, name, expected):
    back = read(write(name, own_csv.render(smooth_motion())))
    assert (back.label, back.session, back.recorded) == expected


def test_find_searches_folders_and_returns_each_file_once(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "sub/a.JSON", "notes.txt", "sub/c.md"):
        (tmp_path / name).write_text("")
    (tmp_path / "again.csv").symlink_to(tmp_path / "b.csv")
    found = find([tmp_path, tmp_path / "sub", tmp_path / "notes.txt", tmp_path / "missing.csv"])
    names = [str(path.relative_to(tmp_path)) for path in found]
    assert names == ["again.csv", "sub/a.JSON", "notes.txt", "missing.csv"]


def test_find_keeps_the_order_of_the_named_paths(tmp_path):
    folder = tmp_path / "b"
    folder.mkdir()
    for name in ("2.csv", "1.csv", "3.json"):
        (folder / name).touch()
    first, last = tmp_path / "c.csv", tmp_path / "a.csv"
    inside = [folder / name for name in ("1.csv", "2.csv", "3.json")]
    assert find([first, folder, last]) == [first, *inside, last]
