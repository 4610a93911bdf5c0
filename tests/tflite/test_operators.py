"""Each operator of the interpreter in NumPy, with random shapes, options and quantisations.

LiteRT computes the expected levels twice: with its reference kernels, which must be met exactly,
and as it runs by default (XNNPACK), where a few levels may differ by one.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRT
from ai_edge_litert.interpreter import OpResolverType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.tflite.flatbuffer_writer import Scalar
from edge.tflite.interpreter.arithmetic import LITERT, REFERENCE
from edge.tflite.interpreter.interpreter import BUILDERS, Interpreter
from edge.tflite.verify import verify
from tools.operator_networks.single_operator import Operation, TensorOf, constant_of, network
from tools.operator_networks.strategies import STRATEGIES

RUNS = 3
EXAMPLES = int(os.environ.get("EDGE_OPERATOR_EXAMPLES", "15"))


def run(interpreter: Any, seed: int, fill: bool) -> list[Any]:
    rng = np.random.default_rng(seed)
    interpreter.allocate_tensors()
    found = []
    for _ in range(RUNS):
        for detail in interpreter.get_input_details():
            shape = tuple(detail["shape"])
            if detail["dtype"] == np.float32:
                value = rng.normal(0, 3, shape).astype(np.float32)
            else:
                spread = 40 if fill else 256
                value = rng.integers(-128, 128, shape) * spread // 256
            interpreter.set_tensor(detail["index"], np.asarray(value, detail["dtype"]))
        interpreter.invoke()
        found += [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
    return found


def levels_apart(content: bytes, arithmetic: Any, resolver: Any, seed: int) -> Any:
    fill = seed % 2 == 1
    expected = run(
        LiteRT(model_content=content, experimental_op_resolver_type=resolver), seed, fill
    )
    found = run(Interpreter(model_content=content, arithmetic=arithmetic), seed, fill)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    return np.concatenate(
        [
            np.abs(ours.astype(np.float64) - theirs).reshape(-1)
            for ours, theirs in zip(found, expected, strict=True)
        ]
    )


def test_every_operator_is_tested():
    assert set(STRATEGIES) == set(BUILDERS)


REFERENCE_DIFFERS = {"HARD_SWISH": 0.01}
"""Share of levels that may differ by one from the reference kernels, which have 16 bits here."""
WITHOUT_REFERENCE = {"SUM"}  # its reference kernel gives -1 for most int8 inputs
LITERT_DIFFERS = 0.001
"""Share of levels that may differ by one from LiteRT as it runs by default."""


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_an_operator_computes_what_litert_computes(name):
    apart: dict[str, list[Any]] = {"reference": [], "LiteRT": []}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(STRATEGIES[name], st.integers(0, 10**6))
    def collect(operation: Operation, seed: int) -> None:
        content = network(operation)
        verify(content, name)
        if name not in WITHOUT_REFERENCE:
            reference = levels_apart(content, REFERENCE, OpResolverType.BUILTIN_REF, seed)
            assert name in REFERENCE_DIFFERS or not reference.any()
            apart["reference"].append(reference)
        apart["LiteRT"].append(levels_apart(content, LITERT, OpResolverType.AUTO, seed))
        assert apart["LiteRT"][-1].max() <= 1

    collect()
    allowed = {"reference": REFERENCE_DIFFERS.get(name, 0), "LiteRT": LITERT_DIFFERS}
    for kernels, found in apart.items():
        levels = np.concatenate(found or [np.zeros(1)])
        print(f"{name}: {(levels > 0).sum()} of {levels.size} levels differ from {kernels}")
        most = max(1, allowed[kernels] * levels.size) if allowed[kernels] else 0
        assert levels.max() <= 1 and (levels > 0).sum() <= most


@pytest.mark.parametrize(("name", "kind"), [("ADD", 11), ("SUB", 28), ("MUL", 21)])
def test_zeros_have_a_scale_that_is_far_from_that_of_the_other_input(name, kind):
    """As converters write it: the state before the first step of a GRU is zero."""
    zeros = constant_of(np.zeros((1, 60), np.int8), scale=1e-6 / 255)
    other = TensorOf((1, 60), 0.02, 3)
    result = TensorOf((1, 60), 2e-6 / 255 if name == "MUL" else 0.02, 3)
    content = network(Operation(name, [zeros, other], [result], kind, {0: Scalar("b", 0)}, 2))
    verify(content, name)
    for arithmetic, kernels in (
        (REFERENCE, OpResolverType.BUILTIN_REF),
        (LITERT, OpResolverType.AUTO),
    ):
        assert not levels_apart(content, arithmetic, kernels, 0).any()
