"""Independent jobs: one function for many items, in processes of this machine or on a cluster.

A result depends on its item alone (random numbers come from a seed in the item), so it is the same
wherever it is computed. The workers import the module of the function; those of simulations start
quickly because nothing there imports TensorFlow.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from edge.errors import EdgeError
from training.common.job_outcome import Outcome, compute
from training.common.progress import Progress

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

RETRIES = 3  # of a job whose worker ended
REPORTS = 20  # of progress
SUBMITTED = 2  # jobs for each worker, so that none waits for its next one


@dataclass(frozen=True)
class JobOptions:
    """Where jobs run."""

    cluster: str | None = None
    """The address of a Ray cluster: auto or ray://HOST:PORT. None: processes of this machine."""
    processes: int | None = None
    """On this machine; by default one for each processor."""


LOCAL = JobOptions()


class WorkerLost(Exception):
    """The process that computed a job ended without a result."""


class Workers(Protocol):
    """Processes that compute jobs. A handle stands for a job that was submitted."""

    count: int

    def submit(self, job: Callable[[], Outcome]) -> Any:
        """Return the handle of a job that will be computed."""

    def wait(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for one of these jobs, and return those that are done."""

    def outcome(self, handle: Any) -> Outcome:
        """Return what a job gave. Raises WorkerLost."""

    def close(self, handles: Sequence[Any]) -> None:
        """Stop the workers; the jobs of these handles are not needed any more."""


def run_jobs(
    function: Callable[[Item], Result], items: Sequence[Item], options: JobOptions, task: str
) -> Iterator[Result]:
    """Yield the result of each item, in the order of the items.

    Log lines of the workers are logged here, and the progress with the name `task`. If a worker is
    killed, its jobs are computed again. The exception of a job is raised in place of its result.
    """
    if options.cluster is None and len(items) <= 1:  # not worth a process
        return map(function, items)
    return run_on(_start_workers(options, len(items)), function, items, task)


def _start_workers(options: JobOptions, jobs: int) -> Workers:
    if options.cluster is None:
        from training.common.local_workers import LocalWorkers

        return LocalWorkers(options.processes, jobs)
    from training.common.ray_workers import RayWorkers

    return RayWorkers(options.cluster)


def run_on(
    workers: Workers, function: Callable[[Item], Result], items: Sequence[Item], task: str
) -> Iterator[Result]:
    """Yield the result of each item as `run_jobs` does, and close the workers."""
    running: dict[Any, int] = {}
    try:
        yield from _results(workers, running, function, items, task)
    finally:
        workers.close(list(running))


def _results(
    workers: Workers,
    running: dict[Any, int],
    function: Callable[[Item], Result],
    items: Sequence[Item],
    task: str,
) -> Iterator[Result]:
    level = logging.getLogger().getEffectiveLevel()
    progress, done = Progress(task, len(items)), 0
    every = max(1, len(items) // REPORTS)
    waiting = deque(range(len(items)))
    losses: Counter[int] = Counter()
    outcomes: dict[int, Outcome] = {}
    for number in range(len(items)):
        while number not in outcomes:
            while waiting and len(running) < SUBMITTED * workers.count:
                job = waiting.popleft()
                running[workers.submit(partial(compute, function, items[job], level))] = job
            lost: list[int] = []
            for handle in workers.wait(list(running)):
                job = running.pop(handle)
                try:
                    outcomes[job] = workers.outcome(handle)
                except WorkerLost as error:
                    lost.append(job)
                    losses[job] += 1
                    if losses[job] > RETRIES:
                        raise EdgeError(_gave_up(task, job, error)) from None
                    continue
                done += 1
                if done % every == 0:
                    progress.report(done)
            if lost:
                log.warning("%s: a worker was killed: %d jobs run again", task, len(lost))
                waiting.extendleft(sorted(lost, reverse=True))
        yield outcomes.pop(number).result()


def _gave_up(task: str, job: int, error: WorkerLost) -> str:
    return (
        f"{task} {job + 1}: the worker was killed {RETRIES + 1} times ({error}); if the memory is "
        "too small, close other programs"
    )
