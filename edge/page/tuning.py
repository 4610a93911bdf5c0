"""Thresholds: read, change at once, write as a command line, save for the next start."""

from __future__ import annotations

import logging
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.controls import Controls
from edge.decision import DecisionSettings
from edge.errors import EdgeError
from edge.model import Model
from edge.page.settings_file import ALL, with_scores, write_settings

log = logging.getLogger(__name__)

REPLACED = ("--threshold", "--max-false-per-hour", "--settings")


class Tuning:
    """Used in the thread of the server; the chain makes the changes before its next chunk."""

    def __init__(self, model: Model, controls: Controls, argv: Sequence[str], file: Path) -> None:
        """`argv`: the command that runs. `file`: where `save` writes."""
        self.file = file
        self.model = model
        """The model that is used now."""
        self._controls, self._argv = controls, list(argv)
        self._first_model = model.path

    @property
    def settings(self) -> DecisionSettings:
        settings: DecisionSettings = self._controls.settings
        return settings

    def state(self) -> dict[str, Any]:
        settings, model = self.settings, self.model.settings
        points = getattr(model, "operating_points", ())
        return {
            "thresholds": _thresholds(settings),
            "default_thresholds": _thresholds(model),
            "operating_points": [
                {
                    "threshold": point.threshold,
                    "false_per_hour": point.false_per_hour,
                    "hit_rate": point.hit_rate,
                }
                for point in points
            ],
            "strict_words": dict(getattr(model, "strict_words", {})),
            "command_line": self.command_line(),
            "settings_file": str(self.file),
        }

    def change(self, request: Mapping[str, Any]) -> None:
        """Make the change of a request: `thresholds` by word, `max_false_per_hour`, `reset`."""
        settings = self.settings
        if request.get("reset"):
            settings = self.model.settings
        if "max_false_per_hour" in request:
            settings = self.model.settings.with_budget(_number(request["max_false_per_hour"], 1e6))
        if "thresholds" in request:
            settings = _changed(settings, request["thresholds"])
        self._controls.settings = settings  # so that the next change is made to these
        self._controls.request_change(lambda chain: chain.change_settings(settings, self._controls))

    def save(self) -> Path:
        """Write the thresholds to the settings file and return its path."""
        write_settings(self.file, self.model.path.stem, _thresholds(self.settings))
        log.info("page: the thresholds are saved in %s", self.file)
        return self.file

    def command_line(self) -> str:
        """The command that starts with the present model and thresholds."""
        thresholds = _thresholds(self.settings)
        has_other_model = self.model.path != self._first_model
        replaced = (*REPLACED, "--model") if has_other_model else REPLACED
        kept, skip = [], False
        for word in self._argv:
            name, equals, _ = word.partition("=")
            if not skip and name not in replaced:
                kept.append(word)
            skip = name in replaced and not equals
        if has_other_model:
            kept += ["--model", str(self.model.path)]
        if thresholds != _thresholds(self.model.settings):
            usual, _ = Counter(thresholds.values()).most_common(1)[0]
            others = [f"{word}={score:g}" for word, score in thresholds.items() if score != usual]
            kept += ["--threshold", ",".join([f"{usual:g}", *others])]
        return shlex.join(kept)


def _changed(settings: DecisionSettings, thresholds: Any) -> DecisionSettings:
    if not isinstance(thresholds, Mapping) or not thresholds:
        raise EdgeError("thresholds: give a score for each word")
    scores = {str(word): round(_number(score, 1), 4) for word, score in thresholds.items()}
    return with_scores(settings, scores)


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise EdgeError(f"{value!r} is not a number from 0 to {most:g}")
    return float(value)


def _thresholds(settings: DecisionSettings) -> dict[str, float]:
    thresholds = getattr(settings, "thresholds", None)
    if thresholds is not None:
        return dict(thresholds)
    usual = settings.usual_threshold
    return {} if usual is None else {ALL: usual}
