"""edge.listen, edge.listen_async and edge.classify, which run the chain of the commands."""

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
from edge.formats.motion import Recording, own_csv, read
from edge.formats.sound.wav_writer import write_wav
from edge.samples import MOTION
from edge.source import HAND_MOTION
from edge.source.simulated.hand import SimulatedHand


@pytest.fixture
def words(tiny_word_model: Path) -> Path:
    return tiny_word_model


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    write_wav(path, tiny_sound.say(".l----h.nn.hh."), tiny_sound.RATE)
    return path


def test_the_words_of_a_file_are_recognised(words: Path, talk: Path) -> None:
    listener = edge.listen("kws", model=words, replay=talk, speed=np.inf)
    events = list(listener)
    assert [event.label for event in events] == ["yes", "no", "no"]
    assert all(0 < event.score <= 1 for event in events)
    assert listener.health.samples > 16000


def test_the_digits_of_a_simulated_hand_are_recognised() -> None:
    events = list(edge.listen("airdigit", mock=True, digits="0123", seed=1, speed=np.inf))
    assert {event.label for event in events} <= set("0123") and len(events) >= 3
    assert [event.truth for event in events] == sorted(event.truth for event in events)


def test_options_may_be_text_as_on_the_command_line() -> None:
    events = list(edge.listen("airdigit", mock=True, digits="01", seed="1", speed="max"))
    assert events


def test_a_program_can_give_its_own_source(words: Path) -> None:
    source = tiny_sound.TinyMicrophone(".l----h.")
    assert [event.label for event in edge.listen("kws", model=words, source=source)] == [
        "yes",
        "no",
    ]


def test_a_listener_can_be_stopped_from_another_thread() -> None:
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


def test_the_error_for_an_unknown_option_names_the_known_ones(words: Path) -> None:
    with pytest.raises(TypeError, match=r"no cable; sources have .*device.*mock.*replay"):
        edge.listen("kws", model=words, cable=3)


def test_a_source_and_options_together_are_refused(words: Path) -> None:
    with pytest.raises(TypeError, match="mock"):
        edge.listen("kws", source=tiny_sound.TinyMicrophone("."), model=words, mock=True)


def test_motion_has_no_default_source() -> None:
    with pytest.raises(SourceError, match="choose a source"):
        edge.listen("airdigit")


def test_a_model_for_another_task_is_refused() -> None:
    with pytest.raises(ModelError, match="a model for 'kws'"):
        edge.listen("sounddigit", model="kws", mock=True)


def test_listen_async_gives_the_same_events(words: Path, talk: Path) -> None:
    async def collect() -> list[str]:
        events = edge.listen_async("kws", model=words, replay=[talk], speed=np.inf)
        return [event.label async for event in events]

    assert asyncio.run(collect()) == ["yes", "no", "no"]


def test_leaving_the_async_loop_stops_the_reading_thread() -> None:
    async def first() -> str:
        events = edge.listen_async("airdigit", mock=True, seed=1, speed=20.0)
        async for event in events:
            await events.aclose()  # type: ignore[attr-defined]
            return event.label
        return ""

    before = threading.active_count()
    assert asyncio.run(first()) in "0123456789"
    assert threading.active_count() <= before + 1


def test_listen_async_raises_the_error_of_the_source(tmp_path: Path) -> None:
    async def collect() -> None:
        async for _ in edge.listen_async("kws", replay=tmp_path / "missing.wav"):
            pass

    with pytest.raises(edge.EdgeError, match="missing.wav"):
        asyncio.run(collect())


def test_classify_gives_label_score_and_all_scores(tmp_path: Path) -> None:
    with SimulatedHand(HAND_MOTION, "3", 1, speed=np.inf) as source:
        chunks = list(source)
    mark = source.marks[0]
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    inside = t < mark.end + 0.3
    path = tmp_path / "take.csv"
    take = Recording.checked(t[inside], values[inside], MOTION)
    path.write_text(own_csv.render(take))
    result = edge.classify("airdigit", path)
    assert result.label == "3"
    assert result.score == result.scores["3"] == max(result.scores.values())
    assert edge.classify(edge.Model.load("airdigit"), str(path)) == result
    assert read(path).channels == ("ax", "ay", "az", "gx", "gy", "gz")


def test_classify_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="folder"):
        edge.classify("airdigit", tmp_path)


def test_importing_edge_loads_no_heavy_packages() -> None:
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
