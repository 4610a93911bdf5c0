"""sound-record, with sound that is replayed to it and with a simulated person."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from command_process import interrupt_recorder
from edge.commands.sound_record import main
from edge.formats.sound import read, write_wav
from edge.samples import Chunk
from edge.simulation.sound.room import Noise
from edge.simulation.sound.speaker import Speaker, say
from edge.takes.sound.capture import WordCapture
from edge.takes.sound.endpoints import find_segments
from edge.takes.sound.storage import count_takes, save_take
from edge.takes.sound.validation import MARGIN
from training.sound.data.folder_layouts import find_clip_files

RATE = 16000
NOISE_RMS = 3e-4  # of a quiet room


def silence(seconds):
    return np.zeros(round(seconds * RATE))


def word(text="yes", seed=1, gain=1.0):
    person = Speaker(seed)
    return gain * say(text, person, person.rng)


def in_room(*parts, noise_rms=NOISE_RMS):
    """Return the parts with 2 s of silence before and 3 s after them, plus noise."""
    sound = np.concatenate([silence(2), *parts, silence(3)])
    return sound + Noise(np.random.default_rng(0), noise_rms).take(len(sound))


def with_pauses(*words):
    """Return the words with 2.5 s of silence after each."""
    return [part for one in words for part in (one, silence(2.5))]


@pytest.fixture
def record(tmp_path, capsys):
    """Return a function that runs the command on a sound.

    It returns the exit status, stdout and stderr.
    """

    def record(sound, *options, rate=RATE):
        replayed = tmp_path / "replayed.wav"
        write_wav(replayed, sound, rate)
        out = ["--out", str(tmp_path / "words"), "--replay", str(replayed), "--speed", "max"]
        status = main(["--speaker", "ann", *options, *out])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return record


def saved_files(tmp_path):
    found = (tmp_path / "words").rglob("*")
    return sorted(str(p.relative_to(tmp_path / "words")) for p in found if p.is_file())


def test_words_are_prompted_for_in_turn_trimmed_and_saved(record, tmp_path):
    first, second = word("yes"), word("no")
    sound = in_room(*with_pauses(first, second, word("yes", 2), word("no", 2)))
    status, out, err = record(sound, "--words", "yes", "no", "--takes", "2")
    assert status == 0, err
    prompts = [line for line in err.splitlines() if line.startswith("say:")]
    assert prompts == [f"say: {w} ({n} of 2)" for n in (1, 2) for w in ("yes", "no")]
    names = [f"{w}/ann_nohash_{n}.wav" for w in ("no", "yes") for n in (0, 1)]
    assert saved_files(tmp_path) == names
    assert sorted(line.split()[-1] for line in out.splitlines()) == [
        str(tmp_path / "words" / name) for name in names
    ]
    assert f"takes of ann saved in {tmp_path}/words: 4, remaining: 0" in err
    assert "to continue" not in err
    for expected, name in ((first, "yes"), (second, "no")):
        take = read(tmp_path / "words" / name / "ann_nohash_0.wav")
        assert take.rate == RATE
        (segment,) = find_segments(take.samples, RATE)
        assert segment.end - segment.start == pytest.approx(len(expected) / RATE, abs=0.1)
        assert segment.start > MARGIN - 0.05
        assert take.t[-1] - segment.end > MARGIN - 0.05
        assert 0.95 < len(take.samples) / RATE < 1.3
        # It is the word itself, not another part of the sound.
        match = np.correlate(take.samples, expected[:8000], "valid").max()
        norm, norm_of_take = (np.sqrt(np.sum(x[:8000] ** 2)) for x in (expected, take.samples))
        assert match > 0.9 * norm * min(norm, norm_of_take)


def test_training_finds_word_and_speaker_of_each_take(record, tmp_path):
    sound = in_room(*with_pauses(*(word(w) for w in ("yes", "four", "two"))))
    status, _, err = record(sound, "--words", "yes", "42", "--takes", "1")
    assert status == 0, err
    assert "say: 4 (1 of 1)" in err
    assert saved_files(tmp_path) == ["2/2_ann_0.wav", "4/4_ann_0.wav", "yes/ann_nohash_0.wav"]
    found = {(clip.word, clip.speaker) for clip in find_clip_files(tmp_path / "words")}
    assert found == {("yes", "ann"), ("four", "ann"), ("two", "ann")}


@pytest.mark.parametrize("after", [0.1, 0.3, 1.0])
def test_a_word_at_the_end_of_a_recording_is_saved(record, tmp_path, after):
    sound = in_room(*with_pauses(word()), word("yes", 2), silence(after))
    sound = sound[: len(sound) - round(3 * RATE)]  # the silence that in_room adds
    status, _, err = record(sound, "--words", "yes", "--takes", "2")
    assert status == 0, err
    assert len(saved_files(tmp_path)) == 2


def test_a_word_cut_by_the_end_of_a_recording_is_not_saved(record, tmp_path):
    last = word("yes", 2)
    sound = in_room(*with_pauses(word()), last)
    sound = sound[: len(sound) - round(3 * RATE) - len(last) // 2]
    status, _, err = record(sound, "--words", "yes", "--takes", "2")
    assert status == 1
    assert len(saved_files(tmp_path)) == 1


def test_continuous_speech_is_cut_after_4_s_and_rejected(record, tmp_path):
    speech = [word("yes"), word("no", 2), word("stop", 3)] * 10
    status, _, err = record(
        in_room(silence(1), *speech, silence(2), *with_pauses(word())),
        "--words",
        "yes",
        "--takes",
        "1",
    )
    assert status == 0
    assert "not saved: 4.0 s is" in err
    assert len(saved_files(tmp_path)) == 1


@pytest.mark.parametrize("name", ["Zoë", "नहीं", "don't", "はい", "co-op"])
def test_a_word_of_any_language_can_be_recorded(record, tmp_path, name):
    status, _, err = record(in_room(*with_pauses(word())), "--words", name, "--takes", "1")
    assert status == 0, err
    (clip,) = find_clip_files(tmp_path / "words")
    assert clip.word == name


LONG_WORD = np.concatenate([word("seven", 3)[:6000]] * 5)
BAD = {  # reason to reject a take: its sound
    "clipped in": np.clip(word(gain=20), -1, 1),
    "too soft, its peak is": word(gain=0.03),
    "more than one word was spoken": np.concatenate([word("yes"), silence(0.5), word("no")]),
    "s is too long for a word": LONG_WORD,
    "only a click was recorded": np.full(600, 0.3) * np.sin(np.arange(600)),
}


@pytest.mark.parametrize("reason", BAD)
def test_an_invalid_take_is_rejected_and_prompted_for_again(record, tmp_path, reason):
    sound = in_room(*with_pauses(BAD[reason], word("yes", 2)))
    status, _, err = record(sound, "--words", "yes", "--takes", "1")
    assert status == 0, err
    rejections = [line for line in err.splitlines() if "not saved" in line]
    assert len(rejections) == 1 and rejections[0].startswith("  not saved: ")
    assert reason in rejections[0]
    assert err.count("say: yes (1 of 1)") == 2
    assert len(saved_files(tmp_path)) == 1


def test_a_knock_near_a_word_is_ignored(record, tmp_path):
    spoken = np.concatenate([word(), silence(0.4), BAD["only a click was recorded"]])
    status, _, err = record(in_room(*with_pauses(spoken)), "--words", "yes", "--takes", "1")
    assert status == 0 and "not saved" not in err


def test_a_recording_that_is_replayed_again_is_not_saved_as_another_word(record, tmp_path):
    options = ["--words", "yes", "no", "--takes", "1"]
    sound = in_room(*with_pauses(word()))
    assert record(sound, *options)[0] == 1
    status, _, err = record(sound, *options)
    assert status == 1
    assert "not saved: the same take is already saved as" in err
    assert f"{tmp_path}/words/yes/ann_nohash_0.wav" in err
    assert saved_files(tmp_path) == ["yes/ann_nohash_0.wav"]
    status, _, _ = record(in_room(*with_pauses(word(), word("no"))), *options)
    assert status == 0
    assert saved_files(tmp_path) == ["no/ann_nohash_0.wav", "yes/ann_nohash_0.wav"]
    (tmp_path / "words" / "yes" / "ann_nohash_9.wav").symlink_to("gone.wav")
    assert record(in_room(*with_pauses(word("go"))), "--words", "3", "--takes", "1")[0] == 0
    status, _, err = record(in_room(*with_pauses(word("go"))), "--words", "4", "--takes", "1")
    assert status == 1 and f"already saved as {tmp_path}/words/3/3_ann_0.wav" in err


def test_takes_saved_before_do_not_count_as_rejected_in_a_row(record, tmp_path):
    before = with_pauses(*(word("yes", seed) for seed in range(11)))
    assert record(in_room(*before), "--words", "yes", "--takes", "11")[0] == 0
    status, _, err = record(
        in_room(*before, *with_pauses(word("no"))), "--words", "no", "--takes", "1"
    )
    assert status == 0, err
    assert len(saved_files(tmp_path)) == 12


def test_a_word_in_loud_noise_is_rejected(record, tmp_path):
    sound = in_room(*with_pauses(word(), word("yes", 2)), noise_rms=0.03)
    status, _, err = record(sound, "--words", "yes", "--takes", "1")
    assert status == 1
    assert "not saved: too noisy" in err
    assert saved_files(tmp_path) == []


def test_silence_is_reported_and_ends_the_session_after_ten_takes(record, tmp_path):
    status, _, err = record(in_room(silence(90)), "--words", "yes")
    assert status == 1
    assert err.count("not saved: no word for 8 s: speak louder") == 10
    assert "10 takes in a row were rejected" in err
    assert "to continue: run the same command again" in err


def test_a_muted_microphone_is_reported(record):
    status, _, err = record(silence(100), "--words", "yes")
    assert status == 1
    assert "there is no sound at all: is the microphone muted?" in err


def test_the_same_command_continues_and_overwrites_no_file(record, tmp_path):
    options = ["--words", "yes", "--takes", "3"]
    status, _, err = record(in_room(*with_pauses(word(), word("yes", 2))), *options)
    assert status == 1
    assert f"takes of ann saved in {tmp_path}/words: 2, remaining: 1" in err
    assert err.endswith("error: the source ended before all takes were saved: 1 remaining\n")
    before = {name: (tmp_path / "words" / name).read_bytes() for name in saved_files(tmp_path)}
    status, _, err = record(in_room(*with_pauses(word("yes", 3))), *options)
    assert status == 0
    assert "say: yes (3 of 3)" in err
    after = {name: (tmp_path / "words" / name).read_bytes() for name in saved_files(tmp_path)}
    assert len(after) == 3 and before.items() <= after.items()
    status, out, err = record(in_room(silence(1)), *options)
    assert (status, out) == (0, "")


def test_takes_are_counted_for_each_speaker(record, tmp_path):
    for name in ("ann", "bob", "bob"):
        options = ["--words", "yes", "--takes", "1", "--speaker", name]
        assert record(in_room(*with_pauses(word())), *options)[0] == 0
    assert saved_files(tmp_path) == ["yes/ann_nohash_0.wav", "yes/bob_nohash_0.wav"]


def test_a_take_gets_the_first_free_number(tmp_path):
    sounds = [np.full(100, level, np.float32) for level in (0.1, 0.2, 0.3, 0.4)]
    paths = [save_take(samples, tmp_path, "yes", "ann") for samples in sounds[:3]]
    paths[1].unlink()
    assert count_takes(tmp_path, "yes", "ann") == 2
    assert count_takes(tmp_path, "yes", "an") == count_takes(tmp_path, "no", "ann") == 0
    assert save_take(sounds[3], tmp_path, "yes", "ann") == paths[1]
    assert len(list((tmp_path / "yes").iterdir())) == 3


def test_json_is_one_object_for_each_take(record, tmp_path):
    sound = in_room(*with_pauses(BAD["too soft, its peak is"], word()))
    status, out, _ = record(sound, "--words", "yes", "--takes", "1", "--json")
    assert status == 0
    rejected, take, summary = (json.loads(line) for line in out.splitlines())
    assert rejected["event"] == "rejected" and "too soft" in rejected["reason"]
    assert take["file"] == str(tmp_path / "words" / "yes" / "ann_nohash_0.wav")
    assert take["above"] > 30 and take["seconds"] == pytest.approx(len(word()) / RATE, abs=0.1)
    assert summary == {"event": "summary", "speaker": "ann", "saved": 1, "rejected": 1, "left": 0}


def test_a_take_from_a_file_of_another_rate_has_16_khz(record, tmp_path):
    sound = in_room(*with_pauses(word()))
    assert record(np.repeat(sound, 3), "--words", "yes", "--takes", "1", rate=48000)[0] == 0
    take = read(tmp_path / "words" / "yes" / "ann_nohash_0.wav")
    assert take.rate == RATE and 0.95 < len(take.samples) / RATE < 1.3


def captured_take(sound, gap=0.0, at=0.0, size=500):
    """Return the first take; `gap` seconds are missing in the stream at the time `at`."""
    capture = WordCapture()
    t = np.arange(len(sound)) / RATE
    t[t >= at] += gap
    for start in range(0, len(sound), size):
        part = slice(start, start + size)
        take = capture.feed(Chunk(t[part], sound[part, None].astype(np.float32)))
        if take is not None:
            return take
    raise AssertionError("nothing was captured")


def test_samples_that_are_missing_in_a_word_are_counted():
    sound = in_room(*with_pauses(word()))
    assert captured_take(sound).lost == 0
    assert captured_take(sound, 0.05, at=1.0).lost == 0  # before the word
    assert captured_take(sound, 0.05, at=2.3).lost == 800


@pytest.mark.parametrize("size", [1, 37, 800, 5000])
def test_a_captured_take_hardly_depends_on_the_chunk_size(size):
    sound = in_room(*with_pauses(word()))
    segments = [find_segments(captured_take(sound, size=s).samples, RATE)[0] for s in (500, size)]
    assert segments[0].end - segments[0].start == pytest.approx(
        segments[1].end - segments[1].start, abs=0.011
    )


def test_a_simulated_person_says_the_prompted_words(tmp_path, capsys):
    options = ["--words", "left", "7", "--takes", "2", "--mock", "--speed", "max"]
    assert main([*options, "--speaker", "ann", "--out", str(tmp_path / "words")]) == 0
    assert "not saved" not in capsys.readouterr().err
    assert saved_files(tmp_path) == [
        *("7/7_ann_0.wav", "7/7_ann_1.wav"),
        *("left/ann_nohash_0.wav", "left/ann_nohash_1.wav"),
    ]


def test_a_simulated_person_refuses_an_unknown_word(tmp_path, capsys):
    out = ["--speaker", "ann", "--out", str(tmp_path / "words")]
    assert main(["--words", "yes", "oui", "--mock", *out]) == 1
    err = capsys.readouterr().err
    assert "simulated speakers cannot say 'oui'" in err and len(err.splitlines()) == 1
    assert not (tmp_path / "words").exists()


def test_the_level_meter_is_shown_on_a_terminal_only(record, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    sound = in_room(*with_pauses(word()))
    assert " dB\x1b[K" not in record(sound, "--words", "yes", "--takes", "1")[2]
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    record(sound, "--words", "yes", "--takes", "2")
    assert " dB\x1b[K\r" in terminal.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        ["--words", "a/b"],
        ["--words", "..", "--speaker", "ann"],
        ["--words", "", "--speaker", "ann"],
        ["--words", ",", "--speaker", "ann"],
        ["--words", "_silence_", "--speaker", "ann"],
        ["--words", "4u", "--speaker", "ann"],
        ["--words", "yes", "--speaker", "ann lee"],
        ["--words", "yes", "--speaker", "3"],
        ["--words", "yes", "--speaker", "a_b"],
        ["--words", "yes", "--speaker", "ann", "--takes", "0"],
        ["--words", "yes"],
        ["--speaker", "ann"],
    ],
)
def test_invalid_options_are_usage_errors(capsys, options):
    with pytest.raises(SystemExit) as stop:
        main([*options, "--replay", "a.wav"])
    assert stop.value.code == 2


def test_an_output_folder_that_cannot_be_made_is_an_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    options = ["--words", "yes", "--speaker", "ann", "--mock", "--out", str(tmp_path / "file")]
    assert main(options) == 1
    assert "choose another --out" in capsys.readouterr().err


def test_a_speaker_name_that_stdout_cannot_encode_is_escaped(tmp_path):
    options = ["--words=yes", "--takes=2", "--speaker=Zoë", "--mock", "--speed=max"]
    call = "import sys; from edge.commands import start; sys.exit(start.sound_record())"
    done = subprocess.run(
        [sys.executable, "-c", call, *options, f"--out={tmp_path}"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"Zo\\xeb_nohash_") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_session_and_keeps_the_saved_takes(tmp_path, number):
    options = ["--words=yes", "--takes=500", "--speaker=ann", "--json", "--mock", "--speed=8"]
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from edge.commands import start; sys.exit(start.sound_record())",
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"EDGE_OUT": str(tmp_path / "words")},
    ) as process:
        events, err = interrupt_recorder(process, number)
    assert events[-1]["saved"] == len(saved_files(tmp_path)) >= 2
    assert "to continue: run the same command again" in err
    assert all(
        len(read(tmp_path / "words" / name).samples) > 10000 for name in saved_files(tmp_path)
    )
