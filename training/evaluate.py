"""Measure a sound model: its accuracy on clips, its hits and false accepts on long audio.

  python -m training.evaluate kws --clips speech_commands --split test
  python -m training.evaluate kws --long speech_commands --split test \\
      --noise running_tap.flac dude_miaowing.flac --snr clean 10 0 --hours 1
  python -m training.evaluate mine.tflite --long kitchen.wav     with kitchen.csv beside it
  python -m training.evaluate kws --talk talk/

--clips measures how many clips get the right label from edge-classify, and how many clips reach
the thresholds for live audio. --long measures what kws-listen detects, with the thresholds of the
model, in one of two kinds of long audio. From a folder of clips, audio is mixed in which half of
the words are not words of the model, with background noise behind the words and between them. A
recording is played as it is; a table (.csv) beside it has the columns start, end and word, with a
row for everything that is said. --talk takes recordings of people who say none of the words, such
as those of `python -m tools.make_talk`: every detection in them is a false accept.

A word is a hit if it is detected between its start and one second after its end. Any other
detection is a false accept, but further false accepts within a second are not counted. A clip that
is played several times counts once in the confidence interval of false accepts.

A folder of clips has an index.csv (split, path, label, word, speaker), or a folder for each word.
Results are printed as Markdown tables, or as JSON (--json). Intervals are 95 % confidence
intervals; they assume that each clip has another speaker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.sound import SUFFIXES
from training.sound.evaluate.evaluated_model import EvaluatedModel
from training.sound.evaluate.evaluation import evaluate_clips, evaluate_long_audio
from training.sound.evaluate.inputs import (
    ClipSelection,
    load_annotated,
    load_clips,
    mix_long_audio,
)
from training.sound.evaluate.long_audio import LongAudio
from training.sound.evaluate.long_audio.recordings import RecordingsWithoutWords
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.options import add_options, given_mix_options
from training.sound.evaluate.tables import clip_table, long_audio_table, talk_table


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.evaluate", __doc__)
    add_options(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> None:
    if not (args.clips or args.long or args.talk):
        raise EdgeError("give --clips, --long or --talk, and the place of the recordings")
    model = _load_model(args)
    selection = ClipSelection(args.split, args.speakers)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {"model": str(model.path)}
    tables: list[str] = []
    if args.clips:
        clips = load_clips(args.clips, model, selection)
        figures["clips"] = evaluate_clips(model, clips, args.pictures)
        title = f"{model.path.name} on {_corpora(args.clips, args.split)}"
        tables += [*clip_table(figures["clips"], title), ""]
    if args.long:
        audios = _load_long_audio(model, selection, args)
        figures["long"] = evaluate_long_audio(model, audios, args.pictures)
        title = f"{model.path.name} on long audio of {_corpora(args.long, args.split)}"
        tables += [*long_audio_table(figures["long"]["levels"], title), ""]
    if args.talk:
        talk = RecordingsWithoutWords.open(args.talk, model.rate_hz)
        figures["talk"] = evaluate_long_audio(model, [talk])
        tables += [*talk_table(figures["talk"]["levels"], f"{model.path.name} on talk"), ""]
    print(json.dumps(figures, allow_nan=False) if args.json else "\n".join(tables).rstrip())


def _load_model(args: argparse.Namespace) -> EvaluatedModel:
    model = EvaluatedModel.load(args.model, args.runtime, args.words)
    if args.max_false_per_hour is not None:
        model = model.with_budget(args.max_false_per_hour)
    for word, threshold in args.threshold or ():
        model = model.with_threshold(threshold, word)
    return model


def _load_long_audio(
    model: EvaluatedModel, selection: ClipSelection, args: argparse.Namespace
) -> list[LongAudio]:
    files = [Path(place) for place in args.long if Path(place).suffix.lower() in SUFFIXES]
    corpora = [place for place in args.long if Path(place) not in files]
    audios = load_annotated(files, model)
    if not corpora:
        if unused := given_mix_options(args):
            raise EdgeError(
                f"{', '.join(unused)}: only for long audio that is mixed from clips, so leave out, "
                "or give --long a folder of clips"
            )
        return audios
    if not args.noise and any(snr is not None for snr in args.snr):
        raise EdgeError("--snr needs --noise: give recordings of noise")
    config = MixConfig(
        seconds=args.hours * 3600,
        snrs=args.snr,
        gap_s=(min(args.gap), max(args.gap)),
        repetitions=args.times,
        rate=model.rate_hz,
        seed=args.seed,
    )
    noise_files = [Path(file) for file in args.noise]
    return [*audios, *mix_long_audio(corpora, model, selection, noise_files, config)]


def _corpora(places: Sequence[str], split: str | None) -> str:
    """Return the names of folders and files, and of the split, for a heading."""
    paths = [Path(place).resolve() for place in places]
    names = [path.parent.name if path.name == "index.csv" else path.name for path in paths]
    return ", ".join(names) + (f", {split}" if split else "")


if __name__ == "__main__":
    sys.exit(main())
