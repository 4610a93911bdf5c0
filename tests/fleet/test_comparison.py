"""Two models in the same samples: the counts, the switch, and the return to the old model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.controls import Controls
from edge.events import Detection
from edge.fleet.comparison import SLACK, Comparison, ExchangeableChain
from edge.fleet.offer import Plan
from edge.samples import Chunk

PLAN = Plan(minutes=1, events=10, low=0.5, high=2.0)


class FakeModel:
    """A chain that detects `per_chunk` words in each chunk, or fails."""

    def __init__(self, name: str, per_chunk: int) -> None:
        self.name, self.per_chunk, self.chunks, self.fails = name, per_chunk, 0, False
        sensor = {"rate_hz": 100, "channels": ["sound"]}
        self.manifest = SimpleNamespace(input={"sensor": sensor})
        self.settings = SimpleNamespace(usual_threshold=0.5)

    def chain(self) -> Any:
        model = self
        pass_time = lambda t: iter(())  # noqa: E731
        chain = SimpleNamespace(
            model=model,
            settings=model.settings,
            features=SimpleNamespace(process=lambda chunk: model.windows()),
            decision=SimpleNamespace(process=None, pass_time=pass_time),
        )
        from edge.chain import Chain

        chain.process = lambda chunk: Chain.process(chain, chunk)
        chain._events = lambda windows: windows
        chain.take_watchers, chain.watch_window = lambda other: None, None
        return chain

    def windows(self) -> Any:
        self.chunks += 1
        if self.fails:
            raise ZeroDivisionError("NaN")
        for _ in range(self.per_chunk):
            yield Detection(self.name, 1.0, 0.0, 0.0, {})


class Run:
    def __init__(self, old: int, new: int) -> None:
        self.old, self.new = FakeModel("old", old), FakeModel("new", new)
        self.controls, self.used = Controls(0.7), []
        self.chain = ExchangeableChain(
            self.old.chain(), self.controls, lambda used: self.used.append(used.model.name)
        )
        self.chain._events = lambda windows: windows

    def chunks(self, count: int, size: int = 100) -> list[str]:
        """Process chunks of a second each; return the labels of all events."""
        chunk = Chunk(np.arange(size) / 100, np.zeros((size, 1)))
        return [event.label for _ in range(count) for event in self.chain.process(chunk)]

    def verdict(self, comparison: Comparison) -> str:
        def wait(seconds: float) -> None:
            raise TimeoutError

        return self.chain.verdict(comparison, wait)


def test_a_model_in_the_shadow_is_counted_and_not_shown():
    run = Run(old=1, new=1)
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=True)
    with pytest.raises(TimeoutError):
        run.verdict(comparison)
    assert run.chunks(9) == ["old"] * 9
    with pytest.raises(TimeoutError):
        run.verdict(comparison)
    run.chunks(1)
    assert run.verdict(comparison) == "" and (comparison.old, comparison.new) == (10, 10)


def test_the_switch_loses_no_chunk_and_the_old_model_goes_on_in_the_shadow():
    run = Run(old=1, new=1)
    run.chain.compare(run.new.chain(), PLAN, is_new=True)
    run.chunks(10)
    comparison = run.chain.exchange(PLAN)
    assert run.chunks(10) == ["new"] * 10
    assert run.verdict(comparison) == "" and run.used == ["new"]
    assert run.controls.threshold == 0.5, "that of the new model"
    run.chain.end_comparison()
    assert run.chunks(5) == ["new"] * 5
    assert (run.old.chunks, run.new.chunks) == (20, 25)


def test_after_the_switch_the_settings_are_those_that_the_options_choose():
    run = Run(old=1, new=1)
    chain = run.new.chain()
    chain.settings = SimpleNamespace(usual_threshold=0.9)  # as with --threshold 0.9
    run.chain.use(chain)
    run.chunks(1)
    assert (run.controls.threshold, run.controls.settings) == (0.9, chain.settings)


@pytest.mark.parametrize(("new", "fault"), [(3, "too many"), (0, "too few")])
def test_a_wrong_rate_of_detections_is_a_fault(new, fault):
    run = Run(old=1, new=new)
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=True)
    assert run.chunks(10) == ["old"] * 10
    assert fault in run.verdict(comparison)


def test_a_model_that_detects_all_the_time_is_stopped_before_the_end():
    run = Run(old=0, new=1)
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=True)
    run.chunks(SLACK + 1)
    assert "too many" in run.verdict(comparison)
    assert run.new.chunks == SLACK + 1 and run.chunks(9) == []
    assert run.new.chunks == SLACK + 1


def test_a_model_that_leaves_the_range_after_the_switch_is_replaced_in_the_stream():
    run = Run(old=1, new=1)
    run.chain.compare(run.new.chain(), PLAN, is_new=True)
    run.chunks(10)
    comparison = run.chain.exchange(PLAN)
    run.chunks(1)
    run.new.per_chunk = 9
    assert run.chunks(2) == ["new"] * 9 + ["old"]
    assert "too many" in run.verdict(comparison) and run.used == ["new", "old"]


@pytest.mark.parametrize("is_used", [False, True])
def test_a_model_that_fails_is_left_without_the_loss_of_an_event(is_used):
    run = Run(old=1, new=1)
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=True)
    run.chunks(10)
    if is_used:
        comparison = run.chain.exchange(PLAN)
        run.chunks(1)
    run.new.fails = True
    assert run.chunks(3) == ["old"] * 3
    assert run.verdict(comparison) == "it fails: NaN"


def test_a_comparison_after_a_restart_has_the_new_model_in_use():
    run = Run(old=1, new=1)  # the chain that runs is the new model's
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=False)
    run.chunks(2)
    run.old.fails = True
    assert run.chunks(1) == ["new"]
    assert run.verdict(comparison) == "it fails: NaN"


def test_the_time_of_the_comparison_is_that_of_the_samples():
    run = Run(old=0, new=0)
    comparison = run.chain.compare(run.new.chain(), PLAN, is_new=True)
    run.chunks(1, size=0)
    run.chunks(59)
    with pytest.raises(TimeoutError):
        run.verdict(comparison)
    run.chunks(1)
    assert run.verdict(comparison) == "" and comparison.seconds == 60
