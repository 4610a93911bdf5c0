"""A model under evaluation: the words that are measured, and the thresholds that are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.decision.spotting import SpottingSettings
from edge.errors import EdgeError, ModelError
from edge.model import Model
from training.sound.data.words import label_of


@dataclass(frozen=True)
class EvaluatedModel:
    model: Model
    settings: SpottingSettings
    """With the thresholds that are evaluated."""
    words: list[str]
    """The labels whose hits are counted: all words of the model, or some of them."""

    @classmethod
    def load(
        cls, name: str, runtime: str | None = None, words: Sequence[str] | None = None
    ) -> EvaluatedModel:
        """Load a model that spots words; `words`: measure these only. EdgeError if it cannot."""
        model = Model.load(name, runtime)
        if model.manifest.input["kind"] != "sound":
            raise ModelError(
                f"{model.path} is not a sound model: its task is {model.manifest.task!r}"
            )
        if not isinstance(model.settings, SpottingSettings):
            raise ModelError(f"{model.path} does not spot words: it decides once per recording")
        _refuse_unknown(set(words or ()), model)
        measured = [word for word in model.words if words is None or word in words]
        return cls(model, model.settings, measured)

    def with_budget(self, max_false_per_hour: float) -> EvaluatedModel:
        """Return the model at the operating point for this budget of false accepts."""
        return replace(self, settings=self.settings.with_budget(max_false_per_hour))

    def with_threshold(self, threshold: float, word: str = "") -> EvaluatedModel:
        """Return the model with another threshold for one word, or for all."""
        if word:
            _refuse_unknown({word}, self.model)
        changed = dict.fromkeys([word] if word else self.model.words, threshold)
        thresholds = {**self.settings.thresholds, **changed}
        return replace(self, settings=replace(self.settings, thresholds=thresholds))

    def label_of(self, word: str) -> str:
        """Return the label that the model should give to a word."""
        return label_of(word, self.model.labels)

    @property
    def path(self) -> Path:
        return self.model.path

    @property
    def rate_hz(self) -> int:
        """The sample rate of the audio that the model takes."""
        return self.model.manifest.rate_hz

    @property
    def words_not_measured(self) -> set[str]:
        return set(self.model.words) - set(self.words)


def _refuse_unknown(words: set[str], model: Model) -> None:
    unknown = sorted(words - set(model.words))
    if unknown:
        raise EdgeError(
            f"the model has no {', '.join(unknown)}: its words are {', '.join(model.words)}"
        )
