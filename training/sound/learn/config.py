"""What a command's options say of how a network learns, and from what."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import EdgeError, ModelError, RecordingError
from edge.model.manifest import read_model
from edge.model.shipped import find_model
from training.common import licences
from training.sound.data import clips as corpora
from training.sound.data import folder_layouts, selection, simulated_speakers
from training.sound.data.clip_files import Spoken, spoken
from training.sound.data.clips import RATE, Clips
from training.sound.data.download import fetched
from training.sound.data.folder_layouts import SILENCE
from training.sound.data.recordings import readable_clips
from training.sound.evaluate.validation import has_other_words
from training.sound.learn import fit, network, waveform_augmentation
from training.sound.learn.front_ends import FRONT_ENDS, SHIPPED
from training.sound.learn.layers import TINY, Shape
from training.sound.learn.training_sets import lesson_of, own_lesson, pretrained, taught
from training.sound.task import Task

SIZES = {"normal": Shape(), "tiny": TINY}
FEW_ROWS = replace(Shape(), blocks=2)  # the normal one, for windows that are too short for it
PEOPLE = 80  # simulated, who say all words that --mock does
ADAPT_PEOPLE = 40  # ... so that an adapted model does not forget the rest of the world
# What may be noise or an unknown word is more often noise: chosen on the validation list.
SILENCE_FIRST = 2.8
NAMED = 12  # words, in a sentence


@dataclass(frozen=True)
class School:
    task: Task
    everything: Clips
    noise: NDArray[np.float16]
    noise_files: list[Path]
    others: list[Spoken]
    """Who say none of the words, and must not be mistaken for who does."""
    folders: list[str]
    front_end: dict[str, Any]
    base: Base | None
    shape: Shape
    seed: int

    @classmethod
    def of(cls, args: argparse.Namespace, task: Task) -> School:
        """EdgeError for options that cannot be."""
        base = Base.read(args.base) if args.base else None
        folders = [*args.data, *([str(fetched(args.download))] if args.download else [])]
        if not folders:
            raise EdgeError("nothing to learn from: give --data (sound-record makes it)")
        if base and args.size:
            raise EdgeError("--size is of a new network: with --base it is that of the base")
        recorded = corpora.load(folders, fit.CACHE)
        _refuse_missing(task, recorded, folders)
        others = _others(args.others, task, recorded) if args.others else []
        front_end = base.front_end if base else FRONT_ENDS[args.front_end or "shipped"]
        count = args.people if args.people is not None else ADAPT_PEOPLE if base else PEOPLE
        people = [simulated_speakers.people(count, args.seed)] if count > 0 else []
        noise_files = [*map(Path, args.noise), *folder_layouts.noise_files(folders)]
        return cls(
            task=task,
            everything=corpora.together([recorded, *people]),
            noise=selection.recorded_noise(noise_files),
            noise_files=noise_files,
            others=others,
            folders=folders,
            front_end=front_end,
            base=base,
            shape=base.shape if base else _shape(args.size or "normal", front_end["shape"][0]),
            seed=args.seed,
        )

    def listened(self, judges: Sequence[Spoken]) -> str:
        """What the thresholds were chosen by, and what that leaves out: for a card."""
        heard = "clean and in the noises of the training" if self.noise_files else "clean"
        if self.others or has_other_words(judges, self.task):
            return f"{heard}: other people and noises may bring about more."
        kept = ", and no bolder than the base's" if self.base else ""
        return f"{heard}{kept}; of what other people's talk brings about they tell nothing."

    def origin(self, lesson: fit.Lesson, noise: Sequence[str]) -> dict[str, Any]:
        """Whom a lesson is of, for a manifest; `noise` are the files that were given."""
        clips, people = lesson.clips, lesson.clips.corpus == simulated_speakers.CORPUS
        recorded = clips.path != ""
        folders = [*self.folders, *[simulated_speakers.CORPUS] * bool(people.any())]
        folders += [str(Path(file).parent) for file in noise]
        return {
            "corpora": list(dict.fromkeys(licences.corpora_and_licences(folders))),
            "clips": int(recorded.sum()),
            "speakers": len(set(clips.speaker[recorded]) - {""}),
            "simulated": len(set(clips.speaker[people])),
        }

    def lesson(self, learnt: Clips) -> fit.Lesson:
        others = learnt.corpus == simulated_speakers.CORPUS
        if self.base and others.any():
            lesson = own_lesson(learnt[~others], learnt[others], self.noise, self.task, self.seed)
        else:
            lesson = lesson_of(learnt, self.noise, self.task, self.seed)
        if self.front_end == SHIPPED:
            return lesson
        return waveform_augmentation.heard(lesson, self.front_end, self.noise_files, self.seed)

    def learn(self, lesson: fit.Lesson, learnt: Clips) -> keras.Model:
        count = len(lesson.clips)
        if self.base:
            return fit.adapt(self.base.network_for(lesson), lesson, self.seed)
        if self.front_end != SHIPPED:
            plan = fit.for_clips(fit.WAVES, count)
            return fit.learn(lesson, self.shape, self.seed, plan)
        known, words = pretrained(learnt, self.noise, self.shape, self.seed)
        lesson = taught(lesson, learnt, self.noise, self.task, self.seed)
        plan = fit.for_clips(fit.FINISH, count)
        groups = self.task.groups(words)
        finished = fit.finish(known, lesson, self.shape, self.seed, plan, groups)
        if self.task.silence != self.task.other:
            network.favour(finished, words.index(SILENCE), SILENCE_FIRST)
        return finished


@dataclass(frozen=True)
class Base:
    """A model that goes on learning."""

    tflite: bytes
    labels: tuple[str, ...]
    front_end: dict[str, Any]
    shape: Shape
    decision: dict[str, Any]

    @classmethod
    def read(cls, name: str) -> Base:
        """ModelError if it is no network that is trained here."""
        content, manifest = read_model(find_model(name))
        front_end = manifest.input
        if front_end not in FRONT_ENDS.values():
            raise ModelError(
                f"--base {name} hears other spectra than those that are trained here: choose one "
                "that training.kws or training.sounddigit made"
            )
        reasons = []
        for shape in (*SIZES.values(), FEW_ROWS):
            try:
                network.from_model(content, tuple(front_end["shape"]), len(manifest.labels), shape)
                return cls(content, tuple(manifest.labels), front_end, shape, manifest.decision)
            except ModelError as reason:
                reasons.append(str(reason))
        raise ModelError(f"--base {name} is no network that is trained here: {reasons[0]}")

    def network_for(self, lesson: fit.Lesson) -> keras.Model:
        count = len(self.labels)
        known = network.from_model(self.tflite, lesson.inputs, count, self.shape)
        if self.labels == lesson.labels:
            return known
        return network.with_new_head(known, len(lesson.labels), self.shape)


def _shape(size: str, rows: int) -> Shape:
    try:
        SIZES[size].averaged(rows)
    except ValueError:
        return FEW_ROWS
    return SIZES[size]


def _others(places: Sequence[str], task: Task, recorded: Clips) -> list[Spoken]:
    found = readable_clips(spoken(places), RATE)
    taken = {os.path.realpath(path) for path in recorded.path if path}
    if any(os.path.realpath(one.path) in taken for one in found):
        raise EdgeError("--others are in --data as well: give recordings of other people")
    said = sorted({one.word for one in found} & set(task.words))
    if said:
        raise EdgeError(f"--others say {', '.join(said)}: give recordings of none of the words")
    return found


def _refuse_missing(task: Task, clips: Clips, folders: Sequence[str]) -> None:
    missing = sorted(set(task.words) - set(clips.word))
    if missing:
        said = sorted(set(clips.word) - {SILENCE, "unknown"})
        more = " ..." if len(said) > NAMED else ""
        raise RecordingError(
            f"nobody says {', '.join(missing)} in {', '.join(folders)}: record some "
            f"(sound-record), or choose --words of those there are: {', '.join(said[:NAMED])}{more}"
        )
