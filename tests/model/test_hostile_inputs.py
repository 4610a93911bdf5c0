"""Impossible values in the `input` and the `decision` of models that see samples or images."""

from __future__ import annotations

import contextlib
import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decision.sequence import SequenceSettings
from edge.errors import ModelError
from edge.features import FEATURES
from edge.fields import FieldError

WINDOW = {
    "kind": "window",
    "length": 8,
    "hop": 2,
    "shape": [8, 2],
    "channels_first": False,
    "filter": {"low_hz": 1.0, "high_hz": 8.0, "taps": 9},
    "scaling": {"kind": "fixed", "offset": [0, 0], "factor": [1, 1]},
    "sensor": {"channels": ["ax", "gx"], "rate_hz": 50, "accel_g": 4, "gyro_dps": 500},
}
IMAGE = {
    "kind": "image",
    "height": 4,
    "width": 5,
    "colours": "colour",
    "shape": [4, 5, 3],
    "channels_first": False,
    "inverted": False,
    "scaling": {"kind": "fixed", "offset": [0, 0, 0], "factor": [1, 1, 1]},
}
SEQUENCE = {
    "count": 8, "first": 1, "last": 7, "rate_hz": 50.0, "unit": "mmHg", "offset": 1, "factor": 2,
}  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.one_of(st.integers(-2, 9), st.text(max_size=2), st.floats()), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@pytest.mark.parametrize("valid", [WINDOW, IMAGE], ids=["window", "image"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_wrong_value_raises_no_other_error(valid, data):
    wanted = copy.deepcopy(valid)
    for _ in range(data.draw(st.integers(1, 2))):
        at = wanted
        key = data.draw(st.sampled_from(sorted(at)))
        if isinstance(at[key], dict) and at[key] and data.draw(st.booleans()):
            at, key = at[key], data.draw(st.sampled_from(sorted(at[key])))
        at[key] = data.draw(VALUES)
    with contextlib.suppress(ModelError):
        kind = FEATURES.load(valid["kind"])
        kind(kind.specification(wanted))


@settings(max_examples=150, deadline=None)
@given(key=st.sampled_from(sorted(SEQUENCE)), value=VALUES)
def test_a_wrong_setting_raises_no_other_error(key, value):
    with contextlib.suppress(FieldError):
        SequenceSettings.from_manifest(("abp",), SEQUENCE | {key: value})
