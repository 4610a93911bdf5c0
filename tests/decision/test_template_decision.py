"""Enrolled words: the comparison with templates, and the decision."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from edge.decision.template_matching import Fillers, TemplateMatcher, unit_rows
from edge.decision.templates import TemplateDecision, TemplateSettings
from edge.errors import ModelError
from edge.features import Window
from edge.fields import FieldError

LABELS = ["a", "b", "unknown"]
RNG = np.random.default_rng(0)
TAKE_A, TAKE_B = (unit_rows(RNG.standard_normal((9, 6))) for _ in LABELS[:2])


def lowest(templates: list[list[np.ndarray]], stream: np.ndarray) -> np.ndarray:
    matcher = TemplateMatcher(templates)
    return np.min([matcher.step(row) for row in stream], axis=0)


def with_noise_around(rows: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal((2, 10, rows.shape[1]))
    return np.concatenate([noise[0], rows, noise[1]])


@pytest.mark.parametrize(
    "said",
    [TAKE_A, np.repeat(TAKE_A, 2, axis=0), TAKE_A[::2]],
    ids=["as fast", "half as fast", "twice as fast"],
)
def test_a_word_has_no_distance_to_its_take_at_any_speed(said):
    near, far = lowest([[TAKE_A], [TAKE_B]], with_noise_around(said))
    assert near < 0.02 and far > 0.3


def test_the_two_nearest_takes_count():
    near, _ = lowest([[TAKE_A, TAKE_A, TAKE_B], [TAKE_B]], with_noise_around(TAKE_A))
    assert near < 1e-3
    mixed, _ = lowest([[TAKE_A, TAKE_B], [TAKE_B]], with_noise_around(TAKE_A))
    assert mixed > 0.1


def test_streams_are_followed_side_by_side():
    stream = with_noise_around(TAKE_A)
    alone = TemplateMatcher([[TAKE_A], [TAKE_B]])
    together = TemplateMatcher([[TAKE_A], [TAKE_B]])
    together.reset((2,))
    for row, other in zip(stream, stream[::-1], strict=True):
        found = together.step(np.stack([row, other]).astype(np.float32))
        assert found[0] == pytest.approx(alone.step(row), abs=1e-5)


def test_fillers_lower_the_distance_of_a_step_that_is_far_from_all_speech():
    template, filler, said = unit_rows(RNG.standard_normal((3, 6)))
    matcher = TemplateMatcher([[template[None]]], Fillers(np.stack([filler, -said]), 0.5))
    (found,) = matcher.step(said)
    assert found == pytest.approx((1 - said @ template) - 0.5 * (1 - said @ filler), abs=1e-5)


def test_a_model_with_fillers_detects_its_words():
    fillers = base64.b64encode(bytes(range(12))).decode()
    values = document(fillers=fillers, filler_weight=0.5)
    settings = TemplateSettings.from_manifest(LABELS, values)
    assert settings.fillers is not None and settings.fillers.vectors.shape == (2, 6)
    stream = np.concatenate([with_noise_around(TAKE_A), with_noise_around(TAKE_B)])
    assert {"a", "b"} >= {label for label, _ in run(stream, settings)} != set()


def document(**changed: Any) -> dict[str, Any]:
    def word(take: np.ndarray) -> dict[str, Any]:
        data = np.rint(127 * take).astype(np.int8).tobytes()
        return {"takes": [base64.b64encode(data).decode()], "center": 0.2, "width": 0.05}

    values = {
        "background_labels": ["unknown"],
        "dimensions": 6,
        "words": {"a": word(TAKE_A), "b": word(TAKE_B)},
        "thresholds": {"a": 0.5, "b": 0.5},
        "peak_s": 0.12,
        "delay_s": 0.24,
        "refractory_s": 0.6,
        "operating_points": [{"false_per_hour": 1.0, "threshold": 0.5}],
    }
    return values | changed


def run(stream: np.ndarray, settings: TemplateSettings) -> list[tuple[str, float]]:
    decision = TemplateDecision(LABELS, settings)
    found = []
    for step, row in enumerate(stream):
        t = 0.04 * (step + 1)
        window = Window(t, t, np.empty((0, 0), np.float32))
        found += decision.process(window, row.astype(np.float32))
    found += decision.finish()
    return [(event.label, event.t) for event in found]


def test_each_word_is_detected_once_at_its_end():
    settings = TemplateSettings.from_manifest(LABELS, document())
    stream = np.concatenate([with_noise_around(TAKE_A), with_noise_around(TAKE_B)])
    (first, first_t), (second, second_t) = run(stream, settings)
    assert (first, second) == ("a", "b")
    assert first_t == pytest.approx(19 * 0.04 - 0.24, abs=0.05)
    assert second_t - first_t == pytest.approx(29 * 0.04, abs=0.05)


def test_a_higher_threshold_rejects():
    settings = TemplateSettings.from_manifest(LABELS, document()).with_threshold(0.999)
    assert run(with_noise_around(TAKE_A), settings) == []


def test_a_threshold_of_one_word_changes_only_that_word():
    settings = TemplateSettings.from_manifest(LABELS, document()).with_thresholds({"a": 0.999})
    assert settings.thresholds == {"a": 0.999, "b": 0.5}
    stream = np.concatenate([with_noise_around(TAKE_A), with_noise_around(TAKE_B)])
    assert [label for label, _ in run(stream, settings)] == ["b"]
    with pytest.raises(ModelError, match="c is not a word of the model"):
        settings.with_thresholds({"c": 0.5})


def test_a_gap_forgets_half_a_word():
    settings = TemplateSettings.from_manifest(LABELS, document())
    decision = TemplateDecision(LABELS, settings)
    found = []
    for step, row in enumerate(TAKE_A):
        t = 0.04 * step + (5.0 if step >= 4 else 0.0)
        found += decision.process(Window(t, t, np.empty((0, 0), np.float32)), row)
    assert [*found, *decision.finish()] == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"dimensions": 7}, "decision.words.a.takes"),
        ({"words": {}}, "decision.words"),
        ({"background_labels": ["a"]}, "decision.background_labels"),
        ({"thresholds": {"a": 2, "b": 0.5}}, "decision.thresholds.a"),
        ({"peak_s": -1}, "decision.peak_s"),
        ({"fillers": "AAA=", "filler_weight": 0.5}, "decision.fillers"),
        ({"fillers": "AAAAAAAA", "filler_weight": 2}, "decision.filler_weight"),
        ({"words": {"a": {"takes": ["!"]}, "b": {}}}, "decision.words.a.takes"),
        ({"words": {"a": {"takes": []}, "b": {}}}, "decision.words.a.takes"),
    ],
)
def test_impossible_settings_are_named(changed, field):
    with pytest.raises(FieldError, match=field):
        TemplateSettings.from_manifest(LABELS, document(**changed))
