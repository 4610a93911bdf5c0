"""What `python -m training.kws` and `python -m training.sounddigit` have in common."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.commands.options import CommandParser, add_common
from edge.errors import EdgeError, ModelError, RecordingError
from edge.model.manifest import read_model
from edge.model.model import Model
from edge.model.shipped import find_model
from training import licences, tflite
from training.sound import (
    card,
    layouts,
    material,
    network,
    product,
    recipe,
    scores,
    simulated,
    waves,
)
from training.sound import clips as corpora
from training.sound.clips import Clips
from training.sound.det import confusion_picture
from training.sound.download import fetched
from training.sound.front_ends import FRONT_ENDS, SHIPPED
from training.sound.hold_out import hold_out
from training.sound.layers import TINY, Shape
from training.sound.layouts import SILENCE
from training.sound.long_audio import make, samples_of
from training.sound.scores import Scored
from training.sound.spoken import Spoken, label_of
from training.sound.spoken import spoken as all_spoken
from training.sound.task import COMMANDS, Task
from training.sound.thresholds import choose
from training.sound.trace import listen

log = logging.getLogger(__name__)

SIZES = {"normal": Shape(), "tiny": TINY}
CALIBRATION = 1000  # windows that set the ranges of the activations
OWN = 0.5  # of what an adaptation shows are own takes
PEOPLE = 80  # simulated, who say all words that --mock does
ADAPT_PEOPLE = 40  # ... so that an adapted model does not forget the rest of the world
# What may be noise or an unknown word is more often noise: chosen on the validation list.
SILENCE_FIRST = 2.8
HOURS = 3.0  # of long audio at each level, by which thresholds are chosen
VARIED = 0.1  # of the speed of its clips, so that hours are not the same few clips
LEVELS = (None, 10.0, 0.0)  # dB; None is clean
NAMED = 12  # words, in a sentence


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--data", nargs="+", default=[], metavar="DIR", help="recordings of words")
    parser.add_argument(
        "--download",
        type=Path,
        metavar="DIR",
        help="learn from Speech Commands as well: fetched to this folder, if it is not there yet "
        "(2.4 GB, and 4 more unpacked)",
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--people",
        type=int,
        metavar="N",
        help=f"simulated people to learn from ({PEOPLE}; with --base {ADAPT_PEOPLE})",
    )
    parser.add_argument(
        "--others",
        nargs="+",
        default=[],
        metavar="DIR",
        help="recordings of none of the words, by people who are not in --data: thresholds are "
        "chosen so that they are not mistaken for any",
    )
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument(
        "--size", choices=list(SIZES), default="normal", help="of the network (normal)"
    )
    parser.add_argument(
        "--front-end",
        choices=("shipped", "lecture"),
        default="shipped",
        help="the spectra it sees: those of the shipped models, or the lecture's MFCC, which take "
        "longer to compute (shipped; with --base that of the base)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    add_common(parser)


def train(args: argparse.Namespace, task: Task) -> None:
    if args.out.suffix != ".tflite":
        raise EdgeError(f"--out {args.out}: name it something.tflite")
    school = School.of(args, task)
    everything = school.everything
    held = hold_out(everything, task.words, args.seed)
    lesson = school.lesson(held.learnt)
    trial = school.learn(lesson, held.learnt)
    ranges = calibration(lesson)
    model = product.loaded(product.to_int8(trial, school.shape, ranges), task, school.front_end)
    judging = spoken(held.judging, task)
    result = judged(model, trial, judging)
    log.info("people who judge: %s", scores.headline(result))
    others = all_spoken(args.others) if args.others else []
    distractors = [replace(one, word=task.other) for one in others]
    decision = decide(model, [*judging, *distractors], task, school.noise_files)
    final = trial
    if not held.by_list:
        log.info("now with those who judged as well, to ship")
        everybody = material.learnable(everything)
        lesson = school.lesson(everybody)
        final, ranges = school.learn(lesson, everybody), calibration(lesson)
    onnx, onnx_error = tflite.to_onnx(final, ranges[:200])
    provenance = _provenance(args, school, lesson, result)
    int8 = product.to_int8(final, school.shape, ranges)
    product.write(args.out, int8, task, decision, provenance, school.front_end)
    args.out.with_suffix(".onnx").write_bytes(onnx)
    title = f"{args.out.name}: {result.share(result.int8):.1%} of {len(result.truth)} clips right"
    confusion_picture(result.confusion(), result.labels, title, args.out.with_suffix(".png"))
    text = card.text(args.out, Model.load(args.out), result, held.said, onnx_error)
    args.out.with_suffix(".md").write_text(text)
    print(text)
    print(f"wrote {args.out}; try it: {card.COMMANDS[task.name]} --model {args.out} --mock")


@dataclass(frozen=True)
class School:
    """What a command's options say of how a network learns, and from what."""

    task: Task
    everything: Clips
    noise: NDArray[np.float16]
    noise_files: list[Path]
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
        recorded = corpora.load(folders, recipe.CACHE)
        _refuse_missing(task, recorded, folders)
        count = args.people if args.people is not None else ADAPT_PEOPLE if base else PEOPLE
        people = [simulated.people(count, args.seed)] if count > 0 else []
        noise_files = [*map(Path, args.noise), *layouts.noise_files(folders)]
        return cls(
            task=task,
            everything=corpora.together([recorded, *people]),
            noise=material.recorded_noise(noise_files),
            noise_files=noise_files,
            folders=[*folders, *[simulated.CORPUS] * len(people)],
            front_end=base.front_end if base else FRONT_ENDS[args.front_end],
            base=base,
            shape=base.shape if base else SIZES[args.size],
            seed=args.seed,
        )

    def lesson(self, learnt: Clips) -> recipe.Lesson:
        others = learnt.corpus == simulated.CORPUS
        if self.base and others.any():
            lesson = own_lesson(learnt[~others], learnt[others], self.noise, self.task, self.seed)
        else:
            lesson = lesson_of(learnt, self.noise, self.task, self.seed)
        if self.front_end == SHIPPED:
            return lesson
        return waves.heard(lesson, self.front_end, self.noise_files, self.seed)

    def learn(self, lesson: recipe.Lesson, learnt: Clips) -> keras.Model:
        count = len(lesson.clips)
        if self.base:
            return recipe.adapt(self.base.network_for(lesson), lesson, self.seed)
        if self.front_end != SHIPPED:
            plan = recipe.for_clips(recipe.WAVES, count)
            return recipe.learn(lesson, self.shape, self.seed, plan)
        known, words = pretrained(learnt, self.noise, self.shape, self.seed)
        plan = recipe.for_clips(recipe.FINISH, count)
        groups = self.task.groups(words)
        finished = recipe.finish(known, lesson, self.shape, self.seed, plan, groups)
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
        for shape in SIZES.values():
            try:
                network.from_model(content, tuple(front_end["shape"]), len(manifest.labels), shape)
                return cls(content, tuple(manifest.labels), front_end, shape)
            except ModelError as reason:
                reasons.append(str(reason))
        raise ModelError(f"--base {name} is no network that is trained here: {reasons[0]}")

    def network_for(self, lesson: recipe.Lesson) -> keras.Model:
        count = len(self.labels)
        known = network.from_model(self.tflite, lesson.inputs, count, self.shape)
        if self.labels == lesson.labels:
            return known
        return network.with_new_head(known, len(lesson.labels), self.shape)


