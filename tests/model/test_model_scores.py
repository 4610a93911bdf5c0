"""The scores of a model are those of its network, with every runtime."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import ModelError
from edge.model import Model
from probe_model import SPECIFICATION


@pytest.mark.parametrize("runtime", ["ai_edge_litert", "tensorflow"])
def test_the_scores_are_those_of_the_float_network(tiny_network, model_file, runtime):
    model = Model.load(model_file(), runtime)
    assert (model.runtime, model.input_shape) == (runtime, (2, 4))
    for tensor in np.random.default_rng(2).uniform(-1, 1, (50, 2, 4)).astype(np.float32):
        scores = model.scores(tensor)
        assert scores.dtype == np.float32 and scores.shape == (3,)
        # 8 inputs, each rounded by up to half a level of 2/255, with weights of up to 1.5
        np.testing.assert_allclose(scores, tiny_network.expected(tensor), atol=0.03)


def test_the_scores_of_two_runtimes_differ_by_at_most_one_level(model_file):
    litert, tensorflow = (
        Model.load(model_file(), name) for name in ("ai_edge_litert", "tensorflow")
    )
    for tensor in np.random.default_rng(3).uniform(-2, 2, (200, 2, 4)).astype(np.float32):
        assert np.abs(litert.scores(tensor) - tensorflow.scores(tensor)).max() <= 1 / 256


def test_input_values_out_of_range_saturate(model_file):
    model = Model.load(model_file())
    signs = np.float32([[1, -1, 1, 1], [-1, 1, -1, 1]])
    for factor in (1.02, 2, 1e6, 1e30):
        np.testing.assert_array_equal(model.scores(factor * signs), model.scores(1.01 * signs))


def test_the_scores_of_one_call_are_not_overwritten_by_the_next(model_file):
    model = Model.load(model_file())
    first = model.scores(np.ones((2, 4), np.float32))
    copy = first.copy()
    model.scores(-np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(first, copy)


def test_a_tensor_of_another_shape_is_refused(model_file):
    with pytest.raises(ModelError, match=r"shape \(2, 4\), and was given \(4, 2\)"):
        Model.load(model_file()).scores(np.zeros((4, 2), np.float32))


def test_the_features_get_the_specification_of_the_model(model_file):
    model = Model.load(model_file())
    assert model.features().given_specification == SPECIFICATION
    assert model.windows_of_recording("chunk") == [(SPECIFICATION, "chunk")]
    assert model.labels == ["one", "two", "none"]


def test_the_decision_is_of_the_kind_in_the_manifest(model_file):
    assert type(Model.load(model_file()).decision()).__name__ == "SingleDecision"
