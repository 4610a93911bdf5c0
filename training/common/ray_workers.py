"""Jobs on the machines of a Ray cluster."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from edge.errors import EdgeError
from training.common.cache import ROOT
from training.common.job_outcome import Outcome
from training.common.jobs import WorkerLost
from training.common.local_workers import ONE_THREAD

log = logging.getLogger(__name__)


class RayWorkers:
    """The processors of a cluster, each of which computes one job at a time.

    The connection stays open until the command ends, because it takes seconds to open.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise EdgeError("--cluster needs Ray: pip install '.[cluster]'") from None
        self._ray: Any = ray
        if not ray.is_initialized():
            self._connect(address)
        resources = ray.cluster_resources()
        self.count = int(resources.get("CPU", 0))
        if not self.count:
            raise EdgeError(f"the cluster {address} has no processors: start nodes with ray start")
        log.info("cluster %s: %d processors", address, self.count)
        # `run_jobs` itself runs lost jobs again.
        self._call = ray.remote(max_retries=0)(_call)
        self._lost = (
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.NodeDiedError,
            ray.exceptions.ObjectLostError,
            ray.exceptions.OutOfMemoryError,
        )

    def _connect(self, address: str) -> None:
        # The workers use the code of this checkout, whatever is installed on their machines.
        code = {
            "py_modules": [str(ROOT / "edge"), str(ROOT / "training")],
            "env_vars": ONE_THREAD,
        }
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the exception says the same
                self._ray.init(address, runtime_env=code, logging_level=logging.WARNING)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise EdgeError(
                f"no Ray cluster at {address}: start it with `ray start --head`, and use the same "
                f"versions of Ray and Python on all machines ({str(error).splitlines()[0]})"
            ) from None

    def submit(self, job: Callable[[], Outcome]) -> Any:
        return self._call.remote(job)

    def wait(self, handles: Sequence[Any]) -> Sequence[Any]:
        self._ray.wait(handles, num_returns=1)
        done: Sequence[Any] = self._ray.wait(handles, num_returns=len(handles), timeout=0)[0]
        return done

    def outcome(self, handle: Any) -> Outcome:
        try:
            outcome: Outcome = self._ray.get(handle)
        except self._lost as error:
            raise WorkerLost(type(error).__name__) from None
        return outcome

    def close(self, handles: Sequence[Any]) -> None:
        for handle in handles:
            self._ray.cancel(handle, force=True)


def _call(job: Callable[[], Outcome]) -> Outcome:
    return job()
