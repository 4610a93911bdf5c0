"""Measure a model of sound: on clips, and on hours of sound as it would hear them live.

  python -m training.evaluate kws --clips speech_commands --split test
  python -m training.evaluate kws --long speech_commands --split test \\
      --noise running_tap.flac dude_miaowing.flac --snr clean 10 0 --hours 1
  python -m training.evaluate mine.tflite --long kitchen.wav     with kitchen.csv beside it

--clips asks what each clip holds, as edge-classify does, and what of it a stream would accept with
the model's thresholds. --long listens as kws-listen does, with the thresholds of the model: to
hours made of clips of the given split or speakers (as many of other words as of the model's), over
noise and with noise alone, or to a recording beside which a table (.csv) says start, end and word.
A word is heard if its name comes between its start and a second after its end; all else that is
heard is false, but what is false again within a second is not counted again. In their interval a
clip that is played again and again counts once.

A folder has an index.csv (split, path, label, word, speaker) or a folder for each word. Tables come
on stdout as Markdown, or all figures as JSON (--json). The intervals are of 95 %, as if every clip
were of another speaker.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.decision.operating_points import OperatingPoint, choose_point, thresholds_at
from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.errors import EdgeError, ModelError, RecordingError
from edge.formats.sound import SUFFIXES
from edge.model import Model
from edge.simulation.seeds import seed
from training.common.intervals import wilson_interval
from training.common.plots import ConfusionPlot, plot_confusion, plot_det
from training.sound.data.clip_files import Spoken, label_of, spoken
from training.sound.data.folder_layouts import SILENCE, spelled
from training.sound.data.recordings import load_samples, readable_clips
from training.sound.evaluate import clip_accuracy
from training.sound.evaluate.fast_spotter import Spotted
from training.sound.evaluate.long_audio import LongAudio
from training.sound.evaluate.long_audio.annotations import AnnotatedRecording
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.trace import (
    IN_TIME_S,
    Heard,
    Outcome,
    Trace,
    decide,
    judge,
    listen,
    rate_interval,
    withheld,
)

log = logging.getLogger(__name__)

CLEAN = "clean"
SHIFTS = np.linspace(-4, 4, 41)  # of all thresholds, as log odds: the points of the curve
MOST_MISSED = 3
# Options that only clips have a use for, and their defaults.
GAP_S = MixConfig.gap_s
MADE_ONLY: dict[str, Any] = {
    "noise": (),
    "snr": [None],
    "gap": GAP_S,
    "times": 1,
    "hours": 1.0,
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.evaluate", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    what = parser.add_argument_group("what to listen to", "Give one of the two, or both.")
    what.add_argument("--clips", nargs="+", metavar="PLACE", help="folders, or index.csv files")
    what.add_argument(
        "--long", nargs="+", metavar="PLACE", help="the same, or annotated recordings"
    )
    what.add_argument("--split", metavar="NAME", help="train, val or test of those that have them")
    what.add_argument("--speakers", nargs="+", default=(), metavar="NAME", help="only these")
    what.add_argument(
        "--words",
        nargs="+",
        type=spelled,
        metavar="WORD",
        help="only these of the model's words; what else is heard in long audio is false",
    )
    made = parser.add_argument_group("long audio made of clips")
    made.add_argument("--noise", nargs="+", default=(), metavar="FILE", help="what to hear it in")
    made.add_argument(
        "--snr", nargs="+", type=_snr, default=[None], metavar="DB", help="clean, or dB (clean)"
    )
    made.add_argument("--hours", type=_hours, default=1.0, metavar="H", help="at each level (1)")
    made.add_argument(
        "--gap",
        nargs=2,
        type=_gap,
        default=GAP_S,
        metavar=("LEAST", "MOST"),
        help="seconds from one word to the next, as in one breath: 0.05 0.3 "
        f"({GAP_S[0]:g} {GAP_S[1]:g})",
    )
    made.add_argument(
        "--times", type=_times, default=1, metavar="N", help="that each word is said in a row (1)"
    )
    made.add_argument("--seed", type=seed, default=0, metavar="N")
    how = parser.add_argument_group("how to decide", "By the model's thresholds, unless:")
    how.add_argument(
        "--threshold", nargs="+", type=_threshold, metavar="X|WORD=X", help="of all, or of a word"
    )
    how.add_argument("--max-false-per-hour", type=float, metavar="N", help="as kws-listen takes it")
    parser.add_argument("--json", action="store_true", help="all figures, for machines")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write the pictures here")
    add_runtime_option(parser)
    add_common(parser)
    return run_command(parser, evaluate, argv)


def _snr(text: str) -> float | None:
    if text == CLEAN:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _hours(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1000:
        raise ValueError
    return value


def _gap(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 60:
        raise ValueError
    return value


def _times(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _threshold(text: str) -> tuple[str, float]:
    word, _, value = text.rpartition("=")
    if not 0 <= float(value) <= 1:
        raise ValueError
    return spelled(word), float(value)


def evaluate(args: argparse.Namespace) -> None:
    if not args.clips and not args.long:
        raise EdgeError("give --clips or --long, and where the recordings are")
    model = Model.load(args.model, args.runtime)
    if model.manifest.input["kind"] != "sound":
        raise ModelError(f"{model.path} is no model of sound, but for {model.manifest.task!r}")
    found: dict[str, Any] = {"model": str(model.path)}
    lines: list[str] = []
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
    if args.clips:
        found["clips"] = _on_clips(model, args)
        name = f"{model.path.name} on {_places(args.clips, args.split)}"
        lines += [*clip_accuracy.table(found["clips"], name), ""]
    if args.long:
        found["long"] = _on_long_audio(model, args)
        name = f"{model.path.name} on long audio of {_places(args.long, args.split)}"
        lines += [*_long_table(found["long"], name), ""]
    print(json.dumps(found, allow_nan=False) if args.json else "\n".join(lines).rstrip())


def _places(places: Sequence[str], split: str | None) -> str:
    names = [Path(place).resolve() for place in places]
    said = [path.parent.name if path.name == "index.csv" else path.name for path in names]
    return ", ".join(said) + (f", {split}" if split else "")


def _on_clips(model: Model, args: argparse.Namespace) -> dict[str, Any]:
    rate = model.manifest.rate_hz
    clips = readable_clips(_labelled(model, args.clips, args), rate)
    missing = sorted(set(_words(model, args.words)) - {clip.word for clip in clips})
    if missing:
        raise RecordingError(
            f"no clips of {', '.join(missing)}: add some, or choose with --words which words to "
            "measure"
        )
    log.info("%d clips", len(clips))
    scored = clip_accuracy.score(model, clips, rate)
    found = clip_accuracy.record(scored)
    found["accepted"] = clip_accuracy.at_thresholds(scored, _settings(model, args)["thresholds"])
    if args.pictures:
        path = args.pictures / f"{model.path.stem}-confusion.png"
        title = f"{model.path.name}: {found['int8']:.1%} of {found['clips']} clips right"
        plot_confusion([ConfusionPlot(scored.confusion(), title)], model.labels, "said", path)
    return found


def _on_long_audio(model: Model, args: argparse.Namespace) -> dict[str, Any]:
    settings = _settings(model, args)
    words = _words(model, args.words)
    thresholds = {word: settings["thresholds"][word] for word in words}
    levels, curves, chosen = [], {}, {}
    for audio in _audios(model, words, args):
        trace = listen(model, audio)
        heard = decide(
            trace,
            SpottingDecision(model.labels, SpottingSettings.from_manifest(model.labels, settings)),
        )
        outcome = judge(_asked_for(heard, audio, words), audio.words, words, trace.seconds)
        gate = {"asked": _asked(trace), "withheld": withheld(trace, audio.words, words)}
        levels.append({"name": audio.name, **_figures(outcome), **gate})
        if args.pictures:
            curves[audio.name] = _curve(trace, audio, settings, words)
            chosen[audio.name] = outcome.false_per_hour, 1 - outcome.hits / max(1, outcome.words)
    if args.pictures:
        path = args.pictures / f"{model.path.stem}-det.png"
        plot_det(curves, chosen, f"{model.path.name} on long audio", path)
    return {"thresholds": thresholds, "levels": levels}


def _audios(model: Model, words: Sequence[str], args: argparse.Namespace) -> Sequence[LongAudio]:
    rate = model.manifest.rate_hz
    files = [Path(place) for place in args.long if _is_recording(Path(place))]
    recorded = [AnnotatedRecording.open(path, rate) for path in files]
    audios: list[LongAudio] = [
        replace(one, words=[replace(w, label=_named(w.label, model)) for w in one.words])
        for one in recorded
    ]
    known = _words(model, None)
    for one, named in zip(recorded, audios, strict=True):
        if not {word.label for word in named.words} & set(known):
            log.warning(
                "%s: none of its words (%s) is one of the model's (%s)",
                *(one.name, ", ".join(sorted({w.label for w in one.words})), ", ".join(known)),
            )
    folders = [place for place in args.long if not _is_recording(Path(place))]
    if not folders and (idle := _typed(args, MADE_ONLY)):
        raise EdgeError(f"{', '.join(idle)}: of long audio made of clips, and here is none")
    if folders:
        if not args.noise and any(snr is not None for snr in args.snr):
            raise EdgeError("--snr needs --noise: give recordings of noise")
        noise = [load_samples(Path(path), rate) for path in args.noise]
        if any(len(part) < rate for part in noise):
            raise RecordingError("a noise must last a second at least: give longer recordings")
        if not all(part.any() for part in noise):
            raise RecordingError("a noise must be heard, and one of these is silence alone")
        clips = readable_clips(_labelled(model, folders, args, silences=False), rate)
        others = {clip.path for clip in clips if clip.word not in words}
        if not others:
            log.warning("no clips of other words: what is falsely heard in them is not measured")
        log.info("%d clips, %d of other words", len(clips), len(others))
        config = MixConfig(
            seconds=args.hours * 3600,
            snrs=args.snr,
            gap_s=(min(args.gap), max(args.gap)),
            repetitions=args.times,
            rate=rate,
            seed=args.seed,
        )
        audios += mix_clips(clips, words, noise, config)
    return audios


def _typed(args: argparse.Namespace, options: Mapping[str, Any]) -> list[str]:
    """Those of the options that were given another value than their default."""
    return [f"--{name}" for name, usual in options.items() if getattr(args, name) != usual]


def _is_recording(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _labelled(
    model: Model, places: Sequence[str], args: argparse.Namespace, silences: bool = True
) -> list[Spoken]:
    """The clips, each named by the label that it should get."""
    words = _words(model, args.words)
    not_asked = set(_words(model, None)) - set(words)
    clips = [
        replace(clip, word=_named(clip.word, model))
        for clip in spoken(places, args.split, args.speakers)
        if silences or clip.word != SILENCE
    ]
    return [clip for clip in clips if clip.word not in not_asked]


def _named(word: str, model: Model) -> str:
    return label_of(word, model.labels)


def _words(model: Model, chosen: Sequence[str] | None) -> list[str]:
    """Labels that are events; only the chosen ones, if any are."""
    silent = model.manifest.decision.get("background_labels")
    if silent is None:
        raise ModelError(f"{model.path} does not spot words, but makes one decision a recording")
    words = [label for label in model.labels if label not in silent]
    unknown = sorted(set(chosen or ()) - set(words))
    if unknown:
        raise EdgeError(f"the model has no {', '.join(unknown)}: its words are {', '.join(words)}")
    return [word for word in words if chosen is None or word in chosen]


def _settings(model: Model, args: argparse.Namespace) -> dict[str, Any]:
    """The model's decision, moved along its curve or to other thresholds."""
    settings = dict(model.manifest.decision)
    if args.max_false_per_hour is not None:
        points = [OperatingPoint.from_manifest(p) for p in settings.get("operating_points", ())]
        point = choose_point(points, args.max_false_per_hour)
        strict = settings.get("strict_words", {})
        settings["thresholds"] = thresholds_at(point.threshold, settings["thresholds"], strict)
    for word, value in args.threshold or ():
        known = settings["thresholds"]
        if word and word not in known:
            raise EdgeError(f"the model has no {word}: its words are {', '.join(known)}")
        settings["thresholds"] = {**known, word: value} if word else dict.fromkeys(known, value)
    return settings


