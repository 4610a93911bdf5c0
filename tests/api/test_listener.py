"""edge.listen, edge.listen_async and edge.classify: the commands' chain for Python programs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import edge
import tiny_sound
from edge.errors import ModelError, RecordingError, SourceError
from edge.formats.motion import own_csv, read
from edge.formats.sound.wav_writer import write_wav
from edge.samples import MOTION
from edge.source import HAND_MOTION
from edge.source.simulated.hand import SimulatedHand


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return tiny_sound.write_model(tmp_path / "words.tflite", "kws", ["yes", "no", "silence"])


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    write_wav(path, tiny_sound.say(".l----h.nn.hh."), tiny_sound.RATE)
    return path


def test_events_of_a_file(words: Path, talk: Path) -> None:
    listener = edge.listen("kws", model=words, replay=talk, speed=np.inf)
    events = list(listener)
    assert [event.label for event in events] == ["yes", "no", "no"]
    assert all(0 < event.score <= 1 for event in events)
    assert listener.health.samples > 16000


def test_events_of_a_simulated_hand() -> None:
    events = list(edge.listen("airdigit", mock=True, digits="0123", seed=1, speed=np.inf))
    assert {event.label for event in events} <= set("0123") and len(events) >= 3
    assert [event.truth for event in events] == sorted(event.truth for event in events)


def test_text_is_parsed_as_on_the_command_line() -> None:
    events = list(edge.listen("airdigit", mock=True, digits="01", seed="1", speed="max"))
    assert events


def test_a_source_of_ones_own(words: Path) -> None:
    source = tiny_sound.TinyMicrophone(".l----h.")
    assert [event.label for event in edge.listen("kws", model=words, source=source)] == [
        "yes",
        "no",
    ]


def test_it_can_be_stopped_from_another_thread() -> None:
    listener = edge.listen("airdigit", mock=True)
    threading.Timer(0.5, listener.stop).start()
    started = time.monotonic()
    list(listener)
    assert time.monotonic() - started < 5


def test_leaving_the_loop_closes_the_source(words: Path) -> None:
    source = tiny_sound.TinyMicrophone(".l----h.")
    events = iter(edge.listen("kws", model=words, source=source))
    assert next(events).label == "yes"
    events.close()  # type: ignore[attr-defined]


def test_an_unknown_option_names_those_there_are(words: Path) -> None:
    with pytest.raises(TypeError, match=r"no cable; sources have .*device.*mock.*replay"):
        edge.listen("kws", model=words, cable=3)


def test_a_source_and_options_exclude_each_other(words: Path) -> None:
    with pytest.raises(TypeError, match="mock"):
        edge.listen("kws", source=tiny_sound.TinyMicrophone("."), model=words, mock=True)


def test_motion_needs_a_choice_of_source() -> None:
    with pytest.raises(SourceError, match="choose a source"):
        edge.listen("airdigit")


def test_a_model_for_another_task_is_refused() -> None:
    with pytest.raises(ModelError, match="a model for 'kws'"):
        edge.listen("sounddigit", model="kws", mock=True)


def test_asyncio(words: Path, talk: Path) -> None:
    async def collect() -> list[str]:
        events = edge.listen_async("kws", model=words, replay=[talk], speed=np.inf)
        return [event.label async for event in events]

    assert asyncio.run(collect()) == ["yes", "no", "no"]


def test_asyncio_loop_can_be_left_early() -> None:
    async def first() -> str:
        events = edge.listen_async("airdigit", mock=True, seed=1, speed=20.0)
        async for event in events:
            await events.aclose()  # type: ignore[attr-defined]
            return event.label
        return ""

    before = threading.active_count()
    assert asyncio.run(first()) in "0123456789"
    assert threading.active_count() <= before + 1


def test_an_error_of_the_source_is_raised_in_asyncio(tmp_path: Path) -> None:
    async def collect() -> None:
        async for _ in edge.listen_async("kws", replay=tmp_path / "missing.wav"):
            pass

    with pytest.raises(edge.EdgeError, match="missing.wav"):
        asyncio.run(collect())


def test_a_recording_is_classified(tmp_path: Path) -> None:
    with SimulatedHand(HAND_MOTION, "3", 1, speed=np.inf) as source:
        chunks = list(source)
    mark = source.marks[0]
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    inside = t < mark.end + 0.3
    path = tmp_path / "take.csv"
    take = edge.Chunk(t[inside], values[inside])
    path.write_text(own_csv.render(recording_of(take)))
    result = edge.classify("airdigit", path)
    assert result.label == "3"
    assert result.score == result.scores["3"] == max(result.scores.values())
    assert edge.classify(edge.Model.load("airdigit"), str(path)) == result
    assert read(path).channels == ("ax", "ay", "az", "gx", "gy", "gz")


def recording_of(chunk: edge.Chunk):  # noqa: ANN201
    from edge.formats.motion.recording import Recording

    return Recording.checked(chunk.t, chunk.values, MOTION)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="folder"):
        edge.classify("airdigit", tmp_path)


def test_importing_edge_is_light() -> None:
    program = (
        "import edge, sys; assert 'numpy' not in sys.modules; edge.Recognizer; "
        "assert not {'sounddevice', 'serial', 'smbus2', 'tensorflow', 'librosa'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_exported_name_exists() -> None:
    assert all(getattr(edge, name) is not None for name in edge.__all__)
    assert set(edge.__all__) <= set(dir(edge))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = edge.nonsense
