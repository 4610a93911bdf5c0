"""The comparison with other programs: sounds, processes, ratios and the table.

The workers of edge-sense run for real, in this Python. The other peers would have to be downloaded.
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
from tools.compare_peers import sounds
from tools.compare_peers.comparison import Comparison, Row, accuracy
from tools.compare_peers.environments import PeerMissing, clean_environment
from tools.compare_peers.measured_process import run, run_together
from tools.compare_peers.peers import PEERS, WORKERS, user_command, worker_command
from tools.compare_peers.report import document, markdown, ratios

BY_NAME = {peer.name: peer for peer in PEERS}
KWS_LISTEN, CHAIN = BY_NAME["kws-listen"], BY_NAME["edge-sense in a program"]
PYMICRO, NOTEBOOK = BY_NAME["pymicro-wakeword"], BY_NAME["the notebook way"]
PYTHON = Path(sys.executable)
CONDITIONS = {
    "machine": {"cpu": "a CPU", "system": "a system", "python": "CPython"},
    "load": (0.1, 0.2),
    "sound": "simulated",
    "versions": {"edge-sense": "numpy 2"},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "kws.tflite")


def row_of(peer, speech, silence, start=(), memory=()):
    return Row(
        peer,
        cpu_ms={"speech": list(speech), "silence": list(silence)},
        start_s=list(start),
        memory_mb=list(memory),
    )


# Sounds


def test_sounds_are_reproducible_and_have_the_given_length():
    speech, silence = sounds.speech(3.0), sounds.silence(3.0)
    assert speech == sounds.speech(3.0)
    assert len(speech) == len(silence) == 3 * 16000 * 2
    loud, quiet = (np.frombuffer(x, "<i2").astype(float).std() for x in (speech, silence))
    assert loud > 30 * quiet > 0


def test_speech_has_no_pauses():
    samples = np.frombuffer(sounds.speech(20.0), "<i2").astype(float)
    half_seconds = samples.reshape(-1, 8000)
    assert half_seconds.std(axis=1).min() > 200


def test_speech_from_files_is_repeated(tmp_path):
    path = tmp_path / "a.wav"
    sound.write_wav(path, np.linspace(-0.5, 0.5, 8000, dtype=np.float32), 16000)
    samples = np.frombuffer(sounds.speech(1.0, [path]), "<i2")
    assert len(samples) == 16000
    assert np.array_equal(samples[:8000], samples[8000:])


def test_clips_of_a_split_last_one_second_each(tmp_path):
    for name, samples in (("yes", 8000), ("hum", 16000), ("other", 20000)):
        sound.write_wav(tmp_path / f"{name}.wav", np.full(samples, 0.25, np.float32), 16000)
    (tmp_path / "index.csv").write_text(
        "split,path,label\ntest,yes.wav,yes\ntest,hum.wav,_silence_\ntrain,other.wav,_unknown_\n"
    )
    clips = sounds.clips(tmp_path, "test")
    assert clips.labels == ("yes", "silence")
    assert len(clips.pcm) == 2 * 32000
    first = np.frombuffer(clips.pcm[:32000], "<i2")
    assert first[0] == first[-1] == 0 < first[8000]  # half a second, in the middle
    with pytest.raises(RecordingError, match="no clips of the split 'dev'"):
        sounds.clips(tmp_path, "dev")


def test_folder_without_an_index_is_refused(tmp_path):
    with pytest.raises(RecordingError, match=r"no index\.csv .*name the folder"):
        sounds.clips(tmp_path, "test")


# Processes


def python(code):
    return [sys.executable, "-c", code]


def test_cost_of_a_process_excludes_its_parent():
    busy = (
        "import json,os,sys,time\n"
        "sys.stdin.buffer.read()\n"
        "while time.process_time() < 0.3: pass\n"
        "json.dump({'cpu': time.process_time()}, open(os.environ['PEER_REPORT'], 'w'))"
    )
    result = run(python(busy), b"")
    assert 0.3 <= result.report["cpu"] <= result.cpu_s < result.report["cpu"] + 0.3
    assert 5 < result.memory_mb < 30  # the memory of this test process is larger
    large = run(python("x = bytes(range(256)) * 200_000"), b"")
    assert large.memory_mb > result.memory_mb + 40


def test_failed_process_gives_its_reason():
    with pytest.raises(PeerMissing, match="cannot be run here: ValueError: no such thing"):
        run(python("raise ValueError('no such thing')"), bytes(100_000))
    with pytest.raises(PeerMissing, match="it gave no reason"):
        run(python("import os; os._exit(3)"), b"")


def test_process_that_does_not_end_is_killed():
    with pytest.raises(PeerMissing, match=r"did not end within 0\.5 s"):
        run(python("import time; time.sleep(60)"), b"", timeout_s=0.5)


def test_real_time_sound_comes_in_blocks_to_all_processes_at_once():
    code = (
        "import json,os,sys,time\n"
        "start, sizes = time.monotonic(), []\n"
        "while block := os.read(0, 65536): sizes.append(len(block))\n"
        "report = {'sizes': sizes, 'start': start, 'end': time.monotonic()}\n"
        "json.dump(report, open(os.environ['PEER_REPORT'], 'w'))"
    )
    three_seconds = bytes(96000)
    runs = run_together({"a": python(code), "b": python(code)}, three_seconds, 0.05)
    a, b = (runs[name].report for name in "ab")
    for report in (a, b):
        assert sum(report["sizes"]) == 96000
        assert len(report["sizes"]) > 2  # although a slow start delays the first blocks
    assert max(a["start"], b["start"]) < min(a["end"], b["end"])


def test_environment_of_a_peer_has_no_variables_of_edge_sense(monkeypatch):
    monkeypatch.setenv("EDGE_MODEL", "mine")
    monkeypatch.setenv("PYTHONPATH", "here")
    assert not {"EDGE_MODEL", "PYTHONPATH"} & clean_environment().keys()
    assert "PATH" in clean_environment()


# Peers


def test_every_peer_has_a_worker_and_a_unique_name():
    assert len(BY_NAME) == len(PEERS)
    models = {"model": "m.tflite", "mlperf": "r.tflite"}
    for peer in PEERS:
        script = worker_command(peer, PYTHON, models)[1]
        assert Path(script).is_file()
        assert not [part for part in user_command(peer, PYTHON, models) if "{" in part]
    assert {path.stem for path in WORKERS.glob("*.py")} == {
        *(peer.worker[0] for peer in PEERS),
        *("counting", "__init__"),
    }


def test_workers_of_edge_sense_are_measured_for_real(model):
    peers = [replace(KWS_LISTEN, seconds=4), replace(CHAIN, seconds=4)]
    inputs = {"speech": sounds.speech(8.0), "silence": sounds.silence(8.0)}
    rows = {peer.name: Row(peer) for peer in peers}
    pythons = {"edge-sense": PYTHON}
    comparison = Comparison(rows, pythons, {"model": str(model)}, inputs)
    comparison.measure_rounds(1)
    comparison.measure_accuracy(sounds.Clips(sounds.speech(2.0), ("one", "silence")))
    for row in rows.values():
        assert row.missing is None
        assert row.decisions_per_s is not None
        assert 25 <= row.decisions_per_s < 28  # one every 40 ms, and some in the silence at the end
        assert row.bytes == model.stat().st_size
        assert 10 < row.memory_mb[0] < 200
    ours, chain = rows.values()
    assert 0 < ours.start_s[0] < 20
    assert ours.accuracy["clips"] == 2
    assert min(chain.each_us.values()) > 0
    assert min(chain.cpu_ms["speech"] + chain.cpu_ms["silence"]) > 0


def test_chain_runs_its_network_less_often_in_silence(model):
    inputs = sounds.speech(8.0), sounds.silence(8.0)
    worker = worker_command(CHAIN, PYTHON, {"model": str(model)})
    speech, silence = (run(worker, pcm).report["decisions"] for pcm in inputs)
    assert 0 < silence < speech / 2


# Peers that cannot be measured


def test_row_of_a_peer_that_fails_in_real_time_has_the_reason(model, monkeypatch):
    rows = {peer.name: Row(peer) for peer in (KWS_LISTEN, PYMICRO)}
    inputs = {"speech": sounds.speech(3.5)}
    pythons = {"edge-sense": PYTHON, "pymicro-wakeword": PYTHON}  # which lacks the package
    comparison = Comparison(rows, pythons, {"model": str(model)}, inputs)
    comparison.measure_real_time(list(rows), 1.5, 1)
    ours = rows[KWS_LISTEN.name]
    assert ours.missing is None and ours.real_time_ms["speech"][0] > 0
    assert ours.wakeups["speech"][0] > 0
    assert "No module named" in rows[PYMICRO.name].missing


def test_missing_program_is_not_reported_as_a_timeout():
    with pytest.raises(PeerMissing, match="nowhere") as error:
        run(["/nowhere/at/all"], b"")
    assert "did not end" not in str(error.value)


def test_row_of_a_peer_that_cannot_be_run_has_the_reason(model):
    rows = {peer.name: Row(peer) for peer in (PYMICRO, replace(CHAIN, seconds=1))}
    pythons = {"edge-sense": PYTHON, "pymicro-wakeword": PYTHON}  # which lacks the package
    inputs = {"speech": sounds.speech(1.0), "silence": sounds.silence(1.0)}
    Comparison(rows, pythons, {"model": str(model)}, inputs).measure_rounds(1)
    missing = rows["pymicro-wakeword"].missing
    assert missing is not None and "No module named" in missing
    assert rows[CHAIN.name].missing is None
    table = markdown(rows, CONDITIONS)
    assert f"- pymicro-wakeword: {missing}" in table
    assert "| pymicro-wakeword |" not in table
    assert f"| {CHAIN.name} |" in table


def test_peer_without_its_model_is_not_measured():
    rows = {"MLPerf Tiny reference": Row(BY_NAME["MLPerf Tiny reference"])}
    assert command.install(rows, {"model": "m"}, Path("nowhere")) == {}
    assert "--mlperf" in str(rows["MLPerf Tiny reference"].missing)


def test_rows_of_a_failed_installation_have_the_reason(monkeypatch):
    def refuse(peer, folder):
        raise PeerMissing("it cannot be installed here: no network")

    monkeypatch.setattr(command, "python_of", refuse)
    rows = {peer.name: Row(peer) for peer in (KWS_LISTEN, CHAIN, PYMICRO)}
    assert command.install(rows, {"model": "m"}, Path("nowhere")) == {}
    assert {row.missing for row in rows.values()} == {"it cannot be installed here: no network"}


def test_unknown_peer_is_refused():
    assert command.choose_peers(()) == list(PEERS)
    assert command.choose_peers(["pocketsphinx"]) == [BY_NAME["pocketsphinx"]]
    with pytest.raises(EdgeError, match="no peer 'siri': choose from kws-listen, "):
        command.choose_peers(["siri"])


# Figures


def test_ratio_is_the_median_of_the_ratios_of_each_round():
    rows = {
        "kws-listen": row_of(KWS_LISTEN, [1, 2, 9], [1, 1, 1], [0.3, 0.3, 0.3], [48]),
        "pymicro-wakeword": row_of(PYMICRO, [4, 4, 6], [5, 4, 2], [0.2, 0.3, 0.1], [30]),
        "the notebook way": row_of(NOTEBOOK, [400.0], [400.0]),
    }
    found = {(r["what"], r["peer"]): r for r in ratios(rows)}
    speech = found["CPU in speech", "pymicro-wakeword"]
    assert (speech["least"], speech["ratio"], speech["most"]) == (0.25, 0.5, 1.5)
    assert speech["reached"]  # exactly the goal
    assert found["CPU in silence", "pymicro-wakeword"]["ratio"] == 0.25
    assert found["CPU in speech", "the notebook way"]["ratio"] == 1 / 400
    assert found["peak memory", "pymicro-wakeword"]["ratio"] == 1.6
    start = found["process start to first decision", "pymicro-wakeword"]
    assert start["ratio"] == pytest.approx(1.5) and not start["reached"]


def test_ratio_needs_both_peers():
    ours = row_of(KWS_LISTEN, [1], [1])
    assert ratios({"kws-listen": ours}) == []
    other = replace(row_of(PYMICRO, [1], [1]), missing="no network")
    assert ratios({"kws-listen": ours, "pymicro-wakeword": other}) == []


def test_accuracy_of_all_clips_needs_a_peer_that_detects_silence():
    true = ["yes", "no", "silence", "unknown"]
    found = accuracy(["yes", "on", "silence", "yes"], true)
    assert found == {"clips": 4, "words": 0.5, "all": 0.5}
    assert accuracy(["yes", "no", "go", "yes"], true) == {"clips": 4, "words": 1}


def test_table_and_json_have_all_figures(tmp_path, capsys):
    rows = {
        "kws-listen": row_of(KWS_LISTEN, [1, 2, 3], [0.5], [0.31], [41.0]),
        "the notebook way": row_of(NOTEBOOK, [500.0], []),
    }
    rows["the runtime alone"] = row_of(BY_NAME["the runtime alone"], [0.5], [0.5])
    rows["kws-listen"].bytes, rows["kws-listen"].decisions_per_s = 49365, 25.0
    rows["kws-listen"].real_time_ms = {"speech": [4, 5, 9], "silence": [3]}
    rows["kws-listen"].wakeups = {"speech": [6.2, 7.4, 9], "silence": [5]}
    rows["kws-listen"].accuracy = {"clips": 2, "words": 0.95, "all": 0.925}
    command.write(tmp_path, rows, CONDITIONS)
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "peers.md").read_text()
    assert (
        "| kws-listen | 2.00 ms | 0.50 ms | 5.00 ms | 3.00 ms | 7 | 41.0 MB | 0.31 s | 49,365 B "
        "| 25 | 95.0% | 92.5% |"
    ) in printed
    assert (
        "| CPU in speech | the notebook way | 1/500 | 0.002 to 0.002 | 1/1000 | 1/200 | reached |"
        in printed
    )
    stored = json.loads((tmp_path / "peers.json").read_text())
    assert stored["peers"][0]["cpu_ms"]["speech"] == [1, 2, 3]
    assert stored == json.loads(json.dumps(document(rows, CONDITIONS)))