def _asked(trace: Trace) -> float:
    """The share of time in which the gate let the network listen."""
    if len(trace.t) < 2:
        return 0.0
    return float(len(trace.t) * np.median(np.diff(trace.t)) / trace.seconds)


def _curve(
    trace: Trace, audio: LongAudio, settings: Mapping[str, Any], words: Sequence[str]
) -> list[tuple[float, float]]:
    """False accepts an hour and share of missed words, as all thresholds move together."""
    spotted = Spotted(trace, settings)
    odds = {word: math.log(t / (1 - t)) for word, t in _inside(settings["thresholds"]).items()}
    points = []
    for shift in SHIFTS:
        moved = {word: 1 / (1 + math.exp(-(value + shift))) for word, value in odds.items()}
        heard = _asked_for(spotted.heard(moved), audio, words)
        outcome = judge(heard, audio.words, words, trace.seconds)
        points.append((outcome.false_per_hour, 1 - outcome.hits / max(1, outcome.words)))
    return points


def _inside(thresholds: Mapping[str, float]) -> dict[str, float]:
    """A threshold of 0 or 1 has no log odds."""
    return {word: min(max(t, 1e-4), 1 - 1e-4) for word, t in thresholds.items()}


def _asked_for(heard: Sequence[Heard], audio: LongAudio, words: Sequence[str]) -> list[Heard]:
    """Without what is right about words that are said in a recording and were not asked for."""
    others = [word for word in audio.words if word.label not in words]

    def said(event: Heard) -> bool:
        near = (word for word in others if word.start <= event.t <= word.end + IN_TIME_S)
        return any(word.label == event.label for word in near)

    return [event for event in heard if not said(event)]


def _figures(outcome: Outcome) -> dict[str, Any]:
    hours, count = outcome.seconds / 3600, outcome.false.total()
    median, p90 = np.quantile(outcome.delays, [0.5, 0.9]) if outcome.delays else (None, None)
    return {
        "hours": hours,
        "words": outcome.words,
        "hits": outcome.hits,
        "share": outcome.hits / outcome.words if outcome.words else None,
        "share_interval": wilson_interval(outcome.hits, outcome.words),
        "false": count,
        "false_per_hour": outcome.false_per_hour,
        "false_per_hour_interval": rate_interval([outcome]),
        "false_clips": len(outcome.origins),
        "clips": len(outcome.clips),
        "false_by_cause": dict(outcome.false),
        "false_by_label": dict(outcome.by_label.most_common()),
        "missed_by_word": dict(outcome.missed.most_common()),
        "delay_median_s": None if median is None else float(median),
        "delay_p90_s": None if p90 is None else float(p90),
    }


def _long_table(found: dict[str, Any], name: str) -> list[str]:
    rows = [
        f"### {name}",
        "",
        "| noise | hours | words (kept back by the gate) | heard | 95 % interval | false accepts "
        "| an hour (95 %) | delay, median / 90 % | most missed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found["levels"]:
        low, high = one["share_interval"]
        rare, often = one["false_per_hour_interval"]
        share = "" if one["share"] is None else f"{one['share']:.1%}"
        causes = [f"{count} {cause}" for cause, count in one["false_by_cause"].items()]
        if one["false"] > one["false_clips"]:
            causes.append(f"of {one['false_clips']} clips")
        delay = (
            f"{1000 * one['delay_median_s']:.0f} / {1000 * one['delay_p90_s']:.0f} ms"
            if one["hits"]
            else ""
        )
        brackets = f" ({', '.join(causes)})" if causes else ""
        missed = list(one["missed_by_word"].items())[:MOST_MISSED]
        rows.append(
            f"| {one['name']} | {one['hours']:.2g} | {one['words']} ({one['withheld']}) | {share} "
            f"| {low:.1%} to {high:.1%} "
            f"| {one['false']}{brackets} "
            f"| {one['false_per_hour']:.1f} ({rare:.2f} to {often:.1f}) | {delay} "
            f"| {', '.join(f'{word} {count}' for word, count in missed)} |"
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
