"""The model file of enrolled words: the embedding network with templates in its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.decision.templates import EnrolledWord, stored_rows
from edge.enroll.calibration import FALSE_PER_HOUR, THRESHOLD
from edge.enroll.embedding_file import EmbeddingFile
from edge.model import Manifest, attach

OTHER = "unknown"  # the label of everything else
PEAK_S = 0.12  # three steps: a score that falls for so long has passed its peak
REFRACTORY_S = 0.6
BUDGETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)  # false accepts an hour


def enrolled_model(
    file: EmbeddingFile,
    words: Mapping[str, EnrolledWord],
    provenance: Mapping[str, Any],
    thresholds: Mapping[str, float],
) -> bytes:
    """Return a model file that recognises the words.

    `thresholds`: those of the words for which it is not THRESHOLD.
    """
    at_half = measured_false_per_hour(file)
    decision = {
        "kind": "templates",
        "background_labels": [OTHER],
        "dimensions": file.dimensions,
        "fillers": stored_rows(file.fillers.vectors),
        "filler_weight": file.fillers.weight,
        "words": {name: word.document() for name, word in words.items()},
        "thresholds": dict.fromkeys(words, THRESHOLD) | dict(thresholds),
        "peak_s": PEAK_S,
        "delay_s": file.delay_s,
        "refractory_s": REFRACTORY_S,
        "operating_points": [
            {"false_per_hour": budget, "threshold": round(threshold_for(budget, at_half), 4)}
            for budget in BUDGETS
        ],
    }
    manifest = Manifest("kws", [*words, OTHER], dict(file.input), decision, dict(provenance))
    return attach(file.network, manifest)


def measured_false_per_hour(file: EmbeddingFile) -> float:
    """Return the false accepts an hour at a score of 0.5, in the tests of the embedding."""
    return float(file.measured.get("false_per_hour", FALSE_PER_HOUR))


def threshold_for(false_per_hour: float, at_half: float) -> float:
    """Return the score from which on there are so many false accepts an hour in other speech.

    The number falls with the odds of the score (`EnrolledWord.score`); `at_half` is that at 0.5.
    """
    return at_half / (at_half + false_per_hour)
