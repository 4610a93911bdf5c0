"""Models that this edge-sense cannot run are refused, and the message names the reason."""

from __future__ import annotations

import pytest

from edge.errors import ModelError
from edge.model import Model
from probe_model import NETWORK, SPECIFICATION, assert_refused


def test_a_damaged_network_is_refused(model_file):
    assert_refused(model_file(network=NETWORK), "probe.tflite is damaged: copy or train it again")


def test_a_float_network_is_refused(model_file, float_network):
    assert_refused(model_file(network=float_network), "float32 and float32, not int8")


def test_a_float_network_is_refused_with_the_layer_by_the_runtime_numpy(model_file, float_network):
    with pytest.raises(ModelError, match="numpy cannot run .* of layer .* float values"):
        Model.load(model_file(network=float_network), "numpy")


def test_a_wrong_number_of_labels_is_refused(model_file):
    assert_refused(model_file(labels=["one", "two"]), r"output of \[1, 3\] for 2 labels")


def test_a_model_for_another_task_is_refused(model_file):
    assert Model.load(model_file(), task="probing").manifest.task == "probing"
    message = "a model for 'probing': give one for 'airdigit'"
    assert_refused(model_file(), message, task="airdigit")


def test_an_unknown_kind_of_features_is_refused(model_file):
    assert_refused(model_file(input={"kind": "smell"}), "features of kind 'smell'.*has .*stroke")
    assert_refused(model_file(input={}), "input.kind is missing")


def test_an_unknown_kind_of_decision_is_refused(model_file):
    assert_refused(model_file(decision={"kind": "vote"}), "decision of kind 'vote'.*has .*single")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "decision.threshold is missing: give a number from 0 to 1"),
        ({"threshold": "high"}, "decision.threshold is 'high': give a number from 0 to 1"),
        ({"threshold": None}, "decision.threshold is None: give a number"),
        ({"threshold": -1}, "decision.threshold is -1: give a number from 0 to 1"),
        ({"threshold": True}, "decision.threshold is True: give a number"),
        (
            {"threshold": 0.6, "none_label": "nothing"},
            "decision.none_label is 'nothing': it is not a label",
        ),
        ({"threshold": 0.6, "none_label": ["one"]}, r"decision.none_label is \['one'\]"),
        ({"threshold": 0.6, "word_prior": 0}, "decision.word_prior is 0: .* number from 1 to 100"),
    ],
)
def test_impossible_decision_settings_are_refused(model_file, settings, message):
    assert_refused(model_file(decision={"kind": "single", **settings}), message)


def test_every_difference_between_specifications_is_named(model_file):
    sensor = {**SPECIFICATION["sensor"], "rate_hz": 50, "channels": ["ax", "ay"]}
    other = {"kind": "probe", "sensor": sensor, "smooth": True}
    with pytest.raises(ModelError) as caught:
        Model.load(model_file(input=other))
    message = str(caught.value)
    assert "points is missing in the model, 32 here" in message
    assert "sensor.rate_hz is 50 in the model, 100 here" in message
    assert 'sensor.channels is ["ax", "ay"] in the model, ["ax", "ay", "az"] here' in message
    assert "smooth is true in the model, unknown here" in message
    assert "accel_g" not in message
