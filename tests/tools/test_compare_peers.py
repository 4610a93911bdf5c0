"""The comparison with other programs: sounds, what is counted, ratios and the table.

Our own side runs for real, in this Python; those of the others would have to be fetched.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EdgeError, RecordingError
from edge.formats import sound
from sound_network import write_model
from tools.compare_peers import __main__ as command
from tools.compare_peers import measure, sounds
from tools.compare_peers.compare import Comparison, Row, shares
from tools.compare_peers.environments import PeerMissing, clean
from tools.compare_peers.measure import run, together
from tools.compare_peers.peers import PEERS, WORKERS, user_command, worker_command
from tools.compare_peers.report import document, markdown, ratios

BY_NAME = {peer.name: peer for peer in PEERS}
OURS, CHAIN = BY_NAME["kws-listen"], BY_NAME["edge-sense in a program"]
PYMICRO, NOTEBOOK = BY_NAME["pymicro-wakeword"], BY_NAME["the notebook way"]
PYTHON = Path(sys.executable)
ABOUT = {
    "machine": {"cpu": "a CPU", "system": "a system", "python": "CPython"},
    "load": (0.1, 0.2),
    "sound": "simulated",
    "versions": {"edge-sense": "numpy 2"},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "kws.tflite")


def measured(peer, speech, silence, start=(), memory=()):
    return Row(
        peer,
        cpu_ms={"speech": list(speech), "silence": list(silence)},
        start_s=list(start),
        memory_mb=list(memory),
    )


# Sounds


def test_the_sound_is_the_same_each_time_and_as_long_as_asked_for():
    once = sounds.speech(3.0)
    assert once == sounds.speech(3.0)
    assert len(once) == len(sounds.silence(3.0)) == 3 * 16000 * 2
    loud, quiet = (np.frombuffer(x, "<i2").astype(float).std() for x in (once, sounds.silence(3.0)))
    assert loud > 30 * quiet > 0


def test_there_is_no_pause_in_the_speech():
    samples = np.frombuffer(sounds.speech(20.0), "<i2").astype(float)
    stretches = samples.reshape(-1, 8000)  # half a second each
    assert stretches.std(axis=1).min() > 200


def test_speech_from_files_goes_on_from_its_beginning(tmp_path):
    path = tmp_path / "a.wav"
    sound.write_wav(path, np.linspace(-0.5, 0.5, 8000, dtype=np.float32), 16000)
    samples = np.frombuffer(sounds.speech(1.0, [path]), "<i2")
    assert len(samples) == 16000
    assert np.array_equal(samples[:8000], samples[8000:])


def test_clips_are_of_one_split_and_a_second_each(tmp_path):
    for name, samples in (("yes", 8000), ("hum", 16000), ("other", 20000)):
        sound.write_wav(tmp_path / f"{name}.wav", np.full(samples, 0.25, np.float32), 16000)
    (tmp_path / "index.csv").write_text(
        "split,path,label\ntest,yes.wav,yes\ntest,hum.wav,_silence_\ntrain,other.wav,_unknown_\n"
    )
    clips = sounds.clips(tmp_path, "test")
    assert clips.labels == ("yes", "silence")
    assert len(clips.pcm) == 2 * 32000
    first = np.frombuffer(clips.pcm[:32000], "<i2")
    assert first[0] == first[-1] == 0 < first[8000]  # the half second is in the middle
    with pytest.raises(RecordingError, match="no clips of the split 'dev'"):
        sounds.clips(tmp_path, "dev")


def test_a_folder_without_an_index_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"no index\.csv .*name the folder"):
        sounds.clips(tmp_path, "test")


# A process


def python(code):
    return [sys.executable, "-c", code]


def test_what_a_process_costs_is_its_own():
    busy = (
        "import json,os,sys,time\n"
        "sys.stdin.buffer.read()\n"
        "while time.process_time() < 0.3: pass\n"
        "json.dump({'cpu': time.process_time()}, open(os.environ['PEER_REPORT'], 'w'))"
    )
    done = run(python(busy), b"")
    assert 0.3 <= done.told["cpu"] <= done.cpu_s < done.told["cpu"] + 0.3
    assert 5 < done.memory_mb < 30  # and not that of this process, which is larger
    large = run(python("x = bytes(range(256)) * 200_000"), b"")
    assert large.memory_mb > done.memory_mb + 40


def test_a_process_that_fails_says_why():
    with pytest.raises(PeerMissing, match="cannot be run here: ValueError: no such thing"):
        run(python("raise ValueError('no such thing')"), bytes(100_000))
    with pytest.raises(PeerMissing, match="it did not say why"):
        run(python("import os; os._exit(3)"), b"")


def test_a_process_that_never_ends_is_ended(monkeypatch):
    monkeypatch.setattr(measure, "PATIENCE", 0.5)
    with pytest.raises(PeerMissing, match=r"did not end within 0\.5 s"):
        run(python("import time; time.sleep(60)"), b"")


def test_sound_in_real_time_comes_piece_by_piece_and_to_all_at_once():
    code = (
        "import json,os,sys,time\n"
        "began, sizes = time.monotonic(), []\n"
        "while piece := os.read(0, 65536): sizes.append(len(piece))\n"
        "told = {'sizes': sizes, 'began': began, 'took': time.monotonic() - began}\n"
        "json.dump(told, open(os.environ['PEER_REPORT'], 'w'))"
    )
    found = together({"a": python(code), "b": python(code)}, bytes(96000), 0.05)  # 3 s
    a, b = (found[name].told for name in "ab")
    for told in (a, b):
        assert sum(told["sizes"]) == 96000
        assert len(told["sizes"]) > 2  # and not all that was due when it had started
    assert max(a["began"], b["began"]) < min(a["began"] + a["took"], b["began"] + b["took"])


def test_nothing_of_ours_is_in_a_peers_environment(monkeypatch):
    monkeypatch.setenv("EDGE_MODEL", "mine")
    monkeypatch.setenv("PYTHONPATH", "here")
    assert not {"EDGE_MODEL", "PYTHONPATH"} & clean().keys()
    assert "PATH" in clean()


# Who is compared


def test_every_peer_has_a_worker_and_a_name_of_its_own():
    assert len(BY_NAME) == len(PEERS)
    models = {"model": "m.tflite", "mlperf": "r.tflite"}
    for peer in PEERS:
        script = worker_command(peer, PYTHON, models)[1]
        assert Path(script).is_file()
        assert not [part for part in user_command(peer, PYTHON, models) if "{" in part]
    assert {path.stem for path in WORKERS.glob("*.py")} == {
        *(peer.worker[0] for peer in PEERS),
        *("telling", "__init__"),
    }


def test_our_side_is_measured_for_real(model):
    peers = [replace(OURS, seconds=4), replace(CHAIN, seconds=4)]
    heard = {"speech": sounds.speech(8.0), "silence": sounds.silence(8.0)}
    rows = {peer.name: Row(peer) for peer in peers}
    pythons = {"edge-sense": PYTHON}
    comparison = Comparison(rows, pythons, {"model": str(model)}, heard)
    comparison.rounds(1)
    comparison.accuracy(sounds.Clips(sounds.speech(2.0), ("one", "silence")))
    for row in rows.values():
        assert row.missing is None
        assert row.decisions_per_s is not None
        assert 25 <= row.decisions_per_s < 28  # one every 40 ms, and at the end some of silence
        assert row.bytes == model.stat().st_size
        assert 10 < row.memory_mb[0] < 200
    ours, chain = rows.values()
    assert 0 < ours.start_s[0] < 20
    assert ours.accuracy["clips"] == 2
    assert min(chain.each_us.values()) > 0
    assert min(chain.cpu_ms["speech"] + chain.cpu_ms["silence"]) > 0


def test_in_silence_the_chain_asks_its_network_less(model):
    heard = sounds.speech(8.0), sounds.silence(8.0)
    worker = worker_command(CHAIN, PYTHON, {"model": str(model)})
    speech, silence = (run(worker, sound).told["decisions"] for sound in heard)
    assert 0 < silence < speech / 2


# What cannot be measured


def test_a_peer_that_fails_in_real_time_is_a_row_that_says_why(model, monkeypatch):
    rows = {peer.name: Row(peer, started_cpu_s=[0.1]) for peer in (OURS, PYMICRO)}
    heard = {"speech": sounds.speech(3.0)}
    pythons = {"edge-sense": PYTHON, "pymicro-wakeword": PYTHON}  # where there is no such package
    Comparison(rows, pythons, {"model": str(model)}, heard).in_real_time(list(rows), 3.0)
    assert rows[OURS.name].missing is None and rows[OURS.name].real_time_ms
    assert "No module named" in rows[PYMICRO.name].missing


def test_a_program_that_is_not_there_did_not_take_too_long():
    with pytest.raises(PeerMissing, match="nowhere") as fault:
        run(["/nowhere/at/all"], b"")
    assert "did not end" not in str(fault.value)


def test_a_peer_that_cannot_be_run_is_a_row_that_says_why(model):
    rows = {peer.name: Row(peer) for peer in (PYMICRO, replace(CHAIN, seconds=1))}
    pythons = {"edge-sense": PYTHON, "pymicro-wakeword": PYTHON}  # where there is no such package
    heard = {"speech": sounds.speech(1.0), "silence": sounds.silence(1.0)}
    Comparison(rows, pythons, {"model": str(model)}, heard).rounds(1)
    missing = rows["pymicro-wakeword"].missing
    assert missing is not None and "No module named" in missing
    assert rows[CHAIN.name].missing is None
    table = markdown(rows, ABOUT)
    assert f"- pymicro-wakeword: {missing}" in table
    assert "| pymicro-wakeword |" not in table
    assert f"| {CHAIN.name} |" in table


def test_a_model_that_was_not_given_is_said():
    rows = {"MLPerf Tiny reference": Row(BY_NAME["MLPerf Tiny reference"])}
    assert command.installed(rows, {"model": "m"}, Path("nowhere")) == {}
    assert "--mlperf" in str(rows["MLPerf Tiny reference"].missing)


def test_an_environment_that_cannot_be_made_is_a_row(monkeypatch):
    def refuse(peer, folder):
        raise PeerMissing("it cannot be installed here: no network")

    monkeypatch.setattr(command, "python_of", refuse)
    rows = {peer.name: Row(peer) for peer in (OURS, CHAIN, PYMICRO)}
    assert command.installed(rows, {"model": "m"}, Path("nowhere")) == {}
    assert {row.missing for row in rows.values()} == {"it cannot be installed here: no network"}


def test_a_peer_that_nobody_knows_is_refused():
    assert command.chosen(()) == list(PEERS)
    assert command.chosen(["pocketsphinx"]) == [BY_NAME["pocketsphinx"]]
    with pytest.raises(EdgeError, match="no peer 'siri': choose from kws-listen, "):
        command.chosen(["siri"])


# Figures


def test_ratios_are_of_the_same_round_and_the_median_counts():
    rows = {
        "kws-listen": measured(OURS, [1, 2, 9], [1, 1, 1], [0.3, 0.3, 0.3], [48]),
        "pymicro-wakeword": measured(PYMICRO, [4, 4, 6], [5, 4, 2], [0.2, 0.3, 0.1], [30]),
        "the notebook way": measured(NOTEBOOK, [400.0], [400.0]),
    }
    found = {(r["what"], r["peer"]): r for r in ratios(rows)}
    speech = found["CPU in speech", "pymicro-wakeword"]
    assert (speech["least"], speech["ratio"], speech["most"]) == (0.25, 0.5, 1.5)
    assert speech["reached"]  # just so
    assert found["CPU in silence", "pymicro-wakeword"]["ratio"] == 0.25
    assert found["CPU in speech", "the notebook way"]["ratio"] == 1 / 400
    assert found["peak memory", "pymicro-wakeword"]["ratio"] == 1.6
    start = found["process start to first decision", "pymicro-wakeword"]
    assert start["ratio"] == pytest.approx(1.5) and not start["reached"]


def test_without_one_of_both_there_is_no_ratio():
    ours = measured(OURS, [1], [1])
    assert ratios({"kws-listen": ours}) == []
    other = replace(measured(PYMICRO, [1], [1]), missing="no network")
    assert ratios({"kws-listen": ours, "pymicro-wakeword": other}) == []


def test_the_share_heard_right_is_of_words_and_of_all_where_all_can_be_heard():
    said = ["yes", "no", "silence", "unknown"]
    assert shares(["yes", "on", "silence", "yes"], said) == {"clips": 4, "words": 0.5, "all": 0.5}
    assert shares(["yes", "no", "go", "yes"], said) == {"clips": 4, "words": 1}


def test_the_table_and_the_document(tmp_path, capsys):
    rows = {
        "kws-listen": measured(OURS, [1, 2, 3], [0.5], [0.31], [41.0]),
        "the notebook way": measured(NOTEBOOK, [500.0], []),
    }
    rows["the runtime alone"] = measured(BY_NAME["the runtime alone"], [0.5], [0.5])
    rows["kws-listen"].bytes, rows["kws-listen"].decisions_per_s = 49365, 25.0
    rows["kws-listen"].accuracy = {"clips": 2, "words": 0.95, "all": 0.925}
    command.write(tmp_path, rows, ABOUT)
    told = capsys.readouterr().out
    assert told == (tmp_path / "peers.md").read_text()
    assert (
        "| kws-listen | 2.00 ms | 0.50 ms | - | 41.0 MB | 0.31 s | 49,365 B | 25 | 95.0% | 92.5% |"
    ) in told
    assert (
        "| CPU in speech | the notebook way | 1/500 | 0.002 to 0.002 | 1/1000 | 1/200 | reached |"
        in told
    )
    kept = json.loads((tmp_path / "peers.json").read_text())
    assert kept["peers"][0]["cpu_ms"]["speech"] == [1, 2, 3]
    assert kept == json.loads(json.dumps(document(rows, ABOUT)))