def _refuse_missing(task: Task, clips: Clips, folders: Sequence[str]) -> None:
    missing = sorted(set(task.words) - set(clips.word))
    if missing:
        said = sorted(set(clips.word) - {SILENCE, "unknown"})
        more = " ..." if len(said) > NAMED else ""
        raise RecordingError(
            f"nobody says {', '.join(missing)} in {', '.join(folders)}: record some "
            f"(sound-record), or choose --words of those there are: {', '.join(said[:NAMED])}{more}"
        )


def lesson_of(learnt: Clips, noise: NDArray[np.float16], task: Task, seed: int) -> recipe.Lesson:
    behind = material.noises(learnt, noise, seed)
    words = material.with_silence(learnt, behind)
    return task.lesson(words, material.weights(words), behind)


def own_lesson(
    own: Clips, others: Clips, noise: NDArray[np.float16], task: Task, seed: int
) -> recipe.Lesson:
    """Somebody's own takes, mixed with what is known of others, lest that be forgotten."""
    lesson = lesson_of(corpora.together([own, others]), noise, task, seed)
    mine = np.isin(lesson.clips.path, own.path) & (lesson.clips.path != "")
    weight = lesson.weight * np.where(mine, OWN / lesson.weight[mine].sum(), 1.0)
    weight[~mine] *= (1 - OWN) / weight[~mine].sum()
    return replace(lesson, weight=weight)


