"""Teach: make a model of the takes, use it while the stream goes on, and go back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from edge.chain import Chain
from edge.errors import EdgeError
from edge.page.library import Library
from edge.page.model_choice import ModelChoice
from edge.page.teach_methods import ENROL, NEGATIVES, TeachMethod, teach_methods
from edge.page.teacher import Teacher
from edge.sink import StreamInfo

log = logging.getLogger(__name__)

ENROLLED = "words"  # the names of models of enrolled words begin with it


class Teaching:
    """Called in threads that may wait for a disk."""

    def __init__(
        self,
        library: Library,
        choice: ModelChoice,
        info: StreamInfo,
        changed: Callable[[dict[str, Any]], None],
    ) -> None:
        """`changed` is called with each new state of the teacher, in any thread."""
        self.choice, self._library, self._info = choice, library, info
        self.teacher = Teacher(choice.folder, choice.check, self._use_new, changed)
        self.chain: Chain
        """The chain that runs."""

    def state(self) -> dict[str, Any]:
        """What `GET /api/teach` answers."""
        takes = self._library.counts()
        return {
            "methods": [self._described(method) for method in self._methods()],
            "takes": [
                {"label": label, "count": count, "negative": label in NEGATIVES}
                for label, count in sorted(takes.items(), key=lambda one: one[0] in NEGATIVES)
            ],
            "job": self.teacher.state(),
            "models": self.choice.models(),
            "models_folder": str(self.choice.folder),
            "former": self.choice.former,
        }

    def start(self, name: str, labels: Sequence[str]) -> None:
        """EdgeError with the reason if nothing can be made of these takes."""
        for method in self._methods():
            if method.name == name:
                model = self.choice.new_name(self._stem(method))
                self.teacher.start(method.plan(labels, self._library.counts(), model))
                return
        raise EdgeError(f"{name!r} is no method of {self._info.task}")

    def _use_new(self, name: str) -> None:
        self.choice.use(name)
        log.info("page: %s is used from now on", name)

    def _methods(self) -> list[TeachMethod]:
        info = self._info
        return teach_methods(info.task, info.is_sound, self.chain.model, self._library.folder)

    def _stem(self, method: TeachMethod) -> str:
        return ENROLLED if method.name == ENROL else self._info.task

    def _described(self, method: TeachMethod) -> dict[str, Any]:
        name = self.choice.new_name(self._stem(method))
        return {
            "name": method.name,
            "labels": method.labels,
            "missing": method.missing,
            "command": method.command(str(self.choice.folder / f"{name}.tflite")),
        }
