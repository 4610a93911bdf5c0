"""One digit for each stroke: thresholds, joins across pauses, retractions, reasons."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.number import NumberDecision
from edge.decision.stroke import StrokeDecision
from edge.decision.stroke_recording import score_recording
from edge.decision.stroke_settings import StrokeSettings
from edge.errors import StrokeError
from edge.events import Detection, Number, Recognition, Rejection, Retraction
from edge.features import Window
from edge.features.motion.facts import StrokeFacts
from edge.fields import FieldError

LABELS = ["1", "4", "6", "9", "none", "upside down"]
DIGITS = LABELS[:4]
SETTINGS = {
    "none_label": "none",
    "upside_down_label": "upside down",
    "thresholds": dict.fromkeys(DIGITS, 0.6),
    "recording_thresholds": dict.fromkeys(DIGITS, 0.5),
}
RIGHT = np.array([1.0, 0.0, 0.0])
TENSOR = np.ones((64, 8), np.float32)


def settings(**changes: object) -> StrokeSettings:
    return StrokeSettings.from_manifest(LABELS, {**SETTINGS, **changes})


def window(
    start: float, end: float, joined: int = 1, decided_t: float | None = None, **facts: object
) -> Window:
    values = {"agreement": 1.0, "lateral": RIGHT, "angle_trust": 1.0, "position_trust": 1.0}
    values = {**values, "clipped_gyro": 0.0, **facts}
    decided_t = end + 0.25 if decided_t is None else decided_t
    return Window(
        end,
        decided_t,
        TENSOR,
        other_sign=-TENSOR,
        stroke=StrokeFacts(start=start, joined=joined, **values),  # type: ignore[arg-type]
    )


def scores(label: str, probability: float, other: str = "none") -> np.ndarray:
    """Under the first sign a label with this probability, under the other sign upside down."""
    first = dict.fromkeys(LABELS, 0.0) | {label: probability, other: 1 - probability}
    reversed_ = dict.fromkeys(LABELS, 0.0) | {"upside down": 1.0}
    return np.array([list(first.values()), list(reversed_.values())], np.float32)


class Stream:
    def __init__(self, **changes: object) -> None:
        self.decision = StrokeDecision(LABELS, settings(**changes))

    def __call__(self, stroke: Window, of: np.ndarray) -> list[Recognition]:
        return list(self.decision.process(stroke, of))


def test_a_digit_above_its_threshold_is_detected_with_how_it_was_read():
    (event,) = Stream()(window(1.0, 2.0), scores("4", 0.9))
    assert isinstance(event, Detection) and event.stroke is not None
    assert (event.label, event.t, event.latency_ms) == ("4", 2.0, 250.0)
    assert event.score == pytest.approx(0.9, abs=0.03)
    assert "upside down" not in event.scores
    assert event.stroke.used == "both" and event.stroke.movements == 1
    assert event.trajectory is not None and (event.trajectory > 0).all()


def test_each_digit_has_its_own_threshold():
    strict = {**SETTINGS["thresholds"], "1": 0.95}
    assert isinstance(Stream(thresholds=strict)(window(1, 2), scores("1", 0.9))[0], Rejection)
    assert isinstance(Stream(thresholds=strict)(window(1, 2), scores("4", 0.9))[0], Detection)


def test_a_best_digit_that_is_doubtful_itself_is_rejected_although_none_is_improbable():
    (event,) = Stream()(window(1, 2), scores("6", 0.5, other="4"))
    assert isinstance(event, Rejection)
    assert event.reason.startswith("unsure: ")


def test_a_stroke_that_is_probably_none_is_rejected_as_none():
    (event,) = Stream()(window(1, 2), scores("6", 0.1))
    assert isinstance(event, Rejection) and event.reason == "none"


def test_the_trajectory_is_drawn_under_the_sign_that_was_chosen():
    (event,) = Stream()(window(1, 2), scores("6", 0.9)[::-1])
    assert isinstance(event, Detection)
    assert event.trajectory is not None and (event.trajectory < 0).all()


def test_a_rejection_says_which_digit_it_would_be_under_the_other_sign():
    under_both = np.zeros((2, len(LABELS)), np.float32)
    under_both[0, [LABELS.index("6"), 5]] = 0.5
    under_both[1, [LABELS.index("9"), 5]] = 0.5
    (event,) = Stream()(window(1, 2, agreement=0.2), under_both)
    assert isinstance(event, Rejection) and event.stroke is not None
    assert event.stroke.other_label == "9"
    assert "or 9 if drawn on a level plane" in event.reason


def test_a_rejection_names_a_gyroscope_whose_range_is_too_small():
    (event,) = Stream()(window(1, 2, clipped_gyro=0.4), scores("6", 0.5))
    assert isinstance(event, Rejection)
    assert "the gyroscope clipped 40% of the samples: set a wider range" in event.reason


def test_a_rejection_names_trajectories_that_cannot_be_trusted():
    stroke = window(1, 2, angle_trust=0.2, position_trust=0.15)
    (event,) = Stream()(stroke, scores("6", 0.5))
    assert isinstance(event, Rejection)
    assert "neither angle nor position can be trusted" in event.reason


@pytest.mark.parametrize(
    ("angle", "position", "used"), [(1, 0.9, "both"), (1, 0.2, "angle"), (0.2, 1, "position")]
)
def test_a_detection_says_on_which_trajectory_the_model_relied(angle, position, used):
    stroke = window(1, 2, angle_trust=angle, position_trust=position)
    (event,) = Stream()(stroke, scores("6", 0.9))
    assert isinstance(event, Detection) and event.stroke is not None and event.stroke.used == used


def test_a_join_that_is_a_surer_digit_replaces_the_answer_to_its_first_part():
    stream = Stream()
    (first,) = stream(window(1.0, 1.5), scores("1", 0.7))
    replaced = stream(window(1.0, 2.5, joined=2), scores("4", 0.95))
    assert stream(window(2.0, 2.5), scores("1", 0.9)) == []
    retraction, detection = replaced
    assert isinstance(retraction, Retraction) and isinstance(detection, Detection)
    assert (retraction.retracted_label, retraction.retracted_t) == ("1", first.t)
    assert detection.label == "4" and detection.stroke is not None
    assert detection.stroke.movements == 2


def test_a_join_that_is_more_doubtful_replaces_nothing():
    stream = Stream()
    stream(window(1.0, 1.5), scores("1", 0.95))
    assert stream(window(1.0, 2.5, joined=2), scores("4", 0.7)) == []
    (event,) = stream(window(2.0, 2.5), scores("6", 0.95))
    assert isinstance(event, Detection) and event.label == "6"


def test_a_stroke_that_goes_on_as_the_same_digit_gives_no_second_answer():
    stream = Stream()
    stream(window(1.0, 1.5), scores("1", 0.95))
    assert stream(window(1.0, 2.5, joined=2), scores("1", 0.8)) == []
    assert stream(window(2.0, 2.5), scores("1", 0.9)) == []


def test_a_join_of_rejected_parts_is_detected_without_a_retraction():
    stream = Stream()
    (rejection,) = stream(window(1.0, 1.5), scores("1", 0.3))
    (detection,) = stream(window(1.0, 2.5, joined=2), scores("4", 0.9))
    assert isinstance(rejection, Rejection) and isinstance(detection, Detection)


def test_a_join_that_begins_within_an_answer_is_ignored():
    stream = Stream()
    stream(window(1.0, 1.5), scores("1", 0.3))
    stream(window(1.0, 2.5, joined=2), scores("4", 0.9))
    assert stream(window(2.0, 3.5, joined=2), scores("6", 0.99)) == []


def test_the_stream_remembers_which_sign_was_right():
    stream = Stream()
    for k in range(3):
        stream(window(k, k + 0.8, agreement=0.3), scores("4", 0.95)[::-1])
    either = np.zeros((2, len(LABELS)), np.float32)
    either[0, [LABELS.index("6"), 5]] = 0.5
    either[1, [LABELS.index("9"), 5]] = 0.5
    (event,) = stream(window(5.0, 6.0, agreement=0.3), either)
    assert isinstance(event, Detection) and event.label == "9"


def test_a_number_leaves_out_the_digits_that_were_retracted():
    decision = NumberDecision(StrokeDecision(LABELS, settings()))
    given = [
        (window(1.0, 1.5), scores("1", 0.7)),
        (window(1.0, 2.3, joined=2), scores("4", 0.95)),
        (window(1.9, 2.3), scores("1", 0.9)),
    ]
    events = [event for stroke, of in given for event in decision.process(stroke, of)]
    events += decision.pass_time(10.0)
    assert [event.digits for event in events if isinstance(event, Number)] == ["4"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"none_label": "nothing"}, "none_label"),
        ({"upside_down_label": "none"}, "upside_down_label"),
        ({"thresholds": {"1": 0.5}}, "thresholds"),
        ({"thresholds": {**SETTINGS["thresholds"], "none": 0.5}}, "not a digit"),
        ({"recording_thresholds": dict.fromkeys(DIGITS, 2)}, "recording_thresholds"),
        ({"word_prior": 0.5}, "word_prior"),
    ],
)
def test_impossible_settings_are_refused_with_their_field(changes, message):
    with pytest.raises(FieldError, match=message):
        settings(**changes)


def test_one_threshold_for_all_digits_replaces_those_of_the_model():
    assert set(settings().with_threshold(0.3).thresholds.values()) == {0.3}


def test_of_a_recording_the_candidate_that_looks_most_like_a_digit_counts():
    windows = [window(1.0, 2.0), window(2.2, 3.0)]
    found = score_recording(LABELS, settings(), windows, [scores("1", 0.2), scores("4", 0.9)])
    assert LABELS[found.argmax()] == "4"
    assert found.sum() == pytest.approx(1) and found[-1] == 0


def test_a_recording_with_two_digits_is_refused_with_their_times():
    windows = [window(1.0, 2.0), window(2.2, 3.0)]
    with pytest.raises(StrokeError, match=r"holds 2 digits, at 1.0 to 2.0 s, 2.2 to 3.0 s"):
        score_recording(LABELS, settings(), windows, [scores("1", 0.9), scores("4", 0.9)])


def test_a_digit_and_its_part_in_a_recording_are_one_digit():
    windows = [window(1.0, 2.0), window(1.0, 3.0, joined=2), window(2.2, 3.0)]
    of = [scores("1", 0.9), scores("4", 0.95), scores("1", 0.9)]
    assert LABELS[score_recording(LABELS, settings(), windows, of).argmax()] == "4"


def test_a_word_prior_makes_digits_of_recordings_more_probable():
    (without,), (with_prior,) = (
        [score_recording(LABELS, settings(word_prior=p), [window(1, 2)], [scores("6", 0.45)])]
        for p in (1.0, 3.0)
    )
    assert LABELS[without.argmax()] == "none" and LABELS[with_prior.argmax()] == "6"


def test_the_surest_part_decides_whether_a_join_replaces_them():
    stream = Stream()
    stream(window(1.0, 1.5), scores("1", 0.7))
    stream(window(1.9, 2.4), scores("6", 0.97))
    assert stream(window(1.0, 3.4, joined=3), scores("4", 0.8)) == []
    retracted = stream(window(1.0, 3.4, joined=3), scores("4", 0.99))
    assert [event.retracted_label for event in retracted[:-1]] == ["1", "6"]  # type: ignore


def test_retracted_answers_are_not_retracted_again():
    stream = Stream()
    stream(window(1.0, 1.5), scores("1", 0.7))
    stream(window(1.0, 2.4, joined=2), scores("4", 0.8))
    retraction, detection = stream(window(1.0, 3.4, joined=3), scores("9", 0.95))
    assert isinstance(retraction, Retraction) and retraction.retracted_label == "4"
    assert isinstance(detection, Detection)


def test_the_detection_of_a_stroke_that_went_on_can_still_be_retracted():
    stream = Stream()
    (first,) = stream(window(1.0, 1.5), scores("1", 0.7))
    assert stream(window(1.0, 2.4, joined=2), scores("1", 0.8)) == []
    retraction, _ = stream(window(1.0, 3.4, joined=3), scores("4", 0.95))
    assert isinstance(retraction, Retraction) and retraction.retracted_t == first.t


def test_settings_can_change_while_the_stream_runs():
    stream = Stream()
    stream.decision.change_settings(settings().with_threshold(0.95))
    assert isinstance(stream(window(1, 2), scores("4", 0.9))[0], Rejection)


def test_a_score_equal_to_the_threshold_is_enough():
    (event,) = Stream()(window(1, 2), scores("4", 0.9))
    assert isinstance(event, Detection)
    equal = dict.fromkeys(DIGITS, event.score)
    assert isinstance(Stream(thresholds=equal)(window(1, 2), scores("4", 0.9))[0], Detection)