def pretrained(
    learnt: Clips, noise: NDArray[np.float16], shape: Shape, seed: int
) -> tuple[keras.Model, tuple[str, ...]]:
    """A network that knows every word of these clips, each as a class of its own; and which."""
    lesson, plan = every_word(learnt, noise, seed)
    return recipe.pretrain(lesson, shape, seed, plan), lesson.labels


def every_word(
    learnt: Clips, noise: NDArray[np.float16], seed: int
) -> tuple[recipe.Lesson, recipe.Plan]:
    """What it learns for that, and for how long."""
    many = np.isin(learnt.corpus, material.large(learnt))
    learnt = learnt[many] if many.any() else learnt
    behind = material.noises(learnt, noise, seed)
    words = material.with_silence(learnt, behind)
    lesson = recipe.all_words(words, behind, material.weights(words))
    return lesson, recipe.for_clips(recipe.PRETRAIN, len(words))


def calibration(lesson: recipe.Lesson) -> NDArray[np.float32]:
    """Windows as live sound brings them: soft and loud, clean and noisy, words and none."""
    return recipe.some_windows(lesson, CALIBRATION)


def spoken(judging: Clips, task: Task) -> list[Spoken]:
    """The clips as files, each named by the label that it should get."""
    number = dict(zip(task.words, task.spoken, strict=True))
    return [
        Spoken(Path(path), number.get(word, _other(word, task)), speaker)
        for path, word, speaker in zip(judging.path, judging.word, judging.speaker, strict=True)
    ]


def _other(word: str, task: Task) -> str:
    return task.silence if word == SILENCE else label_of(word, (task.other,))


def judged(model: Model, trial: keras.Model, judging: Sequence[Spoken]) -> Scored:
    return scores.score(model, judging, _rate(model), lambda x: network.probabilities(trial, x))


def decide(
    model: Model, judging: Sequence[Spoken], task: Task, noise: Sequence[Path]
) -> dict[str, Any]:
    """Thresholds for live use, by hours of the judges' words in noise."""
    log.info("listening to %g h of long audio at each of %d levels", HOURS, len(LEVELS))
    words, rate = [clip for clip in judging if clip.word != SILENCE], _rate(model)
    beds = [samples_of(file, rate) for file in noise]
    levels = LEVELS if beds else LEVELS[:1]
    seconds = HOURS * 3600
    audios = make(words, task.spoken, beds, seconds, levels, rate=rate, vary=VARIED)
    return choose([(listen(model, audio), audio.words) for audio in audios])


def _rate(model: Model) -> int:
    return int(model.manifest.input["sensor"]["rate_hz"])


def _provenance(
    args: argparse.Namespace, school: School, lesson: recipe.Lesson, result: Scored
) -> dict[str, Any]:
    command = ["python", "-m", f"training.{args.command}"]
    if args.data:
        command += ["--data", *(Path(folder).resolve().name for folder in args.data)]
    if args.download:
        command += ["--download", args.download.resolve().name]
    if args.noise:
        noise = (Path(file).resolve() for file in args.noise)
        command += ["--noise", *(f"{file.parent.name}/{file.name}" for file in noise)]
    if tuple(getattr(args, "words", COMMANDS)) != COMMANDS:
        command += ["--words", *args.words]
    if args.others:
        command += ["--others", *(Path(folder).resolve().name for folder in args.others)]
    if args.base:
        command += ["--base", Path(args.base).name]
    if args.people is not None:
        command += ["--people", str(args.people)]
    if args.front_end != "shipped":
        command += ["--front-end", args.front_end]
    command += ["--size", args.size, "--seed", str(args.seed)]
    command += ["--out", str(Path("models") / args.out.name)]
    folders = [*school.folders, *(str(Path(file).parent) for file in args.noise)]
    return {
        "command": shlex.join(command),
        "corpora": list(dict.fromkeys(licences.provenance(folders))),
        "clips": len(lesson.clips),
        "speakers": len(set(lesson.clips.speaker) - {""}),
        "metrics": {
            "judged": {
                "clips": len(result.truth),
                "speakers": result.speakers,
                "int8": round(result.share(result.int8), 4),
            }
        },
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }
