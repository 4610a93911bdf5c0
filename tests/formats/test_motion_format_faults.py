"""A motion file with any content gives a recording or a RecordingError of one sentence."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.formats.motion import Recording, RecordingError, edge_impulse, own_csv, read
from edge.samples import ACCEL, MOTION

HEADER = "t_ms,ax,ay,az,gx,gy,gz\n"
ROWS = "".join(f"{10 * i},0.1,0.2,9.8,0.01,0.02,0.03\n" for i in range(40))
RECORDING = Recording.checked(np.arange(40) / 100, np.tile([0, 0, 9.8, 0, 0, 0.1], (40, 1)), MOTION)
JSON = edge_impulse.render(RECORDING)


def json_with_sensors(*names):
    document = json.loads(JSON)
    document["payload"]["sensors"] = [{"name": name, "units": "N/A"} for name in names]
    document["payload"]["values"] = [[1.0] * len(names)] * 40
    return json.dumps(document)


def json_with_payload(**changes):
    document = json.loads(JSON)
    document["payload"].update(changes)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (HEADER, "holds 0 samples"),
        (HEADER + ROWS[: ROWS.index("\n") + 1], "holds 1 sample:"),
        (HEADER + ROWS + "400,0.1,0.2\n", "line 42: 3 columns where there should be 7"),
        (HEADER + ROWS + "400,0.1,0.2,nan,0,0,0\n", "line 42: a value is nan"),
        (HEADER + ROWS + "400,0.1,0.2,,0,0,0\n", "line 42: '' is not a number"),
        (HEADER + ROWS + "400,0.1,0.2,inf,0,0,0\n", "line 42: a value is inf"),
        (HEADER + ROWS + "390,0.1,0.2,9.8,0,0,0\n", "sample 41: its time is not later"),
        (HEADER + ROWS + "380,0.1,0.2,9.8,0,0,0\n", "sample 41: its time is not later"),
        (HEADER + "0,0,0,9.8,0,0,0\n1000,0,0,9.8,0,0,0\n", "1 samples a second"),
        (HEADER + "0,0,0,9.8,0,0,0\n0.01,0,0,9.8,0,0,0\n", "1e+05 samples a second"),
        (HEADER + ROWS.replace("9.8", "16384"), "sample 1: a value beyond 1000 m/s^2"),
        (HEADER + ROWS.replace("0.03", "131"), "sample 1: a value beyond 100 rad/s"),
        ("time,temperature\n" + ROWS, "its columns are 'time,temperature'"),
        ("t_ms,ax,ay\n1,2,3\n", "its columns are 't_ms,ax,ay'"),
        ("1,2\n3,4\n", "holds no recording"),
        ("1,2,3,4,5,6,7\n" * 9, "holds no recording"),
        ("0,0,0.01,0,0,0\n" * 9, "not gravity in any unit"),
        ("0,0,9.8\n" * 9, "rate is unknown"),
        ("0,0\n0,9.8,1\n", "holds no recording"),
        ("1,2,3,4,5", "not triples"),
        ("1,2,3," * 20_000, "too long"),
        ('{"a": [' + "[1,2,3]," * (2 << 20), "is JSON of more than 8 MB"),
        (",".join(["0.0,9.8,0.0"] * 24), "nothing but padding"),
        (JSON[: len(JSON) // 2], "cut off"),
        ("{" + JSON, "is not valid JSON"),
        ("{}", "not an Edge Impulse recording"),
        ("[1, 2, 3]", "not an Edge Impulse recording"),
        ("[" * 100_000, "is not valid JSON"),
        (json_with_payload(values=[]), "holds 0 samples"),
        (json_with_payload(values=[[1, 2], [3]]), "not rows of 6 numbers"),
        (json_with_payload(values=[[1] * 6, [1] * 5 + [None]]), "sample 2: a value is missing"),
        (json_with_payload(values=[[10**400] * 6] * 9), "not rows of 6 numbers"),
        (json_with_payload(interval_ms=0), "interval_ms is 0"),
        (json_with_payload(interval_ms=True), "interval_ms is True"),
        (json_with_payload(interval_ms=1000), "1 samples a second"),
        (json_with_payload(interval_ms=10**400), "1e-06 samples a second"),
        (
            json_with_sensors("magX", "magY", "magZ"),
            "another sensor: it holds 'magX', 'magY', 'magZ'",
        ),
        (json_with_sensors("temperature"), "another sensor: it holds 'temperature'"),
        (json_with_sensors("audio"), "another sensor: it holds 'audio'"),
        (JSON.replace("m/s2", "furlong"), "the unit 'furlong' of 'ax'"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "sound (WAV)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a picture"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(40), "a TFLite model"),
        (bytes(range(256)), "it is not text"),
        (bytes(1000), "it is not text"),
    ],
)
def test_read_refuses_bad_content_with_one_sentence(tmp_path, content, message):
    path = tmp_path / "take.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecordingError) as error:
        read(path)
    text = str(error.value)
    assert message in text
    assert "\n" not in text
    assert "take.csv" not in text


def test_read_refuses_a_folder_a_missing_file_and_a_pipe(tmp_path):
    with pytest.raises(RecordingError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(RecordingError, match="does not exist"):
        read(tmp_path / "no.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(RecordingError, match="not a regular file"):
        read(tmp_path / "pipe.csv")


def test_read_refuses_a_file_of_two_gigabytes_without_reading_it(tmp_path):
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.truncate(2 << 30)
    before = bytes_read()
    with pytest.raises(RecordingError, match="has 2048 MB"):
        read(path)
    assert bytes_read() - before < 1 << 20


def bytes_read() -> int:
    """Return the number of bytes that this process has read since it started."""
    return int(re.search(r"rchar: (\d+)", Path("/proc/self/io").read_text())[1])


PHONE_LINE = ",".join(["0.1,9.8,0.2"] * 48).encode()
VALID = [
    (HEADER + ROWS).encode(),
    own_csv.render(Recording.checked(RECORDING.t, RECORDING.values[:, :3], ACCEL)).encode(),
    JSON.encode(),
    PHONE_LINE,
    b"0.29,-1.12,-0.61\n" * 75,
    b"0.1,0.2,0.3\r\n" * 30 + b"\r\n" * 3,
    b"1,2,1000,3,4,5\n" * 20,
]
EDITS = st.tuples(  # (position, bytes to delete there, bytes to insert there)
    st.integers(0, 4000),
    st.integers(0, 30),
    st.binary(max_size=8)
    | st.sampled_from(
        [b",", b"\n", b"nan", b"-1e999", b"1e39", b"[", b"}", b'"', b"e", b"\xef\xbb\xbf", b"null"]
    ),
)


@settings(
    max_examples=800, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(VALID), st.lists(EDITS, max_size=4), st.integers(0, 5000))
def test_read_of_damaged_files_gives_a_valid_recording_or_an_error(tmp_path, valid, edits, length):
    data = valid
    for position, size, inserted in edits:
        data = data[:position] + inserted + data[position + size :]
    path = tmp_path / "fuzz"
    path.write_bytes(data[:length] if length < 4500 else data)
    try:
        recording = read(path)
    except RecordingError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    assert recording.channels in (MOTION, ACCEL)
    assert recording.values.shape == (len(recording.t), len(recording.channels))
    assert recording.values.dtype == np.float32
    assert np.isfinite(recording.values).all()
    assert recording.t[0] == 0
    assert (np.diff(recording.t) > 0).all()
    assert 5 <= recording.rate <= 4000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "t_ms,ax,ay,az\n-1e308,0,0,9\n1e308,0,0,9\n1.1e308,0,0,9\n"),
        ("a.csv", "t_ms,ax,ay,az\n0,0,0,9\n1e-320,0,0,9\n2e-320,0,0,9\n"),
        ("a.csv", "1e308,1e308,1e308,0,0,0\n" * 5),
        ("a.csv", "1e308,1e308,1e308\n" * 5),
    ],
)
def test_read_refuses_numbers_that_overflow_without_a_warning(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(RecordingError):
        read(tmp_path / name)
