"""ECG records in the WFDB format: both sample formats, leads, annotations, and damaged records."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from edge.errors import RecordingError
from edge.formats.ecg import find, read, read_annotations
from edge.formats.ecg.signal_file import decode
from wfdb_record import CODES, encode_16, encode_annotations, write_record

WAVE = np.sin(np.arange(501) / 20)  # mV


@pytest.mark.parametrize("form", ["16", "212"])
@pytest.mark.parametrize("count", [500, 501])
def test_a_written_record_is_read_back(tmp_path, form, count):
    leads = {"V1": -WAVE[:count], "MLII": WAVE[:count], "V5": WAVE[:count] / 2}
    record = read(write_record(tmp_path / "100.hea", leads, form=form))
    assert (record.rate, record.lead, record.leads) == (360, "MLII", ("V1", "MLII", "V5"))
    assert record.channels == ("ecg",)
    assert record.values.shape == (count, 1)
    assert np.allclose(record.values[:, 0], WAVE[:count], atol=0.51 / 200)
    assert record.t[-1] == pytest.approx((count - 1) / 360)


def test_the_bytes_of_format_212_are_decoded_as_the_specification_says():
    # 995 and 1011 are the first samples of record 100 of the MIT-BIH database.
    assert decode(bytes.fromhex("e333f3"), "212", [1], 0).tolist() == [995, 1011]
    assert decode(bytes.fromhex("ff7f00"), "212", [1], 0).tolist() == [-1, 1792]
    assert decode(bytes.fromhex("0080ff7f"), "16", [1], 0).tolist() == [-32768, 32767]


def test_without_lead_ii_the_first_lead_is_read_and_another_can_be_chosen(tmp_path):
    header = write_record(tmp_path / "r.hea", {"V5": WAVE, "V2": -WAVE})
    assert read(header).lead == "V5"
    assert np.allclose(read(header, 1).values[:, 0], -WAVE, atol=0.01)
    assert read(tmp_path / "r.dat").lead == "V5"


def test_a_missing_sample_has_the_value_of_the_sample_before_it(tmp_path):
    lead = WAVE.copy()
    lead[[0, 100]] = (-2048 - 1024) / 200  # the mark of format 212
    values = read(write_record(tmp_path / "r.hea", {"II": lead})).values[:, 0]
    assert values[0] == 0
    assert values[100] == values[99]


def test_signals_may_have_several_samples_in_a_frame(tmp_path):
    fast, slow = np.arange(8) / 200, np.arange(4) / 200
    frames = np.stack([fast[0::2], fast[1::2], slow], axis=1) * 200 + 1024
    (tmp_path / "r.dat").write_bytes(encode_16(np.round(frames).astype(int).ravel()))
    lines = ["r 2 50 4", "r.dat 16x2 200(1024)/mV 12 0 0 0 0 II", "r.dat 16 200(1024)/mV"]
    (tmp_path / "r.hea").write_text("\n".join(lines))
    first, second = (read(tmp_path / "r.hea", lead) for lead in (0, 1))
    assert (first.rate, second.rate) == (100, 50)
    assert np.allclose(first.values[:, 0], fast) and np.allclose(second.values[:, 0], slow)


def test_samples_of_one_byte_are_read(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes([128, 138, 118, 0]))
    (tmp_path / "r.hea").write_text("r 1 50 4\nr.dat 80 10/mV 8 0 0 0 0 II")
    assert read(tmp_path / "r.hea").values[:, 0].tolist() == [0, 1, -1, -1]  # 0 is missing


def test_flac_signals_are_channels(tmp_path):
    steps = np.stack([np.arange(100), -np.arange(100)], axis=1).astype(np.int16)
    with (tmp_path / "r.dat").open("wb") as file:
        soundfile.write(file, steps, 96000, subtype="PCM_16", format="FLAC")
    lines = ["r 2 100 100", *["r.dat 516 200(0)/mV 16 0 0 0 0 II"] * 2]
    (tmp_path / "r.hea").write_text("\n".join(lines))
    for lead in (0, 1):
        assert np.allclose(read(tmp_path / "r.hea", lead).values * 200, steps[:, lead, None])


def test_segments_follow_one_another_and_gaps_have_the_value_before(tmp_path):
    write_record(tmp_path / "r1.hea", {"V": WAVE, "II": WAVE}, rate=100)
    write_record(tmp_path / "r2.hea", {"V": WAVE}, rate=100)
    count = len(WAVE)
    lines = [f"r/4 2 100 {3 * count + 50}", f"r1 {count}", "~ 50", f"r2 {count}", f"r1 {count}"]
    (tmp_path / "r.hea").write_text("\n".join(lines))
    record = read(tmp_path / "r.hea")
    part = read(tmp_path / "r1.hea").values
    assert (record.lead, record.rate, len(record.values)) == ("II", 100, 3 * count + 50)
    assert np.array_equal(record.values[:count], part)
    assert np.all(record.values[count : 2 * count + 50] == part[-1])
    assert np.array_equal(record.values[2 * count + 50 :], part)


def test_annotations_are_read_with_texts_and_long_intervals(tmp_path):
    beats = [(0.5, "N"), (1.5, "V"), (300.0, "S"), (301.0, "Q")]
    header = write_record(tmp_path / "r.hea", {"II": WAVE}, beats=beats)
    found = [(one.sample / 360, one.code) for one in read_annotations(header)]
    assert found == [(t, CODES[label]) for t, label in beats]


def test_find_returns_the_headers_in_a_folder(tmp_path):
    for name in ("b", "a"):
        write_record(tmp_path / f"{name}.hea", {"II": WAVE})
    assert [path.name for path in find([tmp_path])] == ["a.hea", "b.hea"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "is no WFDB header"),
        ("r x 360 500", "is no WFDB header"),
        ("r/2 2 360 500\n", "announces 2 segments and names 0"),
        ("r/1 1 360 500\n~ 500", "only gaps"),
        ("r/1 1 360 500\nr1 500", "segment r1: does not exist"),
        ("r 1 0 500\nr.dat 212", "rate of 0 Hz"),
        ("r 2 360 500\nr.dat 212", "announces 2 signals and describes 1"),
        ("r 1 360 500\nr.dat 310", "format 310, and this edge-sense reads 16, 80, 212, 508"),
        ("r 1 360 500\nr.dat 212x4", "500 samples, but its header announces 2000"),
        ("r 1 360 500\nr.dat 212x0", "0 samples in a frame"),
        ("r 1 360 500\nr.dat 516", "cannot be decoded"),
        ("r 1 360 500\nr.dat what", "no WFDB format"),
        ("r 1 360 500\n../r.dat 212", "must be a file beside it"),
        ("r 1 360 500\nr.dat 212 200/mmHg 12 0 0 0 0 ABP", "'mmHg': an ECG is in mV"),
        ("r 1 360 9000\nr.dat 212", "501 samples, but its header announces 9000"),
        ("r 1 360 500\ns.dat 212", "s.dat: does not exist"),
    ],
)
def test_a_header_that_cannot_be_used_is_one_clear_line(tmp_path, header, message):
    write_record(tmp_path / "r.hea", {"II": WAVE})
    (tmp_path / "r.hea").write_text(header)
    with pytest.raises(RecordingError, match=message):
        read(tmp_path / "r.hea")


def test_annotations_that_are_cut_off_are_refused(tmp_path):
    header = write_record(tmp_path / "r.hea", {"II": WAVE}, beats=[(0.5, "N")])
    data = encode_annotations([(180, 1), (400, 1)])
    (tmp_path / "r.atr").write_bytes(data[:-2])
    with pytest.raises(RecordingError, match="cut off"):
        read_annotations(header)
