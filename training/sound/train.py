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
from edge.errors import EdgeError, RecordingError
from edge.model.manifest import read_model
from edge.model.model import Model
from edge.model.shipped import find_model
from training import licences, tflite
from training.sound import card, material, network, product, recipe, scores
from training.sound import clips as corpora
from training.sound.clips import Clips
from training.sound.det import confusion_picture
from training.sound.layouts import SILENCE
from training.sound.leakage import refuse_leakage
from training.sound.long_audio import make, samples_of
from training.sound.scores import Scored
from training.sound.spoken import Spoken, label_of
from training.sound.task import Task
from training.sound.thresholds import choose
from training.sound.trace import listen

log = logging.getLogger(__name__)

SIZES = {"normal": network.Shape(), "tiny": network.TINY}
CALIBRATION = 1000  # windows that set the ranges of the activations
JUDGED = 0.2  # of the speakers, where no list says who judges
OWN = 0.5  # of what an adaptation shows are own takes
HOURS = 1.0  # of long audio at each level, by which thresholds are chosen
LEVELS = (None, 10.0, 0.0)  # dB; None is clean


def add_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="recordings of words"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument(
        "--size", choices=list(SIZES), default="normal", help="of the network (normal)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    add_common(parser)


def train(args: argparse.Namespace, task: Task) -> None:
    if args.out.suffix != ".tflite":
        raise EdgeError(f"--out {args.out}: name it something.tflite")
    everything = corpora.load(args.data, recipe.CACHE)
    missing = sorted(set(task.words) - set(everything.word))
    if missing:
        raise RecordingError(
            f"nobody says {', '.join(missing)} in {', '.join(args.data)}: record some "
            "(sound-record), or say with --words which words there are"
        )
    noise = material.recorded_noise([Path(file) for file in args.noise])
    held = hold_out(everything, task, args.seed)
    lesson = lesson_of(held.learnt, noise, task, args.seed)
    trial = _learn(lesson, held.learnt, noise, args)
    ranges = calibration(lesson)
    model = product.quantised(trial, ranges, task)
    judging = spoken(held.judging, task)
    result = judged(model, trial, judging)
    log.info("people who judge: %s", scores.headline(result))
    decision = decide(model, judging, task, args.noise)
    final = trial
    if not held.by_list:
        log.info("now with those who judged as well, to ship")
        everybody = material.learnable(everything)
        lesson = lesson_of(everybody, noise, task, args.seed)
        final, ranges = _learn(lesson, everybody, noise, args), calibration(lesson)
    onnx, onnx_error = tflite.to_onnx(final, ranges[:200])
    product.write(args.out, final, ranges, task, decision, _provenance(args, lesson, result))
    args.out.with_suffix(".onnx").write_bytes(onnx)
    title = f"{args.out.name}: {result.share(result.int8):.1%} of {len(result.truth)} clips right"
    confusion_picture(result.confusion(), result.labels, title, args.out.with_suffix(".png"))
    text = card.text(args.out, Model.load(args.out), result, held.said, onnx_error)
    args.out.with_suffix(".md").write_text(text)
    print(text)
    print(f"wrote {args.out}; try it: {card.COMMANDS[task.name]} --model {args.out} --mock")


@dataclass(frozen=True)
class Held:
    """Who judges: nothing is learnt from them until they have."""

    learnt: Clips
    judging: Clips
    by_list: bool
    """A list of the corpus says so, and then they are never learnt from."""
    said: str


def hold_out(everything: Clips, task: Task, seed: int) -> Held:
    """The validation list if it has every word, else a fifth of the speakers as well."""
    listed = everything.split == "val"
    judging, learnt = everything[listed], material.learnable(everything)
    said = "the speakers of the validation list"
    complete = set(task.words) <= set(judging.word)
    if not complete:
        # Those of a small corpus, if there is one: what a large one teaches is learnt but once.
        heard = ~learnt.pictured & (learnt.word != SILENCE) & (learnt.split == "")
        small = heard & ~np.isin(learnt.corpus, material.large(learnt))
        who = np.unique(learnt.speaker[small if small.any() else heard])
        chosen = np.random.default_rng(seed).permutation(who)[: max(1, round(JUDGED * len(who)))]
        mine = np.isin(learnt.speaker, chosen) & (learnt.speaker != "")
        said = f"{len(chosen)} of {len(who)} speakers (the shipped weights learnt from them too)"
        judging = corpora.together([judging, learnt[mine & heard]])
        learnt = learnt[~mine]
        if not set(task.words) <= set(judging.word):
            raise RecordingError(
                f"the speakers who should judge ({', '.join(chosen[:5])}) do not say all words: "
                "give recordings of more people"
            )
    refuse_leakage(learnt.speaker, judging.speaker)
    return Held(learnt, judging, complete, said)


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


def _learn(
    lesson: recipe.Lesson, learnt: Clips, noise: NDArray[np.float16], args: argparse.Namespace
) -> keras.Model:
    shape = SIZES[args.size]
    if args.base:
        tflite_, manifest = read_model(find_model(args.base))
        same = tuple(manifest.labels) == lesson.labels
        base = network.from_model(tflite_, recipe.inputs(lesson), len(manifest.labels), shape)
        base = base if same else network.with_new_head(base, len(lesson.labels), shape)
        return recipe.adapt(base, lesson, args.seed)
    return recipe.finish(pretrained(learnt, noise, shape, args.seed), lesson, shape, args.seed)


def pretrained(
    learnt: Clips, noise: NDArray[np.float16], shape: network.Shape, seed: int
) -> keras.Model:
    """A network that knows every word of these clips, each as a class of its own."""
    many = np.isin(learnt.corpus, material.large(learnt))
    learnt = learnt[many] if many.any() else learnt
    behind = material.noises(learnt, noise, seed)
    words = material.with_silence(learnt, behind)
    return recipe.pretrain(recipe.all_words(words, behind, material.weights(words)), shape, seed)


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
    return scores.score(model, judging, corpora.RATE, lambda x: network.probabilities(trial, x))


def decide(
    model: Model, judging: Sequence[Spoken], task: Task, noise: Sequence[str]
) -> dict[str, Any]:
    """Thresholds for live use, by hours of the judges' words in noise."""
    log.info("listening to %g h of long audio at each of %d levels", HOURS, len(LEVELS))
    words = [clip for clip in judging if clip.word != SILENCE]
    beds = [samples_of(Path(file), corpora.RATE) for file in noise]
    levels = LEVELS if beds else LEVELS[:1]
    audios = make(words, task.spoken, beds, HOURS * 3600, levels)
    return choose([(listen(model, audio), audio.words) for audio in audios])


def _provenance(args: argparse.Namespace, lesson: recipe.Lesson, result: Scored) -> dict[str, Any]:
    command = ["python", "-m", f"training.{args.command}"]
    command += ["--data", *(Path(folder).resolve().name for folder in args.data)]
    if args.noise:
        noise = (Path(file).resolve() for file in args.noise)
        command += ["--noise", *(f"{file.parent.name}/{file.name}" for file in noise)]
    if args.base:
        command += ["--base", Path(args.base).name]
    command += ["--size", args.size, "--seed", str(args.seed)]
    command += ["--out", str(Path("models") / args.out.name)]
    folders = [*args.data, *(str(Path(file).parent) for file in args.noise)]
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
