"""The recorder of words, on sound that is played to it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from edge.commands.sound_record import main
from edge.formats.sound import read, write_wav
from edge.samples import Chunk
from edge.simulation.sound.room import Noise
from edge.simulation.sound.speaker import Speaker, say
from edge.takes.sound import store
from edge.takes.sound.capture import Capture
from edge.takes.sound.endpoints import stretches
from edge.takes.sound.validation import AROUND
from training.sound.data.folder_layouts import named

RATE = 16000
HISS = 3e-4  # rms of a quiet room


def quiet(seconds):
    return np.zeros(round(seconds * RATE))


def word(text="yes", seed=1, gain=1.0):
    person = Speaker(seed)
    return gain * say(text, person, person.rng)


def room(*parts, hiss=HISS):
    """What was said, with quiet before and after all of it, in a room."""
    said = np.concatenate([quiet(2), *parts, quiet(3)])
    return said + Noise(np.random.default_rng(0), hiss).take(len(said))


def said(*words):
    return [part for one in words for part in (one, quiet(2.5))]


@pytest.fixture
def record(tmp_path, capsys):
    """Run the command on a sound; its status, its standard output and what it said."""

    def record(sound, *options, rate=RATE):
        played = tmp_path / "played.wav"
        write_wav(played, sound, rate)
        out = ["--out", str(tmp_path / "words"), "--replay", str(played), "--speed", "max"]
        status = main(["--speaker", "ann", *options, *out])
        heard = capsys.readouterr()
        return status, heard.out, heard.err

    return record


def saved(tmp_path):
    found = (tmp_path / "words").rglob("*")
    return sorted(str(p.relative_to(tmp_path / "words")) for p in found if p.is_file())


def test_words_are_asked_for_in_turns_trimmed_and_saved(record, tmp_path):
    first, second = word("yes"), word("no")
    sound = room(*said(first, second, word("yes", 2), word("no", 2)))
    status, out, err = record(sound, "--words", "yes", "no", "--takes", "2")
    assert status == 0, err
    prompts = [line for line in err.splitlines() if line.startswith("say:")]
    assert prompts == [f"say: {w} ({n} of 2)" for n in (1, 2) for w in ("yes", "no")]
    names = [f"{w}/ann_nohash_{n}.wav" for w in ("no", "yes") for n in (0, 1)]
    assert saved(tmp_path) == names
    assert sorted(line.split()[-1] for line in out.splitlines()) == [
        str(tmp_path / "words" / name) for name in names
    ]
    assert "4 takes of ann were saved" in err and "0 are left" in err
    assert "go on with" not in err
    for expected, name in ((first, "yes"), (second, "no")):
        take = read(tmp_path / "words" / name / "ann_nohash_0.wav")
        assert take.rate == RATE
        (heard,) = stretches(take.samples, RATE)
        assert heard.end - heard.start == pytest.approx(len(expected) / RATE, abs=0.1)
        assert heard.start > AROUND - 0.05
        assert take.t[-1] - heard.end > AROUND - 0.05
        assert 0.95 < len(take.samples) / RATE < 1.3
        # It is the word itself, not another stretch of the sound.
        match = np.correlate(take.samples, expected[:8000], "valid").max()
        own, there = (np.sqrt(np.sum(x[:8000] ** 2)) for x in (expected, take.samples))
        assert match > 0.9 * own * min(own, there)


def test_training_knows_word_and_speaker(record, tmp_path):
    sound = room(*said(*(word(w) for w in ("yes", "four", "two"))))
    status, _, err = record(sound, "--words", "yes", "42", "--takes", "1")
    assert status == 0, err
    assert "say: 4 (1 of 1)" in err
    assert saved(tmp_path) == ["2/2_ann_0.wav", "4/4_ann_0.wav", "yes/ann_nohash_0.wav"]
    found = {(clip.word, clip.speaker) for clip in named(tmp_path / "words")}
    assert found == {("yes", "ann"), ("four", "ann"), ("two", "ann")}


@pytest.mark.parametrize("after", [0.1, 0.3, 1.0])
def test_the_last_take_of_a_recording_is_judged(record, tmp_path, after):
    sound = room(*said(word()), word("yes", 2), quiet(after))
    sound = sound[: len(sound) - round(3 * RATE)]  # which a room has after all of it
    status, _, err = record(sound, "--words", "yes", "--takes", "2")
    assert status == 0, err
    assert len(saved(tmp_path)) == 2


def test_a_word_that_the_end_of_a_recording_cuts_is_none(record, tmp_path):
    last = word("yes", 2)
    sound = room(*said(word()), last)
    sound = sound[: len(sound) - round(3 * RATE) - len(last) // 2]
    status, _, err = record(sound, "--words", "yes", "--takes", "2")
    assert status == 1
    assert len(saved(tmp_path)) == 1


def test_talk_without_end_is_cut_off_and_refused(record, tmp_path):
    """It is judged after some seconds, not kept for as long as it lasts."""
    talk = [word("yes"), word("no", 2), word("stop", 3)] * 10
    status, _, err = record(
        room(quiet(1), *talk, quiet(2), *said(word())), "--words", "yes", "--takes", "1"
    )
    assert status == 0
    assert "not saved: 4.0 s is" in err
    assert len(saved(tmp_path)) == 1


@pytest.mark.parametrize("name", ["Zoë", "नहीं", "don't", "はい", "co-op"])
def test_words_of_any_language(record, tmp_path, name):
    status, _, err = record(room(*said(word())), "--words", name, "--takes", "1")
    assert status == 0, err
    (clip,) = named(tmp_path / "words")
    assert clip.word == name


LONG = np.concatenate([word("seven", 3)[:6000]] * 5)
BAD = {
    "clipped in": np.clip(word(gain=20), -1, 1),
    "too soft, its peak is": word(gain=0.03),
    "more than one word was heard": np.concatenate([word("yes"), quiet(0.5), word("no")]),
    "s is too long for a word": LONG,
    "only a click was heard": np.full(600, 0.3) * np.sin(np.arange(600)),
}


@pytest.mark.parametrize("reason", BAD)
def test_what_is_no_take_is_refused_and_asked_for_again(record, tmp_path, reason):
    sound = room(*said(BAD[reason], word("yes", 2)))
    status, _, err = record(sound, "--words", "yes", "--takes", "1")
    assert status == 0, err
    refusals = [line for line in err.splitlines() if "not saved" in line]
    assert len(refusals) == 1 and refusals[0].startswith("  not saved: ")
    assert reason in refusals[0]
    assert err.count("say: yes (1 of 1)") == 2
    assert len(saved(tmp_path)) == 1


def test_a_knock_beside_a_word_does_no_harm(record, tmp_path):
    spoken = np.concatenate([word(), quiet(0.4), BAD["only a click was heard"]])
    status, _, err = record(room(*said(spoken)), "--words", "yes", "--takes", "1")
    assert status == 0 and "not saved" not in err


def test_a_recording_played_again_is_not_taken_for_another_word(record, tmp_path):
    options = ["--words", "yes", "no", "--takes", "1"]
    sound = room(*said(word()))
    assert record(sound, *options)[0] == 1
    status, _, err = record(sound, *options)
    assert status == 1
    assert "not saved: this very sound is" in err and "yes/ann_nohash_0.wav already" in err
    assert saved(tmp_path) == ["yes/ann_nohash_0.wav"]
    status, _, _ = record(room(*said(word(), word("no"))), *options)
    assert status == 0
    assert saved(tmp_path) == ["no/ann_nohash_0.wav", "yes/ann_nohash_0.wav"]
    (tmp_path / "words" / "yes" / "ann_nohash_9.wav").symlink_to("gone.wav")
    assert record(room(*said(word("go"))), "--words", "3", "--takes", "1")[0] == 0
    status, _, err = record(room(*said(word("go"))), "--words", "4", "--takes", "1")
    assert status == 1 and "3/3_ann_0.wav already" in err


def test_all_that_a_recording_has_said_before_may_come_before_what_is_new(record, tmp_path):
    heard = said(*(word("yes", seed) for seed in range(11)))
    assert record(room(*heard), "--words", "yes", "--takes", "11")[0] == 0
    status, _, err = record(room(*heard, *said(word("no"))), "--words", "no", "--takes", "1")
    assert status == 0, err
    assert len(saved(tmp_path)) == 12


def test_a_word_lost_in_noise_is_refused(record, tmp_path):
    sound = room(*said(word(), word("yes", 2)), hiss=0.03)
    status, _, err = record(sound, "--words", "yes", "--takes", "1")
    assert status == 1
    assert "not saved: too noisy" in err
    assert saved(tmp_path) == []


def test_silence_is_told_and_in_the_end_given_up(record, tmp_path):
    status, _, err = record(room(quiet(90)), "--words", "yes")
    assert status == 1
    assert err.count("not saved: nothing was heard for 8 s: speak louder") == 10
    assert "10 takes in a row were refused" in err
    assert "go on with the same command" in err


def test_a_muted_microphone_is_told(record):
    status, _, err = record(quiet(100), "--words", "yes")
    assert status == 1
    assert "there is no sound at all: is the microphone muted?" in err


def test_the_same_command_goes_on_and_overwrites_nothing(record, tmp_path):
    options = ["--words", "yes", "--takes", "3"]
    status, _, err = record(room(*said(word(), word("yes", 2))), *options)
    assert status == 1
    assert "2 takes of ann were saved" in err and "1 are left" in err
    assert err.endswith("error: the source ended with 1 takes left\n")
    before = {name: (tmp_path / "words" / name).read_bytes() for name in saved(tmp_path)}
    status, _, err = record(room(*said(word("yes", 3))), *options)
    assert status == 0
    assert "say: yes (3 of 3)" in err
    after = {name: (tmp_path / "words" / name).read_bytes() for name in saved(tmp_path)}
    assert len(after) == 3 and before.items() <= after.items()
    status, out, err = record(room(quiet(1)), *options)
    assert (status, out) == (0, "")


def test_another_speaker_has_takes_of_their_own(record, tmp_path):
    for name in ("ann", "bob", "bob"):
        options = ["--words", "yes", "--takes", "1", "--speaker", name]
        assert record(room(*said(word())), *options)[0] == 0
    assert saved(tmp_path) == ["yes/ann_nohash_0.wav", "yes/bob_nohash_0.wav"]


def test_a_free_number_is_found(tmp_path):
    sounds = [np.full(100, level, np.float32) for level in (0.1, 0.2, 0.3, 0.4)]
    paths = [store.save(samples, tmp_path, "yes", "ann") for samples in sounds[:3]]
    paths[1].unlink()
    assert store.count(tmp_path, "yes", "ann") == 2
    assert store.count(tmp_path, "yes", "an") == store.count(tmp_path, "no", "ann") == 0
    assert store.save(sounds[3], tmp_path, "yes", "ann") == paths[1]
    assert len(list((tmp_path / "yes").iterdir())) == 3


def test_json_is_one_object_a_take(record, tmp_path):
    sound = room(*said(BAD["too soft, its peak is"], word()))
    status, out, _ = record(sound, "--words", "yes", "--takes", "1", "--json")
    assert status == 0
    rejected, take, summary = (json.loads(line) for line in out.splitlines())
    assert rejected["event"] == "rejected" and "too soft" in rejected["reason"]
    assert take["file"] == str(tmp_path / "words" / "yes" / "ann_nohash_0.wav")
    assert take["above"] > 30 and take["seconds"] == pytest.approx(len(word()) / RATE, abs=0.1)
    assert summary == {"event": "summary", "speaker": "ann", "saved": 1, "rejected": 1, "left": 0}


def test_a_file_of_another_rate(record, tmp_path):
    sound = room(*said(word()))
    assert record(np.repeat(sound, 3), "--words", "yes", "--takes", "1", rate=48000)[0] == 0
    take = read(tmp_path / "words" / "yes" / "ann_nohash_0.wav")
    assert take.rate == RATE and 0.95 < len(take.samples) / RATE < 1.3


def captured(sound, gap=0.0, at=0.0, size=500):
    capture = Capture()
    t = np.arange(len(sound)) / RATE
    t[t >= at] += gap
    for start in range(0, len(sound), size):
        part = slice(start, start + size)
        take = capture.feed(Chunk(t[part], sound[part, None].astype(np.float32)))
        if take is not None:
            return take
    raise AssertionError("nothing was captured")


def test_samples_that_are_missing_in_a_word_spoil_it():
    sound = room(*said(word()))
    assert captured(sound).lost == 0
    assert captured(sound, 0.05, at=1.0).lost == 0  # before anything was said
    assert captured(sound, 0.05, at=2.3).lost == 800


@pytest.mark.parametrize("size", [1, 37, 800, 5000])
def test_what_is_captured_hardly_depends_on_the_chunks(size):
    sound = room(*said(word()))
    spoken = [stretches(captured(sound, size=s).samples, RATE)[0] for s in (500, size)]
    assert spoken[0].end - spoken[0].start == pytest.approx(
        spoken[1].end - spoken[1].start, abs=0.011
    )


def test_a_simulated_person_says_what_is_asked_for(tmp_path, capsys):
    options = ["--words", "left", "7", "--takes", "2", "--mock", "--speed", "max"]
    assert main([*options, "--speaker", "ann", "--out", str(tmp_path / "words")]) == 0
    assert "not saved" not in capsys.readouterr().err
    assert saved(tmp_path) == [
        *("7/7_ann_0.wav", "7/7_ann_1.wav"),
        *("left/ann_nohash_0.wav", "left/ann_nohash_1.wav"),
    ]


def test_a_simulated_person_does_not_know_all_words(tmp_path, capsys):
    out = ["--speaker", "ann", "--out", str(tmp_path / "words")]
    assert main(["--words", "yes", "oui", "--mock", *out]) == 1
    err = capsys.readouterr().err
    assert "simulated speakers cannot say 'oui'" in err and len(err.splitlines()) == 1
    assert not (tmp_path / "words").exists()


def test_the_level_is_shown_on_a_terminal_only(record, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    sound = room(*said(word()))
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
def test_usage(capsys, options):
    with pytest.raises(SystemExit) as stop:
        main([*options, "--replay", "a.wav"])
    assert stop.value.code == 2


def test_a_folder_that_cannot_be(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    options = ["--words", "yes", "--speaker", "ann", "--mock", "--out", str(tmp_path / "file")]
    assert main(options) == 1
    assert "choose another --out" in capsys.readouterr().err


def test_a_name_that_stdout_cannot_write_ends_nothing(tmp_path):
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
def test_interrupted_it_keeps_what_it_has(tmp_path, number):
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
        assert process.stdout is not None and process.stderr is not None
        for _ in range(2):
            assert json.loads(process.stdout.readline())["event"] == "take"
        process.send_signal(number)
        assert process.wait(10) == 130
        last = process.stdout.read().splitlines()[-1]
        err = process.stderr.read()
    assert json.loads(last)["saved"] == len(saved(tmp_path)) >= 2
    assert "go on with the same command" in err
    assert "Traceback" not in err
    assert all(len(read(tmp_path / "words" / name).samples) > 10000 for name in saved(tmp_path))
