"""Independent jobs give the same results in processes of this machine and on a Ray cluster."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_process import ROOT
from edge.errors import EdgeError, RecordingError
from tests.support.job_functions import always_killed, killed_once, noise, refuse_three, slow
from training.common.job_outcome import Outcome
from training.common.jobs import RETRIES, JobOptions, WorkerLost, run_jobs, run_on

LOCAL = JobOptions(processes=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[JobOptions]:
    """Two nodes of one processor each, on this machine."""
    import ray
    from ray import cluster_utils

    node = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80_000_000}
    nodes = cluster_utils.Cluster(initialize_head=True, head_node_args=node)
    nodes.add_node(num_cpus=1, object_store_memory=80_000_000)
    yield JobOptions(cluster=nodes.address)
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture(params=["local", "cluster"])
def options(request: pytest.FixtureRequest) -> JobOptions:
    return LOCAL if request.param == "local" else request.getfixturevalue("cluster")


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = _run_on_cluster(tmp_path, RAY_ADDRESS="")  # before there is one
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()[-1:]
    assert "no Ray cluster at auto: start it with `ray start --head`" in line


def test_results_are_those_of_this_process_in_the_order_of_the_items(
    options: JobOptions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    results = list(run_jobs(noise, range(12), options, "noise"))
    for seed, result in enumerate(results):
        np.testing.assert_array_equal(result, noise(seed))
    messages = [record.getMessage() for record in caplog.records if record.name == "noise"]
    assert messages[:12] == [f"seed {seed}" for seed in range(12)]
    assert "noise 12 of 12" in caplog.text and "not wanted" not in caplog.text


def test_the_exception_of_a_job_comes_in_place_of_its_result(options: JobOptions) -> None:
    results = run_jobs(refuse_three, range(6), options, "numbers")
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RecordingError, match="^three is damaged$") as caught:
        next(results)
    assert "refuse_three" in str(caught.value.__cause__)


def test_the_jobs_of_a_killed_worker_run_again(
    options: JobOptions, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    existing = tmp_path / "existing"
    existing.touch()
    items = [existing, existing, tmp_path / "new", existing]
    assert len(list(run_jobs(killed_once, items, options, "jobs"))) == 4
    assert "a worker was killed" in caplog.text


def test_a_job_that_kills_each_worker_is_given_up() -> None:
    with pytest.raises(EdgeError, match=r"^numbers \d: the worker was killed 4 times"):
        list(run_jobs(always_killed, range(3), LOCAL, "numbers"))


def test_jobs_end_when_their_results_are_not_wanted_any_more(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.touch()
    results = run_jobs(slow, [first, tmp_path / "slow"], LOCAL, "jobs")
    next(results)
    while not (tmp_path / "slow").exists() or not (tmp_path / "slow").read_text():
        time.sleep(0.02)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "slow").read_text()), 0)


class ChaoticWorkers:
    """Compute jobs in any order, and lose some of them."""

    def __init__(self, chance: random.Random, loss: float) -> None:
        self.chance, self.loss, self.count = chance, loss, chance.randint(1, 4)
        self.jobs: dict[int, Callable[[], Outcome]] = {}
        self.left: Sequence[int] | None = None
        self.submitted = 0

    def submit(self, job: Callable[[], Outcome]) -> int:
        self.submitted += 1
        self.jobs[self.submitted] = job
        return self.submitted

    def wait(self, handles: Sequence[int]) -> Sequence[int]:
        return self.chance.sample(handles, self.chance.randint(1, len(handles)))

    def outcome(self, handle: int) -> Outcome:
        job = self.jobs.pop(handle)
        if self.chance.random() < self.loss:
            raise WorkerLost("a test")
        return job()

    def close(self, handles: Sequence[int]) -> None:
        self.left = handles


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 30), st.sampled_from([0, 0.1, 0.9]))
def test_jobs_are_in_order_or_given_up_whatever_happens_to_the_workers(
    chance: random.Random, count: int, loss: float
) -> None:
    workers = ChaoticWorkers(chance, loss)
    computed: list[int] = []
    try:
        results = list(run_on(workers, lambda k: computed.append(k) or -k, range(count), "jobs"))
        assert results == [-k for k in range(count)] and workers.left == []
    except EdgeError:
        assert loss and workers.left is not None
    assert len(computed) == len(set(computed)) <= count
    assert RETRIES == 3


def test_without_ray_one_line_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("raise ModuleNotFoundError(\"No module named 'ray'\")\n")
    done = _run_on_cluster(tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("--cluster needs Ray: pip install '.[cluster]'")


def _run_on_cluster(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run two jobs with --cluster auto; `folder` comes first on the import path."""
    program = (
        "from training.common.jobs import JobOptions, run_jobs\n"
        "from edge.cli.parser import CommandParser\n"
        "from edge.cli.run import run_command\n"
        "run = lambda _: print(list(run_jobs(abs, [1, 2], JobOptions('auto'), 'x')))\n"
        "raise SystemExit(run_command(CommandParser('test', 'Test.'), run, []))"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
