"""How models can be made of the takes: by which command, and whether it can run here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import edge
from edge.errors import EdgeError
from edge.model import Model
from edge.model.shipped import shipped_folder
from edge.page.teach_process import TeachPlan

ENROL, TRAIN = "enrol", "train"
WORDS = "{words}"
TRAININGS = {"kws": "training.kws", "sounddigit": "training.sounddigit"}
MOTION_TRAININGS = {"airdigit": "training.airdigit"}
NEGATIVES = ("unknown", "none", "_silence_")  # labels of takes that are no word or digit


@dataclass(frozen=True)
class TeachMethod:
    name: str
    labels: tuple[str, ...] | None
    """The labels that a new model has; None for those that are chosen."""
    program: str
    """How a person starts it."""
    module: str
    arguments: tuple[str, ...]
    missing: str
    """Why it cannot run here; empty if it can."""

    def command(self, out: str) -> str:
        """What a person types; WORDS stands for the chosen labels."""
        words = shlex.join([*self.program.split(), *self.arguments])
        only = f" --only {WORDS}" if self.labels is None else ""
        return f"{words}{only} --out {shlex.quote(out)}"

    def plan(self, chosen: Sequence[str], takes: Mapping[str, int], name: str) -> TeachPlan:
        """EdgeError if it makes no sense with these takes."""
        if self.missing:
            raise EdgeError(self.missing)
        words = [label for label in chosen if label not in NEGATIVES]
        unknown = [label for label in words if label not in takes or label.startswith("-")]
        if unknown:
            raise EdgeError(f"there are no takes of {unknown[0]!r}: record some")
        if not set(takes) - set(NEGATIVES):
            raise EdgeError("there are no takes: record some")
        if self.labels is None and not words:
            raise EdgeError("choose the words: at least one that has takes")
        return TeachPlan(self.name, name, self.program, self.module, self._arguments(words))

    def _arguments(self, chosen: Sequence[str]) -> tuple[str, ...]:
        return (*self.arguments, *(["--only", *chosen] if self.labels is None else []))


def has_methods(task: str, sound: bool) -> bool:
    """Whether models of this task can be made of takes."""
    return task in (TRAININGS if sound else MOTION_TRAININGS)


def teach_methods(task: str, sound: bool, model: Model, takes: Path) -> list[TeachMethod]:
    """The methods for a task; `model`: the one that a training starts from, if it can."""
    methods = []
    data: tuple[str, ...] = ("--data", str(takes))
    if sound and task == "kws":
        methods.append(TeachMethod(ENROL, None, "kws-enroll", "edge.commands.kws_enroll", data, ""))
    module = (TRAININGS if sound else MOTION_TRAININGS).get(task)
    if module is not None:
        base, words = _base(task, model)
        if task == "kws" and words != _shipped_words(task):
            data = (*data, "--words", *words)
        arguments = (*data, "--base", base)
        methods.append(
            TeachMethod(TRAIN, words, f"python -m {module}", module, arguments, _missing())
        )
    return methods


def _base(task: str, model: Model) -> tuple[str, tuple[str, ...]]:
    """The model that a training starts from, and its words: enrolled words have no network."""
    if model.manifest.decision["kind"] == "templates":
        return task, _shipped_words(task)
    is_shipped = model.path.parent == shipped_folder()
    return model.path.stem if is_shipped else str(model.path), tuple(model.words)


@cache
def _shipped_words(task: str) -> tuple[str, ...]:
    """The words of a shipped model, read once: the page asks for them again and again."""
    return tuple(Model.load(task).words)


def _missing() -> str:
    """Why nothing can be trained here; empty if it can."""
    if not (Path(edge.__file__).parents[1] / "training" / "kws.py").is_file():
        return "the training is not installed with the package: it runs in a checkout of edge-sense"
    if find_spec("tensorflow") is None:
        return "TensorFlow is not installed here: pip install '.[training]' in the checkout"
    return ""
