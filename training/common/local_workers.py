"""Jobs in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType

from training.common.job_outcome import Outcome
from training.common.jobs import WorkerLost

# Each worker computes with one thread: there is one worker for each processor, and sums over
# several threads can differ in their last bits.
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
}


class LocalWorkers:
    """A pool of processes, and another one if one of its processes is killed."""

    def __init__(self, processes: int | None, jobs: int) -> None:
        self.count = min(processes or os.cpu_count() or 1, jobs)
        self._others = set(multiprocessing.active_children())
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        # Not by a fork: the threads of TensorFlow in this process would be missing in the workers.
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.count, spawn, _end_at_interrupt)

    def submit(self, job: Callable[[], Outcome]) -> Future[Outcome]:
        with _environment(ONE_THREAD), _no_main_module():  # of a process that is started here
            try:
                return self._pool.submit(job)
            except BrokenProcessPool:
                self._pool = self._new_pool()
                return self._pool.submit(job)

    def wait(self, handles: Sequence[Future[Outcome]]) -> Sequence[Future[Outcome]]:
        done = wait(handles, return_when=FIRST_COMPLETED).done
        if any(isinstance(handle.exception(), BrokenProcessPool) for handle in done):
            done = wait(handles).done  # all of them end with their pool
        return list(done)

    def outcome(self, handle: Future[Outcome]) -> Outcome:
        try:
            return handle.result()
        except BrokenProcessPool:
            raise WorkerLost("a process of this machine") from None

    def close(self, handles: Sequence[Future[Outcome]]) -> None:
        if handles:
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
        self._pool.shutdown(cancel_futures=True)


def _end_at_interrupt() -> None:
    """Let Ctrl-C end a worker without a traceback; the command prints its own message."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Let new processes not import the main module: that of a training imports TensorFlow."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
