"""What a trained model will detect live, in one sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.model.model import Model
from edge.simulation.sound.speaker import WORDS
from training.sound.data.clip_files import LabelledClip
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.spotting.matching import match_words
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.spotting.scored_audio import run_decision, run_features_and_network
from training.sound.task import Task

MAX_CLIPS = 200  # recordings of words; each is played once
CLIP_S = 2.4  # of audio for each clip, with the pause after it
GAP_S = (0.8, 1.6)
FEW, ENOUGH = 0.5, 0.85  # detected shares of the words


def spot_in_quiet_room(
    model: Model, clips: Sequence[LabelledClip], task: Task
) -> SpottingResult | None:
    """Return what the model detects of recorded words that follow one another in a quiet room.

    None without such words. `model` has the chosen thresholds.
    """
    words = [clip for clip in clips if clip.word in task.event_labels]
    step = max(1, -(-len(words) // MAX_CLIPS))
    words = words[::step]
    if not words:
        return None
    seconds = CLIP_S * len(words) + 2 * CLIP_S
    mix = MixConfig(seconds=seconds, gap_s=GAP_S, speech_s=2 * seconds, rate=model.manifest.rate_hz)
    said = {clip.word for clip in words}
    (audio,) = mix_clips(words, said, (), mix)
    scored = run_features_and_network(model, audio)
    return match_words(run_decision(scored, model.decision()), scored, said)


def sentence(
    result: SpottingResult,
    decision: Mapping[str, Any],
    people: int,
    task_name: str,
    by_machine: bool = False,
) -> str:
    """Return what will be detected live at the default thresholds, and what to do about it.

    `people`: the speakers of the training data; 0 if they are unknown. `by_machine`: machine voices
    said the words that were tested.
    """
    share = result.hits / max(1, result.words)
    if by_machine:
        return (
            f"live, in a quiet room, about {share:.0%} of the words of machine voices will be "
            f"detected ({result.hits} of {result.words} that were tested), and fewer of people: "
            "recordings of people who say the words (--data) help, and kws-enroll makes a model of "
            "one speaker's words"
        )
    expectation = f"live, in a quiet room, about {share:.0%} of the words will be detected"
    expectation += f" ({result.hits} of {result.words} that were tested)"
    if share >= ENOUGH:
        return expectation
    least = max((point["false_per_hour"] for point in decision["operating_points"]), default=0)
    remedies = [f"--max-false-per-hour {least:g} detects more"] if least > 1 else []
    remedies.append("more takes of each word help")
    if people <= 1:
        remedies.append("takes of other people (--data) help, too")
    if share < FEW and task_name == "kws":
        remedies.insert(0, "kws-enroll with the same takes detects more of one speaker's words")
    return f"{expectation}: {', and '.join(remedies)}"


def closing_hint(command: str, path: Path, task: Task) -> str:
    """Return a command that tries the model; simulated people can say some words only."""
    option = " --mock" if set(task.words) <= set(WORDS) else ""
    return f"wrote {path}; try it: {command} --model {path}{option}"
