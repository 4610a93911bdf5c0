"""Tables, records and sound become the channels of a model."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.formats.columns import find, read
from edge.formats.sound import write_wav
from wfdb_record import write_record


def written(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    return tmp_path / "a.csv"


@pytest.mark.parametrize(
    "text",
    [
        "t_ms,ppg,abp\n0,1,2\n10,3,4\n20,5,6\n",
        "ABP;time;PPG\n2;0;1\n4;0.01;3\n6;0.02;5\n",
        "# from a board\n1 2\n3 4\n5 6\n",
        "0,1,2\n0.01,3,4\n0.02,5,6\n",
        "t_us\tx\ty\n500\t1\t2\n10500\t3\t4\n20500\t5\t6\n",
        '"t_s","other","abp","ppg"\r\n1,0,2,1\r\n1.01,0,4,3\r\n\r\n1.02,0,6,5\r\n',
    ],
)
def test_a_table_has_the_channels_of_the_model(tmp_path, text):
    found = read(written(tmp_path, text), ("ppg", "abp"), 100)
    assert found.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.t == pytest.approx([0, 0.01, 0.02])
    assert found.rate == pytest.approx(100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("ppg,abp\n", "has names but no numbers"),
        ("1,2,3,4\n1,2,3,4\n", "has 4 columns, and the model needs ppg, abp: name them"),
        ("a,b,c\n1,2,3\n", "has the columns a, b, c, and the model needs ppg, abp"),
        ("1,2\n3\n", "line 2: 1 columns where should be 2"),
        ("ppg,abp\n1,2\n3,x\n", "line 3: 'x' is not a number"),
        ("1,2\n3,nan\n", "line 2: 'nan' is not a number"),
        ("1,2\n", "fewer than two samples"),
        ("t_s,ppg,abp\n1,1,1\n1,2,2\n", "row 2: its time is not later"),
        ("\0\1", "it is not text"),
    ],
)
def test_an_unusable_table_is_refused(tmp_path, text, message):
    with pytest.raises(RecordingError, match=message):
        read(written(tmp_path, text), ("ppg", "abp"), 100)


def test_signals_of_a_record_are_found_by_their_names(tmp_path):
    waves = np.sin(np.arange(50) / 5)
    path = write_record(tmp_path / "r.hea", {"ABP": waves, "PLETH": waves / 2}, rate=125)
    found = read(path, ("pleth", "abp"), 100)
    assert found.rate == 125
    assert found.values == pytest.approx(np.c_[waves / 2, waves], abs=0.01)
    with pytest.raises(RecordingError, match="has the signals ABP, PLETH, and not resp"):
        read(path, ("resp",), 100)


def test_sound_is_a_recording_of_one_channel(tmp_path):
    write_wav(tmp_path / "a.wav", np.sin(np.arange(8000) / 5) / 2, 8000)
    assert read(tmp_path / "a.wav", ("vibration",), 4000).values.shape == (4000, 1)
    with pytest.raises(RecordingError, match="is sound, and the model needs x, y"):
        read(tmp_path / "a.wav", ("x", "y"), 400)
    assert find([tmp_path]) == [tmp_path / "a.wav"]
